"""Who meets whom, in what order, at what price, and who pays whom how much."""

from uuid import UUID

import pytest

from simulator.matching.events import OrderEnded, OrderMatched, TradeChanged
from simulator.matching.operations import Split
from simulator.matching.values import E6, MatchType, OrderStatus
from unit.simulator.matching.venue import (
    ALICE,
    BOB,
    BUY,
    CAROL,
    CONDITION,
    DOWN,
    FAK,
    FOK,
    SELL,
    START_NS,
    UP,
    Venue,
    names,
    of,
)


def with_pairs(*accounts, pairs=100, **instrument):
    """Build a venue in which these accounts have settled shares of both tokens."""
    venue = Venue(**instrument)
    for account in accounts:
        venue.do(Split(START_NS, account, CONDITION, pairs * E6))
    return venue


def fills_of(events):
    return [fill for event in of(events, TradeChanged) for fill in event.trade.fills]


def test_a_buyer_meets_a_seller_of_its_token_and_pays_what_the_seller_gets():
    venue = with_pairs(BOB)
    venue.rest(SELL, 6100, 10, by=BOB)
    [fill] = fills_of(venue.place(BUY, 6100, 10))

    assert (fill.match_type, fill.side, fill.token) == (MatchType.COMPLEMENTARY, SELL, UP)
    assert (fill.shares_e6, fill.usd_e6) == (10 * E6, 6_100_000)
    assert venue.dollars(ALICE).total_e6 == 1000 * E6 - 6_100_000
    assert venue.dollars(BOB).total_e6 == 900 * E6 + 6_100_000
    assert venue.engine.locked(CONDITION) == 100 * E6


def test_buyers_of_both_tokens_mint_pairs_for_a_dollar_each():
    venue = Venue()
    venue.rest(BUY, 3300, 7.01, by=BOB, token=DOWN)
    [fill] = fills_of(venue.place(BUY, 6700, 5.333333, usd=3.573333))

    assert (fill.match_type, fill.token, fill.price_e4) == (MatchType.MINT, DOWN, 3300)
    [trade] = venue.engine.recent_trades()
    assert (trade.price_e4, trade.token) == (6700, UP)
    assert fill.usd_e6 == fill.shares_e6 * 3300 // 10_000
    assert trade.usd_e6 + fill.usd_e6 == fill.shares_e6 == trade.shares_e6
    assert venue.shares(ALICE, UP).total_e6 == venue.shares(BOB, DOWN).total_e6 == venue.engine.locked(CONDITION)


def test_sellers_of_both_tokens_merge_pairs_and_share_a_dollar_each():
    venue = with_pairs(ALICE, BOB)
    venue.rest(SELL, 3300, 7.77, by=BOB, token=DOWN)
    [fill] = fills_of(venue.place(SELL, 6700, 5.55))
    [trade] = venue.engine.recent_trades()

    assert fill.match_type is MatchType.MERGE
    assert (trade.usd_e6 + fill.usd_e6, trade.price_e4) == (5_550_000, 6700)
    assert venue.engine.locked(CONDITION) == 200 * E6 - 5_550_000
    assert fill.remains_e6 == 2_220_000


@pytest.mark.parametrize(("side", "token"), [(BUY, UP), (SELL, DOWN)])
def test_an_order_on_the_second_token_stands_mirrored_in_the_one_book(side, token):
    venue = with_pairs(ALICE)
    price = 4000 if token == UP else 6000
    venue.rest(side, price, 10, token=token)

    assert venue.book(UP) == ([(4000, 10 * E6)], [])
    assert venue.book(DOWN) == ([], [(6000, 10 * E6)])
    assert venue.engine.best(UP) == (4000, None)
    assert venue.engine.best(DOWN) == (None, 6000)


def test_the_better_price_comes_first_and_then_the_earlier_order():
    venue = with_pairs(BOB, CAROL)
    late = venue.rest(SELL, 6000, 5, by=BOB)
    later = venue.rest(SELL, 6000, 5, by=CAROL)
    best = venue.rest(BUY, 4100, 5, by=CAROL, token=DOWN)
    fills = fills_of(venue.place(BUY, 6000, 12))

    assert [fill.order_id for fill in fills] == [best, late, later]
    assert venue.engine.order(later).status is OrderStatus.LIVE


def test_a_buyer_is_defined_by_dollars_and_gets_more_shares_at_a_better_price():
    venue = with_pairs(BOB)
    venue.rest(SELL, 9800, 20, by=BOB)
    venue.place(BUY, 9900, 5, order_id="taker")
    standing = venue.engine.order("taker")

    assert standing.matched_e6 == standing.received_e6 == 5_051_020
    assert (standing.spent_e6, standing.status) == (4_949_999, OrderStatus.MATCHED)
    assert venue.dollars(ALICE).reserved_e6 == 0


def test_a_seller_is_defined_by_shares_and_gets_more_dollars_at_a_better_price():
    venue = with_pairs(ALICE)
    venue.rest(BUY, 6000, 5, by=BOB)
    venue.place(SELL, 5000, 5, order_id="taker")
    standing = venue.engine.order("taker")

    assert (standing.spent_e6, standing.received_e6, standing.matched_e6) == (5 * E6, 3 * E6, 5 * E6)


