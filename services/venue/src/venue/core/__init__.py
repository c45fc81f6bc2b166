"""The keeper of markets and books, free of clock, I/O and framework."""

from venue.core.book import Book, ladder
from venue.core.catalogue import VENUE
from venue.core.inputs import (
    AccessChecked,
    BestQuoted,
    BookChanged,
    BookDoubted,
    BookResyncWanted,
    BookSnapshot,
    CatalogueRead,
    ChangesJoined,
    ClobFacts,
    ClobFactsRead,
    ListingAnnounced,
    MarketFacts,
    MarketListed,
    ResolutionSeen,
    TickSizeChanged,
    TradeSeen,
)
from venue.core.keeper import MarketKeeper
from venue.core.limits import VenueLimits

__all__ = [
    "VENUE",
    "AccessChecked",
    "BestQuoted",
    "Book",
    "BookChanged",
    "BookDoubted",
    "BookResyncWanted",
    "BookSnapshot",
    "CatalogueRead",
    "ChangesJoined",
    "ClobFacts",
    "ClobFactsRead",
    "ListingAnnounced",
    "MarketFacts",
    "MarketKeeper",
    "MarketListed",
    "ResolutionSeen",
    "TickSizeChanged",
    "TradeSeen",
    "VenueLimits",
    "ladder",
]
