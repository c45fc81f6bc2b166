"""Every order and fill that the record tells of, folded by the tables of `states`."""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator

from common.clock import SECOND, Instant
from common.contracts.executor import (
    FillConfirmed,
    FillEvent,
    FillFailed,
    FillMatched,
    OrderCancelled,
    OrderEvent,
    OrderFilled,
    OrderSubmitted,
    is_adopted,
)
from common.contracts.risk import OrderApproved
from executor.core.order import Fill, Order
from executor.core.states import (
    FILL_TABLE,
    ORDER_TABLE,
    FillHappening,
    FillState,
    Happening,
    OrderState,
    Row,
    cell,
)

RATE_WINDOW_S = 60
FORGOTTEN_AT_ONCE = 10
"""A tenth of what is kept is forgotten at once."""
_ACKNOWLEDGEMENTS = frozenset({Happening.ACCEPTED, Happening.DELAYED})
_ACKNOWLEDGED_ANEW = frozenset({OrderState.UNKNOWN, OrderState.DELAYED})


class Orders:
    """The fold. Nothing here decides; `ignored` counts by name what found no row."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._orders: dict[str, Order] = {}
        self._open: dict[str, Order] = {}
        self._provisional: dict[tuple[str, str], Fill] = {}
        self._opportunities: dict[str, str] = {}
        self._sent_at: deque[Instant] = deque()
        self._sent_in_order: list[Instant] = []
        """The same moments in order of time, so that counting them does not take longer the more there are."""
        self._first_approved_at: Instant | None = None
        self.approved_count = 0
        self.sent_count = 0
        self.fill_count = 0
        self.ignored: Counter[str] = Counter()
        self.contradictions: dict[str, Instant] = {}
        """What must never be and was, by name, with when; until an operator resumes, no order leaves."""

    def get(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def of_opportunity(self, opportunity_id: str) -> str | None:
        """Answer the order that an opportunity was used for."""
        return self._opportunities.get(opportunity_id)

    def open(self) -> Iterator[Order]:
        """List the orders that are not over, oldest first."""
        return iter(self._open.values())

    def all(self) -> Iterator[Order]:
        """List every order that is remembered, oldest first."""
        return iter(self._orders.values())

    def provisional(self) -> Iterator[Fill]:
        """List the matches that are not final, oldest first."""
        return iter(self._provisional.values())

    @property
    def open_count(self) -> int:
        return len(self._open)

    @property
    def provisional_count(self) -> int:
        return len(self._provisional)

    def sent_since(self, moment: Instant) -> int:
        """Count the orders that left at or after a moment within the last minute."""
        return len(self._sent_in_order) - bisect_left(self._sent_in_order, moment)

    def row(self, order: Order, happening: Happening) -> Row | None:
        """Answer what a happening does to an order, None when it does nothing."""
        is_new = not order.acknowledged or order.state in _ACKNOWLEDGED_ANEW
        if happening in _ACKNOWLEDGEMENTS and not is_new:
            return None
        return ORDER_TABLE.get((order.state, happening))

    def approved(self, approval: OrderApproved) -> None:
        """Take note of an approval, once."""
        if approval.order_id in self._orders:
            self.ignored["approval_repeated"] += 1
            return
        if self._first_approved_at is None:
            self._first_approved_at = approval.approved_at
        self.approved_count += 1
        order = Order(approval, approval.approved_at)
        self._orders[approval.order_id] = self._open[approval.order_id] = order
        self._opportunities.setdefault(approval.opportunity_id, approval.order_id)
        self._forget_the_oldest()

    def happened(self, event: OrderEvent, happening: Happening) -> None:
        """Fold what the record says of an order."""
        order = self._orders.get(event.order_id)
        if order is None:
            self._without_approval(event)
            return
        row = self.row(order, happening)
        if row is None:
            self.ignored[cell(happening, order.state)] += 1
            return
        if happening is Happening.SUBMITTED:
            self._sent(event.at)
        heard_of = order.acknowledged and row.then is not OrderState.UNKNOWN
        order.acknowledged = happening in _ACKNOWLEDGEMENTS or heard_of
        order.was_acknowledged = order.was_acknowledged or order.acknowledged
        order.times_unknown += happening is Happening.LOST
        order.in_doubt = order.in_doubt and happening is not Happening.LOST
        if isinstance(event, OrderFilled | OrderCancelled):
            order.claimed = event.filled
        self._move(order, row.then, event.at)
        self._end(order, event.at)

    def matched(self, event: FillMatched) -> None:
        """Fold a match: it counts once, whenever it comes, for it is money."""
        order = self._orders.get(event.order_id)
        if order is None:
            self._without_approval(event)
            return
        if event.fill_id in order.fills:
            self.ignored[cell(FillHappening.MATCHED, order.fills[event.fill_id].state)] += 1
            return
        row = self.row(order, Happening.MATCHED)
        assert row is not None  # the table has a row for a match in every state, which a test holds it to
        if row.halts:
            self.contradictions[cell(Happening.MATCHED, order.state)] = event.at
        fill = order.fills[event.fill_id] = self._provisional[event.order_id, event.fill_id] = Fill(event)
        self.fill_count += 1
        self._count(order, fill, sign=1)
        if order.is_overfilled:
            self.contradictions["overfill"] = event.at
        self._move(order, row.then, event.at)

    def finished(self, event: FillConfirmed | FillFailed) -> None:
        """Fold the end of a match: a failed one is reversed, once."""
        if is_adopted(event.order_id):
            return
        order = self._orders.get(event.order_id)
        happening = FillHappening.CONFIRMED if isinstance(event, FillConfirmed) else FillHappening.FAILED
        fill = order.fills.get(event.fill_id) if order else None
        row = FILL_TABLE.get((fill.state if fill else FillState.UNSEEN, happening))
        if order is None or fill is None or row is None:
            self.ignored[cell(happening, fill.state if fill else FillState.UNSEEN)] += 1
            return
        fill.state = row.then
        del self._provisional[event.order_id, event.fill_id]
        if row.then is FillState.FAILED:
            self._count(order, fill, sign=-1)
            self._move(order, ORDER_TABLE[order.state, Happening.VOIDED].then, event.at)
        self._end(order, event.at)

    def forgive(self, before: Instant) -> None:
        """Drop the contradictions that an operator has seen; younger ones stay."""
        self.contradictions = {name: at for name, at in self.contradictions.items() if at > before}

    def doubt_everything(self) -> None:
        """Mark all that is not over as unheard of by this process: it is asked for, one by one."""
        for order in self._open.values():
            order.in_doubt = True
        for fill in self._provisional.values():
            fill.in_doubt, fill.asked = True, False

    def asked(self, order_id: str, fill_id: str) -> None:
        """Take note that a match was asked for."""
        fill = self._provisional.get((order_id, fill_id))
        if fill is not None:
            fill.asked, fill.in_doubt = True, False

    def _end(self, order: Order, at: Instant) -> None:
        """End an order that the venue is done with, once the last of its fills is final."""
        if order.state is OrderState.MATCHED and order.is_final:
            happening = Happening.SETTLED if order.filled > 0 else Happening.EMPTIED
            self._move(order, ORDER_TABLE[order.state, happening].then, at)

    def _move(self, order: Order, then: OrderState, at: Instant) -> None:
        if then is not order.state:
            order.state, order.since = then, at
        if not order.is_open:
            self._open.pop(order.approval.order_id, None)

    def _sent(self, at: Instant) -> None:
        self.sent_count += 1
        self._sent_at.append(at)
        while self._sent_at and self._sent_at[0] < at - RATE_WINDOW_S * SECOND:
            self._sent_at.popleft()
        self._sent_in_order = sorted(self._sent_at)

    def _count(self, order: Order, fill: Fill, *, sign: int) -> None:
        order.filled += sign * fill.event.quantity
        order.spent += sign * fill.event.quantity * fill.event.price

    def _without_approval(self, event: OrderEvent | FillEvent) -> None:
        """Tell an order that nobody approved from one whose approval has aged out of the record.

        What was adopted has none, and is looked after by reconciliation.
        """
        if is_adopted(event.order_id):
            return
        self.ignored["order_not_in_the_record"] += 1
        first = self._first_approved_at
        if isinstance(event, OrderSubmitted) and first is not None and event.approved_at >= first:
            self.contradictions["order_without_approval"] = event.at

    def _forget_the_oldest(self) -> None:
        """Forget in batches, for looking through all of them each time would cost more than it frees."""
        excess = len(self._orders) - self._kept_max
        if excess < max(1, self._kept_max // FORGOTTEN_AT_ONCE):
            return
        for order_id in [i for i, order in self._orders.items() if order.is_settled][:excess]:
            forgotten = self._orders.pop(order_id)
            self._opportunities.pop(forgotten.approval.opportunity_id, None)
