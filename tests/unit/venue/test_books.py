"""Books rebuilt from snapshots and changes: published when they can be right, asked for anew when they cannot."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import after
from common.contracts.venue import BookUpdated
from unit.venue.venue_builders import (
    CONDITION,
    DOWN,
    UP,
    a_change,
    a_keeper,
    a_quote,
    a_running_market,
    a_snapshot,
    levels,
    ticked,
    told,
)
from venue.core import Book, BookDoubted, BookResyncWanted, TickSizeChanged, ladder


def a_followed_book(**changes):
    """A keeper with both of a market's books, so that a tick has nothing to ask for."""
    keeper = a_running_market(a_keeper(**changes))
    told(keeper, a_snapshot())
    told(keeper, a_snapshot(token_id=DOWN, bids=((0.50, 100),), asks=((0.52, 100),)))
    return keeper


def reasons(outcome):
    assert isinstance(outcome, BookResyncWanted)
    return dict(zip(outcome.token_ids, outcome.reasons, strict=True))


def test_a_snapshot_is_published_best_first_whatever_its_order():
    book = told(
        a_running_market(), a_snapshot(bids=((0.01, 9), (0.48, 1), (0.3, 2)), asks=((0.99, 9), (0.5, 3), (0.6, 4)))
    )

    assert book == BookUpdated(
        venue="polymarket", market_id=CONDITION, token_id=UP, bids=levels((0.48, 1), (0.3, 2), (0.01, 9)),
        asks=levels((0.5, 3), (0.6, 4), (0.99, 9)), tick=Decimal("0.01"), source_at=after(0), received_at=after(0),
    )  # fmt: skip


def test_a_published_book_survives_the_wire():
    book = told(a_running_market(), a_snapshot())

    assert BookUpdated.model_validate_json(book.to_json()) == book


def test_a_book_is_cut_to_its_best_levels():
    asks = tuple((0.50 + cents / 100, 1) for cents in range(20))

    book = told(a_running_market(a_keeper(book_levels_max=3)), a_snapshot(asks=asks))

    assert book.asks == levels((0.50, 1), (0.51, 1), (0.52, 1))


def test_an_empty_book_is_news_too():
    keeper = a_followed_book()

    book = told(keeper, a_snapshot(1, bids=(), asks=()))

    assert (book.bids, book.asks) == ((), ())


def test_sizes_are_absolute_and_zero_removes_a_level():
    keeper = a_followed_book()

    book = told(keeper, a_change(1, ("SELL", 0.50, 0), ("SELL", 0.51, 7), ("BUY", 0.48, 40), best=(0.48, 0.51)))

    assert (book.bids, book.asks) == (levels((0.48, 40)), levels((0.51, 7)))
    assert (book.source_at, book.received_at) == (after(1), after(1))


def test_removing_a_level_that_is_not_there_changes_nothing():
    assert told(a_followed_book(), a_change(1, ("BUY", 0.20, 0), best=(0.48, 0.50))).bids == levels((0.48, 100))


def test_the_mirrored_halves_of_a_frame_change_each_tokens_own_book():
    keeper = a_followed_book()

    up = told(keeper, a_change(1, ("BUY", 0.49, 10), best=(0.49, 0.50)))
    down = told(keeper, a_change(1, ("SELL", 0.51, 10), best=(0.50, 0.51), token_id=DOWN))

    assert up.bids[0] == levels((0.49, 10))[0]
    assert down.asks[0] == levels((0.51, 10))[0]


def test_a_change_before_any_snapshot_is_no_book():
    keeper = a_running_market()

    assert told(keeper, a_change(1, ("BUY", 0.49, 10), best=(0.49, 0.50))) is None
    assert keeper.refused["change_before_snapshot"] == 1


def test_a_book_of_a_token_that_is_not_listed_is_refused_by_name():
    keeper = a_running_market()

    assert told(keeper, a_snapshot(token_id="3" * 70)) is None
    assert told(keeper, a_snapshot(market_id="0x" + "00" * 32)) is None
    assert keeper.refused["book_of_unknown_token"] == 2


def test_a_burst_that_passes_through_a_crossed_book_is_published_only_at_its_end():
    keeper = a_followed_book()

    crossed = told(keeper, a_change(1.000, ("BUY", 0.52, 10), best=(0.52, 0.53)))
    half = told(keeper, a_change(1.001, ("SELL", 0.50, 0), best=(0.52, 0.53)))
    whole = told(keeper, a_change(1.002, ("SELL", 0.53, 5), best=(0.52, 0.53)))

    assert (crossed, half) == (None, None)
    assert (whole.bids[0], whole.asks[0]) == levels((0.52, 10), (0.53, 5))
    assert ticked(keeper, 1.5) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (a_change(1, ("BUY", 0.52, 10), best=(0.52, 0.53)), "crossed"),
        (a_change(1, ("BUY", 0.52, 10)), "crossed"),
        (a_change(1, ("BUY", 0.47, 10), best=(0.48, 0.49)), "best_disagrees"),
        (a_change(1, ("SELL", 0.50, 0), best=(0.48, 0.51)), "best_disagrees"),
    ],
)
def test_a_book_that_stays_wrong_is_held_back_and_asked_for(change, reason):
    keeper = a_followed_book()

    assert told(keeper, change) is None
    assert ticked(keeper, 1.2) is None
    assert reasons(ticked(keeper, 1.3)) == {UP: reason}
    assert ticked(keeper, 1.4) is None, "it was asked for"


