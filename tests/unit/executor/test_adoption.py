"""An order that nobody here placed: adopted into the record, followed to its end, and its matches booked once."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import DOWN, NOON, UP, a_market, after
from common.clock import SECOND
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAdopted,
    OrderCancelled,
    OrderFilled,
    adopted_id,
    is_adopted,
)
from executor.core.inputs import CancelAsked, RedemptionAsked
from unit.executor.reconciliation_builders import Books, a_holding, a_venue_fill, a_venue_order, kinds

STRANGER = a_venue_order(order_id="", venue_order_id="0xF")
MATCH = a_venue_fill(order_id="", venue_order_id="0xF", matched_at=after(5), is_final=False)
FINAL = MATCH.model_copy(update={"is_final": True})
PAID = {"holdings": (a_holding(),), "collateral": Decimal("194.825")}
"""What the venue says after the stranger bought ten shares at 0.50 with a fee of 17.5 cents, of 200 dollars."""
NAME = "adopted-f"


def found(*, orders=(STRANGER,), fills=(), **changes):
    """Books whose first look found nothing and whose second found a stranger."""
    books = Books(**changes)
    books.look(0)
    books.look(10, orders=orders, fills=fills, **(PAID if fills else {}))
    return books


def adopts(books, since, count=6):
    """Answer what is said in so many ticks, the asking for a cancel apart."""
    said = [books.tick(since + n) for n in range(count)]
    return [event for event in said if event is not None and not isinstance(event, CancelAsked)]


def test_it_is_named_after_what_the_venue_calls_it():
    assert adopted_id("0xF") == NAME
    assert is_adopted(NAME)
    assert not is_adopted("order1")


def test_a_stranger_is_cancelled_first_and_adopted_once_as_it_was_found():
    books = found()

    assert isinstance(books.tick(11), CancelAsked)
    (adopted,) = adopts(books, 12)
    assert isinstance(adopted, OrderAdopted)
    assert (adopted.order_id, adopted.venue_order_id, adopted.opportunity_id) == (NAME, "0xF", "")
    assert (adopted.side, adopted.price, adopted.quantity, adopted.filled) == ("BUY", Decimal("0.5"), 10, 0)
    assert adopts(books.restarted(20), 21) == [], "the record knows it"


def test_one_that_is_gone_before_anything_was_said_of_it_is_in_the_record_all_the_same():
    books = found()

    books.look(11)
    said = adopts(books, 12)
    books.look(30)
    said += adopts(books, 31)

    assert [type(event) for event in said] == [OrderAdopted, OrderCancelled]


def test_its_end_is_said_once_a_later_look_does_not_list_it_any_more():
    books = found()
    adopts(books, 11)

    books.look(14)
    assert adopts(books, 15) == [], "too soon after it was seen"
    books.look(30)
    (ended,) = adopts(books, 31)

    assert isinstance(ended, OrderCancelled)
    assert (ended.order_id, ended.filled, ended.reason) == (NAME, 0, "no longer open at the venue")
    books.look(40)
    assert adopts(books, 41) == []


def test_an_incomplete_look_says_nothing_of_its_end():
    books = found()
    adopts(books, 11)

    books.look(60, gap="orders: 503")

    assert adopts(books, 61) == []


def test_its_match_is_booked_with_the_fee_of_its_market_and_again_by_nobody():
    books = found(orders=(), fills=(MATCH,))

    (matched,) = adopts(books, 11)

    assert isinstance(matched, FillMatched)
    assert (matched.order_id, matched.fill_id, matched.strategy) == (NAME, "fill1", "adopted")
    assert (matched.outcome, matched.side, matched.price, matched.quantity) == ("Up", "BUY", Decimal("0.5"), 10)
    assert (matched.fee, matched.liquidity, matched.at) == (Decimal("0.175"), "taker", after(5))
    assert adopts(books.restarted(20), 21) == []


def test_a_maker_pays_no_fee_and_the_other_token_is_the_other_outcome():
    books = found(orders=(), fills=(MATCH.model_copy(update={"liquidity": "maker", "token_id": DOWN}),))

    (matched,) = adopts(books, 11)

    assert (matched.fee, matched.liquidity, matched.outcome) == (0, "maker", "Down")


def test_its_match_is_final_when_the_venue_says_so():
    books = found(orders=(), fills=(MATCH,))
    adopts(books, 11)

    books.look(20, fills=(FINAL,), **PAID)
    (confirmed,) = adopts(books, 21)

    assert isinstance(confirmed, FillConfirmed)
    assert (confirmed.order_id, confirmed.fill_id) == (NAME, "fill1")
    books.look(30, fills=(FINAL,), **PAID)
    assert adopts(books, 31) == []


def test_a_match_that_the_venue_says_came_to_nothing_is_void_once():
    books = found(orders=(), fills=(MATCH,))
    adopts(books, 11)

    books.look(20, failed=("fill1",))
    (failed,) = adopts(books, 21)

    assert isinstance(failed, FillFailed)
    assert (failed.order_id, failed.reason) == (NAME, "the venue could not settle it")
    books.look(30, failed=("fill1",))
    assert adopts(books, 31) == []


def test_a_match_that_is_not_listed_is_not_taken_for_void_and_is_a_difference_when_that_lasts():
    books = found(orders=(), fills=(MATCH,))
    adopts(books, 11)

    said = [books.look(20, **PAID), books.look(30, **PAID)]

    assert adopts(books, 31) == []
    assert said[0] is None or ("missing_fill", "halt") not in kinds(said[0])
    assert ("missing_fill", "reduce") in kinds(said[1])


def test_the_venue_is_asked_back_to_the_last_look_and_to_the_oldest_match_that_is_not_final():
    books = Books()
    assert books.reconciler.adopter.back_to() is None
    books.look(0)
    books.look(10)
    assert books.reconciler.adopter.back_to() == after(10)

    books.look(20, gap="trades: 503")
    assert books.reconciler.adopter.back_to() == after(10)
    assert books.restarted(3000).reconciler.adopter.back_to() == after(0.3), "when it was last said"

    books.look(30, fills=(MATCH.model_copy(update={"matched_at": after(25)}),), **PAID)
    adopts(books, 31)
    books.look(90, fills=(MATCH.model_copy(update={"matched_at": after(25)}),), **PAID)
    assert books.reconciler.adopter.back_to() == after(25)


def test_an_incomplete_look_adopts_nothing_for_it_halts_nothing():
    books = Books()
    books.look(0)

    books.look(10, orders=(STRANGER,), gap="trades: 503")

    assert adopts(books, 11) == []


def test_an_order_that_got_all_it_wanted_ends_as_filled_and_one_that_got_less_as_cancelled():
    for quantity, ending in ((Decimal(10), OrderFilled), (Decimal(11), OrderCancelled)):
        books = found(orders=(STRANGER.model_copy(update={"quantity": quantity}),), fills=(MATCH,))
        adopts(books, 11)

        books.look(30, fills=(FINAL,), **PAID)
        (ended,) = (event for event in adopts(books, 31) if not isinstance(event, FillConfirmed))

        assert isinstance(ended, ending)
        assert ended.filled == 10


def test_what_was_adopted_agrees_with_the_venue_once_an_operator_resumes_and_nothing_is_accepted_beside_it():
    books = found(fills=(MATCH,))
    adopts(books, 11)
    assert books.reconciler.why_unreconciled(after(12)).startswith("reconciliation: ")

    books.look(40, fills=(FINAL,), **PAID)
    adopts(books, 41)
    books.resumed(50)
    done = books.look(80, fills=(FINAL,), **PAID)

    assert (done.verdict, done.accepted, done.baseline) == ("agreed", (), Decimal(200))
    assert books.reconciler.why_unreconciled(after(81)) == ""
    assert [books.look(seconds, fills=(FINAL,), **PAID) for seconds in (90, 100, 200)] == [None] * 3


@pytest.mark.parametrize("field", ["market_id", "token_id"])
def test_a_match_of_a_market_that_is_not_in_the_catalogue_stays_a_difference(field):
    books = found(orders=(), fills=(MATCH.model_copy(update={field: "0xelsewhere"}),))

    assert adopts(books, 11) == []
    assert "foreign_fill" in books.reconciler.why_unreconciled(after(12))


def test_a_sale_is_booked_as_far_as_the_record_has_its_shares():
    sold = MATCH.model_copy(update={"side": "SELL"})
    assert adopts(found(orders=(), fills=(sold,)), 11) == [], "of what nobody here bought"

    books = Books()
    books.look(-60)
    books.bought(-30, confirmed=-28)
    own = a_venue_fill(matched_at=after(-30))
    books.look(10, fills=(own, sold.model_copy(update={"fill_id": "fill2"})), collateral=Decimal(199))
    (matched,) = adopts(books, 11)

    assert (matched.side, matched.quantity, matched.fill_id) == ("SELL", 10, "fill2")


def test_a_match_of_ours_whose_order_was_forgotten_is_not_booked_a_second_time():
    books = Books()
    books.look(-60)
    books.bought(0, confirmed=2)

    books.look(10, fills=(FINAL,), **PAID)

    assert adopts(books, 11) == []


def test_a_match_that_was_adopted_is_not_counted_again_when_it_turns_out_to_be_ours():
    books = found(orders=(), fills=(MATCH,))
    adopts(books, 11)

    books.bought(5, confirmed=12)

    assert books.reconciler.wallet.shares(UP, after(100)).high == 10


def test_what_we_bought_ourselves_is_asked_to_be_paid_out_whoever_bought_of_it_first():
    books = found(orders=(), fills=(MATCH,))
    adopts(books, 11)
    books.bought(12, confirmed=13, fill_id="fill2")

    assert books.reconciler.wallet.tokens[UP].order_id == "order1"


def test_what_was_matched_before_an_operator_accepted_the_account_is_history():
    books = found(orders=(), fills=(MATCH.model_copy(update={"market_id": "0xelsewhere"}),))
    books.resumed(20)
    books.look(30)
    books.markets.observe(a_market(market_id="0xelsewhere"))

    books.look(40, fills=(MATCH.model_copy(update={"market_id": "0xelsewhere"}),))

    assert adopts(books, 41) == []


def test_what_a_stranger_won_is_left_to_the_venue_to_pay_out():
    books = found(orders=(), fills=(MATCH,))
    adopts(books, 11)
    books.look(20, fills=(FINAL,), **PAID)
    adopts(books, 21)
    books.settled(60)

    books.look(2000, fills=(FINAL,), **PAID)

    assert not any(isinstance(event, RedemptionAsked) for event in adopts(books, 2001))


def test_before_anybody_has_looked_nothing_is_adopted():
    books = Books()

    assert adopts(books, 0) == []
    assert kinds(books.look(10, orders=(STRANGER,))) == [("foreign_order", "halt")]
    assert [type(event) for event in adopts(books, 11)] == [OrderAdopted]


def test_two_tokens_of_one_stranger_are_two_matches():
    other = MATCH.model_copy(update={"fill_id": "fill2", "token_id": DOWN})
    books = found(orders=(), fills=(MATCH, other))

    assert {(event.fill_id, event.token_id) for event in adopts(books, 11)} == {("fill1", UP), ("fill2", DOWN)}


MATCHES = st.lists(
    st.tuples(st.integers(1, 200), st.integers(1, 60), st.booleans(), st.integers(1, 30)), min_size=1, max_size=5
)
"""When a stranger's match happened, how much later it ended, whether it came to nothing, and of how many shares."""


