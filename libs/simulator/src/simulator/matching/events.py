"""What the engine says has happened. One operation has any number of them, in the order in which they happened."""

from dataclasses import dataclass
from enum import StrEnum

from simulator.matching.values import Level, Order, Standing, Trade


class Refusal(StrEnum):
    """Why an order was not taken, or a request not done."""

    DUPLICATE = "duplicate"
    UNKNOWN_MARKET = "unknown_market"
    UNKNOWN_ORDER = "unknown_order"
    NOT_ACCEPTING = "not_accepting"
    OFF_TICK = "off_tick"
    TOO_SMALL = "too_small"
    TOO_LITTLE_NOTIONAL = "too_little_notional"
    BALANCE = "balance"
    ALLOWANCE = "allowance"
    CROSSES = "crosses"
    EXPIRED = "expired"
    FOK_NOT_FILLED = "fok_not_filled"
    FAK_NOT_FILLED = "fak_not_filled"
    HELD = "held"
    """It cannot be cancelled while it is held."""
    ENDED = "ended"
    """It cannot be cancelled: it has already been cancelled or matched."""
    NOT_RESOLVED = "not_resolved"
    UNKNOWN_TRADE = "unknown_trade"
    TRADE_FINAL = "trade_final"


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """An order was not taken. What it needed and what there was stand in millionths where it is a matter of amounts."""

    at_ns: int
    order: Order
    refusal: Refusal
    needed_e6: int = 0
    found_e6: int = 0


@dataclass(frozen=True, slots=True)
class OrderHeld:
    """A marketable order waits for the taker's delay to be over."""

    at_ns: int
    standing: Standing
    until_ns: int


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order rests, all of it or what is left of it."""

    at_ns: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class OrderMatched:
    """An order was matched, as taker or as maker; its standing says how far. Its trade comes as `TradeChanged`."""

    at_ns: int
    standing: Standing
    trade_id: str
    is_taker: bool


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """An order is open no more and was not matched in full: cancelled, killed, expired, resolved."""

    at_ns: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class TradeChanged:
    """A trade was made, or its settlement went on."""

    at_ns: int
    trade: Trade


@dataclass(frozen=True, slots=True)
class BookChanged:
    """Levels of a market's book are different now, in the first token's prices, sizes absolute, 0 where one is gone."""

    at_ns: int
    condition_id: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    best_bid_e4: int | None
    best_ask_e4: int | None
    best_changed: bool
    """Whether a best price is another than before."""


@dataclass(frozen=True, slots=True)
class TickChanged:
    """A market's tick is another one: by order, or because its price came near an edge."""

    at_ns: int
    condition_id: str
    old_e4: int
    new_e4: int


@dataclass(frozen=True, slots=True)
class MarketClosed:
    """No more orders are taken."""

    at_ns: int
    condition_id: str


@dataclass(frozen=True, slots=True)
class MarketResolved:
    """A winner is known."""

    at_ns: int
    condition_id: str
    winner: str


@dataclass(frozen=True, slots=True)
class BalanceChanged:
    """Dollars or shares came or went other than by a trade: deposited, split, merged, redeemed."""

    at_ns: int
    account: str
    condition_id: str
    usd_e6: int
    """By how much the dollars changed."""


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """A cancel, a settlement, a split, a merge or a redemption could not be done. `subject` is what it was about."""

    at_ns: int
    subject: str
    refusal: Refusal


Event = (
    OrderRefused
    | OrderHeld
    | OrderPlaced
    | OrderMatched
    | OrderEnded
    | TradeChanged
    | BookChanged
    | TickChanged
    | MarketClosed
    | MarketResolved
    | BalanceChanged
    | RequestRefused
)
