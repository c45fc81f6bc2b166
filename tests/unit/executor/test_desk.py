"""What the desk makes of what it is told: each approval once, each fill once, and nothing guessed."""

from decimal import Decimal

import pytest

from builders import NOON, UP, a_market, after
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
)
from executor.core import FillState, OrderState
from executor.core.inputs import FillAsked
from unit.executor.desk_builders import (
    Lived,
    accepted,
    cancel_declined,
    cancelled,
    completed,
    confirmed,
    failed,
    filled,
    lost,
    not_found,
    rejected,
    retried,
)


def a_sent_order(**changes):
    lived = Lived(**changes)
    assert isinstance(lived.approve(), OrderSubmitted)
    return lived


def shares(lived):
    return sum((p.up.shares for p in lived.desk.positions), Decimal(0))


def test_an_order_that_fills_whole_is_told_of_step_by_step():
    lived = a_sent_order()

    told = [lived.tell(report) for report in (accepted(), filled(), completed(), confirmed())]

    assert [type(event) for event in told] == [OrderAccepted, FillMatched, OrderFilled, FillConfirmed]
    assert (lived.state, lived.desk.orders.open_count, shares(lived)) == (OrderState.FILLED, 0, 10)


def test_shares_are_provisional_until_the_match_is_final():
    lived = a_sent_order()
    lived.tell(filled())
    before = lived.desk.positions[0].up.provisional

    lived.tell(confirmed())

    assert (before, lived.desk.positions[0].up.provisional, lived.desk.orders.provisional_count) == (10, 0, 0)


def test_a_match_carries_everything_that_the_books_need():
    lived = a_sent_order()

    match = lived.tell(filled())

    assert match == FillMatched(
        event_id=match.event_id, fill_id="fill1", order_id="order1", market_id=a_market().market_id, token_id=UP,
        mode="paper", at=NOON, outcome="Up", side="BUY", price=Decimal("0.50"), quantity=Decimal(10),
        fee=Decimal("0.175"), strategy="oracle-sniper", slug="btc-updown-5m-1800014400",
    )  # fmt: skip


def test_an_approval_is_used_once():
    lived = a_sent_order()

    assert lived.approve() is None
    assert lived.desk.orders.ignored == {"approval_repeated": 1}
    assert lived.state is OrderState.SUBMITTED


def test_an_approval_is_used_once_even_after_its_order_is_over():
    lived = a_sent_order()
    lived.tell(cancelled())

    assert lived.approve() is None


def test_another_approval_of_the_same_order_is_no_second_order():
    lived = a_sent_order()

    assert lived.approve(event_id="d9", quantity=Decimal(20)) is None
    assert lived.order.approval.quantity == 10


def test_a_fill_arrives_before_the_acknowledgement():
    lived = a_sent_order()

    told = [lived.tell(report) for report in (filled(4), accepted(), filled(6, fill_id="fill2"), completed())]

    assert [type(event) for event in told] == [FillMatched, OrderAccepted, FillMatched, OrderFilled]
    assert shares(lived) == 10


def test_a_fill_arrives_after_the_cancel_and_is_counted():
    lived = a_sent_order()
    end = lived.tell(cancelled(filled=4))

    late = lived.tell(filled(4))

    assert (end.filled, type(late), lived.state) == (4, FillMatched, OrderState.CANCELLED)
    assert (shares(lived), lived.desk.halted_by) == (4, ())


def test_a_partial_fill_races_a_cancel_and_the_end_says_what_it_had_got():
    lived = a_sent_order()
    lived.tell(filled(4))

    end = lived.tell(cancelled(filled=0))

    assert (type(end), end.filled, end.reason) == (OrderCancelled, 4, "killed")


def test_the_venues_own_count_is_believed_where_a_fill_is_still_under_way():
    lived = a_sent_order()

    assert lived.tell(completed(filled=10)).filled == 10
    assert type(lived.tell(filled())) is FillMatched
    assert shares(lived) == 10


