"""What the gate rehearses by: an opportunity that nobody found, on a book heard lately, as it would come now."""

from decimal import Decimal

from common.clock import Instant, later
from common.contracts.scanner import OpportunityFound
from common.contracts.venue import BookUpdated
from common.money import Shares
from risk.core.policy import Limits
from risk.core.sight import Sight

NAME = "imagined"
"""Its id: those of real ones are digests."""
BOOKS_MAX = 64
"""How many books are looked at for one of a market that runs: those of the next ones are told of as well."""
EDGE = Decimal("0.9")
"""As a part of what is still credible: enough to be approved of."""


def imagined(sight: Sight, limits: Limits, now: Instant) -> OpportunityFound | None:
    """Make one up that would be approved of if nothing else stood against it; None where no book allows for it."""
    for book in sight.last_books(BOOKS_MAX):
        found = _on(book, sight, limits, now)
        if found is not None:
            return found
    return None


def _on(book: BookUpdated, sight: Sight, limits: Limits, now: Instant) -> OpportunityFound | None:
    market = sight.market(book.market_id)
    if market is None or market.fee is None or not market.runs(now) or not book.asks:
        return None
    (ask, size), price = book.asks[0], sight.price(market.symbol)
    edge = limits.credible_edge_max * EDGE
    if price is None or ask + edge >= 1:
        return None
    fee = market.fee.taker(ask, Shares(Decimal(1)))
    return OpportunityFound(
        event_id=NAME, strategy=NAME, venue=market.venue, market_id=market.market_id, slug=market.slug,
        symbol=market.symbol, token_id=book.token_id, outcome=market.outcome_of(book.token_id), side="BUY",
        fair_value=ask + edge, uncertainty=Decimal(0), limit=ask, quantity=size, average_price=ask, fee=market.fee,
        gross_edge=edge, fee_per_share=fee, margin=Decimal(0), net_edge=edge - fee,
        underlying_price=price.price, strike=price.price, sigma=Decimal(0), seconds_left=Decimal(0), model=NAME,
        price_at=price.source_at, book_at=book.source_at, ends_at=market.ends_at, received_at=now, found_at=now,
        valid_until=later(now, ms=1000),
    )  # fmt: skip
