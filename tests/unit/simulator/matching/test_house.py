"""The house's levels and the crowd's takings."""

import pytest

from simulator.matching.events import OrderEnded, Refusal, RequestRefused, TradeChanged
from simulator.matching.operations import CloseMarket, Print, Quote, Split
from simulator.matching.values import CROWD, E6, HOUSE, Level, MatchType, OrderStatus, TradeStatus
from unit.simulator.matching.books import assert_nothing_was_lost
from unit.simulator.matching.venue import (
    ALICE,
    BOB,
    BUY,
    CONDITION,
    DOWN,
    MS,
    SELL,
    START_NS,
    UP,
    Venue,
    names,
    of,
)


def test_the_house_rests_with_what_it_quotes_and_says_so_by_the_book_alone():
    venue = Venue()
    [changed] = venue.quote(bids=[(4900, 100), (4800, 50.5)], asks=[(5100, 70)])

    assert venue.book() == ([(4900, 100 * E6), (4800, 50_500_000)], [(5100, 70 * E6)])
    assert venue.engine.house_levels(CONDITION) == (
        (Level(4900, 100 * E6), Level(4800, 50_500_000)), (Level(5100, 70 * E6),),
    )  # fmt: skip
    assert (changed.best_bid_e4, changed.best_ask_e4, changed.best_changed) == (4900, 5100, True)
    assert venue.dollars(HOUSE).available_e6 == 0
    assert_nothing_was_lost(venue.engine)


def test_levels_are_absolute_and_those_not_named_stay():
    venue = Venue()
    venue.quote(bids=[(4900, 100), (4800, 50)], asks=[(5100, 70)])
    [changed] = venue.quote(bids=[(4900, 0), (4700, 20)], asks=[(5100, 80)])

    assert venue.book() == ([(4800, 50 * E6), (4700, 20 * E6)], [(5100, 80 * E6)])
    assert changed.bids == (Level(4900, 0), Level(4700, 20 * E6))
    assert venue.quote(bids=[(4800, 50)], asks=[(5100, 80), (5300, 0)]) == ()


def test_a_level_keeps_its_place_when_it_shrinks_and_loses_it_when_it_grows():
    venue = Venue()
    venue.quote(bids=[(4900, 100)])
    venue.rest(BUY, 4900, 10, order_id="mine")
    venue.quote(bids=[(4900, 20)])
    [first] = of(venue.crowd(SELL, 4900, 5), TradeChanged)
    assert [fill.account for fill in first.trade.fills] == [HOUSE]
    venue.quote(bids=[(4900, 30)])
    [second] = of(venue.crowd(SELL, 4900, 5), TradeChanged)

    assert [fill.account for fill in second.trade.fills] == [ALICE]
    assert venue.book()[0] == [(4900, 35 * E6)]


def test_the_house_asks_by_bidding_for_the_second_token():
    venue = Venue()
    venue.quote(asks=[(5100, 70)])
    [event] = of(venue.place(BUY, 5100, 10), TradeChanged)
    [fill] = event.trade.fills

    assert (fill.match_type, fill.token, fill.side, fill.price_e4) == (MatchType.MINT, DOWN, BUY, 4900)
    assert fill.remains_e6 == 60 * E6


def test_a_level_that_crosses_takes_and_rests_with_what_it_lacks():
    venue = Venue(delay_ns=150 * MS)
    venue.rest(BUY, 4500, 10, by=BOB, token=DOWN)
    [event] = of(venue.quote(bids=[(5600, 25)]), TradeChanged)

    assert (event.trade.account, event.trade.price_e4, event.trade.shares_e6) == (HOUSE, 5500, 10 * E6)
    assert venue.book() == ([(5600, 15 * E6)], [])
    assert venue.engine.order("o1").status is OrderStatus.MATCHED


def test_the_houses_own_levels_never_rest_crossed():
    venue = Venue()
    venue.quote(bids=[(4900, 100)], asks=[(5100, 70)])
    events = venue.quote(bids=[(5200, 10)])

    assert names(events) == ["BookChanged"]
    assert venue.book() == ([(5200, 10 * E6), (4900, 100 * E6)], [])


