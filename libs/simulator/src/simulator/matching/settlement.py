"""What a trade gives and takes: booked at the match, free for use once it is mined, taken back exactly if it fails.

A trade may fail even after it was mined, when what it gave may be spent. Then the account's open orders that are
promised it end, the newest first, and what is still missing the exchange makes good from outside: with dollars, or with
shares that are newly split, whose counterparts go to the house.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from simulator.matching.events import Refusal, TradeChanged
from simulator.matching.market import Market
from simulator.matching.memory import FINAL
from simulator.matching.operations import Settle
from simulator.matching.pairs import make_good, provide, tidy
from simulator.matching.resting import UNFUNDED_WORDS, end
from simulator.matching.state import State
from simulator.matching.values import ENDLESS, FEES, MatchType, OrderStatus, Side, Trade, TradeStatus

ORDER = (TradeStatus.MATCHED, TradeStatus.RETRYING, TradeStatus.MINED, TradeStatus.CONFIRMED)
"""A settlement only goes forward through these."""
SETTLED = (TradeStatus.MINED, TradeStatus.CONFIRMED)


class Leg(NamedTuple):
    """What one account gives or gets: shares of a token, dollars where the token is empty."""

    account: str
    token: str
    amount_e6: int


def book_trade(state: State, market: Market, trade: Trade) -> None:
    """Move what a trade moves. What it gives is not settled."""
    for account, token, amount_e6 in _given(trade):
        provide(state, market, account, token, amount_e6)
        state.accounts.purse(account, token).total_e6 -= amount_e6
    for account, token, amount_e6 in _got(trade):
        purse = state.accounts.purse(account, token)
        purse.total_e6 += amount_e6
        purse.unsettled_e6 += amount_e6
    market.locked_e6 += _pairs_e6(trade)
    market.trades_pending += 1
    state.trades.add(trade)


def settle(state: State, operation: Settle) -> None:
    """Note how a trade's settlement goes on. The same again does nothing."""
    trade = state.trades.get(operation.trade_id)
    if trade is None:
        state.refuse(operation.trade_id, Refusal.UNKNOWN_TRADE)
        return
    if trade.status is operation.status:
        return
    if not _may_follow(trade.status, operation.status):
        state.refuse(operation.trade_id, Refusal.TRADE_FINAL)
        return
    market = state.market(trade.condition_id)
    if market is None:
        raise KeyError(f"expected the market {trade.condition_id} of a trade that is not final, found none")
    changed = replace(
        trade, status=operation.status, changed_ns=state.now_ns,
        transaction_hash=operation.transaction_hash or trade.transaction_hash,
    )  # fmt: skip
    was_settled = trade.status in SETTLED
    if not was_settled and operation.status is not TradeStatus.RETRYING:
        _free(state, trade)
    if operation.status is TradeStatus.FAILED:
        _take_back(state, market, trade)
    state.trades.change(changed)
    if changed.status in FINAL:
        market.trades_pending -= 1
    state.tell(TradeChanged(state.now_ns, changed))
    for account in sorted(_endless_parties(changed)):
        tidy(state, market, account)


def _may_follow(now: TradeStatus, then: TradeStatus) -> bool:
    if now in FINAL:
        return False
    return then is TradeStatus.FAILED or ORDER.index(then) > ORDER.index(now)


def _free(state: State, trade: Trade) -> None:
    for account, token, amount_e6 in _got(trade):
        state.accounts.purse(account, token).unsettled_e6 -= amount_e6


def _take_back(state: State, market: Market, trade: Trade) -> None:
    """Undo what a trade moved. What it took is given back first, in case an account was on both sides."""
    for account, token, amount_e6 in _given(trade):
        state.accounts.purse(account, token).total_e6 += amount_e6
    market.locked_e6 -= _pairs_e6(trade)
    for leg in _got(trade):
        _recover(state, market, leg)
        state.accounts.purse(leg.account, leg.token).total_e6 -= leg.amount_e6


def _recover(state: State, market: Market, leg: Leg) -> None:
    """See to it that an account has what is to be taken from it, free of any promise."""
    account, token, amount_e6 = leg
    purse = state.accounts.purse(account, token)
    if account not in ENDLESS and purse.available_e6 < amount_e6:
        for record in state.orders.open_of_account(account):
            if ("" if record.is_buy else record.order.token) == token:
                end(state, record, OrderStatus.UNFUNDED, UNFUNDED_WORDS)
            if purse.available_e6 >= amount_e6:
                break
    if purse.available_e6 < amount_e6:
        make_good(state, market, account, token, amount_e6 - purse.available_e6)


def _given(trade: Trade) -> Iterator[Leg]:
    """List what the parties of a trade gave, the taker its fee too where that comes on top."""
    if trade.side is Side.BUY:
        yield Leg(trade.account, "", trade.usd_e6 + trade.fee_e6)
    else:
        yield Leg(trade.account, trade.token, trade.shares_e6)
    for fill in trade.fills:
        is_buy = fill.side is Side.BUY
        yield Leg(fill.account, "" if is_buy else fill.token, fill.usd_e6 if is_buy else fill.shares_e6)


def _got(trade: Trade) -> Iterator[Leg]:
    """List what the parties of a trade got, the exchange its fee."""
    if trade.side is Side.BUY:
        yield Leg(trade.account, trade.token, trade.shares_e6)
    else:
        yield Leg(trade.account, "", trade.usd_e6 - trade.fee_e6)
    for fill in trade.fills:
        is_buy = fill.side is Side.BUY
        yield Leg(fill.account, fill.token if is_buy else "", fill.shares_e6 if is_buy else fill.usd_e6)
    yield Leg(FEES, "", trade.fee_e6)


def _pairs_e6(trade: Trade) -> int:
    """Tell how many pairs a trade brought into being, negative where it did away with them."""
    signs = {MatchType.COMPLEMENTARY: 0, MatchType.MINT: 1, MatchType.MERGE: -1}
    return sum(signs[fill.match_type] * fill.shares_e6 for fill in trade.fills)


def _endless_parties(trade: Trade) -> frozenset[str]:
    """Name the house and the crowd where they took part; the house also where it may have been left counterparts."""
    if trade.status is TradeStatus.FAILED:
        return ENDLESS
    return ENDLESS & {trade.account, *(fill.account for fill in trade.fills)}
