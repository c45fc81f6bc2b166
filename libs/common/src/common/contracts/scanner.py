"""What `scanner` says: where there is an edge after every cost, and what each market is worth."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common.clock import Instant
from common.contracts.base import Event, Key, Price, Shares, Symbol, UnderlyingPrice
from common.contracts.venue import FeeSchedule, Outcome

Probability = Annotated[Decimal, Field(ge=0, le=1)]


class OpportunityFound(Event):
    """An edge after every cost, with everything that was seen when it was found.

    Edges are dollars a share: `gross_edge` is fair value less the average price walked; `net_edge` is that less the fee
    a share and the margin (model uncertainty included).
    """

    type: Literal["opportunity_found"] = "opportunity_found"
    event_id: str
    strategy: Key
    venue: Key
    market_id: Key
    slug: str
    symbol: Symbol
    token_id: Key
    outcome: Outcome
    side: Literal["BUY"]
    fair_value: Probability
    uncertainty: Probability
    limit: Price
    """The worst price worth paying on this book."""
    quantity: Shares
    """The depth on offer up to the limit that still clears the threshold."""
    average_price: Price
    fee: FeeSchedule
    gross_edge: Decimal
    fee_per_share: Decimal
    margin: Decimal
    net_edge: Decimal
    underlying_price: UnderlyingPrice
    strike: UnderlyingPrice
    sigma: Decimal
    """Volatility that the model used, a year, as a fraction."""
    seconds_left: Decimal
    model: str
    price_at: Instant
    book_at: Instant
    ends_at: Instant
    received_at: Instant
    """When the frame that led to it came in."""
    found_at: Instant
    valid_until: Instant


class MarketValued(Event):
    """What a market is worth beside what is bid and asked for it; for people to watch, and never acted upon.

    `refusals` counts, since the service started, the edges that were looked at and refused, by reason.
    """

    type: Literal["market_valued"] = "market_valued"
    market_id: Key
    slug: str
    symbol: Symbol
    fair_value: Probability | None
    uncertainty: Probability | None
    bid: Price | None
    ask: Price | None
    net_edge: Decimal | None
    note: str
    """Why there is no trade in it now, or empty."""
    seconds_left: Decimal
    refusals: dict[str, int]
    at: Instant
