"""One market's fills and what they come to: bought and sold at average cost, paid out when settled."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from common.accounting.records import Fill, FillStatus, Holding, Outcome, Position
from common.money import Shares, Usd

COST_STEP = Decimal("0.0000000001")


@dataclass(slots=True)
class MarketBook:
    """The fills of one market that stand, in the order they came, and what they come to."""

    market_id: str
    fills: dict[str, Fill] = field(default_factory=dict)
    statuses: dict[str, FillStatus] = field(default_factory=dict)
    winner: Outcome | None = None
    position: Position = field(init=False)

    def __post_init__(self) -> None:
        self.position = Position(market_id=self.market_id)

    def refold(self) -> Position:
        """Work the position out anew from the fills that stand; a market has few."""
        books: dict[Outcome, OutcomeBook] = {"Up": OutcomeBook(), "Down": OutcomeBook()}
        for fill in self.fills.values():
            books[fill.outcome].take(fill, provisional=self.statuses[fill.fill_id] == "MATCHED")
        if self.winner is not None:
            for outcome, book in books.items():
                book.pay_out(won=outcome == self.winner)
        up, down = books["Up"], books["Down"]
        self.position = Position(
            market_id=self.market_id, up=up.holding(), down=down.holding(), cash=Usd(up.cash + down.cash),
            realised=Usd(up.realised + down.realised), revocable=self._revocable(),
            oversold=Shares(up.oversold + down.oversold), winner=self.winner,
        )  # fmt: skip
        return self.position

    def _revocable(self) -> Usd:
        """Sum the profits that fills which are not final would take back: until a market is settled, sales alone."""
        total = Decimal(0)
        for fill in self.fills.values():
            if self.statuses[fill.fill_id] != "MATCHED" or (self.winner is None and fill.side == "BUY"):
                continue
            payout = fill.quantity if fill.outcome == self.winner else Decimal(0)
            gain = payout - fill.price * fill.quantity
            total += max(Decimal(0), (gain if fill.side == "BUY" else -gain) - fill.fee)
        return Usd(total)


@dataclass(slots=True)
class OutcomeBook:
    """The running sums of one outcome while its fills are folded."""

    shares: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    provisional: Decimal = Decimal(0)
    cash: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)
    oversold: Decimal = Decimal(0)

    def take(self, fill: Fill, *, provisional: bool) -> None:
        amount = fill.price * fill.quantity
        if fill.side == "BUY":
            self.shares += fill.quantity
            self.cost += amount
            self.fees += fill.fee
            self.cash -= amount + fill.fee
            self.provisional += fill.quantity if provisional else 0
        else:
            basis = self._release(fill.quantity)
            self.cash += amount - fill.fee
            self.realised += amount - fill.fee - basis

    def pay_out(self, *, won: bool) -> None:
        payout = self.shares if won else Decimal(0)
        self.cash += payout
        self.realised += payout - self._release(self.shares)

    def holding(self) -> Holding:
        return Holding(
            shares=Shares(self.shares), cost=Usd(self.cost), fees=Usd(self.fees),
            provisional=Shares(min(self.provisional, self.shares)),
        )  # fmt: skip

    def _release(self, quantity: Decimal) -> Decimal:
        """Take shares out at average cost and answer their cost and fees."""
        sold = min(quantity, self.shares)
        self.oversold += quantity - sold
        cost, fees = self.cost, self.fees
        if sold < self.shares:
            cost = (cost * sold / self.shares).quantize(COST_STEP, rounding=ROUND_HALF_EVEN)
            fees = (fees * sold / self.shares).quantize(COST_STEP, rounding=ROUND_HALF_EVEN)
        self.shares -= sold
        self.cost -= cost
        self.fees -= fees
        return cost + fees
