"""The composition root: the gate from its settings, and the record it is rebuilt from."""

from collections.abc import Callable

from common.clock import MILLISECOND, Instant
from common.money import Usd
from common.runtime.assembly import Assembly, Recovery
from risk.core import Limits, RiskGate
from risk.metrics import Measure
from risk.settings import Settings

RECOVERY = (
    Recovery("CONTROL", "control.rearm", "last"),
    Recovery("CATALOGUE", "venue.market.>", "last"),
    Recovery("JOURNAL", ">", "all"),
    Recovery("MARKET", "oracle.price.>", "last"),
    Recovery("BOOKS", "venue.book.>", "last"),
)
"""The journal is read whole: the order between approvals and what became of them is what exposure rests on."""


def assemble(settings: Settings) -> Assembly:
    """Put the service together."""
    gate = build(settings)
    return Assembly(
        name="risk",
        core=gate,
        settings=settings,
        recovery=RECOVERY,
        is_single=True,
        imagine=gate.imagine,
        figures=_figures(gate),
        measure=Measure(gate, limits(settings)),
        not_ready=_not_ready(gate, settings),
    )


def build(settings: Settings) -> RiskGate:
    """Make the core alone, as the service, the replay and the tape player need it."""
    return RiskGate(limits(settings))


def limits(settings: Settings) -> Limits:
    """Turn the owner's settings into the numbers of the core: percentages become fractions."""
    return Limits(
        initial_bankroll=Usd(settings.initial_bankroll),
        sizing=settings.sizing_strategy,
        trade_size_usd=Usd(settings.trade_size_usd),
        trade_size_usd_max=Usd(settings.max_trade_size),
        loss_per_trade_usd_max=Usd(settings.max_loss_per_trade),
        manual_order_usd_max=Usd(settings.manual_order_usd_max),
        size_ladder=settings.size_ladder,
        order_shares_max=settings.max_order_shares,
        orders_per_minute_max=settings.orders_per_minute_max,
        open_orders_max=settings.open_orders_max,
        position_limit=settings.position_limit_pct / 100,
        underlying_limit=settings.underlying_limit_pct / 100,
        venue_limit=settings.venue_limit_pct / 100,
        total_limit=settings.total_limit_pct / 100,
        daily_loss_limit=settings.daily_loss_limit_pct / 100,
        drawdown_limit=settings.drawdown_limit_pct / 100,
        min_edge=settings.min_edge_pct / 100,
        credible_edge_max=settings.max_credible_edge,
        price_collar=settings.price_collar_pct / 100,
        underlying_move_bps_max=settings.underlying_move_bps_max,
        price_age_ms_max=settings.price_age_ms_max,
        book_age_ms_max=settings.book_age_ms_max,
        clock_skew_ms_max=settings.clock_skew_ms_max,
        repeat_window_ms=settings.repeat_window_ms,
        repeated_trades_max=settings.repeated_trades_max,
        repeated_trades_window_s=settings.repeated_trades_window_s,
        error_rate_orders=settings.error_rate_orders,
        error_rate=settings.error_rate_max_pct / 100,
        error_rate_window_s=settings.error_rate_window_s,
        unknown_orders_max=settings.unknown_orders_max,
        unknown_order_s=settings.unknown_order_s,
        close_guard_s=settings.close_guard_s,
        order_valid_ms=settings.order_valid_ms,
        symbols=frozenset(settings.symbols),
        venues_allowed=frozenset(settings.venues_allowed),
        reduce_only=settings.reduce_only,
    )


def _figures(gate: RiskGate) -> Callable[[Instant], dict[str, str]]:
    def figures(now: Instant) -> dict[str, str]:
        state = gate.state("figures", now, now)
        denied = {f"denied_{rule}": str(count) for rule, count in sorted(gate.denials.items())}
        return {
            "state": state.state,
            "equity": f"{state.equity:.2f}",
            "at_risk": f"{state.at_risk:.2f}",
            "realised_today": f"{state.realised_today:.2f}",
            "high_water_mark": f"{state.high_water_mark:.2f}",
            "open_orders": str(state.open_orders),
            **denied,
        }

    return figures


def _not_ready(gate: RiskGate, settings: Settings) -> Callable[[Instant], str]:
    def not_ready(now: Instant) -> str:
        missing = [
            f"no fresh {symbol} price" for symbol in settings.symbols if not _is_fresh(gate, settings, symbol, now)
        ]
        if not gate.sight.markets_count:
            missing.append("no market is known")
        return "; ".join(missing)

    return not_ready


def _is_fresh(gate: RiskGate, settings: Settings, symbol: str, now: Instant) -> bool:
    price = gate.sight.price(symbol)
    return price is not None and now - price.received_at <= settings.price_age_ms_max * MILLISECOND
