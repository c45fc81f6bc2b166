"""The checks at the last hop, one function each: whatever approved an order, it passes these or it does not leave.

They trust nothing that stands on the approval alone: prices, fees and states are held against the executor's own view
and its own hard caps. A check answers None, or why it refuses; its name is the rule of the refusal. No flag skips one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from common.clock import MILLISECOND, SECOND, Instant, since
from common.contracts.risk import OrderApproved
from common.contracts.venue import MarketUpdated
from common.errors import ParseError
from common.money import Usd, is_on_tick, notional, to_micro
from executor.core.amounts import RESTING_TYPES, amounts
from executor.core.fencing import Fence
from executor.core.funds import worst_cost
from executor.core.latch import Latch
from executor.core.orders import RATE_WINDOW_S, Orders
from executor.core.states import OrderState

EXPIRY_SAFETY_S = 60
"""A GTD order ends so long before the expiration that it states to the venue."""
EXPIRY_AHEAD_S_MIN = 180
"""How far ahead the stated expiration must be at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The executor's own hard limits, whatever risk's are. Units are in the names."""

    trade_usd_max: Usd
    """Notional and the highest fee of one order."""
    order_shares_max: Decimal
    orders_per_minute_max: int
    clock_skew_ms_max: int
    order_timeout_ms: int
    risk_silence_ms_max: int
    orders_kept_max: int
    markets_kept_max: int


@dataclass(frozen=True, slots=True)
class Question:
    """All that a check may look at."""

    approval: OrderApproved
    market: MarketUpdated | None
    shares_held: Decimal
    """Shares of the approval's outcome, less those that open orders already sell."""
    funds: Usd | None
    """What the wallet can pay beside all that is open; None where there is no wallet."""
    unreconciled: str
    """Why the book cannot be relied on, or empty."""
    naming_flaw: str
    """Why the order has no name at the venue, or empty."""
    orders: Orders
    latch: Latch
    fence: Fence
    caps: Caps
    now: Instant


Check = Callable[[Question], str | None]


def bus_is_connected(q: Question) -> str | None:
    """Refuse while the bus is gone: a halt could not be heard."""
    return q.latch.bus or None


def lease_is_held(q: Question) -> str | None:
    """Refuse while this replica is not surely the active one, and once it was told to stop."""
    return q.fence.lease or q.fence.stop or None


def approval_is_of_the_current_lease(q: Question) -> str | None:
    """Refuse an approval with an older token than risk has said: another replica has taken over since."""
    return q.fence.why_approval_is_void(q.approval)


def risk_is_alive(q: Question) -> str | None:
    """Refuse while risk's heartbeat is not heard: nobody would stop what goes wrong."""
    return q.fence.why_risk_is_not_alive(q.now)


def trading_is_not_halted(q: Question) -> str | None:
    """Refuse while an operator's halt or risk's is in force, until each is lifted."""
    return "; ".join(q.latch.reasons) or None


def venue_is_well(q: Question) -> str | None:
    """Refuse while the venue's heartbeat, the user channel, the credentials or the access are not well."""
    return "; ".join(q.latch.venue) or None


def books_are_reconciled(q: Question) -> str | None:
    """Refuse until the book was held against the venue's whole account, lately, and nothing grave was found."""
    return q.unreconciled or None


def record_is_free_of_contradictions(q: Question) -> str | None:
    """Refuse after an overfill, or a fill of what was refused, until an operator has looked."""
    found = sorted(q.orders.contradictions.keys() - {"order_without_approval"})
    return ", ".join(found) or None


def orders_do_not_exceed_approvals(q: Question) -> str | None:
    """Refuse after an order that left without an approval, until an operator has looked."""
    if "order_without_approval" in q.orders.contradictions:
        return f"an order left without an approval: sent={q.orders.sent_count} approved={q.orders.approved_count}"
    return None


def approval_is_valid(q: Question) -> str | None:
    """Refuse after `valid_until`: the world has moved on."""
    late = since(q.now, q.approval.valid_until)
    return f"late_ms={late / MILLISECOND:.3f}" if late > 0 else None


def clock_is_in_step(q: Question) -> str | None:
    """Refuse an approval from the future: one of two clocks is wrong, and every age with it."""
    ahead = since(q.approval.approved_at, q.now)
    limit = q.caps.clock_skew_ms_max
    return f"ahead_ms={ahead / MILLISECOND:.3f} max={limit}" if ahead > limit * MILLISECOND else None


def opportunity_is_unused(q: Question) -> str | None:
    """Refuse to take an opportunity twice, under whatever name its order comes."""
    used = q.orders.of_opportunity(q.approval.opportunity_id)
    return f"opportunity={q.approval.opportunity_id} order={used}" if used not in (None, q.approval.order_id) else None


def market_is_known(q: Question) -> str | None:
    """Refuse a market that the executor's own catalogue does not list, or lists elsewhere, or as resolved."""
    if q.market is None:
        return f"market={q.approval.market_id} is not listed or is resolved"
    if q.market.venue != q.approval.venue:
        return f"venue={q.approval.venue} expected={q.market.venue}"
    return None


def market_is_open(q: Question) -> str | None:
    """Refuse a market that takes no orders, is not understood, or has ended."""
    market = _known(q)
    if not market.accepting_orders:
        return "not accepting orders"
    if market.untradable_reason or market.fee is None:
        return f"untradable: {market.untradable_reason or 'the fee is not known'}"
    return f"ended_s={since(q.now, market.ends_at) / SECOND:.3f}" if q.now >= market.ends_at else None