@pytest.mark.parametrize("end", [completed(), cancelled(), rejected()])
def test_a_second_end_changes_nothing(end):
    lived = a_sent_order()
    lived.tell(cancelled())

    assert lived.tell(end) is None
    assert lived.desk.orders.ignored.total() == 1


def test_a_duplicate_fill_counts_once():
    lived = a_sent_order()
    lived.tell(filled())

    assert lived.tell(filled()) is None
    assert (shares(lived), lived.desk.orders.ignored) == (10, {"matched_when_matched": 1})


def test_a_duplicate_fill_across_a_restart_counts_once():
    lived = a_sent_order()
    lived.tell(filled())
    again = lived.restarted()

    assert again.tell(filled()) is None
    assert (shares(again), again.desk.orders.fill_count) == (10, 1)


def test_one_trade_may_touch_several_orders_under_the_same_id():
    lived = a_sent_order()
    lived.approve(event_id="d2", order_id="order2", opportunity_id="o2")

    told = [lived.tell(filled(fill_id="f-1", order_id="order1")), lived.tell(filled(fill_id="f-2", order_id="order2"))]

    assert len({event.event_id for event in told}) == 2
    assert shares(lived) == 20


def test_a_replayed_match_after_its_confirmation_is_ignored():
    lived = a_sent_order()
    for report in (filled(), confirmed()):
        lived.tell(report)

    assert lived.tell(filled()) is None
    assert lived.order.fills["fill1"].state is FillState.CONFIRMED


def test_a_match_that_is_retried_and_fails_is_reversed_once():
    lived = a_sent_order()
    lived.tell(filled())

    told = [lived.tell(report) for report in (retried(), failed(), failed(), confirmed(), filled())]

    assert [type(event) for event in told if event] == [FillFailed]
    assert (shares(lived), lived.order.filled) == (0, 0)


def test_a_match_that_is_retried_and_succeeds_counts_once():
    lived = a_sent_order()

    told = [lived.tell(report) for report in (filled(), retried(), confirmed())]

    assert [type(event) for event in told if event] == [FillMatched, FillConfirmed]
    assert shares(lived) == 10


@pytest.mark.parametrize("report", [confirmed(), failed(), retried()])
def test_the_end_of_a_match_that_nobody_saw_is_ignored_by_name(report):
    lived = a_sent_order()

    assert lived.tell(report) is None
    assert [name for name in lived.desk.orders.ignored if name.endswith("_when_unseen")]


def test_a_failed_cancel_keeps_the_order_live():
    lived = a_sent_order()
    lived.tell(accepted())

    assert lived.tell(cancel_declined()) is None
    assert (lived.state, lived.desk.orders.ignored) == (OrderState.LIVE, {})


def test_a_timed_out_placement_is_quarantined_and_not_rejected():
    lived = a_sent_order()

    told = lived.tell(lost())

    assert (type(told), told.detail) == (OrderUnknown, "no answer within 2000 ms")
    assert (lived.state, lived.order.is_open) == (OrderState.UNKNOWN, True)


@pytest.mark.parametrize(
    ("answer", "told", "state"),
    [
        (accepted(), OrderAccepted, OrderState.LIVE),
        (rejected(), OrderRejected, OrderState.REJECTED),
        (completed(), OrderFilled, OrderState.MATCHED),
        (cancelled(), OrderCancelled, OrderState.CANCELLED),
        (not_found(), OrderCancelled, OrderState.CANCELLED),
    ],
)
def test_an_unknown_order_becomes_what_the_venue_answers(answer, told, state):
    lived = a_sent_order()
    lived.tell(lost())

    assert type(lived.tell(answer)) is told
    assert lived.state is state


