"""Supervision, with real processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from common.clock import SystemClock
from console.up.program import Program
from console.up.registry import Registry, end, leftovers
from console.up.supervisor import Supervisor
from support.waiting import eventually

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
WRONG = "import sys; print('HTTP_PORT: expected a number', flush=True); sys.exit(78)"
BROKEN = "raise SystemExit('no such thing')"


def a_program(folder: Path, code: str, **changes: object) -> Program:
    fields: dict[str, object] = {
        "name": "child", "command": (sys.executable, "-c", code), "environment": dict(os.environ), "log": folder / "child.log",
    }  # fmt: skip
    return Program(**(fields | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def supervised(folder: Path, code: str, **changes: object) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(a_program(folder, code, **changes), Registry(folder / "pids.json"), SystemClock())
    supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.stop()


def started(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)


def has_said(folder: Path, words: str) -> Callable[[], bool]:
    return lambda: words in (folder / "child.log").read_text()


async def test_a_killed_process_is_started_again_and_counted(tmp_path: Path) -> None:
    async with supervised(tmp_path, SLEEPER) as supervisor:
        await eventually(has_said(tmp_path, "up"))
        first = supervisor.health.pid
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: supervisor.health.restarts == 1 and supervisor.health.state == "running")
        assert supervisor.health.pid != first
    assert supervisor.health.state == "stopped"
    assert leftovers(tmp_path / "pids.json") == {}


async def test_what_does_not_heed_the_word_to_stop_is_killed(tmp_path: Path) -> None:
    async with supervised(tmp_path, STUBBORN, stop_within_s=0.3) as supervisor:
        await eventually(has_said(tmp_path, "up"))
        pid = supervisor.health.pid
    assert not psutil.pid_exists(pid)


async def test_a_wrong_setting_is_said_and_not_tried_again(tmp_path: Path) -> None:
    async with supervised(tmp_path, WRONG) as supervisor:
        await eventually(lambda: supervisor.health.state == "failed")
        assert supervisor.health.detail == "HTTP_PORT: expected a number"
        assert supervisor.health.restarts == 0


async def test_a_broken_program_says_why_while_it_waits(tmp_path: Path) -> None:
    async with supervised(tmp_path, BROKEN) as supervisor:
        await eventually(lambda: supervisor.health.state == "waiting")
        assert supervisor.health.detail == "ended with code 1 (no such thing); starts again in 0.5 s"


async def test_no_process_outlives_a_killed_parent(tmp_path: Path) -> None:
    code = f"""
import asyncio, os, sys
from pathlib import Path
from common.clock import SystemClock
from console.up.program import Program
from console.up.registry import Registry
from console.up.supervisor import Supervisor

async def main():
    folder = Path({str(tmp_path)!r})
    command = (sys.executable, "-c", {STUBBORN!r})
    program = Program(name="child", command=command, environment=dict(os.environ), log=folder / "child.log")
    Supervisor(program, Registry(folder / "pids.json"), SystemClock()).start()
    await asyncio.sleep(60)

asyncio.run(main())
"""
    parent = started(code)
    try:
        await eventually(lambda: (tmp_path / "child.log").exists() and has_said(tmp_path, "up")())
        (child,) = leftovers(tmp_path / "pids.json").values()
    finally:
        parent.kill()
        parent.wait()
    await eventually(lambda: not leftovers(tmp_path / "pids.json"))
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


async def test_only_what_was_left_behind_is_ended(tmp_path: Path) -> None:
    ours, other = started(SLEEPER), started(SLEEPER)
    try:
        registry = Registry(tmp_path / "pids.json")
        registry.add("ours", ours.pid)
        entries = json.loads((tmp_path / "pids.json").read_text())["processes"]
        entries["other"] = {"pid": other.pid, "created": 1.0}
        (tmp_path / "pids.json").write_text(json.dumps({"processes": entries}))
        said: list[str] = []
        await asyncio.to_thread(end, leftovers(tmp_path / "pids.json"), 5.0, said.append)
        assert not psutil.pid_exists(ours.pid)
        assert other.poll() is None
        assert said == [f"ended ours (process {ours.pid}), left behind by an earlier run"]
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()
