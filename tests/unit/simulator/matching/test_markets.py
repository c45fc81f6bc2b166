"""The life of a market: its book as it is told, its tick, its end, and what is redeemed."""

import pytest

from simulator.matching import listing
from simulator.matching.events import BalanceChanged, BookChanged, Refusal, RequestRefused, TickChanged
from simulator.matching.market import MarketStatus
from simulator.matching.operations import (
    ChangeTick,
    CloseMarket,
    Deposit,
    Merge,
    OpenMarket,
    Redeem,
    ResolveMarket,
    SetAllowance,
    Split,
)
from simulator.matching.values import E6, HOUSE, Level, OrderStatus
from unit.simulator.matching.books import assert_nothing_was_lost
from unit.simulator.matching.venue import (
    ALICE,
    BOB,
    BUY,
    CONDITION,
    DOWN,
    FAK,
    SELL,
    START_NS,
    UP,
    Venue,
    an_instrument,
    names,
    of,
)


def refused(subject, refusal):
    return (RequestRefused(START_NS, subject, refusal),)


def test_a_market_is_known_by_its_condition_and_by_its_tokens():
    venue = Venue()
    found = venue.engine.instrument(CONDITION)

    assert found == venue.engine.instrument_of(UP) == venue.engine.instrument_of(DOWN) == an_instrument()
    assert venue.engine.market_status(CONDITION) is MarketStatus.OPEN
    assert (venue.engine.instrument("0xnone"), venue.engine.instrument_of("none")) == (None, None)
    assert (venue.engine.market_status("0xnone"), venue.engine.winner("0xnone")) == (None, None)
    assert (venue.engine.book("none"), venue.engine.best("none")) == (((), ()), (None, None))


def test_a_market_that_is_open_stays_as_it_is_and_no_other_may_have_its_tokens():
    venue = Venue()
    assert venue.do(OpenMarket(START_NS, an_instrument(tick_e4=10))) == ()
    assert venue.engine.instrument(CONDITION).tick_e4 == 100
    other = an_instrument(condition="0xc1", tokens=("x", UP))

    assert venue.do(OpenMarket(START_NS, other)) == refused("0xc1", Refusal.DUPLICATE)
    odd = an_instrument(condition="0xc1", tokens=("x", "y"), tick_e4=7)
    assert venue.do(OpenMarket(START_NS, odd)) == refused("0xc1", Refusal.OFF_TICK)


def test_a_book_change_names_each_level_once_removals_first_and_sizes_are_absolute():
    venue = Venue()
    venue.quote(bids=[(4900, 10), (4800, 10)], asks=[(5100, 10), (5200, 10)])
    mine = venue.rest(BUY, 4900, 5)
    changed = venue.quote(bids=[(4800, 0), (4950, 5), (4900, 4)], asks=[(5100, 0), (5150, 5)])[-1]

    assert isinstance(changed, BookChanged)
    assert changed.bids == (Level(4800, 0), Level(4950, 5 * E6), Level(4900, 9 * E6))
    assert changed.asks == (Level(5100, 0), Level(5150, 5 * E6))
    assert (changed.best_bid_e4, changed.best_ask_e4, changed.best_changed) == (4950, 5150, True)
    [after] = of(venue.cancel(mine), BookChanged)
    assert (after.bids, after.best_changed) == ((Level(4900, 4 * E6),), False)


def test_what_comes_and_goes_within_one_operation_is_not_told():
    venue = Venue()
    venue.quote(asks=[(5100, 10)])
    events = venue.place(BUY, 5100, 10, order_type=FAK)
    [changed] = of(events, BookChanged)

    assert changed.bids == ()
    assert changed.asks == (Level(5100, 0),)
    assert events[-1] == changed


@pytest.mark.parametrize(
    ("bids", "asks", "tick_e4"),
    [
        ([(9500, 5)], [(9700, 5)], 100),
        ([(9500, 5)], [(9800, 5)], 10),
        ([(300, 5)], [(500, 5)], 100),
        ([(300, 5)], [(400, 5)], 10),
        ([(9700, 5)], [], 10),
        ([], [(300, 5)], 10),
        ([(9600, 5)], [], 100),
    ],
)
def test_a_market_near_an_edge_gets_a_finer_tick(bids, asks, tick_e4):
    venue = Venue()
    events = venue.quote(bids, asks)

    assert venue.engine.instrument(CONDITION).tick_e4 == tick_e4
    assert bool(of(events, TickChanged)) == (tick_e4 == 10)
    if tick_e4 == 10:
        assert events[-1] == TickChanged(START_NS, CONDITION, 100, 10)


