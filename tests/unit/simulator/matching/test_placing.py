"""What orders are refused for, and what becomes of each kind of order."""

from dataclasses import replace

import pytest

from simulator.matching.events import OrderEnded, OrderRefused, Refusal, RequestRefused
from simulator.matching.operations import CancelAll, CloseMarket, SetAllowance, Split
from simulator.matching.values import E6, OrderStatus
from unit.simulator.matching.venue import (
    ALICE,
    BOB,
    BUY,
    CAROL,
    CONDITION,
    DOWN,
    FAK,
    FOK,
    GTD,
    KEYS,
    SELL,
    START_NS,
    UP,
    Venue,
    an_order,
    names,
)


def refusal_of(events):
    assert names(events) == ["OrderRefused"], events
    return events[0].refusal


def an_offer(shares=100, price=6000, **instrument):
    """Build a venue where Bob offers to sell the first token."""
    venue = Venue(**instrument)
    venue.do(Split(START_NS, BOB, CONDITION, 500 * E6))
    venue.rest(SELL, price, shares, by=BOB)
    return venue


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"condition_id": "0xnone"}, Refusal.UNKNOWN_MARKET),
        ({"token": "elsewhere"}, Refusal.UNKNOWN_MARKET),
        ({"price_e4": 4050}, Refusal.OFF_TICK),
        ({"price_e4": 0}, Refusal.OFF_TICK),
        ({"price_e4": 10_000}, Refusal.OFF_TICK),
        ({"price_e4": -100}, Refusal.OFF_TICK),
        ({"taker_e6": 4_990_000}, Refusal.TOO_SMALL),
        ({"maker_e6": -1}, Refusal.TOO_SMALL),
        ({"maker_e6": 0, "order_type": FAK}, Refusal.TOO_SMALL),
        ({"order_type": GTD, "expires_ns": START_NS}, Refusal.EXPIRED),
        ({"maker_e6": 1000 * E6 + 1, "taker_e6": 3000 * E6}, Refusal.BALANCE),
    ],
)
def test_an_order_that_does_not_fit_is_refused_and_not_remembered(change, refusal):
    venue = Venue()
    order = an_order("o1", BUY, 4000, 10)
    before = venue.engine.digest()

    assert refusal_of(venue.place_order(replace(order, **change))) is refusal
    assert venue.engine.digest() == before
    assert names(venue.place_order(order)) == ["OrderPlaced", "BookChanged"]


def test_an_id_that_is_known_is_refused_even_when_its_order_is_over():
    venue = Venue()
    venue.rest(BUY, 4000, 10, order_id="o1")
    assert refusal_of(venue.place(BUY, 4000, 10, order_id="o1")) is Refusal.DUPLICATE
    venue.cancel("o1")

    assert refusal_of(venue.place(BUY, 4000, 10, order_id="o1", by=BOB)) is Refusal.DUPLICATE


def test_a_closed_market_takes_no_orders():
    venue = Venue()
    venue.do(CloseMarket(START_NS, CONDITION))

    assert refusal_of(venue.place(BUY, 4000, 10)) is Refusal.NOT_ACCEPTING


def test_the_edges_of_the_tick_are_prices():
    venue = Venue(deposit=10_000)
    venue.quote(bids=[(4900, 5)], asks=[(5100, 5)])

    assert names(venue.place(BUY, 100, 100)) == ["OrderPlaced", "BookChanged"]
    venue.do(Split(START_NS, BOB, CONDITION, 50 * E6))
    assert names(venue.place(SELL, 9900, 10, by=BOB)) == ["OrderPlaced", "BookChanged"]


