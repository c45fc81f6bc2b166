"""An offer as a strategy sees it, and how it is told to others: from here on every number is exact."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from common.clock import Instant, later
from common.contracts.base import Price, UnderlyingPrice
from common.contracts.scanner import MarketValued, OpportunityFound
from common.contracts.venue import Outcome
from common.ids import derive
from scanner.core.books import Book
from scanner.core.limits import Limits
from scanner.core.markets import Market
from scanner.core.model import Estimate, annual, exact
from scanner.core.refusals import Refusal
from scanner.core.strategies import Glance, Proposal, Strategy
from scanner.core.underlying import Spot

MODEL = {"instant": "instant-1", "twap": "twap-1"}
"""The names and versions of the two models, for whoever compares decisions later."""
MILLI = Decimal("0.001")


class Sight(NamedTuple):
    """One outcome's best offer with the quick look at it."""

    market: Market
    outcome: Outcome
    strategy: Strategy
    book: Book
    estimate: Estimate
    glance: Glance

    @property
    def fair(self) -> Decimal:
        up = exact(self.estimate.fair)
        return up if self.outcome == "Up" else 1 - up

    @property
    def uncertainty(self) -> Decimal:
        return exact(self.estimate.uncertainty)

    def exactly(self) -> Proposal | None:
        """Work out what to buy; None where nothing clears, or less than the venue's smallest order."""
        return self.proposal(self.fair, self.uncertainty)

    def proposal(self, fair: Decimal, uncertainty: Decimal) -> Proposal | None:
        """Work the same out of what is at hand exactly already."""
        described = self.market.event
        if described.fee is None:
            return None
        proposal = self.strategy.propose(self.book.ladder(described.fee), fair, uncertainty)
        return proposal if proposal is not None and proposal.quantity >= described.size_min else None


def as_opportunity(
    sight: Sight, spot: Spot, strike: UnderlyingPrice, limits: Limits, *, received_at: Instant, now: Instant
) -> OpportunityFound | None:
    """Say what was found with everything that was seen; the same book and price always make the same event."""
    described, book, price = sight.market.event, sight.book.event, spot.event
    fair, uncertainty = sight.fair, sight.uncertainty
    proposal = sight.proposal(fair, uncertainty)
    if proposal is None or described.fee is None or described.rule is None:
        return None
    return OpportunityFound(
        event_id=_event_id(sight, spot), strategy=sight.strategy.name, venue=described.venue,
        market_id=described.market_id, slug=described.slug, symbol=described.symbol, token_id=book.token_id,
        outcome=sight.outcome, side="BUY", fair_value=fair, uncertainty=uncertainty, limit=proposal.limit,
        quantity=proposal.quantity, average_price=proposal.average_price, fee=described.fee,
        gross_edge=proposal.gross_edge, fee_per_share=proposal.fee_per_share, margin=proposal.margin,
        net_edge=proposal.net_edge, underlying_price=price.price, strike=strike,
        sigma=exact(annual(spot.doubts.sigma)), seconds_left=_seconds_left(described.ends_at, now),
        model=MODEL[described.rule.kind], price_at=price.source_at, book_at=book.source_at, ends_at=described.ends_at,
        received_at=received_at, found_at=now, valid_until=later(now, ms=limits.opportunity_valid_ms),
    )  # fmt: skip


def _event_id(sight: Sight, spot: Spot) -> str:
    """Derive the id from what was seen: strategy, market, outcome, and the moments of book and price."""
    seen = (sight.market.event.market_id, sight.outcome, sight.book.event.source_at, spot.event.source_at)
    return derive("opportunity", sight.strategy.name, *seen)


def as_valuation(
    market: Market,
    estimate: Estimate | None,
    best: Sight | None,
    up_book: Book | None,
    *,
    note: Refusal,
    refusals: dict[str, int],
    now: Instant,
) -> MarketValued:
    """Say what a market is worth beside what is bid and asked for Up."""
    described = market.event
    return MarketValued(
        market_id=described.market_id,
        slug=described.slug,
        symbol=described.symbol,
        fair_value=exact(estimate.fair) if estimate else None,
        uncertainty=exact(estimate.uncertainty) if estimate else None,
        bid=_best_price(up_book, is_bid=True),
        ask=_best_price(up_book, is_bid=False),
        net_edge=exact(best.glance.net) if best else None,
        note=note.value,
        seconds_left=_seconds_left(described.ends_at, now),
        refusals=refusals,
        at=now,
    )


def _best_price(book: Book | None, *, is_bid: bool) -> Price | None:
    if book is None:
        return None
    levels = book.event.bids if is_bid else book.event.asks
    return levels[0][0] if levels else None


def _seconds_left(ends_at: Instant, now: Instant) -> Decimal:
    left = max(Decimal(ends_at - now) / 1_000_000_000, Decimal(0))
    return left.quantize(MILLI, rounding=ROUND_HALF_EVEN)
