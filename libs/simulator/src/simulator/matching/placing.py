"""Placing an order: whether it is taken, whether it is held, what it meets, and whether the rest of it rests."""

from typing import NamedTuple

from simulator.matching.crossing import Plan, plan
from simulator.matching.events import OrderHeld, OrderRefused, Refusal
from simulator.matching.market import Market, MarketStatus
from simulator.matching.operations import Place
from simulator.matching.record import OrderRecord
from simulator.matching.resting import UNFUNDED_WORDS, end, release, reserve, rest, tell_end
from simulator.matching.state import State
from simulator.matching.trading import trade
from simulator.matching.values import DUST_E6, E4, E6, ENDLESS, Order, OrderStatus, OrderType, Side

NOTIONAL_MIN_E6 = E6
"""Dollars, of a BUY that takes."""
CLOSED_WORDS = "the market does not accept orders any more"


class Shortage(NamedTuple):
    """Why something is refused, with the amounts that it is a matter of."""

    refusal: Refusal
    needed_e6: int = 0
    found_e6: int = 0


def place(state: State, operation: Place) -> None:
    """Take an order, or refuse it. Nothing of a refused one is remembered, unless it was killed."""
    order = operation.order
    market = state.market(order.condition_id)
    unfit = _unfit(state, market, order)
    if market is None or unfit is not None:
        _refuse(state, order, unfit or Shortage(Refusal.UNKNOWN_MARKET))
        return
    record = state.record(market, order)
    planned = plan(market, record)
    refused = _refused(state, order, planned)
    if refused is not None:
        _refuse(state, order, refused)
        return
    record.sequence = state.next_sequence()
    if planned.fills and not operation.skips_delay and _is_delayed(market, order):
        _hold(state, market, record)
    elif (killed := _kill(order, planned)) is not None:
        _refuse(state, order, Shortage(killed))
        record.become(OrderStatus.KILLED)
        tell_end(state, record)
    else:
        _carry_out(state, market, record, planned)


def release_held(state: State, record: OrderRecord) -> None:
    """Have an order whose hold is over meet the book as it is now. What it needs is checked anew."""
    order = record.order
    market = state.market_of_order(order)
    if market.status is not MarketStatus.OPEN:
        end(state, record, OrderStatus.INVALID, CLOSED_WORDS)
        return
    if _has_expired(order, state.now_ns):
        end(state, record, OrderStatus.EXPIRED)
        return
    planned = plan(market, record)
    release(state, record)
    short = _shortage(state, order, planned)
    reserve(state, market, record)
    if short is not None:
        end(state, record, OrderStatus.UNFUNDED, UNFUNDED_WORDS)
    elif _kill(order, planned) is not None:
        end(state, record, OrderStatus.KILLED)
    else:
        del market.held[order.order_id]
        release(state, record)
        record.become(OrderStatus.LIVE)
        _carry_out(state, market, record, planned)


def _unfit(state: State, market: Market | None, order: Order) -> Shortage | None:
    """Judge what can be judged without the book."""
    if market is None or order.token not in market.instrument.tokens:
        return Shortage(Refusal.UNKNOWN_MARKET)
    if order.order_id in state.orders:
        return Shortage(Refusal.DUPLICATE)
    if market.status is not MarketStatus.OPEN:
        return Shortage(Refusal.NOT_ACCEPTING)
    return _out_of_bounds(market, order) or (Shortage(Refusal.EXPIRED) if _has_expired(order, state.now_ns) else None)


def _out_of_bounds(market: Market, order: Order) -> Shortage | None:
    """Judge an order's price and size."""
    tick_e4 = market.instrument.tick_e4
    if order.price_e4 % tick_e4 or not tick_e4 <= order.price_e4 <= E4 - tick_e4:
        return Shortage(Refusal.OFF_TICK)
    least_e6 = DUST_E6 if order.order_type.is_market else max(market.instrument.min_size_e6, DUST_E6)
    if order.shares_e6 < least_e6 or _meant_e6(order) < DUST_E6:
        return Shortage(Refusal.TOO_SMALL, least_e6, order.shares_e6)
    return None


def _meant_e6(order: Order) -> int:
    """Tell how many shares an order comes to at its limit."""
    return order.maker_e6 * E4 // order.price_e4 if order.side is Side.BUY else order.maker_e6


def _has_expired(order: Order, now_ns: int) -> bool:
    return order.order_type is OrderType.GTD and 0 < order.expires_ns <= now_ns


def _refused(state: State, order: Order, planned: Plan) -> Shortage | None:
    """Judge an order by what it would meet, and by what its account has."""
    if order.post_only and planned.crosses:
        return Shortage(Refusal.CROSSES)
    takes = order.order_type.is_market or planned.fills
    if order.side is Side.BUY and takes and order.maker_e6 < NOTIONAL_MIN_E6:
        return Shortage(Refusal.TOO_LITTLE_NOTIONAL, NOTIONAL_MIN_E6, order.maker_e6)
    return _shortage(state, order, planned)


def _shortage(state: State, order: Order, planned: Plan) -> Shortage | None:
    """Tell what an account lacks: a seller's shares, or a buyer's dollars with the fees of what would match at once.

    An allowance bounds the dollars of all open orders together. It is not used up by trades.
    """
    if order.account in ENDLESS:
        return None
    if order.side is Side.SELL:
        found_e6 = state.accounts.shares_held(order.account, order.token).available_e6
        return Shortage(Refusal.BALANCE, order.maker_e6, found_e6) if found_e6 < order.maker_e6 else None
    dollars = state.accounts.dollars_held(order.account)
    needed_e6 = order.maker_e6 + planned.fee_e6
    if dollars.available_e6 < needed_e6:
        return Shortage(Refusal.BALANCE, needed_e6, dollars.available_e6)
    account = state.accounts.find(order.account)
    bound_e6 = account.allowance_e6 if account else None
    if bound_e6 is not None and bound_e6 - dollars.reserved_e6 < needed_e6:
        return Shortage(Refusal.ALLOWANCE, needed_e6, max(0, bound_e6 - dollars.reserved_e6))
    return None


def _is_delayed(market: Market, order: Order) -> bool:
    return market.instrument.taker_delay_ns > 0 and order.account not in ENDLESS


def _hold(state: State, market: Market, record: OrderRecord) -> None:
    """Hold an order, with its dollars or shares promised to it. Fees are looked for when the hold is over."""
    record.become(OrderStatus.DELAYED)
    reserve(state, market, record)
    market.held[record.order.order_id] = record
    state.orders.open(record)
    until_ns = state.now_ns + market.instrument.taker_delay_ns
    state.dues.add(record, until_ns)
    state.tell(OrderHeld(state.now_ns, record.standing(), until_ns))


def _kill(order: Order, planned: Plan) -> Refusal | None:
    """Say why an order dies that never rests, if it does."""
    if order.order_type is OrderType.FOK and not planned.is_complete:
        return Refusal.FOK_NOT_FILLED
    if order.order_type is OrderType.FAK and not planned.fills:
        return Refusal.FAK_NOT_FILLED
    return None


def _carry_out(state: State, market: Market, record: OrderRecord, planned: Plan) -> None:
    """Match what can be matched. The rest rests, is dust, or belonged to an order that never rests."""
    is_over = planned.is_complete or record.order.order_type.is_market
    trade(state, market, record, planned, ends=is_over)
    if is_over:
        state.orders.end(record)
    else:
        rest(state, market, record)


def _refuse(state: State, order: Order, why: Shortage) -> None:
    state.tell(OrderRefused(state.now_ns, order, why.refusal, why.needed_e6, why.found_e6))
