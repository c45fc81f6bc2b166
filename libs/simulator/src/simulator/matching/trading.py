"""Carrying a plan out: trades are made, and what they give and take is booked.

An order never trades with a resting order of its own account: the one that rests is cancelled first. Whether
production does the same is not known.
"""

from collections.abc import Sequence
from itertools import groupby

from simulator.matching.crossing import Plan, PlannedFill
from simulator.matching.events import OrderMatched, TradeChanged
from simulator.matching.market import Market, opposite
from simulator.matching.record import OrderRecord
from simulator.matching.resting import end, purse, unrest
from simulator.matching.settlement import book_trade
from simulator.matching.state import State
from simulator.matching.values import DUST_E6, E4, Fill, OrderStatus, Trade, TradeStatus

SELF_TRADE_WORDS = "it would have traded with an order of the same account"


def trade(state: State, market: Market, taker: OrderRecord, plan: Plan, ends: bool) -> None:
    """Make a trade for each price that is met. `ends` says that the order is over with the last of them."""
    for own in plan.own:
        end(state, own, OrderStatus.INVALID, SELF_TRADE_WORDS)
    levels = [tuple(fills) for _, fills in groupby(plan.fills, key=lambda fill: fill.price_e4)]
    for number, fills in enumerate(levels, 1):
        _make_trade(state, market, taker, fills, ends and number == len(levels))


def _make_trade(
    state: State, market: Market, taker: OrderRecord, planned: Sequence[PlannedFill], is_last: bool
) -> None:
    order, now_ns = taker.order, state.now_ns
    trade_id = state.trades.new_id(order.order_id, len(taker.trades))
    made = Trade(
        trade_id=trade_id,
        at_ns=now_ns,
        condition_id=order.condition_id,
        order_id=order.order_id,
        account=order.account,
        owner=order.owner,
        token=order.token,
        side=order.side,
        price_e4=planned[0].price_e4,
        shares_e6=sum(fill.shares_e6 for fill in planned),
        usd_e6=sum(fill.taker_usd_e6 for fill in planned),
        fee_e6=sum(fill.fee_e6 for fill in planned),
        fills=tuple(_fill(state, market, each, trade_id) for each in planned),
        status=TradeStatus.MATCHED,
        changed_ns=now_ns,
    )
    taker.take(made.shares_e6, made.usd_e6, trade_id)
    if is_last:
        taker.become(OrderStatus.MATCHED)
    book_trade(state, market, made)
    _note_last(market, made)
    state.tell(OrderMatched(now_ns, taker.standing(), trade_id, is_taker=True))
    state.tell(TradeChanged(now_ns, made))


def _fill(state: State, market: Market, planned: PlannedFill, trade_id: str) -> Fill:
    """Have a resting order met. What it gives is promised no more, and nothing is when it is done."""
    maker = planned.maker
    reserved = purse(state, maker)
    reserved.reserved_e6 -= maker.left_e6
    open_e6 = maker.open_e6
    maker.take(planned.shares_e6, planned.maker_usd_e6, trade_id)
    side = market.side(maker.is_bid)
    side.shrink(maker, open_e6 - maker.open_e6)
    state.touched[maker.order.condition_id] = market
    remains_e6 = maker.open_e6 if maker.open_e6 >= DUST_E6 else 0
    if remains_e6:
        reserved.reserved_e6 += maker.left_e6
    else:
        unrest(state, market, maker)
        maker.become(OrderStatus.MATCHED)
        if not maker.is_quote:
            state.orders.end(maker)
    state.tell(OrderMatched(state.now_ns, maker.standing(), trade_id, is_taker=False))
    order = maker.order
    return Fill(
        order.order_id, order.account, order.owner, order.token, order.side, order.price_e4, planned.shares_e6,
        planned.maker_usd_e6, planned.match_type, remains_e6,
    )  # fmt: skip


def _note_last(market: Market, made: Trade) -> None:
    is_first = made.token == market.first_token
    market.last = (made.price_e4, made.side) if is_first else (E4 - made.price_e4, opposite(made.side))
