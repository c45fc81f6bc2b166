"""An accountant who trusts nobody: what must be true of an engine after every operation.

Dollars: all that were ever given = what all accounts have + what is locked behind the shares of each market.
Shares: in a market that is not resolved, the first token's = the second token's = the dollars locked; in one that is
resolved, the winning token's = the dollars locked.
"""

from collections import Counter

from simulator.matching.market import MarketStatus
from simulator.matching.values import DUST_E6, E4, HOUSE, OrderStatus, Side
from unit.simulator.matching.venue import CONDITION


def assert_nothing_was_lost(engine, conditions=(CONDITION,)):
    names = engine.accounts()
    locked = {condition: engine.locked(condition) for condition in conditions}
    assert sum(engine.dollars(account).total_e6 for account in names) + sum(locked.values()) == engine.given()
    for condition, locked_e6 in locked.items():
        first, second = (
            sum(engine.shares(account, token).total_e6 for account in names)
            for token in engine.instrument(condition).tokens
        )
        if engine.market_status(condition) is MarketStatus.RESOLVED:
            assert locked_e6 == (
                first if engine.winner(condition) == engine.instrument(condition).tokens[0] else second
            )
        else:
            assert first == second == locked_e6


def assert_nobody_owes(engine, conditions=(CONDITION,)):
    """Check that no account, of whatever kind, has promised or lacks more than it has."""
    tokens = [token for condition in conditions for token in engine.instrument(condition).tokens]
    for account in engine.accounts():
        for holding in [engine.dollars(account), *(engine.shares(account, token) for token in tokens)]:
            assert min(holding.reserved_e6, holding.unsettled_e6, holding.available_e6) >= 0, (account, holding)


def assert_no_book_is_crossed(engine, conditions=(CONDITION,)):
    for condition in conditions:
        first, second = engine.instrument(condition).tokens
        bid, ask = engine.best(first)
        assert bid is None or ask is None or bid < ask
        bids, asks = engine.book(first)
        mirrored_bids, mirrored_asks = engine.book(second)
        assert [(E4 - level.price_e4, level.shares_e6) for level in mirrored_asks] == [
            (level.price_e4, level.shares_e6) for level in bids
        ]
        assert [(E4 - level.price_e4, level.shares_e6) for level in mirrored_bids] == [
            (level.price_e4, level.shares_e6) for level in asks
        ]


def assert_promises_are_open_orders(engine, owners, conditions=(CONDITION,)):
    """Check that what is reserved is what open orders have left to give, and that the book shows just these."""
    promised, resting = Counter(), Counter()
    for owner in owners:
        for standing in engine.open_orders(owner):
            order = standing.order
            left_e6 = order.maker_e6 - standing.spent_e6
            promised[order.account, "" if order.side is Side.BUY else order.token] += left_e6
            if standing.status is OrderStatus.LIVE:
                open_e6 = left_e6 * E4 // order.price_e4 if order.side is Side.BUY else left_e6
                assert open_e6 >= DUST_E6
                resting[_place(engine, order)] += open_e6
    for condition in conditions:
        for is_bid, levels in zip((True, False), engine.house_levels(condition), strict=True):
            for level in levels:
                resting[condition, is_bid, level.price_e4] += level.shares_e6
    for account in set(engine.accounts()) - {HOUSE}:
        assert engine.dollars(account).reserved_e6 == promised[account, ""]
        for token in [token for condition in conditions for token in engine.instrument(condition).tokens]:
            assert engine.shares(account, token).reserved_e6 == promised[account, token]
    assert shown(engine, conditions) == resting


def shown(engine, conditions):
    return Counter({
        (condition, is_bid, level.price_e4): level.shares_e6
        for condition in conditions
        for is_bid, levels in zip((True, False), engine.book(engine.instrument(condition).tokens[0]), strict=True)
        for level in levels
    })  # fmt: skip


def _place(engine, order):
    is_first = order.token == engine.instrument(order.condition_id).tokens[0]
    is_bid = is_first == (order.side is Side.BUY)
    return order.condition_id, is_bid, order.price_e4 if is_first else E4 - order.price_e4
