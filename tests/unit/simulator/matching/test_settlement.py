"""What a trade gives: not to be used before it is mined, and taken back exactly if it fails."""

import pytest

from simulator.matching.events import OrderEnded, Refusal, RequestRefused, TradeChanged
from simulator.matching.operations import Merge, Redeem, ResolveMarket, Settle, Split
from simulator.matching.values import CROWD, E6, FEES, HOUSE, OrderStatus, TradeStatus
from unit.simulator.matching.books import assert_nothing_was_lost
from unit.simulator.matching.venue import ALICE, BOB, BUY, CONDITION, DOWN, SELL, START_NS, UP, Venue, names, of

MATCHED, RETRYING, MINED, CONFIRMED, FAILED = (
    TradeStatus.MATCHED, TradeStatus.RETRYING, TradeStatus.MINED, TradeStatus.CONFIRMED, TradeStatus.FAILED,
)  # fmt: skip
KINDS = {
    "complementary": (BUY, 6100, UP, SELL, 6100, UP),
    "mint": (BUY, 6100, UP, BUY, 3900, DOWN),
    "merge": (SELL, 6100, UP, SELL, 3900, DOWN),
    "sold": (SELL, 6100, UP, BUY, 6100, UP),
}


def holdings(venue):
    engine = venue.engine
    return {
        account: (engine.dollars(account), {t: h for t in (UP, DOWN) if (h := engine.shares(account, t)).total_e6})
        for account in (ALICE, BOB, FEES)
    }


def funded(**instrument):
    venue = Venue(fee_rate_e6=70_000, **instrument)
    for account in (ALICE, BOB):
        venue.do(Split(START_NS, account, CONDITION, 50 * E6))
    return venue


def traded(kind, shares=10.33):
    """Make one trade of a kind, between two that could make any, and return it with the holdings before."""
    venue = funded()
    before = holdings(venue)
    taker_side, taker_price, taker_token, side, price, token = KINDS[kind]
    venue.rest(side, price, shares, by=BOB, token=token)
    venue.place(taker_side, taker_price, shares, token=taker_token)
    [trade] = venue.engine.recent_trades()
    return venue, trade, before


def test_what_a_buyer_got_is_there_but_not_to_be_used_until_it_is_mined():
    venue, trade, _ = traded("complementary")
    assert venue.shares(ALICE, UP).unsettled_e6 == trade.shares_e6
    assert venue.dollars(BOB).unsettled_e6 == trade.usd_e6
    [refused] = venue.place(SELL, 7000, 50.01)
    assert (refused.refusal, refused.found_e6) == (Refusal.BALANCE, 50 * E6)
    assert venue.do(Merge(START_NS, ALICE, CONDITION, 50 * E6 + 1))[0].refusal is Refusal.BALANCE
    venue.settle(trade)

    assert venue.shares(ALICE, UP).available_e6 == 50 * E6 + trade.shares_e6
    assert venue.dollars(BOB).unsettled_e6 == 0
    assert venue.rest(SELL, 7000, 50.01)


@pytest.mark.parametrize("status", [MINED, CONFIRMED])
def test_what_a_seller_got_may_be_used_once_it_is_settled(status):
    venue, trade, _ = traded("sold")
    assert venue.dollars(ALICE).unsettled_e6 == trade.usd_e6 - trade.fee_e6
    venue.settle(trade, status)

    assert venue.dollars(ALICE).unsettled_e6 == 0
    assert venue.dollars(FEES).available_e6 == trade.fee_e6


@pytest.mark.parametrize("kind", KINDS)
def test_a_trade_that_fails_is_taken_back_exactly_on_both_sides(kind):
    venue, trade, before = traded(kind)
    assert holdings(venue) != before
    [changed] = venue.settle(trade, FAILED)

    assert holdings(venue) == before
    assert venue.engine.locked(CONDITION) == 100 * E6
    assert (changed.trade.status, venue.engine.trade(trade.trade_id).status) == (FAILED, FAILED)
    assert [venue.engine.order(order_id).status for order_id in ("o1", "o2")] == [OrderStatus.MATCHED] * 2
    assert_nothing_was_lost(venue.engine)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trade_that_fails_after_it_was_mined_is_taken_back_too(kind):
    venue, trade, before = traded(kind)
    venue.settle(trade)
    venue.settle(trade, FAILED)

    assert holdings(venue) == before
    assert_nothing_was_lost(venue.engine)


