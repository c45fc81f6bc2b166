"""What `venue` says: what is listed, how it settles, and what is offered."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common import money
from common.clock import Instant
from common.contracts.base import Event, Key, Price, Record, Shares, Symbol

Outcome = Literal["Up", "Down"]
Liquidity = Literal["taker", "maker"]
Level = Annotated[tuple[Price, Shares], Field()]


class FeeSchedule(Record):
    """A market's own taker fee: shares x rate x (p (1 - p))^exponent, floored to five decimals a fill."""

    rate: Annotated[Decimal, Field(ge=0, le=1)]
    exponent: Annotated[int, Field(ge=0, le=8)]
    taker_only: bool

    def taker(self, price: money.Price, quantity: money.Shares) -> money.Usd:
        """Compute the fee of one fill in US dollars."""
        return money.taker_fee(price, quantity, self.rate, self.exponent)

    def of(self, price: money.Price, quantity: money.Shares, liquidity: Liquidity) -> money.Usd:
        """Compute the fee of one fill in US dollars: makers pay none where only takers do."""
        return money.ZERO_USD if self.taker_only and liquidity == "maker" else self.taker(price, quantity)

    def worst_per_dollar(self, tick: money.Price) -> Decimal:
        """Answer the largest fee that a dollar spent at or below any limit can incur.

        The venue spends the dollars of an order, not its shares: below the limit they buy more shares, whose fee is
        higher. Per dollar the fee is rate x p^(exponent - 1) x (1 - p)^exponent, which never exceeds the rate, unless
        the exponent is zero and the price the tick.
        """
        return self.rate if self.exponent else self.rate / max(tick, money.MICRO)

    def worst_cost(self, dollars: money.Usd, tick: money.Price) -> money.Usd:
        """Answer what spending so many dollars can cost at most, fee included."""
        return money.Usd(dollars * (1 + self.worst_per_dollar(tick)))


class SettlementRule(Record):
    """How a market settles: Up when the value at the end is at or above the value at the start.

    `instant` compares the feed's values at the two moments; `twap` compares its averages over `lookback_s` seconds.
    """

    kind: Literal["instant", "twap"]
    feed: Key
    lookback_s: Annotated[int, Field(ge=0, le=3600)]


class MarketUpdated(Event):
    """All that is known of a market, said anew whenever any of it changes; the last one is the market's state.

    `untradable_reason` is empty exactly when the rule, the fee and the tokens were read and understood.
    """

    type: Literal["market_updated"] = "market_updated"
    event_id: str
    change: Literal["listed", "changed", "resolved"]
    venue: Key
    market_id: Key
    """The condition id, as the order book's API spells it."""
    slug: str
    question: str
    symbol: Symbol
    up_token_id: Key
    down_token_id: Key
    rule: SettlementRule | None
    fee: FeeSchedule | None
    tick: Price
    size_min: Shares
    taker_delay_ms: int
    protocol_version: str
    accepting_orders: bool
    untradable_reason: str
    starts_at: Instant
    ends_at: Instant
    winner: Outcome | None
    observed_at: Instant
    is_neg_risk: bool = False
    """Whether the venue trades it on its exchange for markets of which exactly one wins."""

    def runs(self, now: Instant) -> bool:
        """Say whether it has begun and not ended."""
        return self.starts_at <= now < self.ends_at

    def token(self, outcome: Outcome) -> str:
        """Answer the token of an outcome."""
        return self.up_token_id if outcome == "Up" else self.down_token_id

    def outcome_of(self, token_id: str) -> Outcome:
        """Answer the outcome that a token stands for."""
        return "Up" if token_id == self.up_token_id else "Down"


class BookUpdated(Event):
    """The book of one token, best levels first, both sides cut to a depth that the settings give."""

    type: Literal["book_updated"] = "book_updated"
    venue: Key
    market_id: Key
    token_id: Key
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    tick: Price
    source_at: Instant
    """The venue's own timestamp of the change."""
    received_at: Instant
    """When the feed last confirmed this book; its age is counted from here.

    Where changes waited for one another, it is when the oldest of them came."""
