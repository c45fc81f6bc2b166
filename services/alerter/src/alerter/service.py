"""The composition root: the desk, and an outbox with the channel that the settings name."""

from alerter.adapters.channel import Channel, LogChannel
from alerter.adapters.outbox import Outbox
from alerter.adapters.pushover import Pushover
from alerter.core import AlertDesk
from alerter.settings import Settings
from common.clock import Clock, Instant, SystemClock
from common.runtime.assembly import Assembly


def assemble(settings: Settings, clock: Clock | None = None) -> Assembly:
    """Put the service together. It recovers nothing: its durable consumer goes on where it stopped."""
    desk = AlertDesk(settings.desk_limits())
    outbox = Outbox(channel_of(settings), settings, clock or SystemClock())

    def figures(_now: Instant) -> dict[str, str]:
        return {
            "raised": str(desk.counts["raised"]),
            "suppressed": str(desk.counts["rate"]),
            "stale": str(desk.counts["stale"]),
            "queued": str(outbox.queued),
            "channel": outbox.channel,
        }

    return Assembly(
        name="alerter",
        core=desk,
        settings=settings,
        sources=(outbox,),
        gateway=outbox,
        figures=figures,
        not_ready=lambda _now: outbox.trouble,
    )


def channel_of(settings: Settings) -> Channel:
    """Answer the channel that the settings name: the log where they name none."""
    user_key, api_token = settings.pushover_user_key, settings.pushover_api_token
    if not (user_key.get_secret_value() and api_token.get_secret_value()):
        return LogChannel()
    return Pushover(settings.pushover_url, user_key=user_key, api_token=api_token, timeout_s=settings.alert_timeout_s)
