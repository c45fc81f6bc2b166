"""The limits, under the owner's names. Percentages are of the bankroll's equity unless they say otherwise."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from common.settings import BareSymbols, Names, ServiceSettings

Percent = Annotated[Decimal, Field(gt=0, le=100)]
Dollars = Annotated[Decimal, Field(gt=0, le=1_000_000)]

RUNGS_MAX = 20


def _rungs(text: object) -> object:
    """Read `0:10,50:50` as pairs of trades and dollars."""
    if not isinstance(text, str):
        return text
    return tuple(tuple(part.strip() for part in rung.split(":")) for rung in text.split(",") if rung.strip())


def _climbs(rungs: tuple[tuple[int, Decimal], ...]) -> tuple[tuple[int, Decimal], ...]:
    trades, dollars = [rung[0] for rung in rungs], [rung[1] for rung in rungs]
    climbs = trades == sorted(set(trades)) and dollars == sorted(dollars)
    if not 0 < len(rungs) <= RUNGS_MAX or trades[0] != 0 or not climbs:
        raise ValueError(f"at most {RUNGS_MAX} rungs that climb from 0 trades on, such as 0:10,50:50")
    return rungs


Ladder = Annotated[
    tuple[tuple[Annotated[int, Field(ge=0)], Dollars], ...], NoDecode, BeforeValidator(_rungs), AfterValidator(_climbs)
]
"""How large an order may be, by the trades before it."""


class Settings(ServiceSettings):
    """What may be risked. None of these can switch a limit off."""

    symbols: BareSymbols = ("BTC", "ETH")
    """Bare symbols of the underlyings that may be traded."""
    venues_allowed: Names = ("polymarket",)
    initial_bankroll: Dollars = Decimal(200)
    """Dollars in the account before the first trade."""
    sizing_strategy: Literal["fixed", "half_kelly"] = "fixed"
    trade_size_usd: Dollars = Decimal(5)
    """What a trade costs with its fee, where SIZING_STRATEGY is fixed; every limit may make it smaller."""
    max_trade_size: Dollars = Decimal(20)
    """The most that one order may cost, in dollars, fee included."""
    max_loss_per_trade: Dollars = Decimal(20)
    """The most that one trade may lose, in dollars."""
    manual_order_usd_max: Dollars = Decimal(5)
    """The most that an order by hand (`pm-arb order`) may spend on shares, in dollars; the fee comes on top."""
    size_ladder: Ladder = ((0, Decimal(10)), (50, Decimal(50)), (200, Decimal(250)), (500, Decimal(500)))
    """Filled trades so far : the most that one order may cost in dollars, as `0:10,50:50`; beside MAX_TRADE_SIZE."""
    max_order_shares: Annotated[Decimal, Field(gt=0, le=1_000_000)] = Decimal(500)
    orders_per_minute_max: Annotated[int, Field(ge=1, le=1000)] = 30
    open_orders_max: Annotated[int, Field(ge=1, le=1000)] = 10
    """Orders whose end is not known yet, in flight ones included."""
    position_limit_pct: Percent = Decimal(10)
    """Worst-case exposure to one market."""
    underlying_limit_pct: Percent = Decimal(30)
    """Worst-case exposure to one underlying."""
    venue_limit_pct: Percent = Decimal(50)
    """Worst-case exposure to one venue."""
    total_limit_pct: Percent = Decimal(50)
    """Worst-case exposure in all."""
    daily_loss_limit_pct: Percent = Decimal(10)
    """The most that a UTC day may lose, in percent of the equity at its start, everything open counted as lost."""
    drawdown_limit_pct: Percent = Decimal(20)
    """How far equity may fall below its highest, in percent of that, before trading is halted until a resume."""
    min_edge_pct: Annotated[Decimal, Field(ge=0, le=50)] = Decimal("2.0")
    """The least net edge, in percent of a dollar a share, after fee and margin, on risk's own book."""
    max_credible_edge: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.30")
    """A larger gross edge, in dollars a share, is taken for an error in the data."""
    price_collar_pct: Annotated[Decimal, Field(ge=0, le=50)] = Decimal(5)
    """How far above the best ask the limit may lie, in percent of a dollar a share."""
    underlying_move_bps_max: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal(5)
    """How far the underlying may have moved against the trade since the opportunity was found."""
    price_age_ms_max: Annotated[int, Field(gt=0, le=60_000)] = 2000
    book_age_ms_max: Annotated[int, Field(gt=0, le=60_000)] = 5000
    clock_skew_ms_max: Annotated[int, Field(ge=0, le=10_000)] = 500
    """How far another service's clock may be ahead of this one's."""
    repeat_window_ms: Annotated[int, Field(ge=0, le=60_000)] = 1000
    """The same offer on the same book is not taken again sooner."""
    repeated_trades_max: Annotated[int, Field(ge=2, le=1000)] = 30
    """So many orders of one strategy in one market within REPEATED_TRADES_WINDOW_S stop it until `pm-arb rearm`."""
    repeated_trades_window_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    error_rate_orders: Annotated[int, Field(ge=2, le=1000)] = 20
    """How many of the last orders the error rate looks at."""
    error_rate_max_pct: Percent = Decimal(50)
    """The share of them that may be rejected or unanswered; beyond it trading is halted until a resume."""
    error_rate_window_s: Annotated[int, Field(ge=1, le=86_400)] = 600
    """An error that is older counts no more."""
    unknown_orders_max: Annotated[int, Field(ge=0, le=1000)] = 3
    """With more orders whose fate has been unknown for UNKNOWN_ORDER_S, trading is halted until a resume."""
    unknown_order_s: Annotated[int, Field(ge=1, le=3600)] = 30
    close_guard_s: Annotated[int, Field(ge=0, le=3600)] = 2
    """A market is not traded in its last seconds."""
    order_valid_ms: Annotated[int, Field(gt=0, le=60_000)] = 1000
    """How long an approved order may be placed."""
    reduce_only: bool = False
    """Start in the state REDUCING: nothing is bought."""
