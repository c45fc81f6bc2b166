"""What the paper venue does with an order that takes: latency, taker delay, depth, fees, and what is left."""

from decimal import Decimal

import pytest

from builders import DOWN, FEE, UP, a_market
from executor.adapters.paper import words
from unit.executor.paper_builders import FINAL, MATCHES, a_venue, book, brief, ms, order


def trade(venue, *orders, until=FINAL):
    for each in orders:
        venue.submit(each, ms(0))
    return brief(venue.due(ms(until)))


def test_a_marketable_order_arrives_is_held_is_matched_and_becomes_final():
    assert trade(a_venue(book((0.50, 100))), order()) == [
        "100 accepted", "250 filled 10@0.5 fee 0.17500", "250 completed 10", "2250 fill confirmed",
    ]  # fmt: skip


def test_nothing_is_reported_before_it_is_due():
    venue = a_venue(book((0.50, 100)))
    venue.submit(order(), ms(0))

    told = {at: brief(venue.due(ms(at))) for at in (0, 99, 100, 249, 250, 2249, 2250)}

    assert [at for at, reports in told.items() if reports] == [100, 250, 2250]


def test_the_next_moment_at_which_something_is_due_is_known():
    venue = a_venue(book((0.50, 100)))
    assert venue.next_due() is None
    venue.submit(order(), ms(0))

    moments = []
    while (due := venue.next_due()) is not None:
        moments.append(due)
        venue.due(due)

    assert moments == [ms(100), ms(250), ms(2250)]


def test_depth_is_walked_level_by_level_at_the_makers_prices_and_each_level_pays_its_own_fee():
    venue = a_venue(book((0.45, 3), (0.48, 4), (0.50, 100)))

    fees = [FEE.taker(Decimal(price), Decimal(size)) for price, size in (("0.45", 3), ("0.48", 4), ("0.50", 3))]
    assert trade(venue, order())[1:5] == [
        f"250 filled 3@0.45 fee {fees[0]}", f"250 filled 4@0.48 fee {fees[1]}", f"250 filled 3@0.5 fee {fees[2]}",
        "250 completed 10",
    ]  # fmt: skip


def test_each_fill_has_an_id_of_its_own_that_derives_from_the_order():
    def fill_ids():
        venue = a_venue(book((0.45, 3), (0.50, 100)))
        venue.submit(order(), ms(0))
        return [r.fill_id for r in venue.due(ms(MATCHES)) if r.type == "gateway_filled"]

    assert len(set(fill_ids())) == 2
    assert fill_ids() == fill_ids()


def test_a_thin_book_fills_a_part_and_the_rest_is_killed():
    assert trade(a_venue(book((0.50, 4), (0.51, 100))), order(), until=MATCHES) == [
        "100 accepted", "250 filled 4@0.5 fee 0.07000", f"250 cancelled 4: {words.REST_KILLED}",
    ]  # fmt: skip


def test_an_order_that_reaches_nothing_is_killed_on_arrival_in_the_venues_words():
    words_of_the_venue = (
        "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
    )

    assert trade(a_venue(book((0.51, 100))), order()) == [f"100 cancelled 0: {words_of_the_venue}"]


def test_an_order_without_a_book_is_killed_too():
    assert trade(a_venue(), order()) == [f"100 cancelled 0: {words.FAK_KILLED}"]


def test_a_fill_or_kill_order_fills_whole():
    venue = a_venue(book((0.45, 3), (0.50, 7)))

    assert trade(venue, order(order_type="FOK"), until=MATCHES)[-1] == "250 completed 10"


def test_a_fill_or_kill_order_takes_nothing_from_a_book_that_is_too_thin():
    venue = a_venue(book((0.45, 3), (0.50, 6)))

    killed = trade(venue, order(order_type="FOK"), until=MATCHES)

    assert killed == [
        "100 accepted", "250 cancelled 0: order couldn't be fully filled. FOK orders are fully filled or killed.",
    ]  # fmt: skip
    assert trade(venue, order(9, order_id="order2"), until=2 * MATCHES)[-1] == "250 completed 9"


