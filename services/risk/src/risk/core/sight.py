"""What risk itself sees of the world: the last word on every market, book and underlying.

It is kept apart from what an opportunity says it saw, because a decision about money rests on two pairs of eyes.
"""

from collections.abc import Iterator

from common.contracts.base import Event
from common.contracts.oracle import PriceUpdated
from common.contracts.venue import BookUpdated, MarketUpdated
from risk.core.recent import Recent

MARKETS_MAX = 5000
BOOKS_MAX = 4000
PRICES_MAX = 100


class Sight:
    """Folds market data. An older word never replaces a newer one, whatever the order they arrive in."""

    def __init__(self) -> None:
        self._markets: Recent[str, MarketUpdated] = Recent(MARKETS_MAX)
        self._books: Recent[str, BookUpdated] = Recent(BOOKS_MAX)
        self._prices: Recent[str, PriceUpdated] = Recent(PRICES_MAX)

    def observe(self, event: Event) -> None:
        match event:
            case BookUpdated():
                self._see_book(event)
            case PriceUpdated():
                self._see_price(event)
            case MarketUpdated():
                self._see_market(event)
            case _:
                pass

    @property
    def markets_count(self) -> int:
        return len(self._markets)

    def market(self, market_id: str) -> MarketUpdated | None:
        return self._markets.get(market_id)

    def named(self, name: str) -> MarketUpdated | None:
        """Answer the market of an id or a slug."""
        found = self._markets.get(name)
        return found or next((market for market in self._markets.values() if market.slug == name), None)

    def book(self, token_id: str) -> BookUpdated | None:
        return self._books.get(token_id)

    def last_books(self, count: int) -> Iterator[BookUpdated]:
        """Answer the books that were heard last, the newest first."""
        return self._books.last(count)

    def price(self, symbol: str) -> PriceUpdated | None:
        return self._prices.get(symbol)

    def _see_book(self, event: BookUpdated) -> None:
        held = self._books.get(event.token_id)
        if held is None or event.received_at >= held.received_at:
            self._books.put(event.token_id, event)

    def _see_price(self, event: PriceUpdated) -> None:
        held = self._prices.get(event.symbol)
        if held is None or event.received_at >= held.received_at:
            self._prices.put(event.symbol, event)

    def _see_market(self, event: MarketUpdated) -> None:
        held = self._markets.get(event.market_id)
        if held is not None and event.observed_at < held.observed_at:
            return
        self._markets.put(event.market_id, event)
        if event.change == "resolved":
            self._books.drop(event.up_token_id)
            self._books.drop(event.down_token_id)
