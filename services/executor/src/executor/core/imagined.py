"""What the desk rehearses by: an approval that nobody gave, for the fewest shares of a market that runs, as if now.

It is judged, and that is all: who carries out orders knows of none such (`AttentiveDesk`), who signs refuses it.
"""

from decimal import Decimal

from common import ids
from common.clock import MILLISECOND, Instant, later
from common.contracts.base import Event
from common.contracts.risk import OrderApproved
from common.contracts.venue import MarketUpdated
from common.money import ZERO_USD, Price, Shares, Usd, from_micro
from executor.core.amounts import amounts

NAME = "imagined"
"""Its id, and that of its opportunity: those of real ones are digests."""
LIMIT = Price(Decimal("0.5"))
"""A multiple of every tick."""
SHARES = Shares(Decimal(1))
"""Where the market takes so few."""
VALID_MS = 1000


def is_imagined(event: Event) -> bool:
    """Say whether an event is an approval that was made up here."""
    return isinstance(event, OrderApproved) and event.order_id == NAME


def imagined(market: MarketUpdated, fencing_token: int, now: Instant) -> OrderApproved | None:
    """Make one up that would be obeyed if nothing stood against it; None where the market has no such order."""
    assert market.fee is not None, f"market {market.market_id}: expected one with a fee, found none"
    try:
        exact = amounts("BUY", LIMIT, max(market.size_min, SHARES), "FAK", market.tick)
    except ValueError:
        return None
    dollars, quantity = Usd(from_micro(exact.maker)), Shares(from_micro(exact.taker))
    return OrderApproved(
        event_id=NAME, opportunity_id=NAME, order_id=NAME, strategy=NAME, venue=market.venue,
        market_id=market.market_id, slug=market.slug, symbol=market.symbol, token_id=market.up_token_id, outcome="Up",
        side="BUY", order_type="FAK", limit=LIMIT, quantity=quantity, maker_amount=exact.maker,
        taker_amount=exact.taker, tick=market.tick, size_min=market.size_min, fee=market.fee,
        cost_max=market.fee.worst_cost(dollars, market.tick), fair_value=LIMIT, expected_edge=Decimal(0),
        expected_fee=ZERO_USD, salt=ids.derive_salt(NAME), timestamp_ms=now // MILLISECOND,
        valid_until=later(now, ms=VALID_MS), limits_version=NAME, received_at=now, approved_at=now,
        fencing_token=fencing_token, protocol_version=market.protocol_version, is_neg_risk=market.is_neg_risk,
    )  # fmt: skip