def test_the_book_moves_away_during_the_taker_delay():
    venue = a_venue(book((0.50, 100)))
    venue.submit(order(), ms(0))
    venue.on_book(book((0.55, 100), at=200))

    assert brief(venue.due(ms(FINAL))) == ["100 accepted", f"250 cancelled 0: {words.FAK_KILLED}"]


def test_the_book_improves_during_the_taker_delay_and_the_order_gets_it():
    venue = a_venue(book((0.50, 100)))
    venue.submit(order(), ms(0))
    venue.on_book(book((0.40, 100), bids=((0.30, 100),), at=200))

    assert "250 filled 10@0.4 fee 0.16800" in brief(venue.due(ms(MATCHES)))


def test_a_book_that_comes_in_after_the_match_changes_nothing_of_it():
    venue = a_venue(book((0.50, 100)))
    venue.submit(order(), ms(0))
    venue.on_book(book((0.55, 100), at=251))

    assert "250 filled 10@0.5 fee 0.17500" in brief(venue.due(ms(251)))


def test_a_market_without_a_taker_delay_matches_on_arrival():
    venue = a_venue(book((0.50, 100)), market=a_market(taker_delay_ms=0))

    assert trade(venue, order(), until=100) == ["100 accepted", "100 filled 10@0.5 fee 0.17500", "100 completed 10"]


def test_a_stale_book_fills_nothing_on_arrival():
    venue = a_venue(book((0.50, 100)), book_age_ms_max=99)

    assert trade(venue, order()) == ["100 cancelled 0: stale book"]


def test_a_book_that_goes_stale_during_the_taker_delay_fills_nothing():
    venue = a_venue(book((0.50, 100)), book_age_ms_max=249)

    assert trade(venue, order()) == ["100 accepted", "250 cancelled 0: stale book"]


def test_a_book_just_inside_the_age_fills():
    assert trade(a_venue(book((0.50, 100)), book_age_ms_max=250), order(), until=MATCHES)[-1] == "250 completed 10"


def test_an_older_book_does_not_replace_a_newer_one():
    venue = a_venue(book((0.50, 100), at=50), book((0.30, 100), at=40))

    assert "250 filled 10@0.5 fee 0.17500" in trade(venue, order())


def test_what_was_taken_stays_taken_while_the_level_is_displayed_as_before():
    venue = a_venue(book((0.50, 15)))
    venue.submit(order(), ms(0))
    venue.due(ms(MATCHES))
    venue.on_book(book((0.50, 15), at=260))
    venue.submit(order(order_id="order2"), ms(300))

    assert f"550 cancelled 5: {words.REST_KILLED}" in brief(venue.due(ms(600)))


@pytest.mark.parametrize(
    "between", [[book((0.50, 16), at=260)], [book((0.52, 9), at=260), book((0.50, 15), at=270)]]
)  # fmt: skip
def test_a_level_that_changed_or_came_back_is_a_new_one(between):
    venue = a_venue(book((0.50, 15)))
    venue.submit(order(), ms(0))
    venue.due(ms(MATCHES))
    for each in between:
        venue.on_book(each)
    venue.submit(order(order_id="order2"), ms(300))

    assert "550 completed 10" in brief(venue.due(ms(600)))


def test_two_orders_in_flight_do_not_get_the_same_shares():
    venue = a_venue(book((0.50, 15)))

    told = trade(venue, order(), order(order_id="order2"), until=MATCHES)

    assert told[-2:] == ["250 filled 5@0.5 fee 0.08750", f"250 cancelled 5: {words.REST_KILLED}"]


def test_what_was_taken_from_one_token_is_gone_from_the_mirrored_side_of_the_other():
    asks_up = book((0.50, 15), bids=((0.40, 100),))
    bids_down = book((0.60, 100), bids=((0.50, 15),), token=DOWN)
    venue = a_venue(asks_up, bids_down)
    venue.submit(order(), ms(0))
    venue.submit(order(token_id=DOWN, outcome="Down", side="SELL", order_id="order2"), ms(1))

    told = brief(venue.due(ms(300)))

    assert f"251 cancelled 5: {words.REST_KILLED}" in told


