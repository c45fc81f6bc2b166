"""One system that is hurt, halted, stopped and started again, and whose books are right in the end."""

from collections.abc import Iterator

import psutil
import pytest

from common.clock import SECOND
from common.contracts.subjects import SERVICES
from end_to_end.running_system import AMPLE, RunningSystem, alive, eventually, now
from support import waiting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TRADES_WITHIN_S = 75
BACK_WITHIN_S = 30
SLOW_MAKERS = ("--lag", "6")
"""So slow that there is something to trade in every minute."""
LAST_ORDER = "SELECT coalesce(max((event->>'at')::bigint), 0) FROM events WHERE type = 'order_submitted'"
FILLS = "SELECT count(*) FROM fills WHERE status <> 'failed' AND price IS NOT NULL"
DOUBLED = "SELECT count(*) - count(DISTINCT event->>'order_id') FROM events WHERE type = 'order_submitted'"
STORED = "SELECT sequence FROM journal_position"


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    """A running system; the tests share it, each leaves it running and trading."""
    system = RunningSystem()
    system.start(*SLOW_MAKERS, **AMPLE)
    try:
        system.wait_until_ready()
        yield system
    finally:
        system.abandon()


@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_comes_back(system: RunningSystem, name: str) -> None:
    before = system.processes()[name]
    before.kill()
    eventually_back(system, name, before)
    eventually_ready(system, name)


async def test_the_rest_goes_on_while_the_database_stands_still(system: RunningSystem) -> None:
    database = system.processes()["postgres"]
    database.suspend()
    try:
        stood_until = now() + 4 * SECOND
        eventually(lambda: now() > stood_until, 10, "four seconds")
        assert set(SERVICES) <= set(system.processes())
        assert system.is_ready("risk")
    finally:
        database.resume()
    stored = await system.query(STORED)
    await grows(system, STORED, stored, "the ledger stores again")


async def test_a_dead_alert_channel_never_blocks_trading(system: RunningSystem) -> None:
    alerter = system.processes()["alerter"]
    alerter.suspend()
    try:
        before = await system.query(FILLS)
        await grows(system, FILLS, before, "it trades while nobody can be told")
        assert await system.query(FILLS) > before
    finally:
        alerter.resume()


async def test_the_database_and_the_bus_come_back_when_killed(system: RunningSystem) -> None:
    for name in ("postgres", "nats"):
        before = system.processes()[name]
        before.kill()
        eventually_back(system, name, before)
    for name in SERVICES:
        eventually_ready(system, name)
    stored = await system.query(STORED)
    await grows(system, STORED, stored, "the ledger stores again")


async def test_a_plain_line_on_a_plain_connection_halts_until_an_operator_resumes(system: RunningSystem) -> None:
    await grows(system, FILLS, await system.query(FILLS), "it trades")
    halted_at = now()
    assert "-ERR" not in system.raw("PUB control.halt 0", "")
    eventually(lambda: "HALTED" in system.command("status").stdout, 5, "risk says that it halted")

    assert system.stop() == 0, system.said()
    system.start(*SLOW_MAKERS, **AMPLE)
    system.wait_until_ready()
    assert "HALTED" in system.command("status").stdout
    assert "-ERR" in system.raw("PUB control.resume 0", "")
    refused = system.command("resume", NATS_OPERATOR_PASSWORD="a-guess")
    assert refused.returncode == 1
    assert "Authorization" in refused.stderr
    assert "HALTED" in system.command("status").stdout
    assert await system.query(LAST_ORDER) <= halted_at + SECOND

    resumed = system.command("resume", "lunch is over")
    assert "Risk has resumed." in resumed.stdout, resumed.stdout + resumed.stderr
    await grows(system, FILLS, await system.query(FILLS), "it trades again")


async def test_in_the_end_nothing_is_doubled_nothing_is_left_and_the_books_agree(system: RunningSystem) -> None:
    assert await system.query(DOUBLED) == 0
    processes = system.family()
    stopped = system.command("stop")
    assert "Stopped." in stopped.stdout, stopped.stderr
    assert system.wait(5) == 0, system.said()
    report = system.report()
    assert report["agrees"], report["differences"]
    earlier = sum(each["run"]["trades"] for each in system.earlier_reports)
    assert report["trades"] == earlier + report["run"]["trades"]
    assert report["trades"] > report["run"]["trades"] >= 1
    assert alive(processes) == []
    assert system.command("status").returncode == 1


def eventually_back(system: RunningSystem, name: str, before: psutil.Process) -> None:
    eventually(lambda: system.is_back(name, before), BACK_WITHIN_S, f"{name} started again")


def eventually_ready(system: RunningSystem, name: str) -> None:
    eventually(
        lambda: system.is_ready(name), BACK_WITHIN_S,
        lambda: f"{name} ready again\n{system.said()}\n{system.told_by(name)}",
    )  # fmt: skip


async def grows(system: RunningSystem, sql: str, before: int, why: str) -> None:
    """Wait until a figure of the ledger has grown."""

    async def has_grown() -> bool:
        return bool(await system.query(sql) > before)

    await waiting.eventually(has_grown, within_s=TRADES_WITHIN_S, every_s=0.25, why=why)
