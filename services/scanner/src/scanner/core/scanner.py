"""The scanner's judgement: whether there is an edge after every cost.

A price asks about all markets on its symbol, a book about its own market; the best edge that clears becomes an
opportunity. The quick look is the model's own numbers; only what clears there is worked out exactly.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from common.clock import MILLISECOND, SECOND, Instant
from common.contracts.base import Event, Symbol
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved
from common.contracts.runtime import Tick
from common.contracts.scanner import MarketValued, OpportunityFound
from common.contracts.venue import BookUpdated, MarketUpdated, Outcome
from common.money import CENT, Price, Shares, ceil_to
from scanner.core.books import Book, Books
from scanner.core.limits import Limits
from scanner.core.markets import Market, Markets
from scanner.core.model import Estimate, Real, exact
from scanner.core.refusals import NOT_AN_EDGE, Refusal
from scanner.core.sight import Sight, as_opportunity, as_valuation
from scanner.core.strategies import STRATEGIES, Strategy
from scanner.core.underlying import ModelSettings, Spot
from scanner.core.valuer import Valuer

OUTCOMES: tuple[Outcome, ...] = ("Up", "Down")
ROUNDING_SLACK = 1e-9
"""Dollars a share: more than the model's numbers can be off in their last places, so that screening loses no edge."""

IMAGINED_TURN = MILLISECOND
"""For so long a price is made up, and then for so long an offer."""
IMAGINED_EDGE = Decimal("0.9")
"""Of an offer that is made up: as a part of what is still credible."""
IMAGINED_SHARES = Shares(Decimal(100))


