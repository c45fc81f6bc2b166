"""What the adapters tell the core: events of this service's own, which never travel on the bus."""

from typing import Literal

from common.clock import Instant
from common.contracts.base import Event, Key, Symbol, UnderlyingPrice


class SourceTick(Event):
    """One trade or ticker of an exchange."""

    type: Literal["source_tick"] = "source_tick"
    source: Key
    symbol: Symbol
    price: UnderlyingPrice
    source_at: Instant
    """When the exchange says that it happened."""
    received_at: Instant


class SettlementTick(Event):
    """One value of the settling feed, from an update or out of a backlog.

    `kind` is `spot`, or `twap` over the last `window_s` seconds (0 for spot). `topic` is the feed's own name for it.
    """

    type: Literal["settlement_tick"] = "settlement_tick"
    feed: Key
    topic: str
    symbol: Symbol
    kind: Literal["spot", "twap"]
    window_s: int
    value: UnderlyingPrice
    source_at: Instant
    received_at: Instant