@pytest.mark.parametrize("price", [0, -100, 10_000, 20_000])
def test_a_level_without_a_price_is_left_out(price):
    venue = Venue()

    assert venue.quote(bids=[(price, 10)], asks=[(price, 10)]) == ()


def test_the_house_stays_small_by_merging_what_is_settled():
    venue = Venue()
    venue.quote(bids=[(4900, 100)], asks=[(5100, 100)])
    venue.place(BUY, 5100, 10)
    venue.crowd(SELL, 4900, 10)
    assert venue.shares(HOUSE, UP).total_e6 == venue.shares(HOUSE, DOWN).total_e6 == 10 * E6
    venue.settle_all()

    assert venue.engine.positions(HOUSE) == {}
    assert_nothing_was_lost(venue.engine)


def test_a_trade_of_the_house_that_fails_after_it_merged_is_still_taken_back():
    venue = Venue()
    venue.quote(bids=[(4900, 100)], asks=[(5100, 100)])
    venue.place(BUY, 5100, 10)
    venue.crowd(SELL, 4900, 10)
    venue.settle_all()
    minted = venue.engine.trades_of_account(ALICE)[0]
    venue.settle(minted, TradeStatus.FAILED)

    assert venue.shares(ALICE, UP).total_e6 == 0
    assert venue.dollars(ALICE).total_e6 == 1000 * E6
    assert_nothing_was_lost(venue.engine)


def test_the_crowd_takes_up_to_so_many_shares_at_a_price_or_better():
    venue = Venue()
    venue.quote(asks=[(5100, 10), (5200, 10), (5300, 10)])
    events = venue.crowd(BUY, 5200, 15)

    assert [(event.trade.price_e4, event.trade.shares_e6) for event in of(events, TradeChanged)] == [
        (5100, 10 * E6), (5200, 5 * E6),
    ]  # fmt: skip
    assert venue.book() == ([], [(5200, 5 * E6), (5300, 10 * E6)])


def test_the_crowd_splits_when_it_must_sell_what_it_has_not():
    venue = Venue()
    venue.rest(BUY, 4900, 10)
    [event] = of(venue.crowd(SELL, 4900, 10), TradeChanged)

    assert event.trade.fills[0].match_type is MatchType.COMPLEMENTARY
    assert (venue.shares(CROWD, UP).total_e6, venue.shares(CROWD, DOWN).total_e6) == (0, 10 * E6)
    assert venue.engine.locked(CONDITION) == 10 * E6
    assert_nothing_was_lost(venue.engine)


def test_the_crowd_uses_what_is_settled_first():
    venue = Venue()
    venue.rest(BUY, 4900, 20)
    venue.crowd(SELL, 4900, 10)
    venue.crowd(BUY, 5200, 10, token=UP)
    venue.do(Split(START_NS, BOB, CONDITION, 10 * E6))
    venue.rest(SELL, 5000, 10, by=BOB)
    venue.crowd(BUY, 5200, 10)
    venue.settle_all()

    assert venue.engine.positions(CROWD) == {}
    assert_nothing_was_lost(venue.engine)


def test_nothing_to_take_is_silently_nothing():
    venue = Venue()
    venue.quote(asks=[(5100, 10)])

    assert venue.crowd(BUY, 5000, 15) == ()
    assert venue.crowd(SELL, 5000, 15) == ()
    assert venue.do(Print(START_NS, CONDITION, "elsewhere", BUY, 9000, E6)) == ()


def test_only_open_markets_are_quoted():
    venue = Venue()
    assert venue.do(Quote(START_NS, "0xnone", (), ())) == (RequestRefused(START_NS, "0xnone", Refusal.UNKNOWN_MARKET),)
    venue.do(CloseMarket(START_NS, CONDITION))

    assert venue.quote(bids=[(4900, 5)]) == (RequestRefused(START_NS, CONDITION, Refusal.NOT_ACCEPTING),)
    assert venue.crowd(BUY, 4900, 5) == (RequestRefused(START_NS, CONDITION, Refusal.NOT_ACCEPTING),)
    assert of(venue.quote(), OrderEnded) == []
