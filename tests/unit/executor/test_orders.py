"""The fold of orders and fills, as it reads the record back: repeats, strangers, and what is forgotten."""

from decimal import Decimal

import pytest

from builders import MARKET, NOON, a_fill, a_market, after, an_approval
from common.clock import SECOND, Instant
from common.contracts.executor import FillConfirmed, FillFailed, OrderCancelled, OrderSubmitted
from executor.core import Happening, OrderDesk, Orders, OrderState
from unit.executor.desk_builders import Lived, accepted, cancelled, caps, confirmed, filled, lost, not_found

FIELDS = {"order_id": "order1", "market_id": MARKET, "token_id": "1", "mode": "paper", "at": NOON}
CONFIRMED = FillConfirmed(event_id="c1", fill_id="fill1", **FIELDS)
FAILED = FillFailed(event_id="x1", fill_id="fill1", reason="reverted", **FIELDS)


def submitted(order_id="order1", at=NOON, approved_at=NOON):
    fields = FIELDS | {"order_id": order_id, "at": at, "opportunity_id": f"o-{order_id}"}
    return OrderSubmitted(event_id=f"s-{order_id}", received_at=NOON, approved_at=approved_at, **fields)


def orders_after(*events):
    orders = Orders(kept_max=10)
    orders.approved(an_approval())
    for event in events:
        match event:
            case OrderSubmitted():
                orders.happened(event, Happening.SUBMITTED)
            case FillConfirmed() | FillFailed():
                orders.finished(event)
            case _:
                orders.matched(event)
    return orders


def test_a_match_makes_an_order_partial_and_says_since_when():
    orders = orders_after(submitted(), a_fill(at=after(1)))

    assert (orders.get("order1").state, orders.get("order1").since) == (OrderState.PARTIALLY_FILLED, after(1))


def test_a_cancel_that_tells_of_more_than_is_known_leaves_its_order_unsettled_until_the_match_is_told_of():
    lived = Lived()
    lived.approve()
    lived.tell(accepted())
    lived.tell(cancelled(filled=filled().quantity))
    order = lived.desk.orders.get("order1")
    before = order.is_settled
    lived.tell(filled())
    between = order.is_settled
    lived.tell(confirmed())

    assert (before, between, order.is_settled, order.state) == (False, False, True, OrderState.CANCELLED)


def test_another_match_does_not_move_the_moment_since_when():
    orders = orders_after(submitted(), a_fill(at=after(1)), a_fill(fill_id="fill2", event_id="f2", at=after(9)))

    assert orders.get("order1").since == after(1)


@pytest.mark.parametrize(
    ("events", "ignored"),
    [
        ((submitted(), submitted()), "submitted_when_submitted"),
        ((a_fill(), a_fill()), "matched_when_matched"),
        ((a_fill(), CONFIRMED, a_fill()), "matched_when_confirmed"),
        ((a_fill(), FAILED, a_fill()), "matched_when_failed"),
        ((a_fill(), CONFIRMED, FAILED), "failed_when_confirmed"),
        ((a_fill(), FAILED, CONFIRMED), "confirmed_when_failed"),
        ((CONFIRMED,), "confirmed_when_unseen"),
        ((FAILED,), "failed_when_unseen"),
    ],
)
def test_what_the_record_repeats_or_contradicts_is_ignored_by_name(events, ignored):
    assert orders_after(*events).ignored == {ignored: 1}


def test_orders_that_left_are_counted_and_so_are_approvals_and_fills():
    orders = orders_after(submitted(), a_fill())

    assert (orders.approved_count, orders.sent_count, orders.fill_count, orders.provisional_count) == (1, 1, 1, 1)


def test_the_rate_counts_the_last_minute():
    orders = Orders(kept_max=10)
    for n, at in enumerate((0, 1, 60)):
        orders.approved(an_approval(order_id=f"order{n}", opportunity_id=f"o{n}"))
        orders.happened(submitted(f"order{n}", at=after(at)), Happening.SUBMITTED)

    counts = [orders.sent_since(Instant(after(at) - 60 * SECOND)) for at in (60, 60.5, 61.5)]

    assert counts == [3, 2, 1]


def test_a_fill_whose_approval_has_aged_out_of_the_record_is_still_money():
    desk = OrderDesk(caps(), mode="paper")
    desk.observe(a_market())
    desk.observe(a_fill())

    assert desk.positions[0].up.shares == 10
    assert (desk.orders.ignored, desk.halted_by) == ({"order_not_in_the_record": 1}, ())


def test_an_end_of_an_order_that_is_not_in_the_record_is_no_contradiction():
    orders = orders_after()
    end = OrderCancelled(
        event_id="e1", opportunity_id="o9", reason="r", filled=Decimal(0), **FIELDS | {"order_id": "x"}
    )

    orders.happened(end, Happening.CANCELLED)

    assert (orders.ignored, orders.contradictions) == ({"order_not_in_the_record": 1}, {})


def test_a_stranger_is_a_contradiction_and_no_order_of_ours():
    orders = orders_after(submitted("stranger"))

    assert (orders.contradictions, orders.sent_count) == ({"order_without_approval": NOON}, 0)


def test_an_operator_forgives_what_happened_up_to_that_moment():
    orders = orders_after(submitted("stranger", at=after(1)))

    orders.forgive(after(0.9))
    assert orders.contradictions
    orders.forgive(after(1))
    assert not orders.contradictions


@pytest.mark.parametrize(
    ("reports", "reason"),
    [
        ((), "never reached the venue"),
        ((accepted(),), "no longer known to the venue"),
        ((filled(4),), "no longer known to the venue"),
        ((accepted(), lost()), "no longer known to the venue"),
    ],
)
def test_what_is_missing_was_never_there_unless_it_was_heard_of(reports, reason):
    lived = Lived()
    lived.approve()
    for report in (*reports, lost()):
        lived.tell(report)

    assert lived.tell(not_found()).reason == reason


def test_an_order_that_was_acknowledged_twice_is_told_of_once():
    lived = Lived()
    lived.approve()
    lived.tell(filled(4))

    told = [lived.tell(accepted()), lived.tell(accepted())]

    assert [event.type for event in told if event] == ["order_accepted"]
    assert lived.desk.orders.ignored == {"accepted_when_partially_filled": 1}


def test_forgetting_begins_when_a_tenth_too_many_are_kept_and_frees_their_opportunities():
    lived = Lived(orders_kept_max=20, orders_per_minute_max=1000)
    kept = []
    for n in range(24):
        lived.approve(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}")
        lived.tell(cancelled(order_id=f"order{n}"))
        kept.append(sum(1 for i in range(24) if lived.desk.orders.get(f"order{i}")))

    assert kept[19:] == [20, 21, 20, 21, 20]
    assert lived.desk.orders.of_opportunity("o0") is None
    assert lived.desk.orders.of_opportunity("o23") == "order23"


def test_an_order_with_a_match_that_is_not_final_is_not_forgotten():
    lived = Lived(orders_kept_max=1, orders_per_minute_max=1000)
    lived.approve()
    lived.tell(filled())
    lived.tell(cancelled(filled=10))
    for n in range(2, 9):
        lived.approve(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}")
        lived.tell(cancelled(order_id=f"order{n}"))

    assert lived.desk.orders.get("order1") is not None
