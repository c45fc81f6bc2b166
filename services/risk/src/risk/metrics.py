"""What risk measures: how the account stands, and how much of each limit is used."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple, get_args

from prometheus_client import Gauge

from common.clock import Instant
from common.contracts.risk import RiskStateChanged, TradingState
from common.money import ZERO_USD
from risk.core import Limits, RiskGate
from risk.core.exposure import Exposure

TRADING_STATE = Gauge("pm_arb_trading_state", "1 for the trading state that risk is in", ["state"])
EQUITY_USD = Gauge("pm_arb_equity_usd", "Cash and open positions at cost")
CASH_USD = Gauge("pm_arb_cash_usd", "Cash, what orders in flight may still cost included")
HIGH_WATER_MARK_USD = Gauge("pm_arb_high_water_mark_usd", "The highest equity that drawdown is measured from")
DRAWDOWN_RATIO = Gauge("pm_arb_drawdown_ratio", "How far equity lies under its high-water mark, as a fraction of that")
REALISED_TODAY_USD = Gauge("pm_arb_realised_today_usd", "Profit and loss since 00:00 UTC, after fees")
REALISED_USD = Gauge("pm_arb_realised_usd", "Profit and loss since the beginning of the journal, after fees")
EXPOSURE_USD = Gauge(
    "pm_arb_exposure_usd",
    "What can be lost at worst: invested in positions, reserved for orders, and profit that could prove void",
    ["kind"],
)
POSITIONS_OPEN = Gauge("pm_arb_positions_open", "Markets in which something is held")
LIMIT_USED_USD = Gauge("pm_arb_limit_used_usd", "How much of a limit in dollars is used", ["limit", "scope"])
LIMIT_MAX_USD = Gauge("pm_arb_limit_max_usd", "How much a limit in dollars allows now", ["limit", "scope"])
LIMIT_USED_ORDERS = Gauge("pm_arb_limit_used_orders", "How much of a limit in orders is used", ["limit"])
LIMIT_MAX_ORDERS = Gauge("pm_arb_limit_max_orders", "How much a limit in orders allows", ["limit"])


class Use(NamedTuple):
    """A limit in dollars: what it is about, how much of it is used, and how much it allows."""

    limit: str
    scope: str
    used: Decimal
    most: Decimal


class Measure:
    """Sets the gauges from the gate."""

    def __init__(self, gate: RiskGate, limits: Limits) -> None:
        self._gate, self._limits = gate, limits

    def __call__(self, now: Instant) -> None:
        state = self._gate.state("measured", now, now)
        _stand(state, self._gate.exposure)
        for use in uses(state, self._gate.exposure, self._limits):
            LIMIT_USED_USD.labels(limit=use.limit, scope=use.scope).set(float(use.used))
            LIMIT_MAX_USD.labels(limit=use.limit, scope=use.scope).set(float(use.most))
        LIMIT_USED_ORDERS.labels(limit="open_orders").set(state.open_orders)
        LIMIT_MAX_ORDERS.labels(limit="open_orders").set(self._limits.open_orders_max)


def uses(state: RiskStateChanged, exposure: Exposure, limits: Limits) -> Iterator[Use]:
    """Answer each limit in dollars that what is open counts against: what it allows beyond its use is risk's room."""
    equity, revocable = state.equity, exposure.account.revocable
    lost = max(revocable - state.realised_today, ZERO_USD)
    markets = {p.market_id for p in exposure.account.positions()} | {r.order.market_id for r in exposure.reservations}
    yield Use("position", "largest", _largest(map(exposure.of_market, markets)), limits.position_limit * equity)
    for symbol in sorted(limits.symbols):
        yield Use("underlying", symbol, exposure.of_underlying(symbol), limits.underlying_limit * equity)
    for venue in sorted(limits.venues_allowed):
        yield Use("venue", venue, exposure.of_venue(venue), limits.venue_limit * equity)
    yield Use("total", "account", exposure.total, limits.total_limit * equity)
    opening = equity - state.realised_today
    yield Use("daily_loss", "account", lost + exposure.total, limits.daily_loss_limit * opening)
    fallen = state.high_water_mark - equity
    yield Use("drawdown", "account", fallen + state.at_risk, limits.drawdown_limit * state.high_water_mark)


def _stand(state: RiskStateChanged, exposure: Exposure) -> None:
    for name in get_args(TradingState):
        TRADING_STATE.labels(state=name).set(name == state.state)
    EQUITY_USD.set(float(state.equity))
    CASH_USD.set(float(state.cash))
    HIGH_WATER_MARK_USD.set(float(state.high_water_mark))
    DRAWDOWN_RATIO.set(float(1 - state.equity / state.high_water_mark) if state.high_water_mark > 0 else 0)
    REALISED_TODAY_USD.set(float(state.realised_today))
    REALISED_USD.set(float(exposure.account.realised))
    EXPOSURE_USD.labels(kind="invested").set(float(exposure.account.invested))
    EXPOSURE_USD.labels(kind="reserved").set(float(exposure.reservations.total))
    EXPOSURE_USD.labels(kind="revocable").set(float(exposure.account.revocable))
    POSITIONS_OPEN.set(len(exposure.account.positions()))


def _largest(amounts: Iterable[Decimal]) -> Decimal:
    return max(amounts, default=Decimal(0))
