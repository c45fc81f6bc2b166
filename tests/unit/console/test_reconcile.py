"""What the operator reads of a reconciliation, and of what stops the executor."""

from decimal import Decimal
from io import StringIO

from rich.console import Console

from builders import NOON, after
from common.clock import VirtualClock
from common.contracts.executor import ExecutorStateChanged, ReconciliationDone
from console.commands.reconcile import told
from console.commands.status import executor_lines
from console.view.board import Board
from samples import SAMPLES


def written(last: ReconciliationDone) -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(told(last, VirtualClock(after(30))))
    return console.export_text()


def a_reconciliation(**changes: object) -> ReconciliationDone:
    sample = SAMPLES[ReconciliationDone]
    assert isinstance(sample, ReconciliationDone)
    return sample.model_copy(update=changes)


def test_each_difference_has_a_line_with_what_is_at_stake():
    text = written(a_reconciliation())

    assert "differs" in text
    assert "ago (live)" in text
    for word in ("position", "10", "12", "$1.20", "reduce"):
        assert word in text
    assert "collateral $190.00, baseline $200.00" in text


def test_books_that_agree_are_one_line_and_the_wallet():
    text = written(a_reconciliation(verdict="agreed", severity="none", discrepancies=(), detail="", collateral=None))

    assert len(text.strip().splitlines()) == 2
    assert "collateral unknown" in text


def test_an_incomplete_look_says_what_the_venue_did_not_tell():
    text = written(
        a_reconciliation(verdict="incomplete", severity="warn", discrepancies=(), detail="trades: no answer")
    )

    assert "trades: no answer" in text


def test_the_status_says_what_stops_the_executor_and_how_the_books_compared():
    board, clock = Board(), VirtualClock(after(30))
    assert list(executor_lines(board, clock)) == []

    board.fold(ExecutorStateChanged(event_id="t", mode="live", halted_by=("bus lost",), at=NOON), NOON)
    board.fold(a_reconciliation(baseline=Decimal(200)), NOON)
    stopped, reconciled = [line.plain for line in executor_lines(board, clock)]

    assert stopped == "The executor holds still: bus lost."
    assert reconciled.startswith("Last reconciliation, ")
    assert reconciled.endswith(" ago: differs: position of 1.")
