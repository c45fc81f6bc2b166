"""One order at the paper venue."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from common.contracts.risk import OrderApproved
from common.money import Price, Shares
from executor.adapters.paper.depth import Offered
from executor.core.inputs import GatewayFilled, GatewayReport


class Stage(StrEnum):
    """Where an order is."""

    IN_FLIGHT = "in flight"  # on its way: the venue has not seen it
    HELD = "held"  # at the venue, in the taker delay: nobody can cancel it
    RESTING = "resting"
    DONE = "done"


@dataclass(slots=True)
class PaperOrder:
    """An approval on its way through the venue."""

    approval: OrderApproved
    post_only: bool
    stage: Stage = Stage.IN_FLIGHT
    ahead: Decimal = Decimal(0)
    """Shares in front of it in the queue at its price, while it rests."""
    accepted: GatewayReport | None = None
    fills: list[GatewayFilled] = field(default_factory=list)
    end: GatewayReport | None = None

    @property
    def filled(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), Decimal(0))

    @property
    def wanted(self) -> Shares:
        """What is still to be filled. Never more than was approved.

        The live venue hands out more shares when a signed buy improves in price; paper never books shares that nobody
        approved, which understates the volume of a trade and not its profit a share.
        """
        return Shares(self.approval.quantity - self.filled)

    @property
    def takes_from(self) -> Offered:
        """The side of the book that it is matched against."""
        return "asks" if self.approval.side == "BUY" else "bids"

    @property
    def rests_on(self) -> Offered:
        return "bids" if self.approval.side == "BUY" else "asks"

    def reaches(self, price: Price) -> bool:
        """Whether a price is as good as the limit or better."""
        return price <= self.approval.limit if self.approval.side == "BUY" else price >= self.approval.limit

    def is_through(self, price: Price) -> bool:
        """Whether the other side has moved through the limit."""
        return price < self.approval.limit if self.approval.side == "BUY" else price > self.approval.limit

    def reports(self) -> list[GatewayReport]:
        """Say again all that was said of it."""
        return [report for report in (self.accepted, *self.fills, self.end) if report is not None]