def test_a_failure_after_mining_ends_the_orders_that_were_promised_what_is_taken_back():
    venue, trade, _ = traded("mint")
    venue.settle(trade)
    old, new = venue.rest(SELL, 9000, 45), venue.rest(SELL, 9000, 12)
    events = venue.settle(trade, FAILED)

    assert [event.standing.order.order_id for event in of(events, OrderEnded)] == [new]
    assert venue.engine.order(new).status is OrderStatus.UNFUNDED
    assert venue.engine.order(old).status is OrderStatus.LIVE
    assert venue.shares(ALICE, UP).total_e6 == 50 * E6
    assert_nothing_was_lost(venue.engine)


def test_what_was_spent_before_a_failure_is_made_good_from_outside():
    venue, trade, _ = traded("mint")
    venue.settle(trade)
    given = venue.engine.given()
    venue.rest(BUY, 5000, 60, by=BOB)
    venue.place(SELL, 5000, 60)
    venue.settle(trade, FAILED)
    missing_e6 = 60 * E6 - 50 * E6

    assert venue.engine.given() == given + missing_e6
    assert venue.shares(ALICE, UP).total_e6 == 0
    assert venue.shares(HOUSE, DOWN).total_e6 == missing_e6
    assert_nothing_was_lost(venue.engine)


def test_a_failure_after_the_resolution_finds_unsettled_shares_unredeemed():
    venue, trade, _ = traded("mint")
    venue.do(ResolveMarket(START_NS, CONDITION, UP))
    venue.do(Redeem(START_NS, ALICE, CONDITION))
    assert venue.shares(ALICE, UP).total_e6 == trade.shares_e6
    venue.settle(trade, FAILED)

    assert venue.shares(ALICE, UP).total_e6 == 0
    assert venue.dollars(ALICE).total_e6 == 1000 * E6
    assert_nothing_was_lost(venue.engine)


def test_a_redeemed_win_whose_trade_then_fails_is_made_good():
    venue, trade, _ = traded("mint")
    venue.settle(trade)
    venue.do(ResolveMarket(START_NS, CONDITION, UP))
    for account in (ALICE, BOB):
        venue.do(Redeem(START_NS, account, CONDITION))
    venue.settle(trade, FAILED)

    assert venue.engine.positions(ALICE) == venue.engine.positions(BOB) == {}
    assert_nothing_was_lost(venue.engine)


def test_a_settlement_only_goes_forward_and_the_same_again_does_nothing():
    venue, trade, _ = traded("mint")
    assert venue.settle(trade, MATCHED) == ()
    for status in (RETRYING, MINED, CONFIRMED):
        assert [event.trade.status for event in venue.settle(trade, status)] == [status]
        assert venue.settle(trade, status) == ()
    refused = (RequestRefused(START_NS, trade.trade_id, Refusal.TRADE_FINAL),)

    for status in (MATCHED, RETRYING, MINED, FAILED):
        assert venue.settle(trade, status) == refused


def test_a_failed_trade_stays_failed_and_a_mined_one_is_not_retried():
    venue, trade, _ = traded("mint")
    venue.settle(trade)
    assert names(venue.settle(trade, RETRYING)) == ["RequestRefused"]
    venue.settle(trade, FAILED)

    assert names(venue.settle(trade, CONFIRMED)) == ["RequestRefused"]
    assert venue.settle(trade, FAILED) == ()
    assert names(venue.do(Settle(START_NS, "never", MINED))) == ["RequestRefused"]


def test_a_trades_transaction_hash_is_kept_from_when_it_is_mined():
    venue, trade, _ = traded("mint")
    [mined] = of(venue.settle(trade, MINED), TradeChanged)
    [confirmed] = of(venue.settle(trade, CONFIRMED), TradeChanged)

    assert (trade.transaction_hash, mined.trade.transaction_hash) == ("", "0xhash")
    assert confirmed.trade.transaction_hash == "0xhash"


def test_trades_are_told_by_key_and_by_wallet_newest_first():
    venue = funded()
    venue.rest(BUY, 3900, 20, by=BOB, token=DOWN)
    venue.place(BUY, 6100, 10)
    venue.crowd(BUY, 6100, 5)
    newest, oldest = venue.engine.recent_trades()

    assert venue.engine.trades("key-bob") == venue.engine.trades_of_account(BOB) == (newest, oldest)
    assert venue.engine.trades("key-alice") == venue.engine.trades_of_account(ALICE) == (oldest,)
    assert venue.engine.trades_of_account(CROWD) == (newest,)
    assert venue.engine.trades("nobody") == ()
