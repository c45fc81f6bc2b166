"""All that can be done to the engine. Each operation carries its instant; together they are the engine's log."""

from dataclasses import dataclass

from simulator.matching.values import Instrument, Level, Order, Side, TradeStatus


@dataclass(frozen=True, slots=True)
class OpenMarket:
    """Begin to trade a market."""

    at_ns: int
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Deposit:
    """Give dollars to an account."""

    at_ns: int
    account: str
    usd_e6: int


@dataclass(frozen=True, slots=True)
class SetAllowance:
    """Bound what the exchange may take from an account; None for no bound, which is what an account begins with."""

    at_ns: int
    account: str
    usd_e6: int | None


@dataclass(frozen=True, slots=True)
class Split:
    """Turn an account's dollars into as many shares of each of a market's tokens."""

    at_ns: int
    account: str
    condition_id: str
    shares_e6: int


@dataclass(frozen=True, slots=True)
class Merge:
    """Turn as many shares of each of a market's tokens back into dollars."""

    at_ns: int
    account: str
    condition_id: str
    shares_e6: int


@dataclass(frozen=True, slots=True)
class Place:
    """Place an order. `skips_delay` is for the venue's own use."""

    at_ns: int
    order: Order
    skips_delay: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel one order of an owner."""

    at_ns: int
    owner: str
    order_id: str


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Cancel the open orders of an owner: all, or those of one market, of one token."""

    at_ns: int
    owner: str
    condition_id: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Have the house's orders rest at these levels, absolutely: a size of 0 takes one away, others stay as they are.

    Levels are in the first token's prices. The house bids for the first token, and asks by bidding for the second.
    """

    at_ns: int
    condition_id: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Print:
    """Have the crowd take up to so many shares at a price or better, as a FAK does, without any delay."""

    at_ns: int
    condition_id: str
    token: str
    side: Side
    price_e4: int
    shares_e6: int


@dataclass(frozen=True, slots=True)
class Advance:
    """Let time pass: held orders are matched when they are due, orders expire."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Say how a trade's settlement on the chain went on. FAILED takes back what the trade gave."""

    at_ns: int
    trade_id: str
    status: TradeStatus
    transaction_hash: str = ""


@dataclass(frozen=True, slots=True)
class ChangeTick:
    """Change a market's tick. Orders that rest stay where they are."""

    at_ns: int
    condition_id: str
    tick_e4: int


@dataclass(frozen=True, slots=True)
class CloseMarket:
    """Take no more orders, and withdraw what the house offers. What others rest with rests on until it is resolved."""

    at_ns: int
    condition_id: str


@dataclass(frozen=True, slots=True)
class ResolveMarket:
    """Name the winner. Every open order is cancelled, the house and the crowd redeem."""

    at_ns: int
    condition_id: str
    winner: str
    """The winning token."""


@dataclass(frozen=True, slots=True)
class Redeem:
    """Turn what an account holds of a resolved market into dollars: one for each winning share."""

    at_ns: int
    account: str
    condition_id: str


Operation = (
    OpenMarket
    | Deposit
    | SetAllowance
    | Split
    | Merge
    | Place
    | Cancel
    | CancelAll
    | Quote
    | Print
    | Advance
    | Settle
    | ChangeTick
    | CloseMarket
    | ResolveMarket
    | Redeem
)
