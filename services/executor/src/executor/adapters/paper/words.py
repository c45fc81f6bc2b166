"""The venue's own words for turning an order away, so that paper and production read alike.

Source: the answers of the venue's order book as they were recorded in production, and its list of error codes.
"""

from dataclasses import dataclass

from common.clock import Instant
from common.contracts.risk import OrderApproved
from common.contracts.venue import MarketUpdated
from common.money import is_on_tick, notional

FAK_KILLED = "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
REST_KILLED = "the rest was killed: FAK orders are partially filled or killed if no match is found."
NO_BOOK = "No orderbook exists for the requested token id"
NOT_READY = "the market is not yet ready to process new orders"
CROSSES = "invalid post-only order: order crosses book"
PRECISION = (
    "invalid amounts, the market buy orders maker amount supports a max accuracy of 2 decimals, "
    "taker amount a max of 4 decimals"
)
ALREADY_GONE = "already canceled or matched"
RESOLVED = "CANCELED_MARKET_RESOLVED"
CANCELLED = "CANCELED"
EXPIRED = "CANCELED_EXPIRED_ORDER"

STALE_BOOK = "stale book"
"""Ours: the live venue has no stale book, but a paper one that fills on it invents its profit."""
HELD = "held by the taker delay: it cannot be cancelled"
CLOSED = "the market has closed"
NEVER_SENT = "cancelled before it reached the venue"

MARKETABLE_USD_MIN = 1
MICRO_OF_TWO_DECIMALS = 10_000
MICRO_OF_FOUR_DECIMALS = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the venue says no: a code to count by, and its words."""

    code: str
    detail: str


def is_immediate(order: OrderApproved) -> bool:
    """Whether an order is matched at once or killed."""
    return order.order_type in ("FAK", "FOK")


def market_refusal(market: MarketUpdated | None, at: Instant) -> Refusal | None:
    """Say why a market takes no order at a moment, None when it takes them."""
    if market is None or market.winner is not None or at >= market.ends_at:
        return Refusal("no_orderbook", NO_BOOK)
    if not market.accepting_orders or market.fee is None:
        return Refusal("market_not_ready", NOT_READY)
    return None


def order_refusal(order: OrderApproved, market: MarketUpdated, *, marketable: bool, post_only: bool) -> Refusal | None:
    """Say why the venue refuses an order as it is, None when it takes it."""
    dollars = notional(order.limit, order.quantity)
    if not is_on_tick(order.limit, market.tick):
        return Refusal("breaks_tick_size", f"Price ({order.limit}) breaks minimum tick size rule: {market.tick}")
    if order.quantity < market.size_min:
        return Refusal("below_minimum_size", f"Size ({order.quantity}) lower than the minimum: {market.size_min}")
    if order.side == "BUY" and is_immediate(order) and not _is_representable(order):
        return Refusal("invalid_amounts", PRECISION)
    if order.side == "BUY" and (marketable or is_immediate(order)) and dollars < MARKETABLE_USD_MIN:
        words = f"invalid amount for a marketable BUY order (${dollars.normalize():f}), min size: ${MARKETABLE_USD_MIN}"
        return Refusal("below_minimum_amount", words)
    if post_only and marketable:
        return Refusal("post_only_would_cross", CROSSES)
    return None


def _is_representable(order: OrderApproved) -> bool:
    return order.maker_amount % MICRO_OF_TWO_DECIMALS == 0 and order.taker_amount % MICRO_OF_FOUR_DECIMALS == 0
