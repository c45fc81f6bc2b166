"""What came of a replay's trades, from what was published alone."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from common.clock import Instant
from common.contracts.executor import FillFailed, FillMatched, OrderRefused, PositionSettled
from common.contracts.risk import OrderApproved, OrderDenied
from common.contracts.scanner import OpportunityFound
from common.contracts.venue import BookUpdated, MarketUpdated, Outcome
from common.money import ZERO_USD, Price, Usd
from console.replay.dispatcher import Dispatcher

NOTHING = Decimal(0)


@dataclass(slots=True)
class Trade:
    """One order that got something. `best_ask` is what was offered when the order was approved."""

    market_id: str
    outcome: Outcome
    best_ask: Price | None
    fills: dict[str, FillMatched] = field(default_factory=dict)

    @property
    def quantity(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills.values()), NOTHING)

    @property
    def cost(self) -> Decimal:
        return sum((fill.price * fill.quantity for fill in self.fills.values()), NOTHING)

    @property
    def fees(self) -> Decimal:
        return sum((fill.fee for fill in self.fills.values()), NOTHING)

    @property
    def slippage(self) -> Decimal:
        """Dollars paid beyond the best offer at the decision."""
        return NOTHING if self.best_ask is None else self.cost - self.best_ask * self.quantity


class Scoreboard:
    """Keeps score of orders, fills and settlements."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.opportunities = 0
        self.approvals = 0
        self.denials: Counter[str] = Counter()
        self.refused_at_last_hop: Counter[str] = Counter()
        self.markets: dict[str, MarketUpdated] = {}
        self.settlements: dict[str, PositionSettled] = {}
        self.pnl = self.peak = self.drawdown_max = ZERO_USD
        self._orders: dict[str, Trade] = {}
        self._best_asks: dict[str, Price | None] = {}
        self._listen(dispatcher)

    @property
    def trades(self) -> list[Trade]:
        """List orders that got something, in the order they were approved."""
        return [order for order in self._orders.values() if order.fills]

    @property
    def unsettled(self) -> set[str]:
        """Name the markets in which something is held that no settlement has paid yet."""
        return {trade.market_id for trade in self.trades} - set(self.settlements)

    def winner(self, market_id: str) -> Outcome | None:
        market = self.markets.get(market_id)
        return market.winner if market else None

    def _listen(self, dispatcher: Dispatcher) -> None:
        dispatcher.tap(BookUpdated, self._quoted)
        dispatcher.tap(MarketUpdated, self._described)
        dispatcher.tap(OpportunityFound, self._found)
        dispatcher.tap(OrderApproved, self._approved)
        dispatcher.tap(OrderDenied, self._denied)
        dispatcher.tap(OrderRefused, self._refused)
        dispatcher.tap(FillMatched, self._filled)
        dispatcher.tap(FillFailed, self._failed)
        dispatcher.tap(PositionSettled, self._settled)

    def _quoted(self, book: BookUpdated, _now: Instant) -> None:
        self._best_asks[book.token_id] = book.asks[0][0] if book.asks else None

    def _described(self, market: MarketUpdated, _now: Instant) -> None:
        self.markets[market.market_id] = market

    def _found(self, _opportunity: OpportunityFound, _now: Instant) -> None:
        self.opportunities += 1

    def _approved(self, order: OrderApproved, _now: Instant) -> None:
        self.approvals += 1
        best_ask = self._best_asks.get(order.token_id)
        self._orders.setdefault(order.order_id, Trade(order.market_id, order.outcome, best_ask))

    def _denied(self, denial: OrderDenied, _now: Instant) -> None:
        self.denials[denial.rule] += 1

    def _refused(self, refusal: OrderRefused, _now: Instant) -> None:
        self.refused_at_last_hop[refusal.rule] += 1

    def _filled(self, fill: FillMatched, _now: Instant) -> None:
        self._orders[fill.order_id].fills[fill.fill_id] = fill

    def _failed(self, failure: FillFailed, _now: Instant) -> None:
        self._orders[failure.order_id].fills.pop(failure.fill_id, None)

    def _settled(self, settlement: PositionSettled, _now: Instant) -> None:
        if settlement.market_id in self.settlements:
            return
        self.settlements[settlement.market_id] = settlement
        self.pnl = Usd(self.pnl + settlement.pnl)
        self.peak = max(self.peak, self.pnl)
        self.drawdown_max = Usd(max(self.drawdown_max, self.peak - self.pnl))
