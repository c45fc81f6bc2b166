"""Pairs of shares and the dollars behind them: split, merged, redeemed; and how the endless accounts never run out.

The house and the crowd need nothing that is not settled: what they lack at any moment is given to them as dollars, and
split where shares are wanted, so that a trade of theirs that fails can be taken back like any other. What they hold in
settled pairs is merged when a trade settles, so that they stay small.
"""

from simulator.matching.accounts import Purse
from simulator.matching.events import BalanceChanged, Refusal
from simulator.matching.market import Market, MarketStatus
from simulator.matching.operations import Merge, Redeem, Split
from simulator.matching.state import State
from simulator.matching.values import ENDLESS, HOUSE

NO_PURSE = Purse()
"""What is read where an account has nothing of a token."""


def split(state: State, operation: Split) -> None:
    """Turn dollars into pairs. Once a market is resolved there is nothing to split for."""
    market = _market(state, operation)
    if market is None:
        return
    if market.status is MarketStatus.RESOLVED:
        state.refuse(operation.condition_id, Refusal.NOT_ACCEPTING)
        return
    provide(state, market, operation.account, "", operation.shares_e6)
    if state.accounts.dollars(operation.account).available_e6 < operation.shares_e6:
        state.refuse(operation.condition_id, Refusal.BALANCE)
        return
    _make_pairs(state, market, operation.account, operation.shares_e6)
    _tell(state, operation.account, operation.condition_id, -operation.shares_e6)


def merge(state: State, operation: Merge) -> None:
    """Turn pairs that are neither promised nor unsettled back into dollars."""
    market = _market(state, operation)
    if market is None:
        return
    if _free_pairs_e6(state, market, operation.account) < operation.shares_e6:
        state.refuse(operation.condition_id, Refusal.BALANCE)
        return
    _make_pairs(state, market, operation.account, -operation.shares_e6)
    _tell(state, operation.account, operation.condition_id, operation.shares_e6)


def redeem(state: State, operation: Redeem) -> None:
    """Turn a resolved market's shares into dollars, those of the loser into nothing."""
    market = state.market_or_refusal(operation.condition_id)
    if market is None:
        return
    if market.status is not MarketStatus.RESOLVED:
        state.refuse(operation.condition_id, Refusal.NOT_RESOLVED)
        return
    redeem_shares(state, market, operation.account)


def redeem_shares(state: State, market: Market, account: str) -> None:
    """Redeem what is settled. What is not stays, to be redeemed another time or to be taken back."""
    found = state.accounts.find(account)
    if found is None:
        return
    won_e6, had_any = 0, False
    for token in market.instrument.tokens:
        purse = found.shares.get(token)
        if purse is None:
            continue
        freed_e6 = purse.available_e6
        purse.total_e6 -= freed_e6
        had_any = had_any or freed_e6 > 0
        if token == market.winner:
            won_e6 = freed_e6
        if purse.is_empty:
            del found.shares[token]
    found.dollars.total_e6 += won_e6
    market.locked_e6 -= won_e6
    if had_any:
        _tell(state, account, market.instrument.condition_id, won_e6)


def provide(state: State, market: Market, account: str, token: str, amount_e6: int) -> None:
    """See to it that an endless account can give away so much: dollars where the token is empty, shares otherwise."""
    if account not in ENDLESS:
        return
    missing_e6 = amount_e6 - state.accounts.purse(account, token).available_e6
    if missing_e6 <= 0:
        return
    state.accounts.give(account, missing_e6)
    if token:
        _make_pairs(state, market, account, missing_e6)


def make_good(state: State, market: Market, account: str, token: str, missing_e6: int) -> None:
    """Bring in dollars, or newly split shares, that an account should have. Their counterparts go to the house."""
    state.accounts.give(account, missing_e6)
    if token:
        _make_pairs(state, market, account, missing_e6)
        other = market.other(token)
        state.accounts.shares(account, other).total_e6 -= missing_e6
        state.accounts.shares(HOUSE, other).total_e6 += missing_e6


def tidy(state: State, market: Market, account: str) -> None:
    """Have an endless account merge the pairs that it is free to give away, or redeem if the market is resolved."""
    if account not in ENDLESS:
        return
    if market.status is MarketStatus.RESOLVED:
        redeem_shares(state, market, account)
        return
    pairs_e6 = _free_pairs_e6(state, market, account)
    if pairs_e6 > 0:
        _make_pairs(state, market, account, -pairs_e6)


def _market(state: State, operation: Split | Merge) -> Market | None:
    """Find the market that an operation is about, and refuse an amount that makes no sense."""
    if operation.shares_e6 <= 0:
        state.refuse(operation.condition_id, Refusal.TOO_SMALL)
        return None
    return state.market_or_refusal(operation.condition_id)


def _free_pairs_e6(state: State, market: Market, account: str) -> int:
    found = state.accounts.find(account)
    if found is None:
        return 0
    first, second = (found.shares.get(token, NO_PURSE) for token in market.instrument.tokens)
    return min(first.available_e6, second.available_e6)


def _make_pairs(state: State, market: Market, account: str, shares_e6: int) -> None:
    """Make so many pairs of an account's dollars, or dollars of its pairs where the number is negative."""
    state.accounts.dollars(account).total_e6 -= shares_e6
    for token in market.instrument.tokens:
        state.accounts.shares(account, token).total_e6 += shares_e6
    market.locked_e6 += shares_e6


def _tell(state: State, account: str, condition_id: str, usd_e6: int) -> None:
    state.tell(BalanceChanged(state.now_ns, account, condition_id, usd_e6))
