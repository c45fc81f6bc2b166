"""The numbers that the owner chose, and the version that every decision names."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal

from common import ids
from common.money import Usd

SizingStrategy = Literal["fixed", "half_kelly"]
VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be done at most. Units are in the names; shares of the bankroll are fractions of one."""

    initial_bankroll: Usd
    sizing: SizingStrategy
    trade_size_usd: Usd
    trade_size_usd_max: Usd
    loss_per_trade_usd_max: Usd
    manual_order_usd_max: Usd
    size_ladder: tuple[tuple[int, Decimal], ...]
    """From so many trades on, so many dollars an order at most."""
    order_shares_max: Decimal
    orders_per_minute_max: int
    open_orders_max: int
    position_limit: Decimal
    underlying_limit: Decimal
    venue_limit: Decimal
    total_limit: Decimal
    daily_loss_limit: Decimal
    drawdown_limit: Decimal
    min_edge: Decimal
    """Dollars a share, after fee and margin."""
    credible_edge_max: Decimal
    """Dollars a share; a larger gross edge is taken for an error in the data."""
    price_collar: Decimal
    """Dollars a share that the limit may lie above the best ask."""
    underlying_move_bps_max: Decimal
    price_age_ms_max: int
    book_age_ms_max: int
    clock_skew_ms_max: int
    repeat_window_ms: int
    repeated_trades_max: int
    """Orders of one strategy in one market within `repeated_trades_window_s` after which it stops."""
    repeated_trades_window_s: int
    error_rate_orders: int
    """How many of the last orders are looked at."""
    error_rate: Decimal
    """The share of them that may be rejected or unanswered within `error_rate_window_s`."""
    error_rate_window_s: int
    unknown_orders_max: int
    """Orders that nobody could account for in `unknown_order_s` seconds; more of them halt trading."""
    unknown_order_s: int
    close_guard_s: int
    order_valid_ms: int
    symbols: frozenset[str]
    venues_allowed: frozenset[str]
    reduce_only: bool

    @property
    def version(self) -> str:
        """Name these numbers: equal numbers have equal names, on every machine."""
        named = sorted((k, sorted(v) if isinstance(v, frozenset) else str(v)) for k, v in asdict(self).items())
        return ids.derive("limits", named)[:VERSION_DIGITS]