def as_told(matches, at, since):
    """What the venue lists of them at a moment, from a moment on: those that stand, and those that failed."""
    fills, failed = [], []
    for number, (began, lasts, is_void, shares) in enumerate(matches):
        if not since <= began <= at:
            continue
        if is_void and began + lasts <= at:
            failed.append(f"fill{number}")
        else:
            fills.append(a_venue_fill(
                fill_id=f"fill{number}", order_id="", venue_order_id=f"0x{number % 2}", matched_at=after(began),
                quantity=Decimal(shares), is_final=began + lasts <= at,
            ))  # fmt: skip
    return {"fills": tuple(fills), "failed": tuple(failed), "fills_since": after(since)}


def look_as_the_accountant_does(books, moment, matches):
    back_to = books.reconciler.adopter.back_to()
    since = (moment if back_to is None else min(moment, (back_to - NOON) // SECOND)) - OVERLAP_S
    books.look(moment, **as_told(matches, moment, since))


OVERLAP_S = 2


@given(MATCHES, st.sets(st.integers(1, 300), max_size=12), st.integers(0, 12))
@settings(max_examples=100, deadline=None)
def test_whenever_one_looks_and_starts_anew_each_match_is_booked_once_and_what_stands_is_what_the_venue_has(
    matches, moments, restart_after
):
    books = Books()
    books.look(0)
    said = []
    for number, moment in enumerate([*sorted(moments), 400, 410]):
        if number == restart_after:
            books = books.restarted(moment)
        look_as_the_accountant_does(books, moment, matches)
        said += adopts(books, moment, count=12)

    booked = {(event.order_id, event.fill_id): event for event in said if isinstance(event, FillMatched)}
    assert len(booked) == sum(isinstance(event, FillMatched) for event in said), "each once"
    ended = [event.fill_id for event in said if isinstance(event, FillConfirmed | FillFailed)]
    assert len(ended) == len(set(ended)) == len(booked), "each ends once"
    failed = {event.fill_id for event in said if isinstance(event, FillFailed)}
    standing = sum(event.quantity for event in booked.values() if event.fill_id not in failed)
    assert standing == sum(fill.quantity for fill in as_told(matches, 410, 0)["fills"])
