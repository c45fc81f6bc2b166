"""What approved orders may still cost: reserved on approval, turned into positions by fills, released once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from common.accounting import DUST
from common.clock import Instant
from common.contracts.executor import FillMatched
from common.contracts.risk import OrderApproved
from common.money import ZERO_USD, Shares, Usd, from_micro
from risk.core.recent import Recent

ORDERS_REMEMBERED_MAX = 10_000


@dataclass(slots=True)
class Reservation:
    """One order whose end is not known in full. `remaining` is the most that it can still cost."""

    order: OrderApproved
    matched: dict[str, FillMatched] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    unknown_since: Instant | None = None
    """Since when nobody can say what became of it; None while somebody can."""
    reported: Shares | None = None
    """The shares it got in all, once the executor has said that it is over."""
    remaining: Usd = ZERO_USD

    def __post_init__(self) -> None:
        self.refold()

    @property
    def is_over(self) -> bool:
        """Whether the order has ended and every share it is said to have got was heard of as a fill."""
        return self.reported is not None and self._unheard() < DUST

    def refold(self) -> None:
        """Work out anew what the order can still cost: dollars while it lives, shares not heard of once it is over.

        While it lives, a failed fill's dollars may be spent again. When it is over they are gone for good.
        """
        order = self.order
        if order.side == "SELL":
            return
        standing = (fill for fill_id, fill in self.matched.items() if fill_id not in self.failed)
        spent = sum((fill.price * fill.quantity for fill in standing), Decimal(0))
        left = max(from_micro(order.maker_amount) - spent, Decimal(0))
        if self.reported is not None:
            left = min(left, order.limit * max(self._unheard(), Decimal(0)))
        self.remaining = order.fee.worst_cost(Usd(left), order.tick)

    def _unheard(self) -> Decimal:
        heard = sum((fill.quantity for fill in self.matched.values()), Decimal(0))
        return (self.reported or Decimal(0)) - heard


class Reservations:
    """The orders in flight. Each is reserved once and released once, however often the record says so."""

    def __init__(self) -> None:
        self._open: dict[str, Reservation] = {}
        self._known: Recent[str, None] = Recent(ORDERS_REMEMBERED_MAX)
        self.total = ZERO_USD

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Reservation]:
        return iter(self._open.values())

    def reserve(self, order: OrderApproved) -> None:
        if order.order_id in self._known:
            return
        self._known.put(order.order_id, None)
        self._open[order.order_id] = Reservation(order)
        self._sum()

    def commit(self, fill: FillMatched) -> None:
        """Take a fill off what its order may still cost."""
        reservation = self._open.get(fill.order_id)
        if reservation is not None:
            reservation.matched[fill.fill_id] = fill
            self._settle(reservation)

    def revert(self, order_id: str, fill_id: str) -> None:
        """Note that a fill is void."""
        reservation = self._open.get(order_id)
        if reservation is not None:
            reservation.failed.add(fill_id)
            self._settle(reservation)

    def finish(self, order_id: str, filled: Shares) -> None:
        """Release what an ended order did not use; what it got and was not heard of yet stays reserved."""
        reservation = self._open.get(order_id)
        if reservation is not None:
            reservation.reported, reservation.unknown_since = filled, None
            self._settle(reservation)

    def lose(self, order_id: str, at: Instant) -> None:
        """Note that an order's fate is unknown; what it may cost stays reserved."""
        reservation = self._open.get(order_id)
        if reservation is not None and reservation.unknown_since is None:
            reservation.unknown_since = at

    def find(self, order_id: str) -> None:
        """Note that the venue has an order after all."""
        reservation = self._open.get(order_id)
        if reservation is not None:
            reservation.unknown_since = None

    def unknown(self) -> Iterator[Reservation]:
        """List the orders whose fate nobody knows."""
        return (reservation for reservation in self if reservation.unknown_since is not None)

    def release(self, order_id: str) -> None:
        """Release an order that never came to anything."""
        if self._open.pop(order_id, None) is not None:
            self._sum()

    def _settle(self, reservation: Reservation) -> None:
        reservation.refold()
        if reservation.is_over:
            del self._open[reservation.order.order_id]
        self._sum()

    def _sum(self) -> None:
        self.total = Usd(sum((r.remaining for r in self._open.values()), Decimal(0)))
