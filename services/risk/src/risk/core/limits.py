"""The limits, one function each. A limit answers None, or the figures with which it refuses; its name is the code.

To add one: write the function here, put it into `LIMITS`, and a test trips it. No flag skips any.
"""

from collections.abc import Callable
from decimal import Decimal

from common.clock import MILLISECOND, SECOND, since
from common.money import Usd, is_on_tick
from risk.core.amounts import is_representable
from risk.core.question import Question

Limit = Callable[[Question], str | None]
BPS = 10_000
RESTING = ("GTC", "GTD")
"""The types of orders that may wait in the book for somebody to match them."""


def opportunity_is_valid(q: Question) -> str | None:
    """Refuse an opportunity that has expired, or that comes from the future."""
    late, ahead = since(q.now, q.opportunity.valid_until), since(q.opportunity.found_at, q.now)
    return _longer("late_ms", late, 0) or _longer("ahead_ms", ahead, q.limits.clock_skew_ms_max)


def not_a_repeat(q: Question) -> str | None:
    """Refuse an offer that was taken a moment ago, on the same book, under another name."""
    taken_at = q.memory.taken_at(q.opportunity)
    if taken_at is None or since(q.now, taken_at) >= q.limits.repeat_window_ms * MILLISECOND:
        return None
    return f"taken_ms_ago={since(q.now, taken_at) // MILLISECOND} min={q.limits.repeat_window_ms}"


def trading_is_active(q: Question) -> str | None:
    """Refuse to buy while trading is halted, or reduced: a purchase adds exposure."""
    state = q.latch.state
    return None if state == "ACTIVE" else f"state={state} {q.latch.reason}".strip()


def error_rate_is_low(q: Question) -> str | None:
    """Refuse while too many of the last orders were rejected by the venue or left unanswered; trading halts with it."""
    errors, share = q.memory.errors.count(q.now), q.limits.error_rate
    return q.memory.errors.share(q.now) if errors > share * q.limits.error_rate_orders else None


def strategy_does_not_repeat(q: Question) -> str | None:
    """Refuse a strategy that traded one market too often within a short time, until a person re-arms it."""
    market_id = q.memory.repeats.stopped_in(q.opportunity.strategy)
    if not market_id:
        return None
    limits = q.limits
    return f"repeated_in={market_id} max={limits.repeated_trades_max} within_s={limits.repeated_trades_window_s}"


def message_rate_is_low(q: Question) -> str | None:
    """Refuse more orders within a minute than are allowed."""
    count = q.memory.approvals_in_the_last_minute(q.now)
    return _above("orders_in_a_minute", count + 1, q.limits.orders_per_minute_max)


def open_orders_are_few(q: Question) -> str | None:
    """Refuse more orders whose end is not known than are allowed."""
    return _above("open_orders", len(q.exposure.reservations) + 1, q.limits.open_orders_max)


def market_has_no_unknown_order(q: Question) -> str | None:
    """Refuse a market in which nobody can say what became of an order: it may have bought already."""
    market_id = q.opportunity.market_id
    lost = [r.order.order_id for r in q.exposure.reservations.unknown() if r.order.market_id == market_id]
    return f"unknown={','.join(lost)}" if lost else None


def market_is_allowed(q: Question) -> str | None:
    """Refuse a market that is not known, understood, open and ours to trade, or a token that is not the outcome's."""
    found, opportunity = q.listed, q.opportunity
    if found is None:
        return "market=unknown"
    end, expected = since(found.ends_at, q.now), found.token(opportunity.outcome)
    faults = (
        found.venue != opportunity.venue or found.venue not in q.limits.venues_allowed,
        found.symbol != opportunity.symbol or found.symbol not in q.limits.symbols,
        opportunity.token_id != expected,
        bool(found.untradable_reason),
        found.rule is None,
        found.fee is None,
        found.winner is not None or found.change == "resolved",
        not found.accepting_orders,
        found.starts_at > q.now,
        end < q.limits.close_guard_s * SECOND,
    )
    if not any(faults):
        return None
    details = (
        f"venue={opportunity.venue}",
        f"symbol={opportunity.symbol}",
        f"token={opportunity.token_id} expected={expected}",
        f"untradable={found.untradable_reason}",
        "rule=unknown",
        "fee=unknown",
        "resolved",
        "accepting_orders=no",
        f"starts_in_ms={(found.starts_at - q.now) // MILLISECOND}",
        f"ends_in_ms={end // MILLISECOND} min={q.limits.close_guard_s * 1000}",
    )
    return details[faults.index(True)]


