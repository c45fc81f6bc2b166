"""What risk does about a book that differs from the venue's."""

from decimal import Decimal

import pytest

from builders import NOON, after
from common.contracts.control import ResumeRequested
from common.contracts.executor import ReconciliationDone
from common.contracts.risk import RiskStateChanged, TradingHalted, TradingResumed
from unit.risk.risk_builders import Lived, rule

DIFFERS, AGREED, INCOMPLETE = "differs", "agreed", "incomplete"


def reconciled(verdict, severity="none", seconds=0.0, detail="position 1: expected 10, found 0"):
    return ReconciliationDone(
        event_id=f"r{seconds}", mode="live", verdict=verdict, severity=severity, detail=detail, discrepancies=(),
        open_orders=0, tokens=1, collateral=Decimal(200), baseline=Decimal(200), wallet="0xw", signature_type=0,
        at=after(seconds),
    )  # fmt: skip


def resume(seconds):
    return ResumeRequested(reason="seen", at=after(seconds))


def test_a_discrepancy_stops_buying_until_a_later_look_agrees():
    lived = Lived()

    assert lived.tell(reconciled(DIFFERS, "reduce")) is None
    denial = lived.ask(event_id="o1")
    assert rule(denial) == "trading_is_active"
    assert "state=REDUCING reconciliation: position 1: expected 10, found 0" in denial.detail
    state = lived.tick(after(1))
    assert isinstance(state, RiskStateChanged)
    assert (state.state, state.reason) == ("REDUCING", "reconciliation: position 1: expected 10, found 0")

    lived.tell(reconciled(AGREED, seconds=1), after(1))
    assert rule(lived.ask(event_id="o2")) == "approved"


@pytest.mark.parametrize("verdict", [AGREED, DIFFERS, INCOMPLETE])
def test_a_look_that_is_no_cause_for_concern_stops_nothing(verdict):
    lived = Lived()
    lived.tell(reconciled(verdict, "none" if verdict == AGREED else "warn"))

    assert rule(lived.ask()) == "approved"


def test_an_incomplete_look_lifts_nothing():
    lived = Lived()
    lived.tell(reconciled(DIFFERS, "reduce"))
    lived.tell(reconciled(INCOMPLETE, seconds=1), after(1))

    assert rule(lived.ask()) == "trading_is_active"


def test_too_many_incomplete_looks_stop_buying():
    lived = Lived()
    lived.tell(reconciled(INCOMPLETE, "reduce"))

    assert rule(lived.ask()) == "trading_is_active"


def test_a_grave_discrepancy_halts_trading_until_an_operator_resumes():
    lived = Lived()

    halted = lived.tell(reconciled(DIFFERS, "halt", detail="foreign_order 0xf"))

    assert isinstance(halted, TradingHalted)
    assert (halted.rule, halted.reason) == ("reconciliation", "foreign_order 0xf")
    lived.tell(reconciled(AGREED, seconds=1), after(1))
    assert rule(lived.ask(event_id="o1")) == "trading_is_active"
    assert isinstance(lived.tell(resume(2), after(2)), TradingResumed)
    assert rule(lived.ask(event_id="o2")) == "approved"


def test_after_a_resume_nothing_is_bought_before_the_books_agree():
    lived = Lived()
    lived.tell(reconciled(DIFFERS, "halt"))
    lived.tell(resume(1), after(1))

    assert rule(lived.ask()) == "trading_is_active"
    assert lived.gate.latch.state == "REDUCING"


def test_a_halt_that_stands_is_not_said_again_and_one_after_a_resume_is():
    lived = Lived()
    first = lived.tell(reconciled(DIFFERS, "halt"))
    assert lived.tell(reconciled(DIFFERS, "halt", seconds=1), after(1)) is None
    lived.tell(resume(2), after(2))

    second = lived.tell(reconciled(DIFFERS, "halt", seconds=3), after(3))

    assert isinstance(second, TradingHalted)
    assert second.event_id != first.event_id


def test_a_halt_that_was_only_observed_is_put_on_record_by_the_next_tick():
    lived = Lived()
    found = reconciled(DIFFERS, "halt")
    lived.gate.observe(found)

    assert rule(lived.ask()) == "trading_is_active"
    assert lived.tick(after(1)).event_id == Lived().tell(found).event_id


def test_what_reconciliation_stopped_stays_stopped_over_a_restart():
    for severity, state in (("reduce", "REDUCING"), ("halt", "HALTED")):
        lived, again = Lived(), Lived()
        lived.tell(reconciled(DIFFERS, severity))

        for event in lived.journal:
            again.gate.observe(event)

        assert again.gate.latch.state == state
        assert again.gate.state("test", NOON, NOON).state == state