def test_a_balance_must_cover_an_orders_dollars_and_the_fee_of_what_matches_at_once():
    venue = an_offer(fee_rate_e6=70_000)
    fee_e6 = 1_680_000
    short = venue.place(BUY, 6000, 100, by=CAROL, order_id="short", usd=60)
    assert names(short)[0] == "OrderMatched"
    assert venue.dollars(CAROL).total_e6 == 1000 * E6 - 60 * E6 - fee_e6

    venue.rest(SELL, 6000, 100, by=BOB)
    venue.rest(BUY, 100, 93_800, by=CAROL)
    [refused] = venue.place(BUY, 6000, 10, by=CAROL, usd=6)
    assert refused == OrderRefused(
        START_NS, refused.order, Refusal.BALANCE, 6 * E6 + 168_000, 1000 * E6 - 60 * E6 - fee_e6 - 938 * E6
    )


def test_what_is_promised_to_open_orders_cannot_be_promised_again():
    venue = Venue()
    venue.rest(BUY, 5000, 1200)
    [refused] = venue.place(BUY, 5000, 1000)
    assert (refused.refusal, refused.needed_e6, refused.found_e6) == (Refusal.BALANCE, 500 * E6, 400 * E6)
    venue.cancel("o1")

    assert venue.rest(BUY, 5000, 2000) == "o3"


def test_a_seller_must_have_the_shares():
    venue = Venue()
    venue.do(Split(START_NS, ALICE, CONDITION, 8 * E6))
    venue.rest(SELL, 6000, 5)
    [refused] = venue.place(SELL, 6000, 5)

    assert (refused.refusal, refused.needed_e6, refused.found_e6) == (Refusal.BALANCE, 5 * E6, 3 * E6)


def test_an_allowance_bounds_the_dollars_of_all_open_orders_together():
    venue = Venue()
    assert venue.engine.allowance(ALICE) is None
    venue.do(SetAllowance(START_NS, ALICE, 10 * E6))
    venue.rest(BUY, 4000, 20)
    [refused] = venue.place(BUY, 4000, 10)
    assert (refused.refusal, refused.needed_e6, refused.found_e6) == (Refusal.ALLOWANCE, 4 * E6, 2 * E6)
    venue.do(SetAllowance(START_NS, ALICE, None))

    assert venue.rest(BUY, 4000, 10)


@pytest.mark.parametrize("order_type", [FOK, FAK])
def test_a_market_buy_is_of_a_dollar_at_least(order_type):
    venue = Venue()
    [refused] = venue.place(BUY, 1000, 9.9, order_type=order_type)

    assert (refused.refusal, refused.needed_e6, refused.found_e6) == (Refusal.TOO_LITTLE_NOTIONAL, E6, 990_000)


def test_a_limit_buy_of_less_than_a_dollar_may_rest_but_not_match():
    venue = an_offer(price=1000)

    assert refusal_of(venue.place(BUY, 1000, 5)) is Refusal.TOO_LITTLE_NOTIONAL
    assert venue.rest(BUY, 900, 5)


def test_a_market_order_may_be_smaller_than_the_minimum_size():
    venue = an_offer()

    assert names(venue.place(BUY, 6000, 2, order_type=FAK))[0] == "OrderMatched"


@pytest.mark.parametrize(("side", "price", "token"), [(BUY, 6000, UP), (SELL, 4000, DOWN)])
def test_a_post_only_order_that_would_match_is_refused(side, price, token):
    venue = an_offer()
    venue.do(Split(START_NS, ALICE, CONDITION, 10 * E6))

    assert refusal_of(venue.place(side, price, 10, token=token, post_only=True)) is Refusal.CROSSES


def test_a_post_only_order_that_would_only_meet_its_own_account_is_refused_too():
    venue = an_offer()

    assert refusal_of(venue.place(BUY, 6000, 10, by=BOB, post_only=True)) is Refusal.CROSSES
    assert names(venue.place(BUY, 5900, 10, by=BOB, post_only=True)) == ["OrderPlaced", "BookChanged"]


