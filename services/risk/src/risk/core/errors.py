"""How the last orders fared at the venue: rejected, unanswered, or as they should."""

from enum import Enum, auto

from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.executor import (
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    OrderUnknown,
    is_adopted,
)
from common.contracts.risk import TradingResumed
from risk.core.recent import Recent

UNANSWERED_S = 5
"""An order whose fate nobody knows is an error after so long: a restart asks for all that was open, and is none."""


class Fate(Enum):
    """What the executor last said of an order."""

    GOOD = auto()
    UNKNOWN = auto()
    REJECTED = auto()


Fared = tuple[Instant, Fate]
"""Since when, and how."""


class Errors:
    """Folds what the executor says of orders. One order counts once, by how it ended; a rejection stays one.

    What the executor refused to send counts as neither: the venue had no part in it. Nor does an order become an error
    by being asked for after a restart of the executor: a takeover alone must not halt trading.
    """

    def __init__(self, *, orders: int, window_s: int) -> None:
        self._orders, self._window = orders, window_s * SECOND
        self._fared: Recent[str, Fared] = Recent(orders)
        self._bad: tuple[Fared, ...] = ()
        """Those of the last orders that did not fare well: hardly ever any, and asked for with every opportunity."""
        self._resumed_at = Instant(0)

    def observe(self, event: Event) -> None:
        match event:
            case OrderRejected():
                self._note(event.order_id, event.at, Fate.REJECTED)
            case OrderUnknown(cause="restart"):
                pass
            case OrderUnknown():
                self._note(event.order_id, event.at, Fate.UNKNOWN)
            case OrderCancelled() | OrderFilled() if is_adopted(event.order_id):
                pass
            case OrderAccepted() | OrderCancelled() | OrderFilled():
                self._note(event.order_id, event.at, Fate.GOOD)
            case TradingResumed():
                self._resumed_at = max(self._resumed_at, event.at)
            case _:
                pass

    def count(self, now: Instant) -> int:
        """Count the errors among the last orders, within the window and since a person last looked."""
        return sum(1 for fared in self._bad if self._is_error(fared, now))

    def share(self, now: Instant) -> str:
        """Write the share, for a refusal's figures."""
        return f"errors={self.count(now)} of_last={self._orders}"

    def _is_error(self, fared: Fared, now: Instant) -> bool:
        at, fate = fared
        age = since(now, at)
        is_over = at <= self._resumed_at or age >= self._window
        return not is_over and (fate is Fate.REJECTED or age >= UNANSWERED_S * SECOND)

    def _note(self, order_id: str, at: Instant, fate: Fate) -> None:
        known = self._fared.get(order_id)
        if known is None or known[1] not in (fate, Fate.REJECTED):
            self._fared.put(order_id, (at, fate))
            self._bad = tuple(fared for fared in self._fared.values() if fared[1] is not Fate.GOOD)
