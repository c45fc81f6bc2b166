"""The numbers that decide whom the oracle believes."""

from dataclasses import dataclass
from decimal import Decimal

from common.clock import MILLISECOND
from common.parsing import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleLimits:
    """What the owner chose. Units are in the names."""

    symbols: tuple[Symbol, ...]
    exchanges: tuple[str, ...]
    settlement_topics: tuple[str, ...]
    source_age_ms_max: int
    source_deviation_bps_max: Decimal
    source_jump_bps_max: Decimal
    settlement_age_ms_max: int
    settlement_memory_max: int
    clock_skew_ms_max: int

    @property
    def source_age_max(self) -> int:
        return self.source_age_ms_max * MILLISECOND

    @property
    def settlement_age_max(self) -> int:
        return self.settlement_age_ms_max * MILLISECOND

    @property
    def clock_skew_max(self) -> int:
        return self.clock_skew_ms_max * MILLISECOND
