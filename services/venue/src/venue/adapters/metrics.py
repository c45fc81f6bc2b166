"""What the adapters count."""

import math
from collections.abc import Iterable

from prometheus_client import Counter, Gauge

from common.clock import SECOND, Instant, since
from common.errors import ParseError
from common.telemetry.metrics import Following
from venue.core import MarketKeeper

MILLISECONDS = 1000

REFUSED = Counter(
    "pm_arb_venue_refused_total", "Answers and frames, or parts of them, that were not as they should be",
    ["source", "code"],
)  # fmt: skip
REQUESTS = Counter("pm_arb_venue_requests_total", "Requests to the venue", ["what", "result"])
FRAMES = Counter("pm_arb_venue_frames_total", "Frames of the market channel that came in")
LEVEL_CHANGES = Counter(
    "pm_arb_venue_level_changes_total", "Levels of books that changed, as the market channel tells of each token"
)
REDIALS = Counter("pm_arb_venue_redials_total", "Connections to the market channel given up and made anew", ["why"])
CONNECTED = Gauge("pm_arb_venue_connected", "1 while the market channel is open, which proves nothing about data")
RESYNCS = Counter("pm_arb_venue_book_resyncs_total", "Books asked for anew", ["reason"])
FEES_UNEXPECTED = Counter(
    "pm_arb_venue_fees_unexpected_total", "Markets listed with a fee that the settings do not expect"
)

BOOKS = Gauge("pm_arb_venue_books", "Books that are followed", ["symbol"])
BOOK_AGE_SECONDS = Gauge(
    "pm_arb_book_age_seconds",
    "How long ago the worst of the followed books was confirmed; infinite while one was never seen",
    ["symbol"],
)
BOOK_LAG_SECONDS = Gauge(
    "pm_arb_book_lag_seconds",
    "What the youngest change of a followed book took from the venue's own timestamp to here, by two clocks",
    ["symbol"],
)
MARKETS = Gauge("pm_arb_venue_markets", "Markets that are known, by how they stand", ["state"])
CATALOGUE_AGE_SECONDS = Gauge(
    "pm_arb_venue_catalogue_age_seconds", "How long ago the catalogue was read; infinite before the first time"
)
INPUTS_REFUSED = Counter(
    "pm_arb_venue_inputs_refused_total", "What the venue said that was understood and not used, by reason", ["reason"]
)
_REFUSED = Following(INPUTS_REFUSED)


def measure(keeper: MarketKeeper, symbols: Iterable[str], now: Instant) -> None:
    """Say how markets and books stand now, the worst of each symbol."""
    books = list(keeper.books(now))
    for symbol in symbols:
        own = [book for book in books if book.symbol == symbol]
        BOOKS.labels(symbol=symbol).set(len(own))
        BOOK_AGE_SECONDS.labels(symbol=symbol).set(max((_seconds(book.age_ms) for book in own), default=0))
        youngest = max((book.changed for book in own if book.changed is not None), default=None)
        if youngest is not None:
            BOOK_LAG_SECONDS.labels(symbol=symbol).set(since(youngest.heard_at, youngest.source_at) / SECOND)
    figures = keeper.figures(now)
    for state, name in (("known", "markets"), ("untradable", "markets_untradable"), ("undecided", "markets_undecided")):
        MARKETS.labels(state=state).set(int(figures[name]))
    read_ms = int(figures["catalogue_age_ms"])
    CATALOGUE_AGE_SECONDS.set(_seconds(None if read_ms < 0 else read_ms))
    _REFUSED.follow(keeper.refused)


def _seconds(milliseconds: int | None) -> float:
    return math.inf if milliseconds is None else milliseconds / MILLISECONDS


class Refusals:
    """Counts the defects of one source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __call__(self, error: ParseError) -> None:
        REFUSED.labels(source=self._source, code=error.code).inc()