def test_a_sale_takes_the_bids_from_the_best_on():
    venue = a_venue(book((0.60, 100), bids=((0.52, 4), (0.50, 100))))

    assert trade(venue, order(side="SELL"), until=MATCHES)[1:] == [
        f"250 filled 4@0.52 fee {FEE.taker(Decimal('0.52'), Decimal(4))}", "250 filled 6@0.5 fee 0.10500",
        "250 completed 10",
    ]  # fmt: skip


def test_an_order_that_is_sent_twice_is_one_order():
    venue = a_venue(book((0.50, 100)))

    told = trade(venue, order(), order())

    assert (told.count("250 completed 10"), venue.duplicates) == (1, 1)


def test_an_order_that_is_sent_again_when_it_is_over_is_no_order():
    venue = a_venue(book((0.50, 100)))
    trade(venue, order())
    venue.submit(order(), ms(5000))

    assert (brief(venue.due(ms(9000))), venue.duplicates) == ([], 1)


def test_a_market_that_is_resolved_during_the_taker_delay_cancels_the_order():
    venue = a_venue(book((0.50, 100)))
    venue.submit(order(), ms(0))
    venue.on_market(a_market(change="resolved", winner="Up", observed_at=ms(200)))

    assert brief(venue.due(ms(FINAL))) == ["100 accepted", "250 cancelled 0: CANCELED_MARKET_RESOLVED"]
    assert venue._depth.book(UP) is None


def test_a_market_that_ends_during_the_taker_delay_fills_nothing():
    venue = a_venue(book((0.50, 100)), market=a_market(taker_delay_ms=150, ends_at=ms(250)))

    assert trade(venue, order())[-1] == f"250 cancelled 0: {words.CLOSED}"


def test_what_is_known_of_an_order_can_be_asked_for_at_any_stage():
    venue = a_venue(book((0.50, 100)))
    stages = {}
    venue.submit(order(), ms(0))
    for at in (50, 100, 250):
        venue.due(ms(at))
        stages[at] = [r.type.removeprefix("gateway_") for r in venue.look_up("order1")]

    assert stages == {50: [], 100: ["accepted"], 250: ["accepted", "filled", "completed"]}
    assert [r.type for r in venue.look_up("nobody's")] == ["gateway_not_found"]


def test_a_match_of_an_earlier_process_becomes_final_in_its_time():
    venue = a_venue()
    venue.look_up_fill("order1", "fill1", ms(0), ms(500))
    venue.look_up_fill("order2", "fill2", ms(-9000), ms(500))

    assert brief(venue.due(ms(9000))) == ["500 fill confirmed", "2000 fill confirmed"]


def test_orders_within_the_memory_are_all_remembered():
    venue = a_venue(book((0.50, 10_000)), orders_kept_max=20)
    for n in range(20):
        venue.submit(order(order_id=f"order{n}"), ms(0))
        venue.due(ms(300 + n))

    assert all(venue.look_up(f"order{n}")[-1].type == "gateway_completed" for n in range(20))


def test_orders_and_markets_beyond_the_memory_are_forgotten():
    venue = a_venue(book((0.50, 10_000)), orders_kept_max=20, markets_kept_max=3)
    for n in range(60):
        venue.submit(order(order_id=f"order{n}"), ms(0))
        venue.due(ms(300 + n))
    for n in range(9):
        venue.on_market(a_market(market_id=f"0x{n}", up_token_id=f"{n}1", down_token_id=f"{n}2"))
        venue.on_book(book((0.50, 10), token=f"{n}1"))

    assert len(venue._orders) <= 23
    assert len(venue._markets) == 3
    assert len(venue._depth._books) <= 6
    assert venue._depth.book(UP) is None
