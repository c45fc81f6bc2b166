"""What the venue sends, as the core's inputs. Pure: no socket, no clock.

`parse_*` take decoded JSON, `read_*` the bytes of an answer or frame. A defect is handed to `refuse`, which by default
raises it; what else there is, is still read.
"""

from venue.adapters.wire.clob import parse_books, parse_clob_market, read_books, read_clob_market
from venue.adapters.wire.fields import Refuse, strictly
from venue.adapters.wire.frames import parse_market_frame, read_market_frame
from venue.adapters.wire.gamma import family_of, next_cursor, parse_events, slug_of

__all__ = [
    "Refuse",
    "family_of",
    "next_cursor",
    "parse_books",
    "parse_clob_market",
    "parse_events",
    "parse_market_frame",
    "read_books",
    "read_clob_market",
    "read_market_frame",
    "slug_of",
    "strictly",
]