def price_is_fresh(q: Question) -> str | None:
    """Refuse while risk itself has not heard a price of the underlying lately."""
    if q.price is None:
        return "price=unknown"
    return _stale(q, since(q.now, q.price.received_at), q.limits.price_age_ms_max)


def book_is_fresh(q: Question) -> str | None:
    """Refuse while risk itself has not heard the book of this token lately."""
    if q.seen is None or q.seen.market_id != q.opportunity.market_id:
        return "book=unknown"
    return _stale(q, since(q.now, q.seen.received_at), q.limits.book_age_ms_max)


def underlying_has_not_moved(q: Question) -> str | None:
    """Refuse when the underlying has moved against the trade since the opportunity was found."""
    assert q.price is not None
    then = q.opportunity.underlying_price
    change_bps = (q.price.price - then) / then * BPS
    against_bps = -change_bps if q.opportunity.outcome == "Up" else change_bps
    return _above("against_bps", against_bps, q.limits.underlying_move_bps_max)


def edge_is_credible(q: Question) -> str | None:
    """Refuse an edge too good to be true: the price is stale, or the market as good as settled."""
    best = q.levels[0][0] if q.levels else q.opportunity.limit
    edge = max(q.opportunity.gross_edge, q.opportunity.fair_value - best)
    return _above("gross_edge", edge, q.limits.credible_edge_max)


def price_is_inside_collar(q: Question) -> str | None:
    """Refuse a limit far above the live best ask, or not below fair value."""
    if not q.levels:
        best = q.book.asks[0][0] if q.book.asks else "none"
        return f"best_ask={best} limit={q.opportunity.limit}"
    limit, ask, fair = q.draft.limit, q.levels[0][0], q.opportunity.fair_value
    if limit >= fair:
        return f"limit={limit} fair_value={fair}"
    return _above("limit", limit, ask + q.limits.price_collar)


def price_is_on_tick(q: Question) -> str | None:
    """Refuse a limit off the tick of the market or of its book, or outside [tick, 1 - tick]."""
    limit, ticks = q.draft.limit, (q.market.tick, q.book.tick)
    if all(tick > 0 and is_on_tick(limit, tick) for tick in ticks):
        return None
    return f"limit={limit} ticks={ticks[0]},{ticks[1]}"


def no_trade_with_oneself(q: Question) -> str | None:
    """Refuse to buy what our own resting order offers: a sale of the token, or a bid for the other outcome's."""
    for order in (r.order for r in q.exposure.reservations if r.order.order_type in RESTING):
        if order.market_id != q.opportunity.market_id:
            continue
        is_same = order.token_id == q.opportunity.token_id
        sells = order.side == "SELL" and is_same and order.limit <= q.draft.limit
        completes = order.side == "BUY" and not is_same and order.limit + q.draft.limit >= 1
        if sells or completes:
            return f"order={order.order_id} {order.side} {order.outcome} @ {order.limit}, limit={q.draft.limit}"
    return None


def amounts_are_representable(q: Question) -> str | None:
    """Refuse an order whose dollars and shares the venue cannot represent exactly."""
    draft = q.draft
    if draft.quantity < draft.least <= draft.wanted:
        return f"limit={draft.limit} wanted={draft.wanted} least={draft.least}"
    return None if is_representable(draft.notional, draft.quantity) else f"notional={draft.notional} {draft.quantity=}"


def size_is_at_least_minimum(q: Question) -> str | None:
    """Refuse when less is wanted, or on offer, than the venue's minimum in shares and in dollars."""
    draft = q.draft
    return f"quantity={draft.quantity} min={draft.least}" if draft.quantity < draft.least else None


def order_quantity_is_small(q: Question) -> str | None:
    """Refuse too many shares in one order."""
    return _above("quantity", q.draft.quantity, q.limits.order_shares_max)


