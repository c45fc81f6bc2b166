"""Keeps a program running: what ends is started again, ever more patiently, counted and shown."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from common.clock import Clock, Instant
from console.errors import ConsoleError
from console.up.backoff import Backoff
from console.up.logfile import LogFile
from console.up.program import READ_BYTES, Program, launch
from console.up.registry import Registry

EXIT_SETTINGS = 78
"""EX_CONFIG of sysexits.h: a wrong setting, which a restart does not mend."""
LAST_WORDS_MAX = 100
NEVER = Instant(0)

State = Literal["starting", "running", "waiting", "failed", "stopped"]
Hook = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """How a supervised program stands."""

    name: str
    state: State = "starting"
    pid: int = 0
    restarts: int = 0
    detail: str = ""
    since: Instant = NEVER
    """When it came to stand so."""


class Supervisor:
    """Runs one program until told to stop."""

    def __init__(self, program: Program, registry: Registry, clock: Clock, *, started: Hook | None = None) -> None:
        self.program, self._clock = program, clock
        self.health = ProcessHealth(program.name)
        self._registry, self._started = registry, started
        self._log = LogFile(program.log)
        self._stopping = asyncio.Event()
        self._restarts = 0
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._hook: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to run it, in the background."""
        self._task = asyncio.create_task(self._run(), name=f"supervise {self.program.name}")

    async def stop(self) -> None:
        """End it: its own signal first, SIGKILL when it does not heed that in time."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            _signal(self._process, self.program.stop_signal)
            try:
                await asyncio.wait_for(self._process.wait(), self.program.stop_within_s)
            except TimeoutError:
                _signal(self._process, signal.SIGKILL)
        if self._task is not None:
            await self._task
        self._become("stopped", 0, "")

    async def _run(self) -> None:
        backoff = Backoff()
        loop = asyncio.get_running_loop()
        try:
            while not self._stopping.is_set():
                born = loop.time()
                code = await self._live_once()
                if self._stopping.is_set():
                    return
                if code == EXIT_SETTINGS:
                    self._become("failed", 0, self._log.last_line)
                    return
                backoff = backoff.after(loop.time() - born)
                self._become("waiting", 0, self._why(code, backoff.wait_s))
                await self._pause(backoff.wait_s)
                self._restarts += 1
        finally:
            self._registry.remove(self.program.name)
            self._log.close()

    async def _live_once(self) -> int:
        """Run it once; answer its exit code, negative for the signal that ended it."""
        self._log.forget()
        self._process = process = await launch(self.program)
        self._registry.add(self.program.name, process.pid)
        self._become("running", process.pid, "")
        if self._stopping.is_set():
            _signal(process, self.program.stop_signal)
        if self._started is not None:
            self._hook = asyncio.create_task(self._prepare(self._started, process.pid))
        assert process.stdout is not None
        while chunk := await process.stdout.read(READ_BYTES):
            self._log.write(chunk)
        code = await process.wait()
        if self._hook is not None:
            self._hook.cancel()
        return code

    async def _prepare(self, started: Hook, pid: int) -> None:
        """Do what must be done after each start; what prevents it is shown."""
        try:
            await started()
        except ConsoleError as error:
            self._become("running", pid, str(error))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _become(self, state: State, pid: int, detail: str) -> None:
        self.health = ProcessHealth(self.program.name, state, pid, self._restarts, detail, self._clock.now())

    def _why(self, code: int, wait_s: float) -> str:
        """Say how it ended; what it said last only where it ended by itself."""
        words = f" ({self._log.last_line[:LAST_WORDS_MAX]})" if code > 0 and self._log.last_line else ""
        return f"{_how(code)}{words}; starts again in {wait_s:g} s"


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal the whole session of a process: what it started itself must not outlive it."""
    with suppress(ProcessLookupError, PermissionError):
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"