def test_a_match_of_an_unknown_order_counts_and_the_order_is_still_asked_for():
    lived = a_sent_order()
    lived.tell(lost())

    assert type(lived.tell(filled(4))) is FillMatched
    assert (lived.state, shares(lived)) == (OrderState.UNKNOWN, 4)


def test_an_acknowledgement_after_the_unknown_is_a_new_fact_with_its_own_id():
    lived = a_sent_order()
    first = lived.tell(accepted())
    lived.tell(lost())

    second = lived.tell(accepted())

    assert first.event_id != second.event_id
    assert lived.tell(accepted()) is None


def test_only_an_order_that_was_asked_for_can_be_missing():
    lived = a_sent_order()

    assert lived.tell(not_found()) is None
    assert (lived.state, lived.desk.orders.ignored) == (OrderState.SUBMITTED, {"not_found_when_submitted": 1})


def test_an_order_without_an_end_is_asked_for_once():
    lived = a_sent_order(order_timeout_ms=1000)
    lived.tell(accepted())

    quiet, asked, again = lived.tick(1.0), lived.tick(1.001), lived.tick(5)

    assert (quiet, type(asked), again) == (None, OrderUnknown, None)
    lived.tell(accepted(at=after(5)))
    assert lived.tick(60) is None


def test_a_match_that_does_not_become_final_is_asked_for_once():
    lived = a_sent_order(order_timeout_ms=1000)
    for report in (filled(), completed()):
        lived.tell(report)

    quiet, asked, again = lived.tick(1.0), lived.tick(1.001), lived.tick(5)

    assert (quiet, type(asked), again) == (None, FillAsked, None)
    assert (asked.order_id, asked.fill_id, asked.matched_at) == ("order1", "fill1", NOON)


def test_an_overfill_is_recorded_for_it_is_real_money_and_halts():
    lived = a_sent_order()

    told = [lived.tell(filled()), lived.tell(filled(1, fill_id="fill2"))]

    assert [type(event) for event in told] == [FillMatched, FillMatched]
    assert (shares(lived), lived.desk.halted_by) == (11, ("overfill",))
    refused = lived.approve(event_id="d2", order_id="order2", opportunity_id="o2")
    assert refused.rule == "record_is_free_of_contradictions"


def test_an_overfill_halts_after_a_restart_too():
    lived = a_sent_order()
    for report in (filled(), filled(1, fill_id="fill2")):
        lived.tell(report)

    assert lived.restarted().desk.halted_by == ("overfill",)


def test_a_fill_of_what_the_venue_rejected_is_recorded_and_halts():
    lived = a_sent_order()
    lived.tell(rejected())

    assert type(lived.tell(filled())) is FillMatched
    assert (shares(lived), lived.desk.halted_by) == (10, ("matched_when_rejected",))


def test_a_fill_of_an_order_that_nobody_here_placed_halts():
    lived = Lived()

    assert lived.tell(filled(order_id="nobody's")) is None
    assert lived.desk.halted_by == ("fill_of_an_unknown_order",)
    assert lived.desk.orders.ignored == {"fill_of_an_unknown_order": 1}


@pytest.mark.parametrize("report", [accepted("nobody's"), confirmed(order_id="nobody's"), not_found("nobody's")])
def test_a_report_of_an_unknown_order_is_ignored_by_name(report):
    lived = Lived()

    assert lived.tell(report) is None
    assert (lived.desk.orders.ignored, lived.desk.halted_by) == ({"report_of_an_unknown_order": 1}, ())


def test_orders_beyond_the_memory_are_forgotten_only_when_they_are_over():
    lived = Lived(orders_kept_max=10, orders_per_minute_max=1000)
    for n in range(40):
        lived.approve(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}")
        if n >= 5:
            lived.tell(cancelled(order_id=f"order{n}"))

    kept = [n for n in range(40) if lived.desk.orders.get(f"order{n}")]

    assert kept[:5] == [0, 1, 2, 3, 4]
    assert len(kept) <= 11
    assert lived.desk.orders.open_count == 5
