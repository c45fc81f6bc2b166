"""What `oracle` says: what an underlying is worth, by whom, and whom it does not believe."""

from typing import Literal

from common.clock import Instant
from common.contracts.base import Event, Key, Symbol, UnderlyingPrice


class PriceUpdated(Event):
    """The median of the fresh exchanges, as the trading oracle sees it."""

    type: Literal["price_updated"] = "price_updated"
    symbol: Symbol
    price: UnderlyingPrice
    sources: tuple[str, ...]
    """The exchanges that count in it, sorted."""
    source_at: Instant
    """When the newest of them says that it happened."""
    received_at: Instant
    """When the frame that caused it came in."""


class SettlementPriceObserved(Event):
    """One value of the feed that settles markets, exactly as it was stamped by its source.

    `kind` is `spot`, or `twap` over the last `window_s` seconds (0 for spot).
    """

    type: Literal["settlement_price_observed"] = "settlement_price_observed"
    symbol: Symbol
    feed: Key
    kind: Literal["spot", "twap"]
    window_s: int
    value: UnderlyingPrice
    source_at: Instant
    received_at: Instant


class SourceStatusChanged(Event):
    """A source, for one symbol and topic, was excluded or is believed again."""

    type: Literal["source_status_changed"] = "source_status_changed"
    source: Key
    symbol: Symbol
    topic: str
    status: Literal["fresh", "silent", "wild"]
    detail: str
    at: Instant
