"""What the journal says of trading, for Prometheus: counted once an event, as it is stored, off the way of any order.

The ledger hears everything in the journal's order, so that what needs two messages (a fill and what was expected of it)
needs no memory in any other service. Counters begin at nothing with the process; all time is in the tables.
"""

from collections import OrderedDict
from decimal import Decimal
from functools import singledispatchmethod
from typing import NamedTuple, TypeVar

from prometheus_client import Counter, Gauge, Histogram

from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.executor import FillFailed, FillMatched, OrderEvent, PositionSettled, ReconciliationDone
from common.contracts.risk import OrderApproved, OrderDenied, TradingHalted, TradingResumed
from common.contracts.scanner import OpportunityFound
from common.money import ZERO_USD

T = TypeVar("T")
REMEMBERED_MAX = 10_000
UNKNOWN = "unknown"
"""The symbol of what the journal no longer tells the approval of."""

OPPORTUNITIES = Counter("pm_arb_opportunities_total", "Edges found after every cost", ["symbol", "strategy"])
EDGE_USD = Histogram(
    "pm_arb_opportunity_edge_usd",
    "Net edge of an opportunity, dollars a share, after fee and margin",
    ["symbol"],
    buckets=(0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5),
)
DECISIONS = Counter(
    "pm_arb_decisions_total", "Decisions of risk by the rule that refused; `none` approved", ["result", "rule"]
)
ORDERS = Counter("pm_arb_orders_total", "States that orders came to", ["state", "symbol", "mode"])
FILLS = Counter("pm_arb_fills_total", "Matches, by whether they stood", ["result", "symbol", "side", "mode"])
TRADED_USD = Counter("pm_arb_traded_usd_total", "Notional of matches", ["symbol", "side", "mode"])
FEES_USD = Counter("pm_arb_fees_usd_total", "Fees of matches", ["symbol", "mode"])
SLIPPAGE_USD = Histogram(
    "pm_arb_slippage_usd",
    "What a match cost beyond the price that the opportunity named, dollars a share; below nothing it was better",
    ["symbol", "side"],
    buckets=(-0.05, -0.02, -0.01, -0.005, -0.001, 0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1),
)
FILL_SECONDS = Histogram(
    "pm_arb_fill_latency_seconds",
    "From the approval of an order to its match, by the venue's word",
    ["symbol"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60),
)
SETTLED = Counter("pm_arb_positions_settled_total", "Markets settled with something held in them", ["symbol", "result"])
PROFIT_USD = Counter("pm_arb_profit_usd_total", "Profit of settled markets, after fees", ["symbol", "mode"])
LOSS_USD = Counter("pm_arb_loss_usd_total", "Loss of settled markets, after fees", ["symbol", "mode"])
HALTS = Counter("pm_arb_halts_total", "Times that trading was halted or resumed", ["change", "rule"])
RECONCILIATIONS = Counter(
    "pm_arb_reconciliations_total",
    "Times that the executor's book was held against the venue's",
    ["verdict", "severity"],
)
DISCREPANCIES = Gauge("pm_arb_reconciliation_discrepancies", "What the last reconciliation found, by kind", ["kind"])
RECONCILED_AT = Gauge(
    "pm_arb_reconciliation_last_timestamp_seconds", "When the last reconciliation was done, 0 before it"
)


class Expected(NamedTuple):
    """What was expected of an order."""

    symbol: str
    price: Decimal
    approved_at: Instant


class TradeMetrics:
    """Counts events, and remembers within bounds what the ones to come are compared with."""

    def __init__(self) -> None:
        self._prices: OrderedDict[str, Decimal] = OrderedDict()
        self._orders: OrderedDict[str, Expected] = OrderedDict()
        self._symbols: OrderedDict[str, str] = OrderedDict()

    @singledispatchmethod
    def count(self, event: Event) -> None:
        """Count an event of the journal; one that nothing is measured of changes nothing."""

    @count.register
    def _(self, event: OpportunityFound) -> None:
        OPPORTUNITIES.labels(symbol=event.symbol, strategy=event.strategy).inc()
        EDGE_USD.labels(symbol=event.symbol).observe(float(event.net_edge))
        _remember(self._prices, event.event_id, event.average_price)

    @count.register
    def _(self, event: OrderApproved) -> None:
        DECISIONS.labels(result="approved", rule="none").inc()
        ORDERS.labels(state="approved", symbol=event.symbol, mode=UNKNOWN).inc()
        price = self._prices.get(event.opportunity_id, event.limit)
        _remember(self._orders, event.order_id, Expected(event.symbol, price, event.approved_at))
        _remember(self._symbols, event.market_id, event.symbol)

    @count.register
    def _(self, event: OrderDenied) -> None:
        DECISIONS.labels(result="denied", rule=event.rule).inc()

    @count.register
    def _(self, event: OrderEvent) -> None:
        state = str(getattr(event, "type", "")).removeprefix("order_")
        ORDERS.labels(state=state, symbol=self._symbol(event.market_id), mode=event.mode).inc()

    @count.register
    def _(self, event: FillMatched) -> None:
        symbol, side, mode = self._symbol(event.market_id), event.side, event.mode
        FILLS.labels(result="matched", symbol=symbol, side=side, mode=mode).inc()
        TRADED_USD.labels(symbol=symbol, side=side, mode=mode).inc(float(event.price * event.quantity))
        FEES_USD.labels(symbol=symbol, mode=mode).inc(float(event.fee))
        expected = self._orders.get(event.order_id)
        if expected is not None:
            worse = event.price - expected.price if side == "BUY" else expected.price - event.price
            SLIPPAGE_USD.labels(symbol=symbol, side=side).observe(float(worse))
            FILL_SECONDS.labels(symbol=symbol).observe(max(0, since(event.at, expected.approved_at)) / SECOND)

    @count.register
    def _(self, event: FillFailed) -> None:
        FILLS.labels(result="failed", symbol=self._symbol(event.market_id), side=UNKNOWN, mode=event.mode).inc()

    @count.register
    def _(self, event: PositionSettled) -> None:
        symbol = self._symbol(event.market_id)
        SETTLED.labels(symbol=symbol, result="won" if event.pnl > 0 else "lost").inc()
        PROFIT_USD.labels(symbol=symbol, mode=event.mode).inc(float(max(event.pnl, ZERO_USD)))
        LOSS_USD.labels(symbol=symbol, mode=event.mode).inc(float(max(-event.pnl, ZERO_USD)))

    @count.register
    def _(self, event: TradingHalted) -> None:
        HALTS.labels(change="halted", rule=event.rule).inc()

    @count.register
    def _(self, event: TradingResumed) -> None:  # noqa: ARG002 - what resumed has no rule; the dispatcher goes by its type
        HALTS.labels(change="resumed", rule="operator").inc()

    @count.register
    def _(self, event: ReconciliationDone) -> None:
        RECONCILIATIONS.labels(verdict=event.verdict, severity=event.severity).inc()
        RECONCILED_AT.set(event.at / SECOND)
        DISCREPANCIES.clear()
        for discrepancy in event.discrepancies:
            DISCREPANCIES.labels(kind=discrepancy.kind).inc()

    def _symbol(self, market_id: str) -> str:
        return self._symbols.get(market_id, UNKNOWN)


def _remember(memory: OrderedDict[str, T], key: str, value: T) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED_MAX:
        memory.popitem(last=False)
