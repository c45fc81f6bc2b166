"""How far one token's book can be trusted, and what each message does to that. Standings are values.

A snapshot that was asked for is usually older than what the socket has said since the question; the changes of that
time are kept and counted on top of it. Where they cannot be complete, the snapshot is not used and the book is asked
for again.
"""

from dataclasses import dataclass, replace

from common.clock import Instant
from common.money import Price
from venue.core.book import Book, ladder
from venue.core.inputs import BestQuoted, BookChanged, BookSnapshot

NEVER = Instant(0)
CHANGES_KEPT_MAX = 1000
EMPTY = Book()


@dataclass(frozen=True, slots=True)
class Question:
    """A book was asked for: what had been said until then, and the changes since."""

    source_at: Instant
    changes: tuple[BookChanged, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """One token's book and how far it can be trusted."""

    book: Book = EMPTY
    tick: Price | None = None
    snapshot_at: Instant = NEVER
    """The venue's time of the snapshot that it is built on; NEVER while there is none."""
    source_at: Instant = NEVER
    """The venue's time of the last change."""
    heard_at: Instant = NEVER
    """When that came in."""
    confirmed_at: Instant = NEVER
    """When the feed last said something that the book agrees with."""
    suspect_since: Instant = NEVER
    """Since when it disagrees with what the venue calls best; a burst of changes passes through such states."""
    doubt: str = ""
    """Why only a snapshot can mend it, empty when it is whole."""
    asked_at: Instant = NEVER
    question: Question | None = None
    """Not yet answered; None also when the answer could no longer help."""

    @property
    def exists(self) -> bool:
        return self.snapshot_at != NEVER

    @property
    def is_sound(self) -> bool:
        return self.exists and self.suspect_since == NEVER and not self.doubt


UNKNOWN = Standing()


def after_snapshot(event: BookSnapshot, before: Standing) -> Standing:
    """Take a snapshot, with what was said since it was asked for; `before` itself when it is of no use."""
    book, source_at = Book(ladder(event.bids), ladder(event.asks)), event.source_at
    if event.via == "request":
        if before.question is None and (before.exists or before.doubt):
            return before
        question = before.question or Question(NEVER)
        if source_at < question.source_at and (book != before.book or before.doubt):
            return before
        for change in question.changes:
            if change.source_at >= source_at:
                book = book.changed(change.changes)
        source_at = max(source_at, before.source_at)
    return Standing(
        book=book, tick=event.tick or before.tick, snapshot_at=max(event.source_at, Instant(1)), source_at=source_at,
        heard_at=event.received_at if source_at > before.source_at else before.heard_at,
        confirmed_at=event.received_at, asked_at=before.asked_at,
        suspect_since=event.received_at if book.is_crossed else NEVER,
    )  # fmt: skip


def after_change(event: BookChanged, before: Standing) -> Standing:
    """Count a change; `before` itself when the book is newer, or there is none to change."""
    kept = _kept(event, before.question)
    if not before.exists or event.source_at < before.snapshot_at:
        return before if kept is before.question else replace(before, question=kept)
    book = before.book.changed(event.changes)
    agrees = not event.states_best or (book.best_bid, book.best_ask) == (event.best_bid, event.best_ask)
    sound = agrees and not book.is_crossed
    return Standing(
        book=book, tick=before.tick, snapshot_at=before.snapshot_at, source_at=max(event.source_at, before.source_at),
        heard_at=event.received_at if event.source_at > before.source_at else before.heard_at,
        confirmed_at=event.received_at if sound else before.confirmed_at,
        suspect_since=NEVER if sound else before.suspect_since or event.received_at,
        doubt=before.doubt, asked_at=before.asked_at, question=kept,
    )  # fmt: skip


def after_quote(event: BestQuoted, before: Standing) -> Standing:
    """Compare with what the venue calls best; older words about a book prove nothing."""
    if not before.exists or event.source_at < before.source_at:
        return before
    book = before.book
    if not book.is_crossed and (book.best_bid, book.best_ask) == (event.best_bid, event.best_ask):
        return replace(before, confirmed_at=event.received_at, suspect_since=NEVER)
    return replace(before, suspect_since=before.suspect_since or event.received_at)


def doubted(before: Standing, code: str) -> Standing:
    """Note that something about the book was lost; an answer on its way may be older than what was."""
    return replace(before, doubt=code, question=None)


def asked(before: Standing, at: Instant) -> Standing:
    """Note that the book was asked for."""
    return replace(before, asked_at=at, question=Question(before.source_at))


def _kept(event: BookChanged, question: Question | None) -> Question | None:
    if question is None or len(question.changes) >= CHANGES_KEPT_MAX:
        return None
    return Question(question.source_at, (*question.changes, event))
