"""Who is alive: silence longer than allowed is an emergency, once an outage, and so is the loss of the bus itself."""

from alerter.core.alerts import AlertOutcome, Draft, Priority
from alerter.core.limits import DeskLimits
from alerter.core.words import clock
from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import HeartbeatSent
from common.contracts.runtime import BusLost, BusRestored, Tick, WentLive
from common.contracts.subjects import SERVICES

WATCHED = tuple(service for service in SERVICES if service != "alerter")
"""All but ourselves: who is dead cannot say so. Somebody else has to watch `/live` of the alerter."""
TICK_GAP_S_MAX = 30
"""A longer gap between two ticks means that we were asleep, not the others."""


class ServiceWatch:
    """Folds heartbeats and ticks. Silence is measured on our own clock, from tick to tick, never on the senders'."""

    def __init__(self, limits: DeskLimits) -> None:
        self._silence = limits.heartbeat_silence_s * SECOND
        self._now = Instant(0)
        self._live_at: Instant | None = None
        self._heard: dict[str, Instant] = {}
        self._states: dict[str, str] = {}
        self._silent: dict[str, Instant] = {}
        self._started = False
        self._bus_lost_at: Instant | None = None
        self._bus_told = False

    def observe(self, event: Event) -> None:
        match event:
            case Tick():
                if self._were_asleep(event.at):
                    self._listen_anew(event.at)
                self._now = event.at
            case HeartbeatSent() if event.service in WATCHED:
                self._hear(event)
            case WentLive():
                self._live_at = self._now = event.at
                self._listen_anew(event.at)
            case BusLost():
                self._bus_lost_at = self._bus_lost_at or event.at
            case BusRestored():
                self._bus_lost_at = None
                self._listen_anew(event.at)
            case _:
                pass

    def note(self, outcome: AlertOutcome) -> None:
        """Remember what was told."""
        match outcome.kind:
            case "silent":
                self._silent[outcome.about] = self._heard.get(outcome.about, outcome.at)
            case "back" if outcome.about == "bus":
                self._bus_told = False
            case "back":
                self._silent.pop(outcome.about, None)
            case "bus":
                self._bus_told = True
            case "startup":
                self._started = True
            case _:
                pass

    def due(self, now: Instant) -> Draft | None:
        """Say who has been silent for too long. While the bus is gone it is the bus, and nobody else."""
        if self._live_at is None or self._were_asleep(now):
            return None
        if self._bus_lost_at is not None:
            if self._bus_told or since(now, self._bus_lost_at) <= self._silence:
                return None
            return self._bus_is_gone(self._bus_lost_at, now)
        for service, heard in self._heard.items():
            if service not in self._silent and since(now, heard) > self._silence:
                return self._is_silent(service, heard, now)
        return None

    def news(self, event: Event, now: Instant) -> Draft | None:
        """Say what a heartbeat or the bus's return changes: somebody is back, or everybody is there at last."""
        match event:
            case BusRestored() if self._bus_told and self._bus_lost_at is not None:
                return self._back("bus", "The bus", self._bus_lost_at, now)
            case HeartbeatSent() if event.service in self._silent:
                return self._back(event.service, event.service, self._silent[event.service], now)
            case HeartbeatSent() if _name(event) in self._silent:
                return self._back(_name(event), _name(event), self._silent[_name(event)], now)
            case HeartbeatSent() if not self._started and self._live_at is not None and self._all_are_live(event):
                return self._all_are_there(self._live_at, now)
            case _:
                return None

    def _hear(self, beat: HeartbeatSent) -> None:
        """Note a sign of life of a service, and of its part where several share its work.

        A part is watched from its first word to its farewell; the service as a whole always is.
        """
        for name in {beat.service, _name(beat)}:
            self._heard[name] = self._now or beat.at
            self._states[name] = beat.state
        if beat.shard and beat.state == "draining":
            self._heard.pop(_name(beat))

    def _were_asleep(self, now: Instant) -> bool:
        return self._now > 0 and since(now, self._now) > TICK_GAP_S_MAX * SECOND

    def _listen_anew(self, at: Instant) -> None:
        self._heard = dict.fromkeys((*WATCHED, *self._heard), at)

    def _all_are_live(self, latest: HeartbeatSent) -> bool:
        states = self._states | {latest.service: latest.state}
        return all(states.get(service) == "live" for service in WATCHED)

    def _bus_is_gone(self, lost_at: Instant, now: Instant) -> Draft:
        length = f"{since(now, lost_at) // SECOND} s"
        return Draft(
            kind="bus", about="bus", key=f"bus:{lost_at}", title="The bus is gone", priority=Priority.EMERGENCY,
            message=f"No connection to NATS for {length}, since {clock(lost_at)}: nobody is heard", occurred_at=now,
            uncounted=True,
        )  # fmt: skip

    def _is_silent(self, service: str, heard: Instant, now: Instant) -> Draft:
        length, state = f"{since(now, heard) // SECOND} s", self._states.get(service, "never heard")
        return Draft(
            kind="silent", about=service, key=f"silent:{service}:{heard}", title=f"{service} is silent",
            message=f"No sign of life for {length}, since {clock(heard)}; last state: {state}",
            priority=Priority.EMERGENCY, occurred_at=now, uncounted=True,
        )  # fmt: skip

    def _back(self, about: str, name: str, silent_since: Instant, now: Instant) -> Draft:
        length = f"{since(now, silent_since) // SECOND} s"
        return Draft(
            kind="back", about=about, key=f"back:{about}:{silent_since}", title=f"{name} is back",
            message=f"After {length} of silence, since {clock(silent_since)}", priority=Priority.NORMAL,
            occurred_at=now, uncounted=True,
        )  # fmt: skip

    def _all_are_there(self, live_at: Instant, now: Instant) -> Draft:
        return Draft(
            kind="startup", about="pm-arb", key=f"startup:{live_at}", title="pm-arb is up",
            message=f"All {len(SERVICES)} services are live: {', '.join(SERVICES)}", priority=Priority.NORMAL,
            occurred_at=now, uncounted=True,
        )  # fmt: skip


def _name(beat: HeartbeatSent) -> str:
    """Name the instance: the service, with its part where several share its work."""
    return f"{beat.service}/{beat.shard}" if beat.shard else beat.service
