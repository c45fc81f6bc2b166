"""The numbers that the desk is held to. Units are in the names."""

from dataclasses import dataclass
from decimal import Decimal

from common.money import Usd

LARGE_LOSS_USD = Usd(Decimal(20))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLimits:
    """What the owner chose."""

    alerts_per_minute_max: int = 20
    alert_age_s_max: int = 900
    large_loss_usd: Usd = LARGE_LOSS_USD
    heartbeat_silence_s: int = 120
    source_alert_interval_s: int = 600
    emergency_retry_s: int = 60
    emergency_expire_s: int = 3600
    fee_rate_expected: Decimal = Decimal("0.07")
    fee_exponent_expected: int = 1


REMEMBERED_MAX = 10_000
"""Events and alerts that are recognised when they come again."""
NAMES_MAX = 2000
"""Markets whose names are remembered."""
COUNTED_MAX = 100
"""Different rules, sources or schedules that are counted apart."""
POSITIONS_MAX = 10_000
"""Markets counted as open."""
