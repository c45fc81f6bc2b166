"""What an account takes and answers: fills, holdings, positions, settlements and what was booked."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from common.money import ZERO_SHARES, ZERO_USD, Price, Shares, Usd

Side = Literal["BUY", "SELL"]
Outcome = Literal["Up", "Down"]
FillStatus = Literal["MATCHED", "CONFIRMED", "FAILED"]

DUST = Shares(Decimal("0.01"))
"""Fewer shares than this are a remainder of rounding that cannot be sold: the market counts as flat."""


class Fill(Protocol):
    """What an account needs to know of a fill; `FillMatched` has it."""

    @property
    def fill_id(self) -> str: ...
    @property
    def market_id(self) -> str: ...
    @property
    def outcome(self) -> Outcome: ...
    @property
    def side(self) -> Side: ...
    @property
    def price(self) -> Price: ...
    @property
    def quantity(self) -> Shares: ...
    @property
    def fee(self) -> Usd: ...


@dataclass(frozen=True, slots=True)
class KeptFill:
    """What an account keeps of a fill: less than a third of the message, of which there may be thousands."""

    fill_id: str
    market_id: str
    outcome: Outcome
    side: Side
    price: Price
    quantity: Shares
    fee: Usd

    @classmethod
    def of(cls, fill: Fill) -> "KeptFill":
        """Take it from a message."""
        return cls(fill.fill_id, fill.market_id, fill.outcome, fill.side, fill.price, fill.quantity, fill.fee)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What one fact changed: dollars of cash, of realised profit, and of money tied up in positions.

    `revocable` is cash that provisional fills would take back if they failed: the profit of those that were settled
    or sold before they were final.
    """

    cash: Usd = ZERO_USD
    realised: Usd = ZERO_USD
    invested: Usd = ZERO_USD
    revocable: Usd = ZERO_USD


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The shares held of one outcome, and what they cost on average, fees apart.

    `provisional` are the bought shares whose fills are matched but not confirmed.
    """

    shares: Shares = ZERO_SHARES
    cost: Usd = ZERO_USD
    fees: Usd = ZERO_USD
    provisional: Shares = ZERO_SHARES

    @property
    def basis(self) -> Usd:
        """Cost and fees: what is lost when the outcome pays nothing."""
        return Usd(self.cost + self.fees)

    @property
    def is_dust(self) -> bool:
        return self.shares < DUST


NOTHING = Holding()


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One market: what is held of each outcome, what went through its cash, and what was realised in it.

    `oversold` are shares sold beyond those held: there are none unless a fill is missing from the record.
    """

    market_id: str
    up: Holding = NOTHING
    down: Holding = NOTHING
    cash: Usd = ZERO_USD
    realised: Usd = ZERO_USD
    revocable: Usd = ZERO_USD
    oversold: Shares = ZERO_SHARES
    winner: Outcome | None = None

    @property
    def invested(self) -> Usd:
        """Cost and fees of what is held: the worst-case loss from here."""
        return Usd(self.up.basis + self.down.basis)

    @property
    def is_flat(self) -> bool:
        """Whether nothing but dust is held."""
        return self.up.is_dust and self.down.is_dust

    def of(self, outcome: Outcome) -> Holding:
        return self.up if outcome == "Up" else self.down


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a position comes to when its market is resolved: `pnl` is payout less cost less fees."""

    up_shares: Shares
    down_shares: Shares
    cost: Usd
    fees: Usd
    payout: Usd

    @property
    def pnl(self) -> Usd:
        return Usd(self.payout - self.cost - self.fees)
