"""The part of the board that counts money: orders, fills, positions and what settled."""

from collections import Counter, OrderedDict, deque
from dataclasses import replace
from decimal import Decimal

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.executor import (
    FillFailed,
    FillMatched,
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
    PositionSettled,
)
from common.contracts.risk import OrderApproved
from console.view.rows import OrderRow, OrderStatus, PositionRow, SettledRow, Tally

ORDERS_KEPT_MAX = 200
SETTLED_KEPT_MAX = 50
FILLS_KEPT_MAX = 50_000
ZERO = Decimal(0)

_STATUS: dict[type[OrderEvent], OrderStatus] = {
    OrderSubmitted: "submitted",
    OrderAccepted: "accepted",
    OrderRejected: "rejected",
    OrderRefused: "refused",
    OrderUnknown: "unknown",
    OrderCancelled: "cancelled",
    OrderFilled: "filled",
}


class Trades:
    """A fold of what risk approved and the executor reported. Each fill and settlement counts once."""

    def __init__(self) -> None:
        self.orders: OrderedDict[str, OrderRow] = OrderedDict()
        self.settled: deque[SettledRow] = deque(maxlen=SETTLED_KEPT_MAX)
        self.tally = Tally()
        self.first_fill_at: Instant | None = None
        """Since `begin`; None when there was none."""
        self._fills: OrderedDict[str, FillMatched] = OrderedDict()
        self._fills_of: Counter[str] = Counter()
        self._failed: set[str] = set()
        self._settled_markets: set[str] = set()
        self._positions: dict[tuple[str, str], PositionRow] = {}

    @property
    def positions(self) -> list[PositionRow]:
        """What is held, in the order of its first fill."""
        return [position for position in self._positions.values() if position.shares > 0]

    @property
    def open_orders(self) -> list[OrderRow]:
        return [order for order in self.orders.values() if order.is_open]

    def begin(self) -> None:
        """From here on a fill is one of this run."""
        self.first_fill_at = None

    def fold(self, event: Event) -> None:
        match event:
            case OrderApproved():
                self._approved(event)
            case FillMatched():
                self._matched(event)
            case FillFailed():
                self._void(event)
            case PositionSettled():
                self._settle(event)
            case OrderEvent():
                self._ordered(event)
            case _:
                pass

    def _approved(self, event: OrderApproved) -> None:
        if event.order_id not in self.orders:
            self._keep(
                OrderRow(
                    order_id=event.order_id, slug=event.slug, outcome=event.outcome, side=event.side,
                    quantity=event.quantity, limit=event.limit, status="approved", filled=ZERO, detail="",
                    at=event.approved_at,
                )
            )  # fmt: skip

    def _ordered(self, event: OrderEvent) -> None:
        order = self.orders.get(event.order_id)
        if order is not None and order.is_open:
            detail = str(getattr(event, "detail", "") or getattr(event, "reason", ""))
            self._keep(replace(order, status=_STATUS[type(event)], detail=detail, at=event.at))

    def _matched(self, event: FillMatched) -> None:
        if event.fill_id in self._fills or event.fill_id in self._failed:
            return
        self._fills[event.fill_id] = event
        while len(self._fills) > FILLS_KEPT_MAX:
            self._fills.popitem(last=False)
        self._count(event, 1)
        self.first_fill_at = event.at if self.first_fill_at is None else self.first_fill_at
        order = self.orders.get(event.order_id)
        if order is not None:
            self._keep(replace(order, filled=order.filled + event.quantity, at=event.at))

    def _void(self, event: FillFailed) -> None:
        fill = self._fills.pop(event.fill_id, None)
        self._failed.add(event.fill_id)
        if fill is not None:
            self._count(fill, -1)

    def _count(self, fill: FillMatched, sign: int) -> None:
        before = self._fills_of[fill.order_id]
        self._fills_of[fill.order_id] = after = before + sign
        trades = self.tally.trades + (after > 0) - (before > 0)
        self.tally = replace(
            self.tally, fills=self.tally.fills + sign, trades=trades, fees=self.tally.fees + sign * fill.fee
        )
        self._move(fill, sign)

    def _move(self, fill: FillMatched, sign: int) -> None:
        key = (fill.market_id, fill.outcome)
        held = self._positions.get(key) or PositionRow(fill.market_id, fill.slug, fill.outcome, ZERO, ZERO, ZERO)
        if fill.side == "BUY":
            shares, cost = sign * fill.quantity, sign * fill.quantity * fill.price
        else:
            shares, cost = -sign * fill.quantity, -sign * fill.quantity * held.average_price
        self._positions[key] = replace(
            held, shares=held.shares + shares, cost=held.cost + cost, fees=held.fees + sign * fill.fee
        )

    def _settle(self, event: PositionSettled) -> None:
        if event.market_id in self._settled_markets:
            return
        self._settled_markets.add(event.market_id)
        for outcome in ("Up", "Down"):
            self._positions.pop((event.market_id, outcome), None)
        self.settled.append(SettledRow(event.market_id, event.slug, event.winner, event.pnl, event.at))
        counted = self.tally
        self.tally = replace(
            counted, settled=counted.settled + 1, won=counted.won + (event.pnl > 0), pnl=counted.pnl + event.pnl
        )

    def _keep(self, order: OrderRow) -> None:
        self.orders[order.order_id] = order
        self.orders.move_to_end(order.order_id)
        while len(self.orders) > ORDERS_KEPT_MAX:
            self.orders.popitem(last=False)