def test_what_the_venue_calls_best_by_itself_is_a_check_too():
    keeper = a_followed_book()

    told(keeper, a_quote(1, 0.47, 0.50))

    assert reasons(ticked(keeper, 1.3)) == {UP: "best_disagrees"}


def test_a_book_that_agrees_again_is_published_at_once():
    keeper = a_followed_book()
    told(keeper, a_change(1, ("BUY", 0.49, 10), best=(0.49, 0.51)))

    book = told(keeper, a_quote(1.1, 0.49, 0.50))

    assert book.bids[0] == levels((0.49, 10))[0]


def test_older_words_about_what_is_best_prove_nothing():
    keeper = a_followed_book()
    told(keeper, a_change(1.5, ("BUY", 0.49, 10), best=(0.49, 0.50)))

    told(keeper, a_quote(1, 0.48, 0.50, received_at=after(1.6)))

    assert ticked(keeper, 1.9) is None


def test_an_answer_mends_a_book_with_what_was_said_since_the_question():
    keeper = a_followed_book()
    told(keeper, a_change(1, ("BUY", 0.47, 10), best=(0.48, 0.49)))
    assert reasons(ticked(keeper, 1.3)) == {UP: "best_disagrees"}
    told(keeper, a_change(1.4, ("BUY", 0.485, 3), best=(0.485, 0.49)))

    book = told(keeper, a_snapshot(1.35, asks=((0.49, 8),), via="request", received_at=after(1.45)))

    assert (book.bids, book.asks) == (levels((0.485, 3), (0.48, 100)), levels((0.49, 8)))
    assert (book.source_at, book.received_at) == (after(1.4), after(1.45))


def test_an_answer_that_is_older_than_the_question_is_of_no_use():
    keeper = a_followed_book()
    told(keeper, a_change(1, ("BUY", 0.47, 10), best=(0.48, 0.49)))
    ticked(keeper, 1.3)

    assert told(keeper, a_snapshot(0.9, asks=((0.49, 8),), via="request", received_at=after(1.4))) is None
    assert keeper.refused["snapshot_of_no_use"] == 1


def test_an_answer_that_nobody_waits_for_is_of_no_use():
    keeper = a_followed_book()

    assert told(keeper, a_snapshot(5, asks=((0.60, 8),), via="request")) is None


def test_a_change_that_an_answer_already_holds_is_not_counted_twice():
    keeper = a_followed_book()
    ticked(keeper, 2.1)
    told(keeper, a_snapshot(2.2, asks=((0.51, 5),), via="request"))

    assert told(keeper, a_change(2.15, ("SELL", 0.50, 9), best=(0.48, 0.50), received_at=after(2.3))) is None
    assert keeper.refused["older_than_book"] == 1


def test_a_silent_book_is_asked_for_and_counts_as_confirmed_by_the_answer():
    keeper = a_followed_book()
    assert set(reasons(ticked(keeper, 2.1)).values()) == {"silent"}

    book = told(keeper, a_snapshot(0, via="request", received_at=after(2.2)))

    assert (book.source_at, book.received_at) == (after(0), after(2.2))
    assert ticked(keeper, 4) is None
    assert UP in reasons(ticked(keeper, 4.3))


def test_a_question_without_an_answer_is_asked_again_only_after_a_while():
    keeper = a_followed_book()
    ticked(keeper, 2.1)

    assert ticked(keeper, 4.0) is None
    assert set(reasons(ticked(keeper, 4.2)).values()) == {"silent"}


def test_a_message_that_could_not_be_read_holds_its_book_back_until_there_is_a_whole_one():
    keeper = a_followed_book()
    told(keeper, BookDoubted(token_id=UP, code="not_finite", received_at=after(1)))

    assert told(keeper, a_change(1.1, ("BUY", 0.49, 10), best=(0.49, 0.50))) is None
    assert reasons(ticked(keeper, 1.2)) == {UP: "not_finite"}
    assert told(keeper, a_snapshot(1.3, bids=((0.49, 10),), via="request")) is not None
    assert told(keeper, a_change(1.4, ("BUY", 0.49, 11), best=(0.49, 0.50))) is not None


def test_a_frame_that_could_not_be_read_at_all_casts_doubt_on_every_book():
    keeper = a_followed_book()

    told(keeper, BookDoubted(token_id="", code="not_json", received_at=after(1)))

    assert reasons(ticked(keeper, 1.2)) == {UP: "not_json", DOWN: "not_json"}


