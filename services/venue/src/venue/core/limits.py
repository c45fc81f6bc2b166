"""The numbers by which markets are read and books are kept."""

from dataclasses import dataclass
from decimal import Decimal

from common.clock import MILLISECOND, SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLimits:
    """What the owner chose. Units are in the names."""

    symbols: tuple[str, ...]
    is_shard: bool
    """Whether other instances look after the symbols that are not among these."""
    durations_s: tuple[int, ...]
    expected_fee_rate: Decimal
    expected_fee_exponent: int
    taker_delay_ms: int
    book_levels_max: int
    book_silence_ms: int
    book_burst_ms: int
    book_repeat_ms: int
    resync_retry_ms: int
    resync_tokens_max: int
    book_lead_s: int
    books_max: int
    discovery_age_s_max: int
    access_age_s_max: int
    clock_skew_ms_max: int
    market_memory_s: int
    resolution_patience_s: int
    resolution_listen_s: int
    markets_max: int

    @property
    def book_silence(self) -> int:
        return self.book_silence_ms * MILLISECOND

    @property
    def book_burst(self) -> int:
        return self.book_burst_ms * MILLISECOND

    @property
    def book_repeat(self) -> int:
        return self.book_repeat_ms * MILLISECOND

    @property
    def resync_retry(self) -> int:
        return self.resync_retry_ms * MILLISECOND

    @property
    def book_lead(self) -> int:
        return self.book_lead_s * SECOND
