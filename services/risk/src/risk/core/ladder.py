"""The size ladder: how large an order may be grows with the trades that came to a good end before it.

Only trades whose fills are final count, and only those of the mode in which the executor works now: what was proven on
paper is no proof with money, and what nobody here placed proves nothing.
"""

from decimal import Decimal

from common.contracts.base import Event
from common.contracts.executor import FillConfirmed, FillMatched, PositionSettled, ReconciliationDone, is_adopted
from common.money import ZERO_USD, Usd
from risk.core.recent import Recent

TRADES_REMEMBERED_MAX = 10_000

Rungs = tuple[tuple[int, Decimal], ...]
"""From so many trades on, so many dollars an order at most; the first rung begins at zero trades."""


class Ladder:
    """Folds the fills that became final, an order counting once however many it had."""

    def __init__(self, rungs: Rungs) -> None:
        self._rungs = rungs
        self._mode = ""
        self._counted: Recent[tuple[str, str], None] = Recent(TRADES_REMEMBERED_MAX)
        self._trades: dict[str, int] = {}

    def observe(self, event: Event) -> None:
        match event:
            case FillConfirmed() if not is_adopted(event.order_id):
                self._mode = event.mode
                self._count(event.mode, event.order_id)
            case FillMatched() | PositionSettled() | ReconciliationDone():
                self._mode = event.mode
            case _:
                pass

    @property
    def trades(self) -> int:
        """Answer how many orders of this mode have been filled for good."""
        return self._trades.get(self._mode, 0)

    @property
    def largest(self) -> Usd:
        """Answer what one order may cost at most."""
        reached = [dollars for trades, dollars in self._rungs if trades <= self.trades]
        return Usd(reached[-1]) if reached else ZERO_USD

    def _count(self, mode: str, order_id: str) -> None:
        if (mode, order_id) not in self._counted:
            self._counted.put((mode, order_id), None)
            self._trades[mode] = self._trades.get(mode, 0) + 1
