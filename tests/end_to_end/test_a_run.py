"""One bounded run, as `make run SECONDS=210` has it, looked at while it lasts and after it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psutil
import pytest

from common.contracts.subjects import SERVICES
from console.state import read_secrets
from end_to_end.running_system import RunningSystem, alive

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECONDS = 210
"""Two whole minutes and what of others comes before and after them: with markets of a minute each, whose makers are
slow, enough to be paid in, also where in one of the two nothing is worth a trade."""
ENDS_WITHIN_S = 120
"""How long it may take to drain on a machine that stands still meanwhile; alone it takes a few seconds."""


@dataclass
class Finished:
    """What is known after a run."""

    system: RunningSystem
    code: int
    report: dict[str, Any]
    secrets: dict[str, str]
    processes: list[psutil.Process]
    """All that belonged to it while it ran."""
    commands: str
    status: str
    second_start: str


@pytest.fixture(scope="module")
def run() -> Iterator[Finished]:
    system = RunningSystem()
    try:
        system.start("--seconds", str(SECONDS), "--lag", "3", DURATIONS_S="60")
        system.wait_until_ready()
        processes = system.family()
        commands = "\n".join(" ".join(process.cmdline()) for process in processes)
        secrets = read_secrets(system.folder)
        status = system.command("status").stdout
        second = system.command("up").stderr
        code = system.wait(SECONDS + ENDS_WITHIN_S)
        yield Finished(system, code, system.report(), secrets, processes, commands, status, second)
    finally:
        system.abandon()


def test_it_ends_by_itself_and_all_is_well(run: Finished) -> None:
    assert run.code == 0, run.system.said()


def test_it_trades_and_settles(run: Finished) -> None:
    assert run.report["trades"] >= 1, run.system.said()
    assert run.report["settled"] >= 1, run.system.said()
    assert 0 <= run.report["first_trade_seconds"] < SECONDS


def test_four_hands_come_to_the_same_cent(run: Finished) -> None:
    report = run.report
    assert report["agrees"], report["differences"]
    assert report["unverified"] == []
    hands = [Decimal(report[name]) for name in ("pnl_usd", "ledger_pnl_usd", "audit_pnl_usd")]
    assert max(hands) - min(hands) < Decimal("0.005")
    assert Decimal(report["equity_usd"]) == 200 + Decimal(report["pnl_usd"])
    assert report["run"]["trades"] == report["trades"]


def test_the_report_says_why_what_was_not_done_was_not_done(run: Finished) -> None:
    assert run.report["opportunities"] == run.report["approvals"] + sum(run.report["denials"].values())
    assert sum(run.report["edges_refused"].values()) > 0
    assert run.report["markets_seen"] >= 6


def test_it_is_ready_soon(run: Finished) -> None:
    assert run.report["ready_seconds"] < 30  # it shares the machine with other workers; alone it takes a few seconds


def test_nothing_had_to_be_started_again(run: Finished) -> None:
    assert not any(run.report["restarts"].values()), run.report["restarts"]


def test_no_process_is_left(run: Finished) -> None:
    assert len(run.processes) > 12
    assert alive(run.processes) == []


def test_no_secret_is_in_a_command_or_a_log_or_left_on_the_disk(run: Finished) -> None:
    assert set(run.secrets) == {"console", "operator"}
    assert not run.system.folder.secrets.exists()
    logs = "\n".join(path.read_text(errors="replace") for path in run.system.folder.logs.iterdir())
    for secret in run.secrets.values():
        assert secret not in run.commands
        assert secret not in logs
        assert secret not in run.system.said()
    assert "PASSWORD" not in run.commands


def test_the_status_names_every_service(run: Finished) -> None:
    for name in SERVICES:
        assert name in run.status
    assert "No word from" not in run.status


def test_a_second_start_on_the_same_folder_is_refused_in_one_line(run: Finished) -> None:
    assert "already runs from here" in run.second_start
    assert run.second_start.count("\n") == 1


def test_without_a_terminal_it_writes_lines(run: Finished) -> None:
    said = run.system.said()
    for words in ("approved  ", "filled    ", "settled   ", "status    ", "health    risk ready"):
        assert re.search(rf"^\d\d:\d\d:\d\d {words}", said, re.MULTILINE), words
    assert "\x1b" not in said


def test_what_the_services_logged_is_kept(run: Finished) -> None:
    for name in SERVICES:
        assert '"service_started"' in (run.system.folder.logs / f"{name}.jsonl").read_text()