def test_a_fine_tick_never_goes_back_by_itself():
    venue = Venue()
    venue.quote(bids=[(9700, 5)])
    venue.quote(bids=[(9700, 0), (5000, 5)])

    assert venue.engine.instrument(CONDITION).tick_e4 == 10
    assert venue.rest(BUY, 4990, 5)


def test_a_tick_is_changed_by_order_and_what_rests_stays():
    venue = Venue()
    mine = venue.rest(BUY, 4100, 5)
    assert venue.do(ChangeTick(START_NS, CONDITION, 1000)) == (TickChanged(START_NS, CONDITION, 100, 1000),)
    assert venue.engine.order(mine).status is OrderStatus.LIVE
    assert venue.place(BUY, 4100, 5)[0].refusal is Refusal.OFF_TICK
    assert venue.do(ChangeTick(START_NS, CONDITION, 1000)) == ()

    assert venue.do(ChangeTick(START_NS, CONDITION, 3)) == refused(CONDITION, Refusal.OFF_TICK)
    assert venue.do(ChangeTick(START_NS, "0xnone", 10)) == refused("0xnone", Refusal.UNKNOWN_MARKET)


def test_a_market_that_closes_loses_the_houses_levels_and_keeps_the_others():
    venue = Venue()
    venue.quote(bids=[(4900, 10)], asks=[(5100, 10)])
    mine = venue.rest(BUY, 300, 50)
    events = venue.do(CloseMarket(START_NS, CONDITION))

    assert names(events) == ["MarketClosed", "BookChanged"]
    assert venue.engine.market_status(CONDITION) is MarketStatus.CLOSED
    assert venue.book() == ([(300, 50 * E6)], [])
    assert venue.dollars(HOUSE).reserved_e6 == 0
    assert venue.do(CloseMarket(START_NS, CONDITION)) == ()
    assert names(venue.cancel(mine)) == ["OrderEnded", "BookChanged"]


def test_a_resolution_ends_all_orders_and_names_the_winner():
    venue = Venue()
    venue.quote(bids=[(4900, 10)], asks=[(5100, 10)])
    mine = [venue.rest(BUY, 4000, 5), venue.rest(BUY, 3000, 5, by=BOB, token=DOWN)]
    events = venue.do(ResolveMarket(START_NS, CONDITION, DOWN))

    assert names(events) == ["OrderEnded", "OrderEnded", "MarketResolved", "BookChanged"]
    assert [event.standing.order.order_id for event in events[:2]] == mine
    assert {venue.engine.order(order_id).status for order_id in mine} == {OrderStatus.RESOLVED}
    assert venue.engine.market_status(CONDITION) is MarketStatus.RESOLVED
    assert venue.engine.winner(CONDITION) == DOWN
    assert venue.dollars(ALICE).available_e6 == 1000 * E6


def test_a_winner_once_named_stays():
    venue = Venue()
    assert venue.do(ResolveMarket(START_NS, CONDITION, "elsewhere")) == refused(CONDITION, Refusal.UNKNOWN_MARKET)
    venue.do(ResolveMarket(START_NS, CONDITION, UP))
    assert venue.do(ResolveMarket(START_NS, CONDITION, UP)) == ()

    assert venue.do(ResolveMarket(START_NS, CONDITION, DOWN)) == refused(CONDITION, Refusal.NOT_ACCEPTING)
    assert venue.engine.winner(CONDITION) == UP