def test_what_a_buyer_rests_with_is_its_left_dollars_at_its_own_limit():
    venue = with_pairs(BOB)
    venue.rest(SELL, 9500, 2 + 3, by=BOB)
    venue.place(BUY, 9600, 10, order_id="taker")
    standing = venue.engine.order("taker")

    assert (standing.status, standing.spent_e6, standing.matched_e6) == (OrderStatus.LIVE, 4_750_000, 5 * E6)
    assert venue.dollars(ALICE).reserved_e6 == 9_600_000 - 4_750_000
    assert venue.book(UP)[0] == [(9600, (9_600_000 - 4_750_000) * 10_000 // 9600)]


def test_there_is_one_trade_for_each_price_and_a_fill_for_each_order():
    venue = with_pairs(BOB, CAROL)
    venue.rest(SELL, 6000, 5, by=BOB)
    venue.rest(SELL, 6000, 5, by=CAROL)
    venue.rest(SELL, 6100, 5, by=BOB)
    events = venue.place(BUY, 6100, 15, order_id="taker", usd=9.05)
    cheap, dear = (event.trade for event in of(events, TradeChanged))

    assert names(events) == [
        "OrderMatched", "OrderMatched", "OrderMatched", "TradeChanged",
        "OrderMatched", "OrderMatched", "TradeChanged", "BookChanged",
    ]  # fmt: skip
    assert [(t.price_e4, t.shares_e6, len(t.fills)) for t in (cheap, dear)] == [(6000, 10 * E6, 2), (6100, 5 * E6, 1)]
    takers = [event.standing for event in of(events, OrderMatched) if event.is_taker]
    assert [s.status for s in takers] == [OrderStatus.LIVE, OrderStatus.MATCHED]
    assert takers[-1].trades == (cheap.trade_id, dear.trade_id)
    assert len({cheap.trade_id, dear.trade_id}) == 2
    assert all(str(UUID(t.trade_id)) == t.trade_id and UUID(t.trade_id).version == 4 for t in (cheap, dear))


def test_trade_ids_come_from_the_order_and_are_the_same_every_time():
    ids = []
    for _ in range(2):
        venue = with_pairs(BOB)
        venue.rest(SELL, 6000, 5, by=BOB)
        venue.place(BUY, 6000, 5, order_id="taker")
        ids.append(venue.engine.recent_trades()[0].trade_id)

    assert ids[0] == ids[1]


def test_a_maker_is_left_with_what_the_taker_did_not_want():
    venue = with_pairs(BOB)
    order_id = venue.rest(SELL, 6000, 12, by=BOB)
    [fill] = fills_of(venue.place(BUY, 6000, 5))

    assert fill.remains_e6 == 7 * E6
    assert venue.engine.order(order_id).status is OrderStatus.LIVE
    assert venue.shares(BOB).reserved_e6 == 7 * E6
    assert venue.book()[1] == [(6000, 7 * E6)]


def test_less_than_a_hundredth_of_a_share_counts_as_done_and_is_promised_no_more():
    venue = with_pairs(BOB)
    maker = venue.rest(SELL, 9800, 5.06, by=BOB)
    [fill] = fills_of(venue.place(BUY, 9900, 5, order_id="taker"))

    assert fill.remains_e6 == 0
    assert venue.engine.order(maker).status is OrderStatus.MATCHED
    assert venue.shares(BOB).reserved_e6 == 0
    assert venue.book() == ([], [])


def test_an_order_never_trades_with_one_of_its_own_account():
    venue = with_pairs(ALICE, BOB)
    own = venue.rest(SELL, 6000, 5)
    other = venue.rest(SELL, 6100, 5, by=BOB)
    events = venue.place(BUY, 6100, 5, order_id="taker")
    [ended] = of(events, OrderEnded)

    assert names(events)[0] == "OrderEnded"
    assert (ended.standing.order.order_id, ended.standing.status) == (own, OrderStatus.INVALID)
    assert "same account" in ended.standing.words
    assert [fill.order_id for fill in fills_of(events)] == [other]


def test_an_order_that_meets_only_its_own_account_cancels_that_and_rests():
    venue = with_pairs(ALICE)
    own = venue.rest(BUY, 4000, 5, token=DOWN)
    events = venue.place(BUY, 6000, 5)

    assert names(events) == ["OrderEnded", "OrderPlaced", "BookChanged"]
    assert venue.engine.order(own).status is OrderStatus.INVALID
    assert venue.book() == ([(6000, 5 * E6)], [])


def test_an_own_order_behind_what_is_taken_stays():
    venue = with_pairs(ALICE, BOB)
    venue.rest(SELL, 6000, 5, by=BOB)
    own = venue.rest(SELL, 6100, 5)
    venue.place(BUY, 6100, 5, usd=3)

    assert venue.engine.order(own).status is OrderStatus.LIVE


def test_a_killed_order_cancels_nothing_of_its_own_account():
    venue = with_pairs(ALICE, BOB)
    own = venue.rest(SELL, 6000, 5)
    venue.rest(SELL, 6000, 5, by=BOB)
    venue.place(BUY, 6000, 10, order_type=FOK)
    venue.place(BUY, 6000, 400, order_type=FOK)
    venue.cancel("o2", by=BOB)
    venue.place(BUY, 6000, 10, order_type=FAK)

    assert venue.engine.order(own).status is OrderStatus.LIVE
    assert venue.engine.recent_trades() == ()


def test_the_last_trade_is_told_in_either_tokens_terms():
    venue = Venue()
    venue.rest(BUY, 4000, 5, by=BOB, token=DOWN)
    assert venue.engine.last_trade(UP) is None
    venue.place(BUY, 6000, 5)

    assert venue.engine.last_trade(UP) == (6000, BUY)
    assert venue.engine.last_trade(DOWN) == (4000, SELL)
    venue.rest(BUY, 3000, 5, by=BOB, token=DOWN)
    venue.place(BUY, 7000, 5, by=CAROL)
    assert venue.engine.last_trade(DOWN) == (3000, SELL)
