"""`make run LIVE=sim`: a bounded run with real signatures on the simulated exchange, and a second one that is hurt."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from console.state import find_running
from end_to_end.running_system import RunningSystem, alive, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

SECONDS = 40
"""Enough to trade in; what was bought is paid for, or lost, in the second run."""
HURT_SECONDS = 60
OPTIONS = ("--live", "sim", "--lag", "6")
SHORT_MARKETS = {"DURATIONS_S": "60"}
CENT = Decimal("0.005")
HANDS = ("venue_usd", "fills_usd", "risk_usd", "ledger_usd")
BACK_WITHIN_S = 30


@dataclass
class Finished:
    """What is known after both runs."""

    system: RunningSystem
    codes: tuple[int, int]
    first: dict[str, Any]
    second: dict[str, Any]
    title: str
    commands: str
    environments: dict[str, dict[str, str]]
    said: str
    processes: list[Any]


@pytest.fixture(scope="module")
def runs() -> Iterator[Finished]:
    system = RunningSystem()
    try:
        system.start("--seconds", str(SECONDS), *OPTIONS, **SHORT_MARKETS)
        system.wait_until_ready()
        running = find_running(system.folder)
        assert running is not None
        processes = system.family()
        commands = "\n".join(" ".join(process.cmdline()) for process in processes)
        environments = {name: process.environ() for name, process in system.processes().items()}
        code = system.wait(SECONDS + 120)
        first = system.report()
        system.start("--seconds", str(HURT_SECONDS), *OPTIONS, **SHORT_MARKETS)
        system.wait_until_ready()
        for name in ("executor", "nats", "risk", "executor"):
            _hurt(system, name)
        codes = (code, system.wait(HURT_SECONDS + 120))
        yield Finished(
            system, codes, first, system.report(), running.world, commands, environments, system.said(), processes
        )
    finally:
        system.abandon()


def _hurt(system: RunningSystem, name: str) -> None:
    before = system.processes()[name]
    before.kill()
    eventually(lambda: system.is_back(name, before), BACK_WITHIN_S, f"{name} started again")
    eventually(
        lambda: system.is_ready("executor"), BACK_WITHIN_S,
        lambda: f"the executor is ready again\n{system.said()}\n{system.told_by('executor')}",
    )  # fmt: skip


def test_it_ends_by_itself_and_all_is_well(runs: Finished) -> None:
    assert runs.codes == (0, 0), runs.said


def test_it_says_that_it_trades_live_on_a_simulated_exchange(runs: Finished) -> None:
    assert runs.title.startswith("LIVE (simulated exchange)")
    assert "LIVE (simulated exchange)" in runs.said
    assert (runs.first["mode"], runs.second["mode"]) == ("live", "live")


def test_it_trades_and_settles(runs: Finished) -> None:
    assert runs.first["trades"] >= 1, runs.said
    assert runs.second["settled"] >= 1, runs.said


@pytest.mark.parametrize("which", ["first", "second"])
def test_the_books_of_the_venue_the_executor_risk_and_postgres_are_equal_to_the_cent(
    runs: Finished, which: str
) -> None:
    report = getattr(runs, which)
    assert report["agrees"], report["differences"]
    amounts = [Decimal(report["books"][hand]) for hand in HANDS]
    assert max(amounts) - min(amounts) < CENT, report["books"]
    assert report["books"]["venue_shares"] == report["books"]["fills_shares"], report["books"]


def test_the_second_run_goes_on_with_the_wallet_and_the_money_of_the_first(runs: Finished) -> None:
    assert runs.second["books"]["wallet"] == runs.first["books"]["wallet"]
    assert runs.second["trades"] >= runs.first["trades"]


def test_an_order_is_sent_once_however_often_its_senders_are_killed(runs: Finished) -> None:
    restarts = runs.second["restarts"]
    assert (restarts["executor"], restarts["risk"], restarts["nats"]) == (2, 1, 1)
    assert runs.second["trades"] <= runs.second["approvals"]


def test_the_wallets_key_is_in_one_file_for_its_owner_alone_and_nowhere_else(runs: Finished) -> None:
    path = runs.system.folder.wallet_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_text().strip().removeprefix("0x")
    assert len(key) == 64
    logs = "\n".join(log.read_text(errors="replace") for log in runs.system.folder.logs.iterdir())
    for text in (runs.commands, runs.said, logs, str(runs.environments)):
        assert key not in text


def test_only_the_executor_knows_of_the_wallet(runs: Finished) -> None:
    knowing = {
        name
        for name, environment in runs.environments.items()
        if any(each.startswith("POLYMARKET_") or each == "LIVE_CONFIRMATION" for each in environment)
    }
    assert knowing == {"executor"}


def test_no_process_is_left(runs: Finished) -> None:
    assert alive(runs.processes) == []
