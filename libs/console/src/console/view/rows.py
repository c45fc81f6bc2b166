"""The rows of the board: what is shown of each thing, frozen."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from common.clock import Instant
from common.contracts.venue import Outcome

OrderStatus = Literal["approved", "submitted", "accepted", "filled", "cancelled", "rejected", "refused", "unknown"]
OPEN_STATUSES: frozenset[OrderStatus] = frozenset({"approved", "submitted", "accepted", "unknown"})


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order, from its approval to its end."""

    order_id: str
    slug: str
    outcome: Outcome
    side: str
    quantity: Decimal
    limit: Decimal
    status: OrderStatus
    filled: Decimal
    detail: str
    at: Instant

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def word(self) -> str:
        """The status as people say it: an order that was cancelled may have got something before."""
        if self.status == "cancelled":
            return "partial" if self.filled > 0 else "unfilled"
        return self.status


@dataclass(frozen=True, slots=True)
class PositionRow:
    """Shares of one outcome that are held until they settle."""

    market_id: str
    slug: str
    outcome: Outcome
    shares: Decimal
    cost: Decimal
    fees: Decimal

    @property
    def average_price(self) -> Decimal:
        return self.cost / self.shares if self.shares else Decimal(0)


@dataclass(frozen=True, slots=True)
class SettledRow:
    """A market that paid or did not."""

    market_id: str
    slug: str
    winner: Outcome
    pnl: Decimal
    at: Instant


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What risk said to an opportunity; equal refusals in a row are one row with a count."""

    slug: str
    outcome: Outcome
    approved: bool
    rule: str
    detail: str
    edge: Decimal | None
    at: Instant
    times: int = 1


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done and earned, counted."""

    trades: int = 0
    """Orders that got at least one fill."""
    fills: int = 0
    fees: Decimal = Decimal(0)
    settled: int = 0
    won: int = 0
    pnl: Decimal = Decimal(0)
    opportunities: int = 0
    approvals: int = 0
    denials: int = 0

    def less(self, earlier: "Tally") -> "Tally":
        """Answer what was added since an earlier count."""
        return Tally(
            self.trades - earlier.trades, self.fills - earlier.fills, self.fees - earlier.fees,
            self.settled - earlier.settled, self.won - earlier.won, self.pnl - earlier.pnl,
            self.opportunities - earlier.opportunities, self.approvals - earlier.approvals,
            self.denials - earlier.denials,
        )  # fmt: skip
