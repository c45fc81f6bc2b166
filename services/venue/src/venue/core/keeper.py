"""The keeper of markets: folds the venue's two descriptions and its market channel, and publishes what is so."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from common.clock import MILLISECOND, SECOND, Instant
from common.contracts.base import Event, Symbol
from common.contracts.runtime import Tick
from common.contracts.venue import BookUpdated, MarketUpdated
from venue.core.access import Access
from venue.core.catalogue import Catalogue
from venue.core.inputs import (
    AccessChecked,
    BestQuoted,
    BookChanged,
    BookDoubted,
    BookResyncWanted,
    BookSnapshot,
    CatalogueRead,
    ChangesJoined,
    ClobFactsRead,
    MarketListed,
    ResolutionSeen,
    TickSizeChanged,
)
from venue.core.limits import VenueLimits
from venue.core.shelf import Change, Said, Shelf

FORGETS_EVERY = 10 * SECOND


class BookStanding(NamedTuple):
    """How one book stands: its age in milliseconds and its last change, each None where it was never seen."""

    symbol: Symbol
    age_ms: int | None
    changed: Said | None


class MarketKeeper:
    """Knows every market of ours and the books of those that run or are about to."""

    def __init__(self, limits: VenueLimits) -> None:
        self._limits = limits
        self._catalogue, self._shelf = Catalogue(limits), Shelf(limits)
        self._access = Access(limits)
        self._forgot_at = Instant(0)
        self._refused: Counter[str] = Counter()

    def observe(self, event: Event) -> None:
        """Fold a fact; each of our own publications is one too."""
        match event:
            case BookChanged() | ChangesJoined() | BookSnapshot() | BestQuoted():
                self._observe_book(event)
            case BookUpdated():
                self._shelf.observe_published(event)
            case Tick():
                self._forget(event.at)
            case MarketListed():
                self._catalogue.observe_facts(event.facts, event.observed_at)
            case ClobFactsRead():
                self._catalogue.observe_clob(event.facts)
            case MarketUpdated():
                self._catalogue.observe_published(event)
            case BookResyncWanted():
                self._shelf.ask(event.token_ids, event.at)
            case _:
                self._observe_rest(event)

    def decide(self, event: Event, now: Instant) -> Event | None:
        """Answer a market that has changed, a book that can be believed, or on a tick which books to ask for."""
        match event:
            case BookChanged() | ChangesJoined() | BookSnapshot() | BestQuoted():
                market = self._market(event)
                return None if market is None else self._shelf.after(event, market)
            case Tick():
                return self._catalogue.overdue(now) or self._resync(now)
            case _:
                return self._decide_market(event, now)

    def _decide_market(self, event: Event, now: Instant) -> MarketUpdated | None:
        match event:
            case MarketListed():
                return self._catalogue.after_facts(event.facts, now)
            case ClobFactsRead():
                return self._catalogue.after_clob(event.facts, now)
            case TickSizeChanged():
                return self._catalogue.after_tick_size(event.market_id, event.tick, now)
            case ResolutionSeen():
                return self._catalogue.after_resolution(event, now)
            case _:
                return None

    def tokens_wanted(self, now: Instant) -> tuple[str, ...]:
        """Name the tokens whose books are to be followed, those of markets that end first first."""
        markets = self._catalogue.running(now, self._limits.book_lead)
        tokens = [t for m in markets if not m.untradable_reason for t in (m.up_token_id, m.down_token_id)]
        return tuple(tokens[: self._limits.books_max])

    def tokens_listened(self, now: Instant) -> tuple[str, ...]:
        """Name the tokens to listen for: those whose books are followed, and those of ended markets for a winner."""
        since = now - self._limits.resolution_listen_s * SECOND
        ended = [market for market in self._catalogue.undecided(now) if market.ends_at > since]
        tokens = [t for m in ended if not m.untradable_reason for t in (m.up_token_id, m.down_token_id)]
        return (*self.tokens_wanted(now), *tokens[: self._limits.books_max])

    def undecided(self, now: Instant) -> list[MarketUpdated]:
        """Answer the markets that have ended and whose winner is not known yet."""
        return self._catalogue.undecided(now)

    def fee_is_unexpected(self, market: MarketUpdated) -> bool:
        """Say whether a market's fee differs from what the settings expect; its own counts all the same."""
        return market.slug in self._catalogue.fees_unexpected()

    @property
    def refused(self) -> Counter[str]:
        """Inputs that were understood and not used, by reason."""
        return self._refused + self._catalogue.refused + self._shelf.refused

    def not_ready(self, now: Instant) -> str:
        """Name what keeps markets or books from being known; empty when nothing does."""
        lacking = self._access.lacking(now)
        running = self._catalogue.running(now)
        for symbol in self._limits.symbols:
            if not any(market.symbol == symbol and not market.untradable_reason for market in running):
                lacking.append(f"{symbol}: no tradable market runs")
        silent_ms = 2 * self._limits.book_silence // MILLISECOND
        for market in running:
            if market.untradable_reason or not market.accepting_orders:
                continue
            for outcome, token in (("Up", market.up_token_id), ("Down", market.down_token_id)):
                age_ms = self._shelf.age_ms(token, now)
                if age_ms is None or age_ms > silent_ms:
                    lacking.append(
                        f"{market.slug} {outcome}: book {'never seen' if age_ms is None else f'{age_ms} ms old'}"
                    )
        return "; ".join(lacking)

    def figures(self, now: Instant) -> dict[str, str]:
        """Answer few figures: how many markets and books, their ages, and how much was refused."""
        ages = [self._shelf.age_ms(token, now) for token in self.tokens_wanted(now)]
        return {
            "markets": str(len(self._catalogue)),
            "markets_untradable": str(sum(bool(m.untradable_reason) for m in self._catalogue.markets())),
            "markets_undecided": str(len(self.undecided(now))),
            "fees_unexpected": str(len(self._catalogue.fees_unexpected())),
            "books": str(len(self._shelf)),
            "book_age_ms_worst": str(max((age for age in ages if age is not None), default=-1)),
            "catalogue_age_ms": str(self._access.catalogue_age_ms(now)),
            "inputs_refused": str(self.refused.total()),
        }

    def books(self, now: Instant) -> Iterator[BookStanding]:
        """Answer how each book stands that is followed."""
        for token_id in self.tokens_wanted(now):
            market = self._catalogue.market_of(token_id)
            if market is not None:
                yield BookStanding(market.symbol, self._shelf.age_ms(token_id, now), self._shelf.said(token_id))

    def _market(self, event: Change) -> MarketUpdated | None:
        market = self._catalogue.market_of(event.token_id)
        return market if market is not None and market.market_id == event.market_id else None

    def _observe_book(self, event: Change) -> None:
        if self._market(event) is None:
            self._refused["book_of_unknown_token"] += 1
            return
        self._shelf.observe(event)
        if isinstance(event, BookSnapshot) and event.tick is not None:
            self._catalogue.observe_tick(event.market_id, event.tick)

    def _observe_rest(self, event: Event) -> None:
        match event:
            case TickSizeChanged():
                self._catalogue.observe_tick(event.market_id, event.tick)
                self._shelf.begin_anew(event.token_id, event.tick)
            case ResolutionSeen():
                defect = self._catalogue.resolution_defect(event)
                if defect:
                    self._refused[defect] += 1
            case BookDoubted():
                self._shelf.doubt(event.token_id, event.code)
            case AccessChecked() | CatalogueRead():
                self._access.observe(event)
            case _:
                pass

    def _resync(self, now: Instant) -> BookResyncWanted | None:
        """Answer which of the books that are followed must be asked for anew."""
        wanted = [(token, self._shelf.needs(token, now)) for token in self.tokens_wanted(now)]
        needy = [(token, reason) for token, reason in wanted if reason][: self._limits.resync_tokens_max]
        if not needy:
            return None
        return BookResyncWanted(
            token_ids=tuple(token for token, _ in needy), reasons=tuple(reason for _, reason in needy), at=now
        )

    def _forget(self, at: Instant) -> None:
        """Every now and then drop what nobody will ask about again."""
        if at - self._forgot_at < FORGETS_EVERY:
            return
        self._forgot_at = at
        self._catalogue.forget(at)
        lead = self._limits.book_lead
        kept = [t for m in self._catalogue.running(at, 2 * lead) for t in (m.up_token_id, m.down_token_id)]
        self._shelf.forget(kept)
