"""The books of all tokens: which can be published, which must be asked for anew, and when each was last confirmed."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from common.clock import MILLISECOND, Instant
from common.contracts.venue import BookUpdated, Level, MarketUpdated
from common.money import Price
from venue.core.inputs import BestQuoted, BookChanged, BookSnapshot, ChangesJoined
from venue.core.limits import VenueLimits
from venue.core.standing import NEVER, UNKNOWN, Standing, after_change, after_quote, after_snapshot, asked, doubted

Levels = tuple[Level, ...]
Step = BookSnapshot | BookChanged | BestQuoted
Change = Step | ChangesJoined


class Said(NamedTuple):
    """When something happened by the venue's own word, and when that came in."""

    source_at: Instant
    heard_at: Instant


class _Prepared(NamedTuple):
    """How a book stands once something is counted, and how many parts of that were of no use."""

    event: Change
    standing: Standing
    unused: int


class Shelf:
    """Keeps a book a token. A book that cannot be right is held back until it agrees with the venue again."""

    def __init__(self, limits: VenueLimits) -> None:
        self._limits = limits
        self._standings: dict[str, Standing] = {}
        self._published: dict[str, BookUpdated] = {}
        self._prepared: _Prepared | None = None
        self.refused: Counter[str] = Counter()
        """Messages that were understood and not used, by reason."""

    def __len__(self) -> int:
        return sum(standing.exists for standing in self._standings.values())

    def after(self, event: Change, market: MarketUpdated) -> BookUpdated | None:
        """Answer the book to publish once the event is counted; None while it is not sound or says nothing new."""
        before = self._standings.get(event.token_id, UNKNOWN)
        self._prepared = _after(event, before)  # spares observe() the same work; no answer depends on it
        standing = self._prepared.standing
        if standing is before or not standing.is_sound or (before.is_sound and isinstance(event, BestQuoted)):
            return None
        bids, asks = standing.book.top(self._limits.book_levels_max)
        if isinstance(event, BookChanged | ChangesJoined) and self._was_just_said(event, (bids, asks)):
            return None
        return BookUpdated.model_construct(
            venue=market.venue, market_id=market.market_id, token_id=event.token_id, bids=bids, asks=asks,
            tick=standing.tick or market.tick, source_at=standing.source_at, received_at=event.received_at,
        )  # fmt: skip

    def _was_just_said(self, event: BookChanged | ChangesJoined, top: tuple[Levels, Levels]) -> bool:
        """Say whether the same levels were published a moment ago: a change below them is no news."""
        last = self._published.get(event.token_id)
        if last is None or (last.bids, last.asks) != top:
            return False
        return event.received_at - last.received_at < self._limits.book_repeat

    def observe(self, event: Change) -> None:
        """Fold a snapshot, a change, or what the venue calls best."""
        prepared, self._prepared = self._prepared, None
        before = self._standings.get(event.token_id, UNKNOWN)
        if prepared is None or prepared.event is not event:
            prepared = _after(event, before)
        if prepared.unused:
            self.refused[_why_unused(event, before)] += prepared.unused
        if prepared.standing is not before:
            self._standings[event.token_id] = prepared.standing

    def observe_published(self, book: BookUpdated) -> None:
        """Keep what the others know."""
        self._published[book.token_id] = book

    def doubt(self, token_id: str, code: str) -> None:
        """Note that a frame about this book (any book, without a token) was lost: only a snapshot mends that."""
        for each in [token_id] if token_id else list(self._standings):
            if each in self._standings:
                self._standings[each] = doubted(self._standings[each], code)

    def begin_anew(self, token_id: str, tick: Price) -> None:
        """Drop the book, for the token trades on another tick and what rested before no longer counts."""
        self._standings[token_id] = Standing(tick=tick, doubt="tick_size_changed")
        self._published.pop(token_id, None)

    def ask(self, token_ids: Iterable[str], at: Instant) -> None:
        """Note that books were asked for."""
        for token_id in token_ids:
            self._standings[token_id] = asked(self._standings.get(token_id, UNKNOWN), at)

    def needs(self, token_id: str, now: Instant) -> str:
        """Say why a token's book must be asked for now, or nothing."""
        standing = self._standings.get(token_id, UNKNOWN)
        if now - standing.asked_at < self._limits.resync_retry:
            return ""
        if standing.doubt or not standing.exists:
            return standing.doubt or "never_seen"
        if standing.suspect_since != NEVER and now - standing.suspect_since > self._limits.book_burst:
            return "crossed" if standing.book.is_crossed else "best_disagrees"
        return "silent" if now - standing.confirmed_at > self._limits.book_silence else ""

    def age_ms(self, token_id: str, now: Instant) -> int | None:
        """Say how long ago a token's book was last confirmed, None when it never was."""
        standing = self._standings.get(token_id, UNKNOWN)
        return None if standing.confirmed_at == NEVER else (now - standing.confirmed_at) // MILLISECOND

    def said(self, token_id: str) -> Said | None:
        """Answer when the last change of a token's book was, by the venue, and when it came in; None for no book."""
        standing = self._standings.get(token_id, UNKNOWN)
        return Said(standing.source_at, standing.heard_at) if standing.exists else None

    def forget(self, kept: Iterable[str]) -> None:
        """Drop all books but these."""
        for token_id in set(self._standings).difference(kept):
            del self._standings[token_id]
            self._published.pop(token_id, None)


def _after(event: Change, before: Standing) -> _Prepared:
    standing, unused = before, 0
    for step in event.changes if isinstance(event, ChangesJoined) else (event,):
        then, standing = standing, _after_step(step, standing)
        unused += standing is then
    return _Prepared(event, standing, unused)


def _after_step(step: Step, before: Standing) -> Standing:
    match step:
        case BookSnapshot():
            return after_snapshot(step, before)
        case BookChanged():
            return after_change(step, before)
        case BestQuoted():
            return after_quote(step, before)


def _why_unused(event: Change, before: Standing) -> str:
    if isinstance(event, BookSnapshot):
        return "snapshot_of_no_use"
    return "older_than_book" if before.exists else "change_before_snapshot"
