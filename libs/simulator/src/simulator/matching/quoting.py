"""What the world's makers and takers do: the house's levels, and the crowd's takings. Neither is ever held."""

from collections.abc import Iterator

from simulator.matching.crossing import plan
from simulator.matching.market import Market
from simulator.matching.operations import Print, Quote
from simulator.matching.record import OrderRecord
from simulator.matching.resting import purse, rest, unrest
from simulator.matching.state import State
from simulator.matching.trading import trade
from simulator.matching.values import CROWD, DUST_E6, E4, HOUSE, Level, Order, OrderStatus, OrderType, Side


def quote(state: State, operation: Quote) -> None:
    """Bring the house's levels to what is wanted: those that go or shrink first, then those that grow.

    A level that only shrinks keeps its place in the queue. A level that crosses what others rest with takes it, and
    rests with what it still lacks. Levels without a price between 0 and 1 dollar are left out; a size under a
    hundredth of a share counts as none.
    """
    market = state.market_or_refusal(operation.condition_id, is_open=True)
    if market is None:
        return
    growing: list[tuple[bool, int, int]] = []
    for is_bid, price_e4, wanted_e6 in _wanted(operation):
        resting = market.house(is_bid).get(price_e4)
        if wanted_e6 < DUST_E6:
            if resting is not None:
                withdraw(state, market, resting)
        elif resting is not None and wanted_e6 <= resting.open_e6:
            _shrink(state, market, resting, wanted_e6)
        else:
            growing.append((is_bid, price_e4, wanted_e6))
    for is_bid, price_e4, wanted_e6 in growing:
        resting = market.house(is_bid).get(price_e4)
        if resting is not None:
            withdraw(state, market, resting)
        _offer(state, market, is_bid, price_e4, wanted_e6)


def print_trade(state: State, operation: Print) -> None:
    """Have the crowd take what there is, up to so many shares. Nothing to take is nothing."""
    market = state.market_or_refusal(operation.condition_id, is_open=True)
    if market is None or operation.token not in market.instrument.tokens or not 0 < operation.price_e4 < E4:
        return
    order = _order(
        state, market, CROWD, token=operation.token, side=operation.side, price_e4=operation.price_e4,
        shares_e6=operation.shares_e6, order_type=OrderType.FAK,
    )  # fmt: skip
    taker = state.record(market, order)
    trade(state, market, taker, plan(market, taker, operation.shares_e6), ends=True)


def withdraw_house(state: State, market: Market) -> None:
    """Take all levels of the house away."""
    for is_bid in (True, False):
        for record in tuple(market.house(is_bid).values()):
            withdraw(state, market, record)


def withdraw(state: State, market: Market, record: OrderRecord) -> None:
    """Take one level away. Nobody is told but by the book."""
    unrest(state, market, record)
    purse(state, record).reserved_e6 -= record.left_e6
    record.become(OrderStatus.CANCELED)


def _wanted(operation: Quote) -> Iterator[tuple[bool, int, int]]:
    """List side, price and size. Where a price comes twice, the last time counts."""
    for is_bid, levels in ((True, operation.bids), (False, operation.asks)):
        for price_e4, wanted_e6 in _by_price(levels).items():
            yield is_bid, price_e4, wanted_e6


def _by_price(levels: tuple[Level, ...]) -> dict[int, int]:
    return {level.price_e4: level.shares_e6 for level in levels if 0 < level.price_e4 < E4}


def _shrink(state: State, market: Market, record: OrderRecord, wanted_e6: int) -> None:
    before_e6, open_e6 = record.left_e6, record.open_e6
    left_e6 = _cost_e6(wanted_e6, record.order.price_e4)
    if left_e6 >= before_e6:
        return
    record.leave(left_e6)
    purse(state, record).reserved_e6 -= before_e6 - left_e6
    market.side(record.is_bid).shrink(record, open_e6 - record.open_e6)
    state.touched[record.order.condition_id] = market


def _offer(state: State, market: Market, is_bid: bool, price_e4: int, wanted_e6: int) -> None:
    """Bid for the first token, or ask for it by bidding for the second."""
    first, second = market.instrument.tokens
    token, own_e4 = (first, price_e4) if is_bid else (second, E4 - price_e4)
    order = _order(
        state, market, HOUSE, token=token, side=Side.BUY, price_e4=own_e4, shares_e6=wanted_e6,
        order_type=OrderType.GTC,
    )  # fmt: skip
    record = state.record(market, order, is_quote=True)
    record.sequence = state.next_sequence()
    planned = plan(market, record, wanted_e6)
    trade(state, market, record, planned, ends=planned.is_complete)
    if not planned.is_complete:
        record.leave(_cost_e6(wanted_e6 - planned.shares_e6, own_e4))
        rest(state, market, record)


def _order(
    state: State,
    market: Market,
    account: str,
    *,
    token: str,
    side: Side,
    price_e4: int,
    shares_e6: int,
    order_type: OrderType,
) -> Order:
    usd_e6 = _cost_e6(shares_e6, price_e4)
    maker_e6, taker_e6 = (usd_e6, shares_e6) if side is Side.BUY else (shares_e6, usd_e6)
    return Order(
        state.new_order_id(account), account, account, market.instrument.condition_id, token, side, maker_e6, taker_e6,
        price_e4, order_type,
    )  # fmt: skip


def _cost_e6(shares_e6: int, price_e4: int) -> int:
    """Return the fewest dollars that so many shares can be had for."""
    return -(-shares_e6 * price_e4 // E4)
