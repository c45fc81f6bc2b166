"""The latch: who may stop, who may lift what, and that it outlives a restart."""

import pytest

from builders import NOON, a_fill, after
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import OrderRefused, OrderSubmitted
from common.contracts.risk import TradingHalted, TradingResumed
from common.contracts.runtime import BusLost, BusRestored
from executor.core import Latch
from unit.executor.desk_builders import Lived, filled

HALT, RESUME = HaltRequested(reason="fat finger", at=NOON), ResumeRequested(reason="seen", at=after(10))
RISK_HALTS = TradingHalted(event_id="h1", rule="drawdown", reason="20 %", at=NOON)
RISK_RESUMES = TradingResumed(event_id="r1", reason="seen", at=after(10))
LOST, RESTORED = BusLost(at=NOON), BusRestored(at=NOON)


def leaves_after(*events):
    lived = Lived()
    for event in events:
        lived.tell(event)
    return isinstance(lived.approve(), OrderSubmitted)


@pytest.mark.parametrize("halt", [HALT, RISK_HALTS, LOST])
def test_each_word_of_halt_stops_by_itself(halt):
    assert not leaves_after(halt)


@pytest.mark.parametrize(("halt", "resume"), [(HALT, RESUME), (RISK_HALTS, RISK_RESUMES), (LOST, RESTORED)])
def test_each_halt_is_lifted_by_its_own_counterpart(halt, resume):
    assert leaves_after(halt, resume)


@pytest.mark.parametrize(
    ("halt", "other"),
    [(HALT, RISK_RESUMES), (HALT, RESTORED), (RISK_HALTS, RESUME), (RISK_HALTS, RESTORED), (LOST, RESUME)],
)
def test_no_halt_is_lifted_by_anothers_counterpart(halt, other):
    assert not leaves_after(halt, other)


def test_both_latches_must_be_lifted():
    assert not leaves_after(HALT, RISK_HALTS, RESUME)
    assert not leaves_after(HALT, RISK_HALTS, RISK_RESUMES)
    assert leaves_after(HALT, RISK_HALTS, RESUME, RISK_RESUMES)


def test_the_reasons_are_told_to_whoever_watches():
    lived = Lived()
    for event in (HALT, RISK_HALTS, LOST):
        lived.tell(event)

    assert lived.desk.halted_by == ("bus lost", "operator: fat finger", "risk: drawdown")


def test_a_halt_without_a_reason_is_a_halt():
    lived = Lived()
    lived.tell(HaltRequested(reason="", at=NOON))

    assert lived.desk.halted_by == ("operator: no reason given",)


def test_risks_halt_outlives_a_restart():
    lived = Lived()
    lived.tell(RISK_HALTS)

    assert isinstance(lived.restarted().approve(), OrderRefused)


def test_a_halt_that_is_told_again_after_it_was_lifted_does_not_halt_again():
    lived = Lived()
    for event in (RISK_HALTS, RISK_RESUMES):
        lived.tell(event)
    again = lived.restarted()
    again.tell(RISK_HALTS)

    assert isinstance(again.approve(), OrderSubmitted)


def test_a_new_halt_of_the_same_rule_halts_again():
    assert not leaves_after(RISK_HALTS, RISK_RESUMES, RISK_HALTS.model_copy(update={"event_id": "h2"}))


def test_an_operators_resume_lifts_what_the_desk_halted_for_by_itself():
    lived = Lived()
    lived.tell(filled(order_id="nobody's", at=after(5)))
    assert lived.desk.halted_by

    lived.tell(RESUME)

    assert lived.desk.halted_by == ()


def test_a_resume_that_is_older_than_the_contradiction_does_not_lift_it():
    lived = Lived()
    lived.tell(filled(order_id="nobody's", at=after(20)))
    lived.tell(RESUME)

    assert lived.desk.halted_by == ("fill_of_an_unknown_order",)


def test_what_the_latch_remembers_is_bounded():
    latch = Latch()
    for n in range(3000):
        latch.observe(RISK_HALTS.model_copy(update={"event_id": f"h{n}"}))

    assert len(latch._seen) == 1000
    assert latch.risk == "risk: drawdown"


def test_a_journal_of_another_mode_is_not_traded_on_and_no_resume_lifts_that():
    lived = Lived()
    lived.tell(a_fill(mode="live"))
    lived.tell(RESUME)

    refused = lived.approve()

    assert isinstance(refused, OrderRefused)
    assert "the journal is of live trading: paper needs one of its own" in refused.detail
