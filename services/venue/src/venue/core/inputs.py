"""What the adapters tell the core: events of this service's own, which never travel on the bus.

Those of the market channel are built without a second validation, for each of their values went through the defensive
parser one step before.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common.clock import Instant
from common.contracts.base import Event, Key, Price, Record, Shares, Symbol
from common.contracts.venue import FeeSchedule, Level

Side = Literal["BUY", "SELL"]
LevelChange = Annotated[tuple[Side, Price, Shares], Field()]
"""A side, a price, and the absolute number of shares that now rest there; zero removes the level."""


class MarketFacts(Record):
    """What the catalogue says of a market, read field by field and not yet judged. None is what could not be read."""

    market_id: Key
    """The condition id as the order book's API spells it."""
    slug: str
    question: str
    symbol: Symbol
    duration_s: int
    starts_at: Instant
    ends_at: Instant
    version: str
    """The protocol's version as the catalogue names it, empty when it does not."""
    outcomes: tuple[str, ...]
    clob_token_ids: tuple[str, ...]
    """The tokens of version v1, in the order of the outcomes."""
    position_ids: tuple[str, ...]
    """The tokens of version v2, in the order of the outcomes."""
    tick: Price | None
    size_min: Shares | None
    accepting_orders: bool
    closed: bool
    resolution_status: str
    outcome_prices: tuple[Decimal, ...]
    """What each outcome is worth, once the market is closed; empty before."""
    fees_enabled: bool | None
    fee: FeeSchedule | None
    twap_enabled: bool | None
    twap_lookback_s: int | None
    resolution_source: str
    rule_text: str
    is_neg_risk: bool
    """Whether it is one of several markets of which exactly one wins: the venue trades those on another exchange."""
    defects: tuple[str, ...]
    """What could not be read or contradicts itself, by name."""


class MarketListed(Event):
    """The catalogue's answer about one market."""

    type: Literal["market_listed"] = "market_listed"
    facts: MarketFacts
    observed_at: Instant


class ClobFacts(Record):
    """What the order book's own API says of a market."""

    market_id: Key
    version: str
    tokens: tuple[tuple[str, str], ...]
    """Outcome and token."""
    tick: Price | None
    size_min: Shares | None
    accepting_orders: bool
    has_taker_delay: bool
    seconds_delay: int
    fee: FeeSchedule | None
    is_neg_risk: bool
    defects: tuple[str, ...]


class ClobFactsRead(Event):
    """The order book's answer about one market."""

    type: Literal["clob_facts_read"] = "clob_facts_read"
    facts: ClobFacts
    observed_at: Instant


class CatalogueRead(Event):
    """One round of discovery came to its end."""

    type: Literal["catalogue_read"] = "catalogue_read"
    markets: int
    observed_at: Instant


class AccessChecked(Event):
    """Whether the venue serves this address, and how far its clock is from ours."""

    type: Literal["access_checked"] = "access_checked"
    blocked: bool
    country: str
    skew_ms: int
    observed_at: Instant


class BookSnapshot(Event):
    """A whole book, worst or best first as it came."""

    type: Literal["book_snapshot"] = "book_snapshot"
    via: Literal["socket", "request"]
    market_id: Key
    token_id: Key
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    tick: Price | None
    source_at: Instant
    received_at: Instant


class BookChanged(Event):
    """What differs in one token's book, and what the venue says is best after it (None for an empty side)."""

    type: Literal["book_changed"] = "book_changed"
    market_id: Key
    token_id: Key
    changes: tuple[LevelChange, ...]
    states_best: bool
    best_bid: Price | None
    best_ask: Price | None
    source_at: Instant
    received_at: Instant


class ChangesJoined(Event):
    """Changes of one token's book that waited for one another, in their order; each counts as it would alone."""

    type: Literal["changes_joined"] = "changes_joined"
    market_id: Key
    token_id: Key
    changes: tuple[BookChanged, ...]
    received_at: Instant
    """When the oldest of them came."""


class BestQuoted(Event):
    """What the venue says is best in one token's book, by itself: a check on ours."""

    type: Literal["best_quoted"] = "best_quoted"
    market_id: Key
    token_id: Key
    best_bid: Price | None
    best_ask: Price | None
    source_at: Instant
    received_at: Instant


class BookDoubted(Event):
    """A frame about a token's book could not be read; about every book when `token_id` is empty."""

    type: Literal["book_doubted"] = "book_doubted"
    token_id: str
    code: str
    received_at: Instant


class TickSizeChanged(Event):
    """A token trades on another tick from now on: its book begins anew."""

    type: Literal["tick_size_changed"] = "tick_size_changed"
    market_id: Key
    token_id: Key
    tick: Price
    source_at: Instant
    received_at: Instant


class TradeSeen(Event):
    """Somebody traded."""

    type: Literal["trade_seen"] = "trade_seen"
    market_id: Key
    token_id: Key
    price: Price
    quantity: Shares
    side: Side
    source_at: Instant
    received_at: Instant


class ResolutionSeen(Event):
    """The market channel says who won."""

    type: Literal["resolution_seen"] = "resolution_seen"
    market_id: Key
    winning_token_id: Key
    winning_outcome: str
    source_at: Instant
    received_at: Instant


class ListingAnnounced(Event):
    """The market channel says that a market of ours was listed; the catalogue knows the rest."""

    type: Literal["listing_announced"] = "listing_announced"
    slug: str
    received_at: Instant


class BookResyncWanted(Event):
    """An outcome that stays inside the service: ask for these books anew."""

    type: Literal["book_resync_wanted"] = "book_resync_wanted"
    token_ids: tuple[Key, ...]
    reasons: tuple[str, ...]
    """Why, one for each token."""
    at: Instant
