"""A running system is backed up, another folder restored from it, and `pm-arb up` goes on from there, halted."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from common.bootstrap.nats_config import BOOTSTRAP
from console.backup.ground import Ground, ground
from console.backup.streams import connected
from console.state import StateFolder, read_json
from end_to_end.running_system import RunningSystem, eventually
from ledger.adapters.schema import TABLES

KEPT = ("CATALOGUE", "CONTROL", "JOURNAL")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def messages(where: Ground) -> dict[str, dict[int, Any]]:
    """Every message of every stream by its sequence, as the server keeps it."""
    found: dict[str, dict[int, Any]] = {}
    async with connected(where.nats_url, BOOTSTRAP, where.passwords[BOOTSTRAP]) as client:
        for name in KEPT:
            info = json.loads((await client.request(f"$JS.API.STREAM.INFO.{name}", b"")).data)["state"]
            found[name] = {}
            for sequence in range(info["first_seq"], info["last_seq"] + 1):
                question = json.dumps({"seq": sequence}).encode()
                said = json.loads((await client.request(f"$JS.API.STREAM.MSG.GET.{name}", question)).data)
                if "message" in said:
                    found[name][sequence] = said["message"]
    return found


async def rows(where: Ground, up_to: int | None = None) -> dict[str, list[Any]]:
    connection = await asyncpg.connect(where.database_url)
    try:
        if up_to is not None:
            found = await connection.fetch("SELECT * FROM events WHERE sequence <= $1 ORDER BY sequence", up_to)
            return {"events": [tuple(row) for row in found]}
        return {name: sorted(map(repr, map(tuple, await connection.fetch(f"SELECT * FROM {name}")))) for name in TABLES}
    finally:
        await connection.close()


def rebuild(where: Ground) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ledger", "rebuild"], capture_output=True, text=True, timeout=60, check=False,
        env={"NATS_URL": where.nats_url, "NATS_PASSWORD": where.passwords["ledger"], "DATABASE_URL": where.database_url},
    )  # fmt: skip


async def test_a_system_backed_up_while_it_trades_is_restored_and_goes_on_halted() -> None:
    first, second = RunningSystem(), RunningSystem()
    file = first.root / "backup.tar"
    try:
        first.start("--lag", "3", DURATIONS_S="60")
        first.wait_until_ready()
        eventually(lambda: " filled " in first.said(), 120, "a fill")
        backed_up = first.command("backup", "--out", str(file))
        assert backed_up.returncode == 0, backed_up.stderr
        refused = first.command("restore", str(file))
        assert (refused.returncode, "already runs from here" in refused.stderr) == (1, True), refused.stderr
        assert first.stop() == 0, first.said()

        restored = second.command("restore", str(file))
        assert restored.returncode == 0, restored.stderr
        assert read_json(second.folder.world) == read_json(first.folder.world)
        await compare(first.folder, second.folder)

        second.start("--lag", "3", DURATIONS_S="60")
        second.wait_until_ready()
        assert "HALTED" in second.command("status").stdout
        assert second.stop() == 0, second.said()
        assert second.report()["run"]["trades"] == 0
        again = second.command("restore", str(file))
        assert (again.returncode, "expected an empty stream" in again.stderr) == (1, True), again.stderr
    finally:
        first.abandon()
        second.abandon()


async def compare(first: StateFolder, second: StateFolder) -> None:
    """Every message of the journal and of the commands is the same, and the rows are those of the journal."""
    async with ground(first) as before:
        original, known = await messages(before), await rows(before, up_to=2**62)
    async with ground(second) as after:
        copied, last = await messages(after), await _stored(after)
        assert any(m["subject"].startswith("executor.fill.") for m in copied["JOURNAL"].values())
        assert copied["JOURNAL"] == {n: original["JOURNAL"][n] for n in copied["JOURNAL"]}
        assert list(copied["JOURNAL"]) == list(range(1, len(copied["JOURNAL"]) + 1))
        assert {n: m for n, m in copied["CATALOGUE"].items() if n in original["CATALOGUE"]}
        assert all(original["CATALOGUE"].get(n, m) == m for n, m in copied["CATALOGUE"].items())
        assert [m["subject"] for m in copied["CONTROL"].values()] == ["control.halt"]
        assert 0 < last <= len(copied["JOURNAL"])
        assert await rows(after, up_to=last) == {"events": [row for row in known["events"] if row[0] <= last]}
        made_anew = rebuild(after)
        assert made_anew.returncode == 0, made_anew.stderr
        assert (await rows(after))["events"] == sorted(
            repr(row) for row in known["events"] if row[0] <= len(copied["JOURNAL"])
        )


async def _stored(where: Ground) -> int:
    connection = await asyncpg.connect(where.database_url)
    try:
        found: int = await connection.fetchval("SELECT sequence FROM journal_position")
        return found
    finally:
        await connection.close()


def test_a_backup_of_nothing_says_that_nothing_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console", "backup", "--state", str(tmp_path), "--out", str(tmp_path / "none.tar")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "expected NATS_OPERATOR_PASSWORD or a running `pm-arb up`, found neither" in done.stderr
