"""Orders that wait: for the taker's delay to be over, or for their own end."""

import pytest

from simulator.matching.events import Refusal, RequestRefused
from simulator.matching.operations import CancelAll, CloseMarket, Deposit, ResolveMarket, Split
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
    GTC,
    GTD,
    KEYS,
    MS,
    SELL,
    START_NS,
    UP,
    Venue,
    names,
)

DELAY_NS = 150 * MS
DUE_NS = START_NS + DELAY_NS


def an_offer(shares=100, **instrument):
    venue = Venue(delay_ns=DELAY_NS, **instrument)
    venue.do(Split(START_NS, BOB, CONDITION, 500 * E6))
    venue.rest(SELL, 6000, shares, by=BOB, order_id="offer")
    return venue


def test_a_marketable_order_is_held_and_then_matched():
    venue = an_offer()
    [held] = venue.place(BUY, 6000, 10, order_id="taker")
    assert (held.standing.status, held.until_ns) == (OrderStatus.DELAYED, DUE_NS)
    assert venue.dollars().reserved_e6 == 6 * E6
    assert venue.engine.next_due_ns() == DUE_NS
    assert venue.book() == ([], [(6000, 100 * E6)])
    assert venue.advance(DUE_NS - 1) == ()
    events = venue.advance(DUE_NS + 99)

    assert names(events) == ["OrderMatched", "OrderMatched", "TradeChanged", "BookChanged"]
    assert {event.at_ns for event in events} == {DUE_NS}
    assert venue.engine.order("taker").status is OrderStatus.MATCHED
    assert venue.engine.order("taker").placed_ns == START_NS
    assert (venue.dollars().reserved_e6, venue.engine.next_due_ns()) == (0, None)


@pytest.mark.parametrize("order", [{"price_e4": 5900}, {"post_only": True, "price_e4": 5900}, {"skips_delay": True}])
def test_an_order_that_does_not_take_or_skips_the_delay_is_not_held(order):
    venue = an_offer()
    events = venue.place(BUY, shares=10, **{"price_e4": 6000} | order)

    assert "OrderHeld" not in names(events)
    assert venue.engine.next_due_ns() is None


def test_the_house_and_the_crowd_are_not_held():
    venue = an_offer()

    assert "TradeChanged" in names(venue.quote(bids=[(6000, 10)]))
    assert "TradeChanged" in names(venue.crowd(BUY, 6000, 10))


def test_a_held_order_cannot_be_cancelled():
    venue = an_offer()
    resting = venue.rest(BUY, 2000, 10)
    venue.place(BUY, 6000, 10, order_id="taker")
    held = RequestRefused(START_NS, "taker", Refusal.HELD)
    assert venue.cancel("taker") == (held,)
    events = venue.do(CancelAll(START_NS, KEYS[ALICE]))

    assert held in events
    assert venue.engine.order(resting).status is OrderStatus.CANCELED
    assert [standing.order.order_id for standing in venue.engine.open_orders(KEYS[ALICE])] == ["taker"]


@pytest.mark.parametrize(
    ("order_type", "status"), [(GTC, OrderStatus.LIVE), (FOK, OrderStatus.KILLED), (FAK, OrderStatus.KILLED)]
)
def test_the_book_may_have_moved_by_the_end_of_a_hold(order_type, status):
    venue = an_offer()
    venue.place(BUY, 6000, 10, order_id="taker", order_type=order_type)
    venue.cancel("offer", by=BOB)
    events = venue.advance(DUE_NS)

    assert names(events)[0] == ("OrderPlaced" if order_type is GTC else "OrderEnded")
    assert venue.engine.order("taker").status is status
    assert venue.dollars().reserved_e6 == (6 * E6 if order_type is GTC else 0)


def test_held_orders_are_matched_in_the_order_in_which_they_are_due_before_anything_later():
    venue = an_offer(shares=15)
    venue.place(BUY, 6000, 10, order_id="first", by=CAROL)
    venue.now_ns += 10
    venue.place(BUY, 6000, 10, order_id="second")
    venue.now_ns = DUE_NS + 10
    events = venue.cancel("offer", by=BOB)

    assert names(events)[-1] == "RequestRefused"
    assert venue.engine.order("first").status is OrderStatus.MATCHED
    assert venue.engine.order("second").matched_e6 == 5 * E6
    assert venue.book() == ([(6000, 5 * E6)], [])


def test_a_held_order_whose_fee_was_spent_meanwhile_ends_unfunded():
    venue = an_offer(fee_rate_e6=70_000)
    venue.place(BUY, 6000, 10, order_id="taker")
    venue.rest(BUY, 1000, 9939)
    assert venue.dollars().available_e6 < 168_000
    events = venue.advance(DUE_NS)

    assert names(events) == ["OrderEnded"]
    assert venue.engine.order("taker").status is OrderStatus.UNFUNDED
    assert venue.dollars().reserved_e6 == 993_900_000


def test_a_held_order_of_a_market_that_closed_is_cancelled_by_the_exchange():
    venue = an_offer()
    venue.place(BUY, 6000, 10, order_id="taker")
    venue.do(CloseMarket(START_NS + 1, CONDITION))
    events = venue.advance(DUE_NS)

    assert names(events) == ["OrderEnded"]
    assert venue.engine.order("taker").status is OrderStatus.INVALID
    assert venue.dollars().reserved_e6 == 0


def test_a_resolution_ends_what_is_held_too():
    venue = an_offer()
    venue.place(BUY, 6000, 10, order_id="taker")
    events = venue.do(ResolveMarket(START_NS + 1, CONDITION, UP))

    assert names(events)[:3] == ["OrderEnded", "OrderEnded", "MarketResolved"]
    assert venue.engine.order("taker").status is OrderStatus.RESOLVED
    assert venue.advance(DUE_NS) == ()


def test_a_gtd_order_expires_at_its_instant():
    venue = Venue()
    venue.rest(BUY, 4000, 10, order_id="gtd", order_type=GTD, expires_ns=START_NS + 60)
    assert venue.engine.next_due_ns() == START_NS + 60
    assert venue.advance(START_NS + 59) == ()
    events = venue.do(Deposit(START_NS + 1000, BOB, E6))

    assert names(events) == ["OrderEnded", "BookChanged", "BalanceChanged"]
    assert (events[0].at_ns, events[-1].at_ns) == (START_NS + 60, START_NS + 1000)
    assert venue.engine.order("gtd").status is OrderStatus.EXPIRED
    assert venue.engine.next_due_ns() is None


def test_a_gtd_order_that_expires_while_it_is_held_never_matches():
    venue = an_offer()
    venue.place(BUY, 6000, 10, order_id="gtd", order_type=GTD, expires_ns=START_NS + 60)
    events = venue.advance(DUE_NS)

    assert names(events) == ["OrderEnded"]
    assert venue.engine.order("gtd").status is OrderStatus.EXPIRED


def test_what_was_cancelled_is_not_due():
    venue = Venue()
    venue.rest(BUY, 4000, 10, order_id="gtd", order_type=GTD, expires_ns=START_NS + 60)
    venue.cancel("gtd")

    assert venue.engine.next_due_ns() is None
    assert venue.advance(START_NS + 60) == ()


def test_an_operation_that_comes_late_happens_when_it_comes():
    venue = Venue()
    venue.advance(START_NS + 1000)
    venue.now_ns = START_NS
    [placed, _] = venue.place(BUY, 4000, 10, token=DOWN)

    assert placed.at_ns == START_NS + 1000