def test_winning_shares_become_dollars_and_losing_ones_nothing():
    venue = Venue()
    venue.quote(asks=[(5100, 30)])
    venue.place(BUY, 5100, 10)
    venue.settle_all()
    venue.do(Split(START_NS, BOB, CONDITION, 7 * E6))
    assert venue.do(Redeem(START_NS, ALICE, CONDITION)) == refused(CONDITION, Refusal.NOT_RESOLVED)
    venue.do(ResolveMarket(START_NS, CONDITION, UP))
    assert venue.engine.positions(HOUSE) == {}
    assert venue.do(Redeem(START_NS, ALICE, CONDITION)) == (BalanceChanged(START_NS, ALICE, CONDITION, 10 * E6),)
    assert venue.do(Redeem(START_NS, ALICE, CONDITION)) == ()
    venue.do(Redeem(START_NS, BOB, CONDITION))

    assert venue.dollars(ALICE).total_e6 == 1000 * E6 - 5_100_000 + 10 * E6
    assert venue.dollars(BOB).total_e6 == 1000 * E6
    assert venue.engine.positions(ALICE) == venue.engine.positions(BOB) == {}
    assert venue.engine.locked(CONDITION) == 0
    assert_nothing_was_lost(venue.engine)


def test_shares_that_are_not_settled_are_redeemed_another_time():
    venue = Venue()
    venue.quote(asks=[(5100, 30)])
    venue.place(BUY, 5100, 10)
    venue.do(ResolveMarket(START_NS, CONDITION, UP))
    assert venue.do(Redeem(START_NS, ALICE, CONDITION)) == ()
    assert venue.engine.positions(ALICE)[UP].total_e6 == 10 * E6
    venue.settle_all()

    assert venue.engine.positions(HOUSE) == {}
    assert venue.do(Redeem(START_NS, ALICE, CONDITION)) == (BalanceChanged(START_NS, ALICE, CONDITION, 10 * E6),)


def test_dollars_become_pairs_and_pairs_dollars():
    venue = Venue()
    assert venue.do(Split(START_NS, ALICE, CONDITION, 10 * E6)) == (
        BalanceChanged(START_NS, ALICE, CONDITION, -10 * E6),
    )
    assert set(venue.engine.positions(ALICE)) == {UP, DOWN}
    venue.rest(SELL, 6000, 6)
    assert venue.do(Merge(START_NS, ALICE, CONDITION, 5 * E6)) == refused(CONDITION, Refusal.BALANCE)
    assert venue.do(Merge(START_NS, ALICE, CONDITION, 4 * E6)) == (BalanceChanged(START_NS, ALICE, CONDITION, 4 * E6),)

    assert venue.engine.locked(CONDITION) == 6 * E6
    assert venue.shares(ALICE).available_e6 == 0
    assert_nothing_was_lost(venue.engine)


def test_what_makes_no_sense_is_refused():
    venue = Venue()

    assert venue.do(Deposit(START_NS, ALICE, 0)) == refused(ALICE, Refusal.TOO_SMALL)
    assert venue.do(SetAllowance(START_NS, ALICE, -1)) == refused(ALICE, Refusal.ALLOWANCE)
    for kind in (Split, Merge):
        assert venue.do(kind(START_NS, ALICE, CONDITION, 0)) == refused(CONDITION, Refusal.TOO_SMALL)
        assert venue.do(kind(START_NS, ALICE, "0xnone", E6)) == refused("0xnone", Refusal.UNKNOWN_MARKET)
        assert venue.do(kind(START_NS, ALICE, CONDITION, 2000 * E6)) == refused(CONDITION, Refusal.BALANCE)
    venue.do(ResolveMarket(START_NS, CONDITION, UP))
    assert venue.do(Split(START_NS, ALICE, CONDITION, E6)) == refused(CONDITION, Refusal.NOT_ACCEPTING)


def test_only_so_many_resolved_markets_are_kept_but_none_with_shares_that_somebody_holds():
    venue = Venue()
    venue.do(Split(START_NS, ALICE, CONDITION, E6))
    conditions = [f"0xm{number}" for number in range(listing.RESOLVED_MAX + 1)]
    venue.do(ResolveMarket(START_NS, CONDITION, UP))
    for condition in conditions:
        venue.do(OpenMarket(START_NS, an_instrument(condition, (f"{condition}u", f"{condition}d"))))
    for condition in conditions[:-1]:
        venue.do(ResolveMarket(START_NS, condition, f"{condition}u"))
    assert venue.engine.instrument(conditions[0]) is not None
    venue.do(ResolveMarket(START_NS, conditions[-1], f"{conditions[-1]}u"))

    assert venue.engine.instrument(CONDITION) is not None
    assert (venue.engine.instrument(conditions[0]), venue.engine.instrument_of("0xm0u")) == (None, None)
    assert venue.engine.instrument(conditions[-1]) is not None
