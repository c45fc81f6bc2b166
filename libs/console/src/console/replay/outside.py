"""The outside world as the services' own adapters would read it: frames off the wires, answers to questions."""

from collections.abc import Callable, Iterable
from typing import Any

from common.clock import SECOND, Instant
from common.contracts.base import Event
from common.errors import ParseError
from oracle.adapters.wire import SETTLEMENT_TOPICS, parse_binance, parse_coinbase, parse_rtds
from simulator.world import Frame, World
from venue.adapters.wire import parse_books, parse_clob_market, parse_events, parse_market_frame
from venue.core import BookResyncWanted, MarketKeeper, MarketListed

ORACLE_PARSERS: dict[str, Callable[[object, Instant], Iterable[Event]]] = {
    "binance": parse_binance,
    "coinbase": parse_coinbase,
    "rtds": parse_rtds,
}
UNWANTED_TOPICS = ("crypto_prices:", "crypto_prices_twap_thirty:")
OF_THE_WHOLE_VENUE = ("new_market", "market_resolved")
LISTING_INTERVAL_S = 30
"""Markets are listed minutes ahead: to read the whole list more often finds nothing earlier, and takes its time."""
BOOK_FRAME = {"event_type": "book"}


def oracle_inputs(frame: Frame) -> Iterable[Event]:
    """Read what an exchange or the settling feed sent, as the oracle's sockets do that ask for what they need."""
    if frame.channel == "rtds" and frame.key.startswith(UNWANTED_TOPICS):
        return ()
    return ORACLE_PARSERS[frame.channel](frame.payload, Instant(frame.at_ns))


def settlement_backlog(world: World, symbols: Iterable[str], now: Instant) -> Iterable[Event]:
    """Read what the settling feed sends first to whoever subscribes."""
    for symbol in symbols:
        for topic in SETTLEMENT_TOPICS:
            payload = world.backlog(topic, f"{symbol.lower()}/usd", now)
            if payload is not None:
                yield from parse_rtds(payload, now)


class VenueOutside:
    """What the venue's adapters do between them: read the catalogue, follow the books that the core wants."""

    def __init__(self, world: World, keeper: MarketKeeper) -> None:
        self._world = world
        self._keeper = keeper
        self._followed: frozenset[str] = frozenset()
        self._conditions: frozenset[str] = frozenset()
        self._described: dict[str, tuple[object, ...]] = {}
        self._listed_at: Instant | None = None

    def frame_inputs(self, frame: Frame) -> Iterable[Event]:
        """Read a frame of the market channel, if it is about a market that is followed or about all of them."""
        payload = frame.payload
        if payload["event_type"] not in OF_THE_WHOLE_VENUE and payload["market"] not in self._conditions:
            return ()
        return parse_market_frame(payload, Instant(frame.at_ns))

    def discover(self, now: Instant) -> Iterable[Event]:
        """Read the catalogue: what is open, and what has ended and is not decided. Then the order book's word on it."""
        listed: list[dict[str, Any]] = []
        if self._listed_at is None or now - self._listed_at >= LISTING_INTERVAL_S * SECOND:
            self._listed_at = now
            listed = [event for event in self._world.events(now) if not event["closed"]]
        asked_for = (self._world.event(market.slug, now) for market in self._keeper.undecided(now))
        for found in parse_events(listed + [event for event in asked_for if event is not None], now):
            yield found
            if self._is_news(found):
                yield from self._order_book_facts(found.facts.market_id, now)

    def follow(self, now: Instant) -> Iterable[Event]:
        """Subscribe to the books that are wanted now; each begins with the whole of it."""
        wanted = frozenset(self._keeper.tokens_wanted(now))
        if wanted == self._followed:
            return
        fresh, self._followed = sorted(wanted - self._followed), wanted
        books = {token: self._world.book(token, now) for token in sorted(wanted)}
        self._conditions = frozenset(str(book["market"]) for book in books.values() if book is not None)
        for token in fresh:
            book = books[token]
            if book is not None:
                yield from parse_market_frame(book | BOOK_FRAME, now)

    def carry_out(self, outcome: Event, now: Instant) -> Iterable[Event]:
        """Ask for the books that the core wants anew."""
        if not isinstance(outcome, BookResyncWanted):
            return ()
        books: list[dict[str, Any] | None] = [self._world.book(token, now) for token in outcome.token_ids]
        return parse_books([book for book in books if book is not None], now)

    def react(self, _event: Event, _now: Instant) -> Iterable[Event]:
        return ()

    def _is_news(self, found: MarketListed) -> bool:
        facts = found.facts
        said = (facts.accepting_orders, facts.closed, facts.tick, facts.fee, facts.version)
        if self._described.get(facts.market_id) == said:
            return False
        self._described[facts.market_id] = said
        return True

    def _order_book_facts(self, market_id: str, now: Instant) -> Iterable[Event]:
        answer = self._world.clob_market(market_id, now)
        return () if answer is None else parse_clob_market(answer, now, _pass_over)


def _pass_over(_error: ParseError) -> None:
    """Leave it to the core to call a market untradable; the facts name what could not be read."""