def test_an_answer_on_its_way_when_something_was_lost_does_not_mend_it():
    keeper = a_followed_book()
    ticked(keeper, 2.1)
    told(keeper, BookDoubted(token_id=UP, code="not_json", received_at=after(2.2)))

    assert told(keeper, a_snapshot(2.15, via="request", received_at=after(2.3))) is None
    assert told(keeper, a_snapshot(2.4)) is not None, "the socket's own snapshot does"


def test_a_tick_size_change_starts_a_new_book():
    keeper = a_followed_book()
    told(
        keeper,
        TickSizeChanged(
            market_id=CONDITION, token_id=UP, tick=Decimal("0.001"), source_at=after(1), received_at=after(1)
        ),
    )

    assert told(keeper, a_change(1.1, ("BUY", 0.481, 10), best=(0.481, 0.50))) is None
    assert reasons(ticked(keeper, 1.2)) == {UP: "tick_size_changed"}
    book = told(keeper, a_snapshot(1.3, bids=((0.481, 10),), tick=Decimal("0.001"), via="request"))
    assert (book.tick, book.bids) == (Decimal("0.001"), levels((0.481, 10)))


def test_a_change_below_what_is_published_is_said_only_now_and_then():
    keeper = a_followed_book(book_levels_max=1)

    said = [told(keeper, a_change(s, ("BUY", 0.2, 1 + s), best=(0.48, 0.50))) for s in (0.1, 0.3, 0.6, 0.7)]

    assert [each is not None for each in said] == [False, False, True, False]


def test_only_books_of_tradable_markets_near_their_time_are_followed_within_the_bound():
    keeper = a_running_market()

    assert keeper.tokens_wanted(after(-31)) == ()
    assert keeper.tokens_wanted(after(-29)) == (UP, DOWN)
    assert keeper.tokens_wanted(after(299)) == (UP, DOWN)
    assert keeper.tokens_wanted(after(300)) == ()
    assert a_running_market(a_keeper(books_max=1)).tokens_wanted(after(1)) == (UP,)


def test_an_ended_market_is_listened_for_until_its_winner_is_known_or_the_time_is_over():
    keeper = a_running_market()

    assert keeper.tokens_listened(after(299)) == (UP, DOWN)
    assert keeper.tokens_listened(after(479)) == (UP, DOWN)
    assert keeper.tokens_listened(after(481)) == ()


def test_questions_are_bounded_in_size():
    keeper = a_running_market(a_keeper(resync_tokens_max=1))

    assert reasons(ticked(keeper, 1)) == {UP: "never_seen"}
    assert reasons(ticked(keeper, 1.1)) == {DOWN: "never_seen"}


def test_books_of_markets_that_are_over_are_forgotten():
    keeper = a_followed_book()

    ticked(keeper, 400)

    assert keeper.figures(after(400))["books"] == "0"


def test_deciding_changes_nothing_even_where_work_is_spared():
    keeper, other = a_followed_book(), a_followed_book()
    change = a_change(1, ("BUY", 0.49, 10), best=(0.49, 0.50))

    first, second = keeper.decide(change, after(1)), keeper.decide(change, after(1))
    other.observe(change)
    keeper.observe(change)

    assert first == second
    probe = a_change(1.1, ("BUY", 0.47, 1), best=(0.49, 0.50))
    assert keeper.decide(probe, after(1.1)) == other.decide(probe, after(1.1))


price = st.integers(1, 99).map(lambda cents: Decimal(cents) / 100)
change = st.tuples(st.sampled_from(["BUY", "SELL"]), price, st.integers(0, 50).map(Decimal))


@given(st.lists(change, max_size=60))
def test_a_book_rebuilt_from_changes_equals_the_snapshot_of_their_end(changes):
    final = {"BUY": {}, "SELL": {}}
    for side, at, size in changes:
        final[side][at] = size

    rebuilt = Book()
    for each in changes:
        rebuilt = rebuilt.changed([each])

    assert rebuilt == Book(ladder(final["BUY"].items()), ladder(final["SELL"].items()))
    assert Book().changed(changes) == rebuilt


@given(st.lists(change, max_size=30), st.integers(1, 5))
def test_published_levels_are_the_best_in_order_without_empty_ones(changes, levels_max):
    bids, asks = Book().changed(changes).top(levels_max)

    assert list(bids) == sorted(bids, reverse=True)[:levels_max]
    assert list(asks) == sorted(asks)[:levels_max]
    assert all(size > 0 for _, size in bids + asks)


@given(st.lists(st.tuples(change, st.booleans()), max_size=40))
def test_no_crossed_book_is_ever_published(steps):
    keeper, book = a_followed_book(), Book(ladder(levels((0.48, 100))), ladder(levels((0.50, 100))))
    for number, (each, states) in enumerate(steps):
        book = book.changed([each])
        best = (book.best_bid, book.best_ask) if states else None
        outcome = told(keeper, a_change(number / 10, each, best=best))

        assert outcome is None or not (outcome.bids and outcome.asks and outcome.bids[0][0] >= outcome.asks[0][0])
        if outcome is not None:
            assert (outcome.bids, outcome.asks) == book.top(10)
