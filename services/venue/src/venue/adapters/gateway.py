"""Carries the core's wishes to the adapters: which tokens to follow, which books and markets to ask about."""

import structlog

from common.clock import MILLISECOND, Instant
from common.contracts.base import Event
from common.contracts.runtime import Tick
from common.contracts.venue import MarketUpdated
from venue.adapters.books import BookReader
from venue.adapters.catalogue import CatalogueReader
from venue.adapters.market_socket import MarketSocket
from venue.adapters.metrics import FEES_UNEXPECTED
from venue.adapters.pace import Anteroom
from venue.core import BookChanged, BookResyncWanted, ChangesJoined, ListingAnnounced, MarketKeeper

STEERS_EVERY = 200 * MILLISECOND

log = structlog.get_logger()


class VenueGateway:
    """Never waits: each adapter has its own task and its own bounds."""

    def __init__(
        self,
        keeper: MarketKeeper,
        socket: MarketSocket,
        books: BookReader,
        catalogue: CatalogueReader,
        anteroom: Anteroom,
    ) -> None:
        self._keeper, self._socket, self._books, self._catalogue = keeper, socket, books, catalogue
        self._anteroom = anteroom
        self._steered_at = Instant(0)

    async def react(self, event: Event, now: Instant) -> None:
        """Follow what the core wants as time passes, tell it what waited, and look at announced markets at once."""
        match event:
            case Tick() if now - self._steered_at >= STEERS_EVERY:
                self._steered_at = now
                self._socket.want(self._keeper.tokens_listened(now))
                self._catalogue.follow(self._keeper.undecided(now))
            case BookChanged() | ChangesJoined():
                self._anteroom.taken(event.token_id)
            case ListingAnnounced():
                self._catalogue.look_at(event.slug)
            case _:
                pass

    async def carry_out(self, outcome: Event, now: Instant) -> None:  # noqa: ARG002 - the protocol's signature
        """Ask for the books that the core wants, and warn of what a person should look at."""
        match outcome:
            case BookResyncWanted():
                self._books.ask(outcome)
            case MarketUpdated(change="listed"):
                self._greet(outcome)
            case _:
                pass

    def _greet(self, market: MarketUpdated) -> None:
        if market.untradable_reason:
            log.warning("market_untradable", slug=market.slug, reason=market.untradable_reason)
        if market.fee is not None and self._keeper.fee_is_unexpected(market):
            FEES_UNEXPECTED.inc()
            log.warning("fee_unexpected", slug=market.slug, rate=str(market.fee.rate), exponent=market.fee.exponent)
