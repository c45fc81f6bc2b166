"""An order by hand. It is judged by the limits of any other order, but for those that weigh a strategy's claim.

A request claims no edge, so there is none to hold it to. In the place of those limits stand two that are stricter: it
is small, and its price is close to what is offered now.
"""

from dataclasses import replace
from decimal import Decimal

from common import ids
from common.clock import Instant
from common.contracts.base import Price
from common.contracts.control import OrderRequested
from common.contracts.risk import OrderDenied
from common.contracts.scanner import OpportunityFound
from common.contracts.venue import BookUpdated, FeeSchedule, MarketUpdated
from common.money import ZERO_SHARES, Shares, UnderlyingPrice
from risk.core.limits import (
    LIMITS,
    Limit,
    edge_holds,
    edge_is_credible,
    opportunity_is_valid,
    price_is_inside_collar,
    underlying_has_not_moved,
)
from risk.core.policy import Limits
from risk.core.question import Question
from risk.core.sight import Sight

STRATEGY = "manual"
UNKNOWN = "unknown"
NO_FEE = FeeSchedule(rate=Decimal(0), exponent=0, taker_only=True)
"""Stands where a market's own is not known; `market_is_allowed` refuses such a market."""
NO_PRICE = UnderlyingPrice(Decimal(1))
"""Stands where the underlying's is not known; `price_is_fresh` refuses then."""
NOTHING = Decimal(0)


def manual_order_is_small(q: Question) -> str | None:
    """Refuse an order by hand for more than MANUAL_ORDER_USD_MAX and the fee, whatever else would have room for it."""
    wanted, most = q.limits.trade_size_usd, q.limits.manual_order_usd_max
    return f"usd_with_fee={wanted:.2f} max={most:.2f}" if wanted > most else None


def manual_price_is_close(q: Question) -> str | None:
    """Refuse an order by hand at a price at which nothing is offered, or far above the live best ask."""
    limit = q.opportunity.limit
    if not q.levels:
        return f"best_ask={q.book.asks[0][0] if q.book.asks else 'none'} limit={limit}"
    most = q.levels[0][0] + q.limits.price_collar
    return f"limit={limit} max={most}" if limit > most else None


OF_A_CLAIM = (edge_holds, edge_is_credible, underlying_has_not_moved)
_INSTEAD: dict[Limit, Limit] = {price_is_inside_collar: manual_price_is_close}
_TO_THE_POINT = tuple(_INSTEAD.get(limit, limit) for limit in LIMITS if limit not in OF_A_CLAIM)
_AFTER_VALID = _TO_THE_POINT.index(opportunity_is_valid) + 1
MANUAL_LIMITS: tuple[Limit, ...] = (
    *_TO_THE_POINT[:_AFTER_VALID], manual_order_is_small, *_TO_THE_POINT[_AFTER_VALID:],
)  # fmt: skip
"""In the order asked, as LIMITS."""


def limits_of(request: OrderRequested, market: MarketUpdated, limits: Limits) -> Limits:
    """Answer the owner's limits with the request's dollars for the size, and the highest fee on top of them.

    The venue's least purchase is a dollar before its fee: a dollar that had to pay the fee too could buy nothing.
    """
    fee = market.fee or NO_FEE
    wanted = fee.worst_cost(request.usd, market.tick)
    return replace(
        limits, sizing="fixed", trade_size_usd=wanted, trade_size_usd_max=min(limits.trade_size_usd_max, wanted),
        manual_order_usd_max=fee.worst_cost(limits.manual_order_usd_max, market.tick),
    )  # fmt: skip


def read(request: OrderRequested, market: MarketUpdated, sight: Sight, now: Instant) -> OpportunityFound:
    """Read a request as an opportunity, on risk's own catalogue and book.

    It is worth what it costs, so that its edge is what the fee takes away.
    """
    token = market.token(request.outcome)
    book = sight.book(token)
    limit = request.limit or _best_ask(book) or market.tick
    price = sight.price(market.symbol)
    return OpportunityFound(
        event_id=request.event_id, strategy=STRATEGY, venue=market.venue, market_id=market.market_id, slug=market.slug,
        symbol=market.symbol, token_id=token, outcome=request.outcome, side="BUY", fair_value=limit,
        uncertainty=NOTHING, limit=limit, quantity=_depth(book, limit), average_price=limit,
        fee=market.fee or NO_FEE, gross_edge=NOTHING, fee_per_share=NOTHING, margin=NOTHING, net_edge=NOTHING,
        underlying_price=price.price if price else NO_PRICE,
        strike=price.price if price else NO_PRICE, sigma=NOTHING, seconds_left=NOTHING, model=STRATEGY,
        price_at=price.received_at if price else now, book_at=book.received_at if book else now,
        ends_at=market.ends_at, received_at=request.at, found_at=request.at, valid_until=request.valid_until,
    )  # fmt: skip


def denied_unread(request: OrderRequested, version: str, now: Instant) -> OrderDenied:
    """Refuse a request whose market nobody knows: it has no id under which to say more."""
    return OrderDenied(
        event_id=ids.derive("decision", request.event_id), opportunity_id=request.event_id, strategy=STRATEGY,
        market_id=UNKNOWN, slug=request.market[:128], outcome=request.outcome, rule="market_is_allowed",
        detail="market=unknown", limits_version=version, denied_at=now,
    )  # fmt: skip


def _best_ask(book: BookUpdated | None) -> Price | None:
    return book.asks[0][0] if book is not None and book.asks else None


def _depth(book: BookUpdated | None, limit: Price) -> Shares:
    if book is None:
        return ZERO_SHARES
    return Shares(sum((size for price, size in book.asks if price <= limit), Decimal(0)))
