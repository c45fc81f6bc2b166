"""How the last orders fared at the venue: rejected, unanswered, or as they should."""

from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.executor import OrderAccepted, OrderCancelled, OrderFilled, OrderRejected, OrderUnknown
from common.contracts.risk import TradingResumed
from risk.core.recent import Recent

Fared = tuple[Instant, bool]
"""When it was first said, and whether it was an error."""


class Errors:
    """Folds what the executor says of orders. One order counts once, and what follows makes no error of it good.

    What the executor refused to send counts as neither: the venue had no part in it. Nor does an order become an error
    by being asked for after a restart of the executor: a takeover alone must not halt trading.
    """

    def __init__(self, *, orders: int, window_s: int) -> None:
        self._orders, self._window = orders, window_s * SECOND
        self._fared: Recent[str, Fared] = Recent(orders)
        self._resumed_at = Instant(0)

    def observe(self, event: Event) -> None:
        match event:
            case OrderUnknown(cause="restart"):
                pass
            case OrderRejected() | OrderUnknown():
                self._note(event.order_id, event.at, is_error=True)
            case OrderAccepted() | OrderCancelled() | OrderFilled():
                self._note(event.order_id, event.at, is_error=False)
            case TradingResumed():
                self._resumed_at = max(self._resumed_at, event.at)
            case _:
                pass

    def count(self, now: Instant) -> int:
        """Count the errors among the last orders, within the window and since a person last looked."""
        recent = self._fared.values()
        return sum(1 for at, bad in recent if bad and at > self._resumed_at and since(now, at) < self._window)

    def share(self, now: Instant) -> str:
        """Write the share, for a refusal's figures."""
        return f"errors={self.count(now)} of_last={self._orders}"

    def _note(self, order_id: str, at: Instant, *, is_error: bool) -> None:
        known = self._fared.get(order_id)
        if known is not None and (known[1] or not is_error):
            return
        self._fared.put(order_id, (at, is_error))