def order_notional_is_small(q: Question) -> str | None:
    """Refuse an order that could cost more than the owner's hard cap, fee included."""
    return _beyond(q, q.rooms.order)


def size_is_on_ladder(q: Question) -> str | None:
    """Refuse an order larger than as many trades as there have been allow: size grows with what is proven."""
    beyond = _beyond(q, q.rooms.ladder)
    return f"{beyond} trades={q.ladder.trades}" if beyond else None


def single_trade_loss_is_small(q: Question) -> str | None:
    """Refuse a trade that could lose more than the owner allows for one."""
    return _beyond(q, q.rooms.trade_loss)


def market_has_room(q: Question) -> str | None:
    """Refuse worst-case exposure to one market beyond its share of the bankroll."""
    return _beyond(q, q.rooms.market)


def underlying_has_room(q: Question) -> str | None:
    """Refuse worst-case exposure to one underlying beyond its share of the bankroll."""
    return _beyond(q, q.rooms.underlying)


def venue_has_room(q: Question) -> str | None:
    """Refuse worst-case exposure to one venue beyond its share of the bankroll."""
    return _beyond(q, q.rooms.venue)


def account_has_room(q: Question) -> str | None:
    """Refuse worst-case exposure in all beyond its share of the bankroll."""
    return _beyond(q, q.rooms.account)


def balance_covers_cost(q: Question) -> str | None:
    """Refuse what the cash that nothing else may need does not cover, fee included."""
    return _beyond(q, q.rooms.cash)


def daily_loss_has_room(q: Question) -> str | None:
    """Refuse when losing everything open and this order would exceed the day's loss limit, until 00:00 UTC."""
    return _beyond(q, q.rooms.daily_loss)


def drawdown_has_room(q: Question) -> str | None:
    """Refuse when losing everything open and this order would exceed the drawdown limit."""
    return _beyond(q, q.rooms.drawdown)


def edge_holds(q: Question) -> str | None:
    """Refuse when too little edge is left on risk's own book after the market's own fee, the margin and slippage."""
    opportunity, draft = q.opportunity, q.draft
    if opportunity.fee != q.market.fee:
        return f"fee={opportunity.fee} expected={q.market.fee}"
    if q.net_edge < q.limits.min_edge:
        return f"net_edge={q.net_edge:.6f} min={q.limits.min_edge}"
    slippage = draft.average - q.levels[0][0]
    return _above("slippage", slippage, (opportunity.fair_value - draft.average) / 2)


LIMITS: tuple[Limit, ...] = (
    opportunity_is_valid,
    not_a_repeat,
    trading_is_active,
    error_rate_is_low,
    strategy_does_not_repeat,
    message_rate_is_low,
    open_orders_are_few,
    market_has_no_unknown_order,
    market_is_allowed,
    price_is_fresh,
    book_is_fresh,
    underlying_has_not_moved,
    edge_is_credible,
    price_is_inside_collar,
    price_is_on_tick,
    no_trade_with_oneself,
    amounts_are_representable,
    size_is_at_least_minimum,
    order_quantity_is_small,
    order_notional_is_small,
    size_is_on_ladder,
    single_trade_loss_is_small,
    market_has_room,
    underlying_has_room,
    venue_has_room,
    account_has_room,
    balance_covers_cost,
    daily_loss_has_room,
    drawdown_has_room,
    edge_holds,
)
"""In the order asked; the first refusal is the one reported. Each may rely on those before it."""


def _above(name: str, value: Decimal | int, limit: Decimal | int) -> str | None:
    return f"{name}={value:.6g} max={limit:.6g}" if value > limit else None


def _longer(name: str, length: int, ms_max: int) -> str | None:
    return f"{name}={length / MILLISECOND:.3f} max={ms_max}" if length > ms_max * MILLISECOND else None


def _stale(q: Question, age: int, ms_max: int) -> str | None:
    return _longer("ahead_ms", -age, q.limits.clock_skew_ms_max) or _longer("age_ms", age, ms_max)


def _beyond(q: Question, room: Usd) -> str | None:
    return f"cost={q.draft.cost:.5f} room={room:.5f}" if q.draft.cost > room else None
