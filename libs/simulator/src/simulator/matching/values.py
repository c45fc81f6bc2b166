"""Units and records of the matching engine. Integers throughout: nothing here rounds by accident.

Dollars and shares are counted in millionths, as the chain counts them (`_e6`); prices in ten-thousandths of a dollar
(`_e4`), of which every tick that the exchange has is a multiple; time in nanoseconds since 1970.
"""

from dataclasses import dataclass
from enum import StrEnum

E4 = 10_000
E6 = 1_000_000
NS_PER_S = 1_000_000_000
TICKS_E4 = {"0.1": 1000, "0.01": 100, "0.005": 50, "0.0025": 25, "0.001": 10, "0.0001": 1}
HOUSE = "house"
"""The account of the makers that the world brings along. Its dollars never run out; what it was given is counted."""
CROWD = "crowd"
"""The account of everybody else who takes. As endless as the house."""
ENDLESS = frozenset({HOUSE, CROWD})
FEES = "fees"
"""The account that takers' fees go to."""
DUST_E6 = 10_000
"""A hundredth of a share: an order with less than that left counts as done."""


class Side(StrEnum):
    """Which way an order goes, in terms of its own token."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """How long an order may live."""

    GTC = "GTC"
    GTD = "GTD"
    FOK = "FOK"
    FAK = "FAK"

    @property
    def is_market(self) -> bool:
        """Whether it never rests."""
        return self in (OrderType.FOK, OrderType.FAK)


class OrderStatus(StrEnum):
    """Where an order stands. A terminal one stays known."""

    DELAYED = "DELAYED"
    LIVE = "LIVE"
    MATCHED = "MATCHED"
    CANCELED = "CANCELED"
    EXPIRED = "CANCELED_EXPIRED_ORDER"
    RESOLVED = "CANCELED_MARKET_RESOLVED"
    UNFUNDED = "CANCELED_NOT_ENOUGH_BALANCE"
    KILLED = "KILLED"
    """A FOK or FAK that found nothing, or not enough: never rested, never filled."""
    INVALID = "INVALID"
    """Cancelled by the exchange."""


class TradeStatus(StrEnum):
    """Where a trade's settlement on the chain stands. CONFIRMED and FAILED are final."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"


class MatchType(StrEnum):
    """How taker and maker meet."""

    COMPLEMENTARY = "COMPLEMENTARY"
    """A buyer and a seller of one token: shares for dollars."""
    MINT = "MINT"
    """Buyers of both tokens: a dollar from the two becomes a pair."""
    MERGE = "MERGE"
    """Sellers of both tokens: a pair becomes a dollar for the two."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A market as the engine must know it."""

    condition_id: str
    tokens: tuple[str, str]
    """Of the first outcome (Up, Yes) and of the second. The book is kept in the first one's prices."""
    outcomes: tuple[str, str]
    tick_e4: int
    min_size_e6: int
    fee_rate_e6: int
    """The taker's fee rate in millionths: 70_000 is 0.07. 0 where no fee is charged."""
    fee_exponent: int
    taker_delay_ns: int
    """How long a marketable order is held, and cannot be cancelled, before it matches. 0 for not at all."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was placed. Amounts are what was signed: the two together are the price."""

    order_id: str
    account: str
    """The wallet that pays and receives, in lower case."""
    owner: str
    """The API key that placed it, whose it is to see and to cancel."""
    condition_id: str
    token: str
    side: Side
    maker_e6: int
    """What is given: dollars of a BUY, shares of a SELL."""
    taker_e6: int
    """What is asked for: shares of a BUY, dollars of a SELL."""
    price_e4: int
    """In the order's own token: the limit, on the market's tick."""
    order_type: OrderType
    post_only: bool = False
    expires_ns: int = 0
    """When a GTD ends, the exchange's minute of safety already taken off. 0 for never."""

    @property
    def shares_e6(self) -> int:
        return self.taker_e6 if self.side is Side.BUY else self.maker_e6


@dataclass(frozen=True, slots=True)
class Standing:
    """An order and what became of it so far."""

    order: Order
    status: OrderStatus
    placed_ns: int
    matched_e6: int
    """Shares matched, for a BUY possibly more than asked for, when the price was better."""
    spent_e6: int
    """What was given for them: dollars of a BUY, shares of a SELL; fees not counted."""
    received_e6: int
    """What was got: shares of a BUY, dollars of a SELL; fees not counted."""
    trades: tuple[str, ...]
    words: str = ""
    """Why it ended, where the exchange says so."""

    @property
    def is_open(self) -> bool:
        return self.status in (OrderStatus.LIVE, OrderStatus.DELAYED)


@dataclass(frozen=True, slots=True)
class Fill:
    """A maker's part in a trade, in the maker's own terms."""

    order_id: str
    account: str
    owner: str
    token: str
    side: Side
    price_e4: int
    shares_e6: int
    """Of the maker's token. All fills of a trade add up to the taker's shares."""
    usd_e6: int
    """What the maker paid (BUY) or received (SELL). Makers pay no fee."""
    match_type: MatchType
    remains_e6: int
    """Shares that the maker's order still rests with afterwards; 0 when it is done."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One taker order met by one or more resting ones at one price, and how its settlement stands."""

    trade_id: str
    at_ns: int
    condition_id: str
    order_id: str
    account: str
    owner: str
    token: str
    side: Side
    price_e4: int
    """In the taker's token."""
    shares_e6: int
    usd_e6: int
    """What the taker paid (BUY) or received (SELL), before the fee."""
    fee_e6: int
    """The taker's, floored to ten millionths a fill, in dollars, on top of a BUY and out of the proceeds of a SELL."""
    fills: tuple[Fill, ...]
    status: TradeStatus
    changed_ns: int
    transaction_hash: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account has of one thing."""

    total_e6: int
    reserved_e6: int
    """Promised to resting orders."""
    unsettled_e6: int
    """Received in trades that the chain has not mined yet: cannot be given away before."""

    @property
    def available_e6(self) -> int:
        return self.total_e6 - self.reserved_e6 - self.unsettled_e6


@dataclass(frozen=True, slots=True)
class Level:
    """One price of a book, and what rests there."""

    price_e4: int
    shares_e6: int
