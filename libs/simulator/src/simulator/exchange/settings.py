"""What the simulated exchange is like, apart from the world that trades on it."""

from dataclasses import dataclass

E6 = 1_000_000
DEPOSIT_USD_MAX = 1_000_000_000
TAKER_DELAY_MS_MAX = 60_000
BOOK_CHANGES_PER_S_MAX = 20_000


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    """Every dial of the exchange. The defaults are production's, as far as they are known."""

    deposit_usd: float = 1000.0
    """What each wallet is given when it is first seen, with allowances without bound; 0 for nothing."""
    allows_eoa: bool = False
    """Whether a bare EOA may be an order's maker without being named by `POST /sim/accounts`."""
    taker_delay_ms: int = 150
    delay_is_told: bool = False
    """Whether a held order is answered at once with `delayed`, as in sports, or when the hold is over."""
    mined_after_ms: int = 2000
    confirmed_after_ms: int = 4000
    """From a match until its trade is MINED and CONFIRMED."""
    redeems_after_ms: int = 5000
    """From the resolution until winnings are redeemed by themselves; negative for never."""
    heartbeat_timeout_ms: int = 10_000
    heartbeat_check_ms: int = 5000
    timestamp_skew_s_max: int = 300
    """How far an authentication's timestamp may lie from the exchange's clock."""
    limits_rates: bool = True
    enforces_signer_limits: bool = False
    """Whether a signer's token buckets refuse, or only warn."""
    open_orders_max: int = 1000
    """Of one API key."""
    book_changes_per_s: int = 0
    """Sizes far from the touch that change beside what the world's makers do, over all markets that are listened to."""

    def __post_init__(self) -> None:
        if not 0 <= self.deposit_usd <= DEPOSIT_USD_MAX:
            raise ValueError(f"deposit_usd must lie between 0 and {DEPOSIT_USD_MAX}, found {self.deposit_usd}")
        if not 0 <= self.taker_delay_ms <= TAKER_DELAY_MS_MAX:
            raise ValueError(f"taker_delay_ms must lie between 0 and {TAKER_DELAY_MS_MAX}, found {self.taker_delay_ms}")
        if not 0 <= self.book_changes_per_s <= BOOK_CHANGES_PER_S_MAX:
            found, most = self.book_changes_per_s, BOOK_CHANGES_PER_S_MAX
            raise ValueError(f"book changes must lie between 0 and {most} a second, found {found}")
        if not 0 <= self.mined_after_ms <= self.confirmed_after_ms:
            raise ValueError(
                "a trade is mined before it is confirmed: expected 0 <= mined_after_ms <= confirmed_after_ms"
            )

    @property
    def deposit_e6(self) -> int:
        return round(self.deposit_usd * E6)
