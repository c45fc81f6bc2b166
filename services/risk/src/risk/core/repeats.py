"""Repeated execution: a strategy that trades one market too often in a short time stops until a person re-arms it."""

from collections import deque

from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import RearmRequested
from common.contracts.risk import OrderApproved
from risk.core.recent import Recent

PAIRS_MAX = 5000
STRATEGIES_MAX = 1000


class Repeats:
    """Folds approvals. A strategy that repeated itself stays stopped, in every market, over restarts too."""

    def __init__(self, *, trades_max: int, window_s: int) -> None:
        self._trades_max, self._window = trades_max, window_s * SECOND
        self._taken: Recent[tuple[str, str], deque[Instant]] = Recent(PAIRS_MAX)
        self._stopped: Recent[str, tuple[str, Instant]] = Recent(STRATEGIES_MAX)
        self._rearmed_at = Instant(0)

    def observe(self, event: Event) -> None:
        match event:
            case OrderApproved():
                self._count(event)
            case RearmRequested():
                self._rearmed_at = max(self._rearmed_at, event.at)
            case _:
                pass

    def stopped_in(self, strategy: str) -> str:
        """Answer the market in which a strategy repeated itself since the last re-arming, or nothing."""
        market_id, at = self._stopped.get(strategy) or ("", Instant(0))
        return market_id if at > self._rearmed_at else ""

    def _count(self, order: OrderApproved) -> None:
        """Take note of one more; those from before the last re-arming were seen by a person."""
        pair, at = (order.strategy, order.market_id), order.approved_at
        taken = self._taken.get(pair) or deque(maxlen=self._trades_max)
        taken.append(at)
        self._taken.put(pair, taken)
        counted = [then for then in taken if since(at, then) < self._window and then > self._rearmed_at]
        if len(counted) >= self._trades_max:
            self._stopped.put(order.strategy, (order.market_id, at))
