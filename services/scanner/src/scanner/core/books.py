"""The last book of each token, with what screening needs of it."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from common.contracts.venue import BookUpdated, FeeSchedule
from common.money import Price, notional
from scanner.core.model import Real, real

BOOKS_KEPT_MAX = 2000


class Rung(NamedTuple):
    """A level of a book with its fee: what a share costs on it, and what it comes to with all levels before it."""

    price: Price
    share_cost: Decimal
    """Price and fee, dollars a share."""
    quantity: Decimal
    cost: Decimal
    fees: Decimal


class Book:
    """A token's book. `ask` is the best offer for the model's quick look, None when nobody offers."""

    __slots__ = ("_fee", "_rungs", "ask", "event")

    def __init__(self, event: BookUpdated) -> None:
        self.event = event
        self.ask: Real | None = real(event.asks[0][0]) if event.asks else None
        self._fee: FeeSchedule | None = None
        self._rungs: list[Rung] = []

    def ladder(self, fee: FeeSchedule) -> Iterator[Rung]:
        """Climb the offers from the best one on, up to one of no size; a rung is worked out once, when first reached.

        A book stays the same for many prices, and each of them may ask anew how much of it is worth taking.
        """
        if fee is not self._fee:
            self._fee, self._rungs = fee, []
        yield from self._rungs
        for price, size in self.event.asks[len(self._rungs) :]:
            if size <= 0:
                return
            _, _, quantity, cost, fees = self._rungs[-1] if self._rungs else GROUND
            level_fee = fee.taker(price, size)
            rung = Rung(
                price, price + level_fee / size, quantity + size, cost + notional(price, size), fees + level_fee
            )
            self._rungs.append(rung)
            yield rung


GROUND = Rung(Price(Decimal(0)), Decimal(0), Decimal(0), Decimal(0), Decimal(0))


class Books:
    """All books that were heard of, bounded: those of unknown markets make way first come, first gone."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}

    def learn(self, book: Book) -> None:
        token_id = book.event.token_id
        known = self._books.get(token_id)
        if known is not None and not is_newer(book.event, known.event):
            return
        if known is None and len(self._books) >= BOOKS_KEPT_MAX:
            del self._books[next(iter(self._books))]
        self._books[token_id] = book

    def of(self, token_id: str) -> Book | None:
        return self._books.get(token_id)

    def forget(self, tokens: Iterable[str]) -> None:
        for token_id in tokens:
            self._books.pop(token_id, None)


def is_newer(event: BookUpdated, known: BookUpdated) -> bool:
    """Say whether a book was confirmed later than the one that is known, or in the same moment."""
    return event.received_at >= known.received_at
