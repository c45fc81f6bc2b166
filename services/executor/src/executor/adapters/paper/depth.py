"""What is on offer: the live books, less what our own paper fills have already taken from them.

The world never sees a paper fill, so the live book goes on displaying what we took. Taken liquidity stays taken until
the level's displayed size changes or the level disappears.
"""

from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from common.contracts.venue import BookUpdated, Level, MarketUpdated
from common.money import Price, Shares

Offered = Literal["asks", "bids"]
NOTHING = Decimal(0)


@dataclass(slots=True)
class _Taken:
    displayed: Decimal
    """The size on display when we took from it; another size means that the level is new."""
    taken: Decimal


class Depth:
    """The newest book of each token, and what of it is left for us."""

    def __init__(self, books_kept_max: int) -> None:
        self._kept_max = books_kept_max
        self._books: OrderedDict[str, BookUpdated] = OrderedDict()
        self._taken: dict[tuple[str, Offered], dict[Price, _Taken]] = {}
        self._mirror: dict[str, str] = {}

    def book(self, token_id: str) -> BookUpdated | None:
        return self._books.get(token_id)

    def on_market(self, market: MarketUpdated) -> None:
        """Learn which two tokens mirror one another: a bid for one is an offer of the other."""
        self._mirror[market.up_token_id] = market.down_token_id
        self._mirror[market.down_token_id] = market.up_token_id

    def on_book(self, book: BookUpdated) -> bool:
        """Take a newer book; answer whether it was one."""
        known = self._books.get(book.token_id)
        if known is None:
            self._make_room()
        elif known.received_at > book.received_at:
            return False
        self._books[book.token_id] = book
        self._drop_changed(book.token_id, "asks", book.asks)
        self._drop_changed(book.token_id, "bids", book.bids)
        return True

    def left(self, token_id: str, side: Offered) -> list[Level]:
        """List what is left on one side, best first, an untouched level as it is displayed."""
        book = self._books.get(token_id)
        if book is None:
            return []
        levels = book.asks if side == "asks" else book.bids
        left = [(price, Shares(size - self._gone(token_id, side, price))) for price, size in levels]
        return [(price, size) for price, size in left if size > 0]

    def displayed(self, token_id: str, side: Offered, price: Price) -> Decimal:
        """Answer the size on display at a price."""
        book = self._books.get(token_id)
        levels = () if book is None else book.asks if side == "asks" else book.bids
        return next((size for at, size in levels if at == price), NOTHING)

    def take(self, token_id: str, side: Offered, price: Price, quantity: Shares) -> None:
        """Take from a level; it stays taken."""
        levels = self._taken.setdefault((token_id, side), {})
        entry = levels.setdefault(price, _Taken(self.displayed(token_id, side, price), NOTHING))
        entry.taken += quantity

    def forget(self, market: MarketUpdated) -> None:
        """Drop a market's books for good."""
        for token_id in (market.up_token_id, market.down_token_id):
            self._drop(token_id)
            self._mirror.pop(token_id, None)

    def _gone(self, token_id: str, side: Offered, price: Price) -> Decimal:
        """Sum what we took at a level, also where it is displayed as the opposite side of the mirrored token."""
        own = self._taken.get((token_id, side), {}).get(price)
        other: Offered = "bids" if side == "asks" else "asks"
        mirrored = self._taken.get((self._mirror.get(token_id, ""), other), {}).get(Price(1 - price))
        return (own.taken if own else NOTHING) + (mirrored.taken if mirrored else NOTHING)

    def _drop_changed(self, token_id: str, side: Offered, levels: tuple[Level, ...]) -> None:
        taken = self._taken.get((token_id, side))
        if not taken:
            return
        sizes = dict(levels)
        self._taken[token_id, side] = {p: t for p, t in taken.items() if sizes.get(p) == t.displayed}

    def _make_room(self) -> None:
        if len(self._books) >= self._kept_max:
            self._drop(next(iter(self._books)))

    def _drop(self, token_id: str) -> None:
        self._books.pop(token_id, None)
        self._taken.pop((token_id, "asks"), None)
        self._taken.pop((token_id, "bids"), None)
