"""What each event changes in the tables."""

from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from builders import NOON, a_fill, a_price, an_approval
from common.clock import Instant
from common.contracts.executor import (
    ExecutorLeaseAcquired,
    FillConfirmed,
    FillFailed,
    OrderAccepted,
    OrderAdopted,
    OrderCancelled,
    OrderRefused,
    OrderSubmitted,
    ReconciliationDone,
)
from common.contracts.risk import RiskLeaseAcquired
from common.contracts.subjects import JOURNAL, SUBJECTS
from ledger.core import LedgerTally, project
from ledger.core.rows import (
    DecisionRow,
    EventRow,
    FillStatusRow,
    OrderRow,
    OrderStateRow,
    OrderStatusRow,
    Place,
)
from ledger.core.standing_rows import DiscrepancyRow, ReconciliationRow, RiskStateRow
from samples import SAMPLES
from unit.ledger.ledger_builders import a_fill_event, a_risk_state, an_order_event

PLACE = Place(sequence=7, subject="risk.decision.0xm", stored_at=NOON)
IN_THE_JOURNAL = [message for subject in SUBJECTS if subject.stream is JOURNAL for message in subject.messages]


def changed(event):
    """The changes beside the audit trail's."""
    return project(event, PLACE)[1:]


@pytest.mark.parametrize("message", IN_THE_JOURNAL, ids=lambda m: m.__name__)
def test_every_message_of_the_journal_changes_a_table_and_leaves_its_trail(message):
    trail, *rows = project(SAMPLES[message], PLACE)

    assert isinstance(trail, EventRow)
    assert message.model_validate_json(trail.event) == SAMPLES[message]
    assert (trail.sequence, trail.event_id) == (7, SAMPLES[message].event_id)
    assert rows
    assert all(7 in (getattr(row, "sequence", 0), getattr(row, "status_sequence", 0)) for row in rows)


def test_what_says_nothing_to_people_leaves_its_trail_alone():
    assert [type(row) for row in project(a_price(), PLACE)] == [EventRow]


def test_an_approval_is_a_decision_and_an_order():
    decision, order = changed(an_approval(limit=Decimal("0.51"), quantity=Decimal("9.80")))

    assert isinstance(decision, DecisionRow)
    assert isinstance(order, OrderRow)
    assert (decision.result, decision.order_id, decision.rule) == ("approved", "order1", None)
    assert (order.request_id, order.limit_price, order.quantity) == ("d1", Decimal("0.51"), Decimal("9.80"))


def test_a_denial_names_its_rule_and_has_no_order():
    (decision,) = changed(SAMPLES[next(m for m in IN_THE_JOURNAL if m.__name__ == "OrderDenied")])

    assert isinstance(decision, DecisionRow)
    assert (decision.result, decision.rule, decision.detail, decision.order_id) == (
        "denied",
        "book_is_fresh",
        "age",
        None,
    )


def test_a_step_of_an_order_is_history_and_its_status():
    history, latest = changed(an_order_event(OrderRefused, "e1", rule="approval_is_valid", detail="late by 12 ms"))

    assert isinstance(history, OrderStateRow)
    assert isinstance(latest, OrderStatusRow)
    assert (history.status, history.code, history.detail) == ("refused", "approval_is_valid", "late by 12 ms")
    assert (latest.status, latest.error_message) == ("refused", "approval_is_valid: late by 12 ms")


def test_only_the_venues_acceptance_brings_its_id_of_the_order():
    _, accepted = changed(an_order_event(OrderAccepted, "e1", venue_order_id="0xv"))
    _, refused = changed(an_order_event(OrderRefused, "e2", rule="r", detail=""))

    assert (accepted.venue_order_id, accepted.error_message) == ("0xv", None)
    assert (refused.venue_order_id, refused.error_message) == (None, "r")


@pytest.mark.parametrize(
    ("event", "status", "reason"),
    [
        (a_fill_event(FillConfirmed, "c1"), "confirmed", None),
        (a_fill_event(FillFailed, "x1", reason="reverted"), "failed", "reverted"),
    ],
)
def test_a_final_word_on_a_fill_changes_its_status_only(event, status, reason):
    (row,) = changed(event)

    assert isinstance(row, FillStatusRow)
    assert (row.fill_id, row.status, row.reason) == ("fill1", status, reason)
    assert "price" not in {field.name for field in fields(row)}


