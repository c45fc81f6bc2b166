"""What rests at the paper venue: filled only by what trades through it, behind its queue; and cancelling."""

from decimal import Decimal

import pytest

from builders import FEE, a_market
from common.contracts.venue import FeeSchedule
from executor.adapters.paper import words
from unit.executor.paper_builders import a_venue, book, brief, ms, order

BIDS = ((0.48, 30),)
QUIET = book((0.52, 100), bids=BIDS)


def resting(*books, quantity=10, market=None, **changes):
    """A post-only buy at 0.48, behind 30 shares, that has come to rest."""
    venue = a_venue(QUIET, *books, market=market)
    venue.submit(order(quantity, "0.48", order_type="GTC", **changes), ms(0), post_only=True)
    assert brief(venue.due(ms(100))) == ["100 accepted"]
    return venue


def after_books(venue, *books, until=2000):
    for each in books:
        venue.on_book(each)
    return brief(venue.due(ms(until)))


def test_an_order_that_rests_is_not_filled_by_the_other_side_staying_away():
    assert after_books(resting(), book((0.49, 100), bids=BIDS, at=200)) == []


def test_a_trade_through_the_limit_fills_at_the_limit_and_pays_no_fee():
    told = after_books(resting(), book((0.47, 100), bids=((0.45, 5),), at=200))

    assert told == ["200 filled 10@0.48 fee 0", "200 completed 10"]


def test_what_trades_through_fills_no_more_than_it_displays():
    venue = resting()

    told = after_books(venue, book((0.46, 2), (0.47, 3), bids=((0.45, 5),), at=200), until=250)

    assert told == ["200 filled 2@0.48 fee 0", "200 filled 3@0.48 fee 0"]
    assert after_books(venue, book((0.47, 100), bids=((0.45, 5),), at=300)) == [
        "300 filled 5@0.48 fee 0", "300 completed 10",
    ]  # fmt: skip


def test_the_same_book_said_again_does_not_fill_again():
    venue = resting()
    through = book((0.47, 3), bids=((0.45, 5),), at=200)

    first = after_books(venue, through, until=250)
    again = after_books(venue, through.model_copy(update={"received_at": ms(300)}))

    assert (first, again) == (["200 filled 3@0.48 fee 0"], [])


def test_an_offer_at_the_limit_fills_nothing_while_there_is_a_queue_ahead():
    assert after_books(resting(), book((0.48, 100), bids=((0.48, 1),), at=200)) == []


def test_an_offer_at_the_limit_fills_once_the_queue_is_gone():
    venue = resting()

    told = after_books(venue, book((0.52, 9), bids=((0.45, 5),), at=200), book((0.48, 4), bids=((0.45, 5),), at=300))

    assert told == ["300 filled 4@0.48 fee 0"]


def test_shares_that_join_the_queue_later_are_behind_us():
    venue = resting()
    gone, joined = book((0.52, 9), bids=((0.45, 5),), at=200), book((0.52, 9), bids=((0.48, 500),), at=300)

    assert after_books(venue, gone, joined, book((0.48, 100), bids=((0.48, 500),), at=400))[-1] == "400 completed 10"


def test_a_sale_rests_the_other_way_round():
    venue = a_venue(book((0.52, 30), bids=((0.40, 9),)))
    venue.submit(order(10, "0.52", order_type="GTC", side="SELL"), ms(0), post_only=True)
    venue.due(ms(100))

    assert after_books(venue, book((0.60, 1), bids=((0.53, 100),), at=200)) == [
        "200 filled 10@0.52 fee 0", "200 completed 10",
    ]  # fmt: skip


def test_a_bid_at_the_limit_fills_no_sale_while_there_is_a_queue_ahead():
    venue = a_venue(book((0.52, 30), bids=((0.40, 9),)))
    venue.submit(order(10, "0.52", order_type="GTC", side="SELL"), ms(0), post_only=True)
    venue.due(ms(100))

    assert after_books(venue, book((0.52, 1), bids=((0.52, 100),), at=200)) == []


def test_a_maker_pays_where_the_schedule_says_that_makers_pay():
    both = FeeSchedule(rate=Decimal("0.07"), exponent=1, taker_only=False)
    venue = resting(market=a_market(fee=both, taker_delay_ms=150))

    told = after_books(venue, book((0.47, 100), bids=((0.45, 5),), at=200))

    assert told[0] == f"200 filled 10@0.48 fee {FEE.taker(Decimal('0.48'), Decimal(10))}"


def test_an_order_that_may_rest_takes_what_it_reaches_and_rests_with_the_rest():
    venue = a_venue(book((0.50, 4), (0.55, 9), bids=((0.40, 9),)))
    venue.submit(order(order_type="GTC"), ms(0))

    assert brief(venue.due(ms(300))) == ["100 accepted", "250 filled 4@0.5 fee 0.07000"]
    assert after_books(venue, book((0.49, 100), bids=((0.40, 9),), at=400), until=500) == [
        "400 filled 6@0.50 fee 0", "400 completed 10",
    ]  # fmt: skip


def test_earlier_orders_are_filled_first():
    venue = resting()
    venue.submit(order(10, "0.48", order_type="GTC", order_id="order2"), ms(100), post_only=True)
    venue.due(ms(200))
    venue.on_book(book((0.47, 15), bids=((0.45, 5),), at=300))

    told = [(r.order_id, str(r.quantity)) for r in venue.due(ms(300)) if r.type == "gateway_filled"]

    assert told == [("order1", "10"), ("order2", "5")]


