"""What the alerter can be told from outside."""

from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from alerter.core.limits import DeskLimits
from common.money import Usd
from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where alerts go, when somebody is told, and how often at most."""

    pushover_user_key: SecretStr = SecretStr("")
    """Whom to push to. Without it and the token alerts are only logged."""
    pushover_api_token: SecretStr = SecretStr("")
    """The token of the application made for pm-arb at Pushover."""
    pushover_url: str = "https://api.pushover.net/1/messages.json"

    large_loss_usd: Annotated[Decimal, Field(gt=0)] = Decimal(20)
    """A market that settles with at least this loss is told as a large one."""
    heartbeat_silence_s: Annotated[int, Field(ge=5, le=3600)] = 120
    """A service not heard for longer is an emergency."""
    source_alert_interval_s: Annotated[int, Field(ge=0, le=86_400)] = 600
    """At most one alert about the same price source in this time."""
    alerts_per_minute_max: Annotated[int, Field(ge=1, le=600)] = 20
    """Beyond it alerts are counted and told in one; emergencies always go out."""
    alert_age_s_max: Annotated[int, Field(ge=1, le=86_400)] = 900
    """What is older when it is heard is no longer news; halts are told all the same."""
    emergency_retry_s: Annotated[int, Field(ge=30, le=10_800)] = 60
    """How often an emergency is repeated until it is acknowledged."""
    emergency_expire_s: Annotated[int, Field(ge=30, le=10_800)] = 3600
    """How long an emergency is repeated at most."""
    fee_rate_expected: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.07")
    """The rate of the venue's taker fee; a market that says another one is told."""
    fee_exponent_expected: Annotated[int, Field(ge=0, le=8)] = 1

    alert_queue_max: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Alerts waiting for the channel; beyond it the oldest of the lowest priority is dropped and counted."""
    alert_tries_max: Annotated[int, Field(ge=1, le=100)] = 8
    """How often one alert is tried while the channel is down."""
    alert_backoff_ms_min: Annotated[int, Field(ge=1, le=60_000)] = 2000
    """The first wait after a failed try; it doubles each time."""
    alert_backoff_ms_max: Annotated[int, Field(ge=1, le=600_000)] = 60_000
    alert_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long the channel may take to answer."""
    alert_drain_s: Annotated[float, Field(ge=0, le=30)] = 3.0
    """How long a stop waits for alerts that are still queued."""

    @field_validator("pushover_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")) or not urlsplit(url).hostname:
            raise ValueError("an address that begins with https:// or http://")
        return url

    def desk_limits(self) -> DeskLimits:
        """Answer what the core needs of them."""
        return DeskLimits(
            alerts_per_minute_max=self.alerts_per_minute_max, alert_age_s_max=self.alert_age_s_max,
            large_loss_usd=Usd(self.large_loss_usd), heartbeat_silence_s=self.heartbeat_silence_s,
            source_alert_interval_s=self.source_alert_interval_s, emergency_retry_s=self.emergency_retry_s,
            emergency_expire_s=self.emergency_expire_s, fee_rate_expected=self.fee_rate_expected,
            fee_exponent_expected=self.fee_exponent_expected,
        )  # fmt: skip
