"""How orders come to rest and cease to: the book, what is reserved for them, and how they end."""

from simulator.matching.accounts import Purse
from simulator.matching.events import OrderEnded, OrderPlaced
from simulator.matching.market import Market
from simulator.matching.pairs import provide
from simulator.matching.record import OrderRecord
from simulator.matching.state import State
from simulator.matching.values import OrderStatus, OrderType

UNFUNDED_WORDS = "not enough balance / allowance"


def reserve(state: State, market: Market, record: OrderRecord) -> None:
    """Promise what is left of an order's dollars or shares to it."""
    order = record.order
    provide(state, market, record.account, "" if record.is_buy else order.token, record.left_e6)
    purse(state, record).reserved_e6 += record.left_e6


def release(state: State, record: OrderRecord) -> None:
    """Take the promise back."""
    purse(state, record).reserved_e6 -= record.left_e6


def purse(state: State, record: OrderRecord) -> Purse:
    """Find where an order takes from."""
    if record.is_buy:
        return state.accounts.dollars(record.account)
    return state.accounts.shares(record.account, record.order.token)


def rest(state: State, market: Market, record: OrderRecord) -> None:
    """Put an order on the book. The house's levels are not announced one by one: the book tells of them."""
    record.become(OrderStatus.LIVE)
    reserve(state, market, record)
    market.side(record.is_bid).add(record)
    state.touched[record.order.condition_id] = market
    if record.is_quote:
        market.house(record.is_bid)[record.book_e4] = record
        return
    state.orders.open(record)
    if record.order.order_type is OrderType.GTD and record.order.expires_ns:
        state.dues.add(record, record.order.expires_ns)
    state.tell(OrderPlaced(state.now_ns, record.standing()))


def end(state: State, record: OrderRecord, status: OrderStatus, words: str = "") -> None:
    """End an order that rests or is held, for another reason than that it was matched in full."""
    market = state.market_of_order(record.order)
    if record.status is OrderStatus.DELAYED:
        del market.held[record.order.order_id]
    else:
        unrest(state, market, record)
    release(state, record)
    record.become(status, words)
    if not record.is_quote:
        tell_end(state, record)


def tell_end(state: State, record: OrderRecord) -> None:
    """Count an order among those that are over, and say so."""
    state.orders.end(record)
    state.tell(OrderEnded(state.now_ns, record.standing()))


def unrest(state: State, market: Market, record: OrderRecord) -> None:
    """Take an order off the book."""
    market.side(record.is_bid).remove(record)
    state.touched[record.order.condition_id] = market
    if record.is_quote:
        del market.house(record.is_bid)[record.book_e4]
