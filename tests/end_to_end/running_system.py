"""`pm-arb up` as a process, as an operator has it: started, looked at from outside, hurt, stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import psutil

from common.clock import Instant, SystemClock
from common.contracts.subjects import SERVICES
from console.state import StateFolder, find_running, read_json

READY_WITHIN_S = 120
"""How long a start may take on a machine that does other things as well; how long it takes is no matter here."""
STOPPED_WITHIN_S = 60
LOOK_AGAIN_S = 0.1
LAST_LINES = 40
AMPLE = {"INITIAL_BANKROLL": "20000", "REPEATED_TRADES_MAX": "1000"}
"""Limits so wide that no market lost on the way ends the day: for those who ask only whether it trades on at all."""

FoundT = TypeVar("FoundT")


def eventually(look: Callable[[], FoundT], within_s: float, why: str | Callable[[], str]) -> FoundT:
    """Look again and again until there is something to see; `why` is asked, where it can be, only when there is not."""
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {why if isinstance(why, str) else why()}"
        time.sleep(LOOK_AGAIN_S)


class RunningSystem:
    """One state folder, and the run that is on in it."""

    def __init__(self) -> None:
        # Not in pytest's own folder: that is closed to the user that Postgres runs as when all else runs as root.
        self.root = Path(tempfile.mkdtemp(prefix="pm-arb-run-"))
        self.folder = StateFolder(self.root / "state")
        self.output = self.root / "output.txt"
        self.earlier_reports: list[dict[str, Any]] = []
        """Of the runs before the one that is on."""
        self._process: subprocess.Popen[bytes] | None = None

    def is_back(self, name: str, before: psutil.Process) -> bool:
        """Say whether a process was started again after it was killed."""
        return self.processes().get(name) not in (None, before)

    def start(self, *options: str, **environment: str) -> None:
        if self.folder.report.exists():
            self.earlier_reports.append(self.report())
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "console", "up", "--state", str(self.folder.root), *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=os.environ | environment,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        eventually(self._is_ready, READY_WITHIN_S, lambda: f"ready\n{self.said()}")

    def wait(self, within_s: float) -> int:
        """Wait for it to end by itself; answer its exit code."""
        assert self._process is not None
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"not ended within {within_s:g} s:\n{self.said()}\n{self.told_by('console')}"
            ) from None

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Say stop as the terminal does; answer the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(STOPPED_WITHIN_S)

    def abandon(self) -> None:
        """Whatever happened, leave nothing running and nothing on the disk."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def command(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run another `pm-arb` command on the same state folder."""
        return subprocess.run(
            [sys.executable, "-m", "console", *arguments, "--state", str(self.folder.root)],
            capture_output=True, text=True, timeout=60, check=False, env=os.environ | environment,
        )  # fmt: skip

    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def told_by(self, name: str) -> str:
        """Answer the last lines that a process logged."""
        log = self.folder.logs / f"{name}.jsonl"
        return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:]) if log.exists() else ""

    def report(self) -> dict[str, Any]:
        return read_json(self.folder.report)

    def processes(self) -> dict[str, psutil.Process]:
        """Answer the processes of the run that live, by name."""
        try:
            entries = read_json(self.folder.pids)["processes"]
        except (OSError, ValueError, KeyError):
            return {}
        found = {}
        for name, entry in entries.items():
            try:
                process = psutil.Process(int(entry["pid"]))
                if process.status() != psutil.STATUS_ZOMBIE:
                    found[name] = process
            except psutil.Error:
                continue
        return found

    def family(self) -> list[psutil.Process]:
        """Answer every process of the run, with those that they started, and the console itself."""
        own = list(self.processes().values())
        assert self._process is not None
        return [psutil.Process(self._process.pid), *own, *(child for process in own for child in process.children())]

    def is_ready(self, name: str) -> bool:
        """Ask a service whether it can do its job."""
        running = find_running(self.folder)
        if running is None:
            return False
        return _answers_ready(running.http_ports[name])

    def _is_ready(self) -> bool:
        return all(self.is_ready(name) for name in SERVICES)

    def raw(self, *lines: str) -> str:
        """Speak to NATS by hand, on a new connection without credentials; answer what it says."""
        running = find_running(self.folder)
        assert running is not None
        host, _, port = running.nats_url.removeprefix("nats://").partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.settimeout(1)
            said = connection.recv(65536)
            connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
            connection.sendall(b"PING\r\n")
            while b"PONG" not in said and b"-ERR" not in said:
                said += connection.recv(65536)
        return said.decode()

    async def query(self, sql: str, *arguments: object) -> Any:
        """Ask the ledger's database for one value."""
        running = find_running(self.folder)
        assert running is not None
        connection = await asyncpg.connect(running.database_url, timeout=5)
        try:
            return await connection.fetchval(sql, *arguments)
        finally:
            await connection.close()


def now() -> Instant:
    return SystemClock().now()


def alive(processes: Iterable[psutil.Process]) -> list[str]:
    """Name those of some processes that still live."""
    return [str(process) for process in processes if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _answers_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False