def test_a_cancel_takes_effect_when_it_arrives():
    venue = resting()
    venue.cancel("order1", ms(200))

    assert brief(venue.due(ms(300))) == ["300 cancelled 0: CANCELED"]
    assert after_books(venue, book((0.47, 100), bids=((0.45, 5),), at=400)) == []


def test_a_match_races_a_cancel_and_wins():
    venue = resting()
    venue.cancel("order1", ms(200))

    told = after_books(venue, book((0.47, 100), bids=((0.45, 5),), at=250))

    assert told == ["250 filled 10@0.48 fee 0", "250 completed 10", f"300 cancel declined: {words.ALREADY_GONE}"]


def test_a_partial_fill_races_a_cancel_and_the_cancel_says_what_was_filled():
    venue = resting()
    venue.cancel("order1", ms(200))

    told = after_books(venue, book((0.47, 3), bids=((0.45, 5),), at=250))

    assert told == ["250 filled 3@0.48 fee 0", "300 cancelled 3: CANCELED"]


def test_an_order_that_is_on_its_way_is_cancelled_at_once():
    venue = a_venue(QUIET)
    venue.submit(order(), ms(0))
    venue.cancel("order1", ms(50))

    assert brief(venue.due(ms(3000))) == [f"50 cancelled 0: {words.NEVER_SENT}"]


def test_an_order_that_is_held_cannot_be_cancelled_and_ends_as_the_venue_would_have_it():
    venue = a_venue(book((0.50, 100)))
    venue.submit(order(), ms(0))
    venue.due(ms(100))
    venue.cancel("order1", ms(110))

    assert brief(venue.due(ms(250))) == [
        "210 cancel declined: held by the taker delay: it cannot be cancelled", "250 filled 10@0.5 fee 0.17500",
        "250 completed 10",
    ]  # fmt: skip


def test_a_cancel_finds_the_order_where_it_is_by_then_whether_or_not_time_was_told_before():
    venue = a_venue(book((0.50, 100)))
    venue.submit(order(), ms(0))
    venue.cancel("order1", ms(110))

    assert brief(venue.due(ms(250)))[0:2] == ["100 accepted", f"210 cancel declined: {words.HELD}"]


def test_cancelling_everything_asks_for_each_order_that_is_not_done():
    venue = resting()
    venue.submit(order(order_id="order2"), ms(120))
    venue.cancel_all(ms(150))

    assert brief(venue.due(ms(3000))) == [f"150 cancelled 0: {words.NEVER_SENT}", "250 cancelled 0: CANCELED"]
    assert venue.working == 0


def test_cancelling_an_order_that_is_not_there_says_so():
    venue = a_venue()
    venue.cancel("nobody's", ms(0))

    assert brief(venue.due(ms(0))) == ["0 not found"]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ({"winner": "Up", "change": "resolved"}, "200 cancelled 0: CANCELED_MARKET_RESOLVED"),
        ({"accepting_orders": False}, "200 cancelled 0: CANCELED"),
    ],
)
def test_a_market_that_closes_cancels_what_rests_in_it(word, told):
    venue = resting()
    venue.on_market(a_market(observed_at=ms(200), **word))

    assert brief(venue.due(ms(200))) == [told]


def test_what_rests_ends_with_its_market():
    venue = resting(market=a_market(ends_at=ms(1000)))

    assert brief(venue.due(ms(1000))) == [f"1000 cancelled 0: {words.CLOSED}"]


def test_a_stale_book_fills_nothing_that_rests():
    venue = resting()
    venue.due(ms(10_000))

    assert after_books(venue, book((0.47, 100), bids=((0.45, 5),), at=200), until=10_000) == []


def test_an_order_expires_at_the_moment_that_it_states():
    venue = a_venue(QUIET)
    venue.submit(order(10, "0.48", order_type="GTD", expires_at=ms(5000), post_only=True), ms(0))

    *_, before, end = venue.due(ms(100)) + venue.due(ms(4999)) + venue.due(ms(5000))

    assert (before.type, end.type, end.kind, end.at) == ("gateway_accepted", "gateway_cancelled", "expired", ms(5000))


def test_an_approval_that_says_post_only_is_turned_away_where_it_would_cross():
    venue = a_venue(QUIET)
    venue.submit(order(10, "0.52", order_type="GTC", post_only=True), ms(0))

    assert venue.due(ms(100))[0].code == "post_only_would_cross"


def test_what_is_held_for_the_taker_delay_says_so_and_says_when_it_rests():
    venue = a_venue(QUIET)
    venue.submit(order(10, "0.52", order_type="GTC"), ms(0))
    venue.on_book(book((0.60, 100), bids=BIDS, at=200))

    told = [(report.type, report.status) for report in venue.due(ms(1000))]

    assert told == [("gateway_accepted", "delayed"), ("gateway_accepted", "live")]


def test_the_account_lists_what_is_open_and_what_was_matched_and_whether_it_is_final():
    venue = resting()
    venue.on_book(book((0.47, 4), bids=((0.45, 5),), at=200))

    early, late = venue.snapshot(ms(0), ms(300)), venue.snapshot(ms(0), ms(5000))

    assert [(each.order_id, each.price, each.quantity, each.matched) for each in early.orders] == [
        ("order1", Decimal("0.48"), 10, 4)
    ]
    assert [(each.quantity, each.is_final) for each in (*early.fills, *late.fills)] == [(4, False), (4, True)]
