"""One approval and what became of it, and one match of it."""

from dataclasses import dataclass, field
from decimal import Decimal

from common.clock import Instant
from common.contracts.executor import FillMatched
from common.contracts.risk import OrderApproved
from executor.core.states import OVER, TERMINAL, FillState, OrderState

DUST_SHARES = Decimal("0.0001")
"""A match may be off by the venue's last decimals; that is no overfill."""


@dataclass(slots=True)
class Fill:
    """One match: how far it has come, and whether the desk should ask."""

    event: FillMatched
    state: FillState = FillState.MATCHED
    asked: bool = False
    in_doubt: bool = False
    """Whether it was matched before this process began, so that nobody here waits for its end."""


@dataclass(slots=True)
class Order:
    """One approval and what became of it. `filled` and `spent` count the fills that stand."""

    approval: OrderApproved
    since: Instant
    """When it took its state."""
    state: OrderState = OrderState.PENDING
    filled: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    claimed: Decimal = Decimal(0)
    """What the venue said it had got when it was over."""
    acknowledged: bool = False
    """Whether the venue has it, as far as is known now."""
    was_acknowledged: bool = False
    times_unknown: int = 0
    in_doubt: bool = False
    """Whether it was open before this process began, so that this gateway has never heard of it."""
    fills: dict[str, Fill] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether something of it may be at the venue."""
        return self.state not in OVER

    @property
    def is_overfilled(self) -> bool:
        """Whether it got more than was approved.

        A signed order is a ratio: a buy at a better price gives more shares for the same dollars, which is an
        improvement and no overfill. More dollars than approved is one, and so is selling more shares.
        """
        approval = self.approval
        too_many = self.filled > approval.quantity + DUST_SHARES
        if approval.side == "SELL":
            return too_many
        return too_many and self.spent > approval.limit * approval.quantity + DUST_SHARES

    @property
    def is_final(self) -> bool:
        """Whether every fill that it should have is known and final."""
        return bool(self.fills) and self._is_told

    @property
    def is_settled(self) -> bool:
        """Whether it is over and each of its fills is known and final, so that it may be forgotten one day."""
        return self.state in TERMINAL and self._is_told

    @property
    def _is_told(self) -> bool:
        """Whether all that the venue said it had got is known as fills, and each of them is final."""
        told = sum((fill.event.quantity for fill in self.fills.values()), Decimal(0))
        is_whole = told >= self.claimed - DUST_SHARES
        return is_whole and all(fill.state is not FillState.MATCHED for fill in self.fills.values())
