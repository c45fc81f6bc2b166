"""The last book of each token, with what screening needs of it."""

from collections.abc import Iterable

from common.contracts.venue import BookUpdated
from scanner.core.model import Real, real

BOOKS_KEPT_MAX = 2000


class Book:
    """A token's book. `ask` is the best offer for the model's quick look, None when nobody offers."""

    __slots__ = ("ask", "event")

    def __init__(self, event: BookUpdated) -> None:
        self.event = event
        self.ask: Real | None = real(event.asks[0][0]) if event.asks else None


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