def test_a_fok_that_cannot_be_filled_is_killed_and_remembered():
    venue = an_offer(shares=10)
    events = venue.place(BUY, 6000, 11, order_type=FOK, order_id="fok")

    assert names(events) == ["OrderRefused", "OrderEnded"]
    assert events[0].refusal is Refusal.FOK_NOT_FILLED
    assert events[1].standing == venue.engine.order("fok")
    assert venue.engine.order("fok").status is OrderStatus.KILLED
    assert venue.engine.open_orders(KEYS[ALICE]) == ()
    assert refusal_of(venue.place(BUY, 6000, 10, order_type=FOK, order_id="fok")) is Refusal.DUPLICATE


def test_a_fok_buy_must_spend_all_its_dollars():
    venue = an_offer(shares=10, price=5000)
    killed = venue.place(BUY, 6000, 10, order_type=FOK)
    filled = venue.place(BUY, 6000, 10, order_type=FOK, usd=5)

    assert names(killed) == ["OrderRefused", "OrderEnded"]
    assert names(filled)[:2] == ["OrderMatched", "OrderMatched"]
    assert venue.engine.order("o3").status is OrderStatus.MATCHED


def test_a_fak_takes_what_there_is_and_ends_matched_without_a_word():
    venue = an_offer(shares=10)
    events = venue.place(BUY, 6000, 25, order_type=FAK, order_id="fak")
    standing = venue.engine.order("fak")

    assert names(events) == ["OrderMatched", "OrderMatched", "TradeChanged", "BookChanged"]
    assert (standing.status, standing.matched_e6, standing.spent_e6) == (OrderStatus.MATCHED, 10 * E6, 6 * E6)
    assert venue.dollars().reserved_e6 == 0
    assert venue.book() == ([], [])


def test_a_fak_that_finds_nothing_is_killed_and_remembered():
    venue = an_offer()
    events = venue.place(BUY, 5900, 10, order_type=FAK, order_id="fak")

    assert [type(event) for event in events] == [OrderRefused, OrderEnded]
    assert events[0].refusal is Refusal.FAK_NOT_FILLED
    assert venue.engine.order("fak").status is OrderStatus.KILLED


def test_an_order_is_cancelled_once_and_by_its_owner_alone():
    venue = Venue()
    order_id = venue.rest(BUY, 4000, 10)
    assert venue.cancel(order_id, by=BOB) == (RequestRefused(START_NS, order_id, Refusal.UNKNOWN_ORDER),)
    assert names(venue.cancel(order_id)) == ["OrderEnded", "BookChanged"]

    assert venue.engine.order(order_id).status is OrderStatus.CANCELED
    assert venue.dollars().available_e6 == 1000 * E6
    assert venue.cancel(order_id) == (RequestRefused(START_NS, order_id, Refusal.ENDED),)
    assert venue.cancel("never") == (RequestRefused(START_NS, "never", Refusal.UNKNOWN_ORDER),)


def test_an_owners_orders_are_cancelled_by_token_and_all_together():
    venue = Venue()
    first, second, third = (venue.rest(BUY, 2000, 10, token=token) for token in (UP, DOWN, UP))
    others = venue.rest(BUY, 2000, 10, by=BOB)
    events = venue.do(CancelAll(START_NS, KEYS[ALICE], token=DOWN))
    assert [event.standing.order.order_id for event in events[:-1]] == [second]
    assert venue.do(CancelAll(START_NS, KEYS[ALICE], condition_id="0xnone")) == ()
    events = venue.do(CancelAll(START_NS, KEYS[ALICE], CONDITION))

    assert [event.standing.order.order_id for event in events[:-1]] == [first, third]
    assert [standing.order.order_id for standing in venue.engine.open_orders(KEYS[BOB])] == [others]


def test_open_orders_are_told_and_counted_oldest_first():
    venue = Venue()
    ids = [venue.rest(BUY, price, 10) for price in (2000, 1000, 3000)]

    assert [standing.order.order_id for standing in venue.engine.open_orders(KEYS[ALICE])] == ids
    assert venue.engine.count_open_orders(KEYS[ALICE]) == 3
    assert venue.engine.count_open_orders("nobody") == 0