class EdgeScanner:
    """Folds prices, settling values, markets and books; proposes what is cheap by more than every cost."""

    def __init__(
        self, limits: Limits, models: dict[Symbol, ModelSettings], feed: str, strategies: Iterable[str]
    ) -> None:
        self._limits = limits
        self.valuer = Valuer(models, feed, limits)
        self.markets = Markets()
        self._books = Books()
        self._strategies: tuple[Strategy, ...] = tuple(STRATEGIES[name](limits) for name in strategies)
        self._least_gross = min(strategy.least_gross for strategy in self._strategies) - ROUNDING_SLACK
        self.refusals: dict[str, int] = {}
        """Edges that were looked at and refused, by reason."""
        self.valued = 0
        """Valuations published."""
        self._pruned_at = 0

    def observe(self, event: Event) -> None:
        match event:
            case PriceUpdated():
                self.valuer.learn_price(event)
            case BookUpdated():
                self._books.learn(Book(event))
            case SettlementPriceObserved():
                self.valuer.learn_settlement(event)
            case MarketUpdated() if event.symbol in self.valuer.underlyings:
                self._books.forget(self.markets.learn(event))
            case OpportunityFound() | MarketValued():
                self._remember(event)
            case Tick() if event.at >= self._pruned_at + SECOND:
                self._pruned_at = event.at
                self._books.forget(self.markets.prune(event.at))
            case _:
                pass

    def decide(self, event: Event, now: Instant) -> Event | None:
        match event:
            case PriceUpdated():
                spot = self.valuer.spot(event.symbol, now, event)
                return self._opportunity(self.markets.on(event.symbol), spot, None, now)
            case BookUpdated():
                market, book = self.markets.of(event.market_id), Book(event)
                if market is None or not self._is_better(book, now):
                    return None
                spot = self.valuer.spot(market.event.symbol, now)
                return self._opportunity((market,), spot, book, now)
            case Tick():
                return self._valuation(now)
            case _:
                return None

    def imagine(self, now: Instant) -> PriceUpdated | BookUpdated | None:
        """Make up what may come next, as if it came now: the last price, and in turns with it an offer worth taking."""
        prices = [underlying.price for underlying in self.valuer.underlyings.values() if underlying.price is not None]
        last = max(prices, key=lambda price: price.received_at, default=None)
        if last is None:
            return None
        offer = self._imagined_offer(last.symbol, now) if now // IMAGINED_TURN % 2 else None
        return offer or last.model_copy(update={"source_at": now, "received_at": now})

    def _imagined_offer(self, symbol: Symbol, now: Instant) -> BookUpdated | None:
        """Make up a book of a market that runs, with an offer as cheap as is credible; None where there is none."""
        market = next((each for each in self.markets.on(symbol) if each.runs(now)), None)
        if market is None:
            return None
        book, spot = self._books.of(market.event.up_token_id), self.valuer.spot(symbol, now)
        estimate = self.valuer.estimate(market, spot, now)
        if book is None or estimate is None:
            return None
        edge = self._limits.credible_edge_max * IMAGINED_EDGE
        ask = ceil_to(exact(estimate.fair) - edge, CENT)
        if ask < CENT:
            return None
        offers = ((Price(ask), IMAGINED_SHARES),)
        return book.event.model_copy(update={"asks": offers, "bids": (), "source_at": now, "received_at": now})

    def _opportunity(
        self, markets: Iterable[Market], spot: Spot | None, fresh: Book | None, now: Instant
    ) -> OpportunityFound | None:
        """Find the largest edge that clears, by the quick look, and work it out exactly."""
        if spot is None or self.valuer.staleness(spot.event.symbol, spot, now):
            return None
        best: Sight | None = None
        for market in markets:
            estimate = self._promising(market, spot, fresh, now)
            if estimate is None:
                continue
            for sight in self._sights(market, estimate, fresh, now):
                if not sight.glance.refusal and (best is None or sight.glance.net > best.glance.net):
                    best = sight
        strike = self.valuer.strike(best.market) if best else None
        if best is None or strike is None:
            return None
        received_at = fresh.event.received_at if fresh else spot.event.received_at
        return as_opportunity(best, spot, strike, self._limits, received_at=received_at, now=now)

    def _promising(self, market: Market, spot: Spot, fresh: Book | None, now: Instant) -> Estimate | None:
        """Value a market that may be traded now, None where the best offers are too dear whatever else is found.

        Most markets are left here at most prices: before fees and uncertainty, which only take away from an edge, are
        worked out.
        """
        if not market.runs(now) or self._rests(market, now) or self.valuer.own_obstacle(market, now):
            return None
        outlook = self.valuer.outlook(market, spot, now)
        if outlook is None:
            return None
        described = market.event
        tails = self.valuer.tails(described.symbol)
        fair, least = outlook.fair(tails), self._least_gross
        if not (
            _offers(self._book(described.up_token_id, fresh), fair - least)
            or _offers(self._book(described.down_token_id, fresh), 1 - fair - least)
        ):
            return None
        return Estimate(fair, outlook.uncertainty(spot.doubts, tails))

    def _book(self, token_id: str, fresh: Book | None) -> Book | None:
        return fresh if fresh and fresh.event.token_id == token_id else self._books.of(token_id)

    def _is_better(self, book: Book, now: Instant) -> bool:
        """Say whether a book offers more cheaply than the one before it; if not, the next price looks soon enough."""
        known = self._books.of(book.event.token_id)
        if known is None or known.ask is None or self._is_stale(known, now):
            return True
        return book.ask is not None and book.ask < known.ask

    def _valuation(self, now: Instant) -> MarketValued | None:
        """Say what the next running market in turn is worth, and why it is not traded."""
        market = self.markets.next_to_value(now)
        if market is None:
            return None
        spot = self.valuer.spot(market.event.symbol, now)
        note = self.valuer.obstacle(market, spot, now)
        estimate = self.valuer.estimate(market, spot, now)
        best: Sight | None = None
        if estimate is not None:
            best = max(self._sights(market, estimate, None, now), key=lambda sight: sight.glance.net, default=None)
        elif not note:
            note = Refusal.WINDOW_UNKNOWN
        if not note:
            note = Refusal.NO_OFFER if best is None else self._last_word(best, now)
        refusals = dict(self.refusals)
        if note not in NOT_AN_EDGE:
            refusals[note.value] = refusals.get(note.value, 0) + 1
        up_book = self._books.of(market.event.up_token_id)
        return as_valuation(market, estimate, best, up_book, note=note, refusals=refusals, now=now)

    def _last_word(self, best: Sight, now: Instant) -> Refusal:
        """Name why the better side of a market that has no obstacle is not taken."""
        if best.glance.refusal:
            return best.glance.refusal
        if self._rests(best.market, now):
            return Refusal.COOLDOWN
        return Refusal.TOO_THIN if best.exactly() is None else Refusal.NONE

    def _sights(self, market: Market, estimate: Estimate, fresh: Book | None, now: Instant) -> Iterator[Sight]:
        """Look at what is offered of both outcomes, with the eyes of every strategy."""
        for outcome in OUTCOMES:
            book = self._book(market.event.token(outcome), fresh)
            if book is None or book.ask is None:
                continue
            fair = estimate.fair if outcome == "Up" else 1 - estimate.fair
            stale = self._is_stale(book, now)
            for strategy in self._strategies:
                glance = strategy.glance(market, fair, estimate.uncertainty, book.ask)
                if stale and glance.gross > 0:
                    glance = glance._replace(refusal=Refusal.STALE_BOOK)
                yield Sight(market, outcome, strategy, book, estimate, glance)

    def _is_stale(self, book: Book, now: Instant) -> bool:
        return now - book.event.received_at > self._limits.book_age_ms_max * MILLISECOND

    def _rests(self, market: Market, now: Instant) -> bool:
        """Say whether the market was proposed a moment ago."""
        found_at = market.found_at
        return found_at is not None and now - found_at < self._limits.opportunity_interval_ms * MILLISECOND

    def _remember(self, event: OpportunityFound | MarketValued) -> None:
        """Fold the scanner's own outcomes: they are what makes it pause, take turns, and count."""
        market = self.markets.of(event.market_id)
        if isinstance(event, MarketValued):
            self.refusals = event.refusals
            self.valued += 1
            if market is not None:
                market.valued_at = event.at
        elif market is not None:
            market.found_at = event.found_at


def _offers(book: Book | None, price: Real) -> bool:
    """Say whether somebody offers at a price or below."""
    return book is not None and book.ask is not None and book.ask <= price