def market_has_no_unknown_order(q: Question) -> str | None:
    """Refuse while nobody can say what became of another order in the same market: it may be there, and fill."""
    for order in q.orders.open():
        is_unknown = order.state is OrderState.UNKNOWN or order.in_doubt
        if is_unknown and order.approval.market_id == q.approval.market_id:
            return f"order={order.approval.order_id} state={order.state}"
    return None


def token_is_the_markets(q: Question) -> str | None:
    """Refuse a token that does not stand for the outcome in this market."""
    expected = _known(q).token(q.approval.outcome)
    return f"token={q.approval.token_id} expected={expected}" if q.approval.token_id != expected else None


def order_type_is_supported(q: Question) -> str | None:
    """Refuse a GTD without its end or with one too near for the venue, and post-only of what never rests."""
    a = q.approval
    if a.post_only and a.order_type not in RESTING_TYPES:
        return f"order_type={a.order_type} never rests, expected one that may for post-only"
    if a.order_type != "GTD":
        return None
    if a.expires_at is None:
        return "order_type=GTD carries no expiry"
    ahead = since(a.expires_at, q.now)
    limit_s = EXPIRY_AHEAD_S_MIN - EXPIRY_SAFETY_S
    return f"expires_in_s={ahead / SECOND:.3f} min={limit_s}" if ahead < limit_s * SECOND else None


def order_can_be_named(q: Question) -> str | None:
    """Refuse what no order of the venue can say, for it could be neither signed nor asked for."""
    return q.naming_flaw or None


def price_is_on_tick(q: Question) -> str | None:
    """Refuse a limit off the catalogue's own tick, or outside [tick, 1 - tick]."""
    tick = _known(q).tick
    return None if is_on_tick(q.approval.limit, tick) else f"limit={q.approval.limit} tick={tick}"


def quantity_is_within_cap(q: Question) -> str | None:
    """Refuse no shares, and more than the hard cap."""
    quantity, cap = q.approval.quantity, q.caps.order_shares_max
    return f"quantity={quantity} max={cap}" if not 0 < quantity <= cap else None


def amounts_agree(q: Question) -> str | None:
    """Refuse amounts to sign that are not the limit times the quantity, to the last decimal that the venue takes."""
    a = q.approval
    try:
        exact, shares = amounts(a.side, a.limit, a.quantity, a.order_type, _known(q).tick), to_micro(a.quantity)
    except ParseError as error:
        return error.code
    except ValueError as error:
        return str(error)
    expected = (exact.maker, exact.taker, exact.taker if a.side == "BUY" else exact.maker)
    found = (a.maker_amount, a.taker_amount, shares)
    return f"maker, taker, shares={found} expected={expected}" if found != expected else None


def cost_is_within_cap(q: Question) -> str | None:
    """Refuse when notional and the highest fee by the market's own schedule, or what risk says, exceed the cap."""
    a, market = q.approval, _known(q)
    assert market.fee is not None  # market_is_open comes before
    cost = max(market.fee.worst_cost(notional(a.limit, a.quantity), market.tick), a.cost_max)
    cap = q.caps.trade_usd_max
    return f"cost={cost} max={cap}" if cost > cap else None


def balance_covers_cost(q: Question) -> str | None:
    """Refuse what the wallet cannot pay, the highest fee and all other open orders included."""
    cost = worst_cost(q.approval)
    return f"cost={cost:f} balance={q.funds:f}" if q.funds is not None and cost > q.funds else None


def sale_is_covered(q: Question) -> str | None:
    """Refuse to sell what is not held."""
    if q.approval.side == "BUY" or q.approval.quantity <= q.shares_held:
        return None
    return f"quantity={q.approval.quantity} held={q.shares_held}"


def rate_is_low(q: Question) -> str | None:
    """Refuse a burst of orders by its rate alone, however good each of them looks."""
    sent = q.orders.sent_since(Instant(q.now - RATE_WINDOW_S * SECOND))
    limit = q.caps.orders_per_minute_max
    return f"sent_last_minute={sent} max={limit}" if sent >= limit else None


LAST_HOP: tuple[Check, ...] = (
    bus_is_connected,
    lease_is_held,
    approval_is_of_the_current_lease,
    risk_is_alive,
    trading_is_not_halted,
    venue_is_well,
    books_are_reconciled,
    record_is_free_of_contradictions,
    orders_do_not_exceed_approvals,
    approval_is_valid,
    clock_is_in_step,
    opportunity_is_unused,
    market_is_known,
    market_is_open,
    market_has_no_unknown_order,
    token_is_the_markets,
    order_type_is_supported,
    order_can_be_named,
    price_is_on_tick,
    quantity_is_within_cap,
    amounts_agree,
    cost_is_within_cap,
    balance_covers_cost,
    sale_is_covered,
    rate_is_low,
)
"""In the order asked; the first refusal is the one reported."""


def refusal(question: Question) -> tuple[str, str] | None:
    """Answer the first rule that refuses an approval and its figures, None when it may leave."""
    for check in LAST_HOP:
        detail = check(question)
        if detail is not None:
            return check.__name__, detail
    return None


def refusal_codes() -> dict[str, str]:
    """Say what each rule refuses, for the documents."""
    return {check.__name__: (check.__doc__ or "").strip() for check in LAST_HOP}


def _known(q: Question) -> MarketUpdated:
    assert q.market is not None  # market_is_known comes before whatever looks at it
    return q.market