def test_instants_keep_their_microseconds():
    (row,) = changed(a_fill(at=Instant(NOON + 123_456_789)))

    assert row.matched_at == datetime(2027, 1, 15, 12, 0, 0, 123_456, tzinfo=UTC)


def test_an_order_has_the_venues_name_from_the_moment_it_leaves():
    _, submitted = changed(
        an_order_event(OrderSubmitted, "e1", received_at=NOON, approved_at=NOON, venue_order_id="0xh")
    )
    _, nameless = changed(an_order_event(OrderSubmitted, "e1", received_at=NOON, approved_at=NOON))

    assert (submitted.venue_order_id, nameless.venue_order_id) == ("0xh", None)


def test_an_order_that_nobody_here_placed_has_a_row_that_says_so():
    history, latest = changed(
        an_order_event(
            OrderAdopted, "e1", order_id="adopted-f", opportunity_id="", venue_order_id="0xf", side="BUY",
            price=Decimal("0.5"), quantity=Decimal(10), filled=Decimal(2),
        )
    )  # fmt: skip

    assert (history.status, history.filled) == ("adopted", 2)
    assert (latest.status, latest.order_id, latest.venue_order_id) == ("adopted", "adopted-f", "0xf")
    assert latest.error_message == "nobody here placed it: BUY 10 @ 0.5"


def test_an_order_that_ran_out_is_told_from_one_that_was_cancelled():
    cancelled = an_order_event(OrderCancelled, "e1", reason="r", filled=Decimal(0))
    expired = cancelled.model_copy(update={"kind": "expired"})
    kinds = [changed(event)[1].status for event in (cancelled, expired)]

    assert kinds == ["cancelled", "expired"]


def test_history_says_how_the_venue_has_an_order():
    history, latest = changed(an_order_event(OrderAccepted, "e1", venue_order_id="0xv", status="delayed"))

    assert (history.code, latest.error_message) == ("delayed", None)


def test_each_discrepancy_of_a_reconciliation_has_a_row_of_its_own():
    found = SAMPLES[ReconciliationDone]
    whole, *parts = changed(found.model_copy(update={"discrepancies": found.discrepancies * 2}))

    assert isinstance(whole, ReconciliationRow)
    assert (whole.verdict, whole.severity, whole.collateral) == ("differs", "reduce", Decimal(190))
    assert all(isinstance(part, DiscrepancyRow) for part in parts)
    assert [(part.reconciliation_id, part.number, part.usd) for part in parts] == [
        ("s1", 1, Decimal("1.20")), ("s1", 2, Decimal("1.20")),
    ]  # fmt: skip


def test_a_lease_names_the_service_it_is_of():
    leases = [changed(SAMPLES[kind])[0] for kind in (RiskLeaseAcquired, ExecutorLeaseAcquired)]

    assert [(lease.service, lease.holder, lease.token) for lease in leases] == [
        ("risk", "risk-1", 3), ("executor", "executor-1", 4),
    ]  # fmt: skip


def test_risk_states_of_one_minute_share_their_row():
    first, last = (
        changed(a_risk_state("r", at=Instant(NOON + seconds * 1_000_000_000)))[0] for seconds in (0, 59)
    )  # fmt: skip

    assert isinstance(first, RiskStateRow)
    assert first.minute_at == last.minute_at == datetime(2027, 1, 15, 12, tzinfo=UTC)
    assert first.at != last.at


@pytest.mark.parametrize(
    "event",
    [
        a_risk_state("r", day="the 15th"),
        a_fill(at=Instant(10**30)),
        an_approval(expected_edge=Decimal("1E+200000")),
        an_approval(expected_edge=Decimal("1E-200000")),
        an_approval(expected_edge=Decimal("0E+200000")),
    ],
)
def test_what_no_table_can_hold_is_an_error_with_a_name(event):
    with pytest.raises((ValueError, OverflowError)):
        project(event, PLACE)


def test_the_tally_counts_by_type_and_decides_nothing():
    tally = LedgerTally()
    for event in (a_fill(), a_fill(event_id="f2"), an_approval()):
        assert tally.decide(event, NOON) is None
        tally.observe(event)

    assert (tally.count("fill_matched"), tally.count("order_approved"), tally.count("position_settled")) == (2, 1, 0)
