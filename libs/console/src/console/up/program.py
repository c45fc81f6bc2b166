"""A program to run, and running it once."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from console.up import tether

READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run, as whom, and how it ends."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """The whole of it: nothing is inherited beside it. Secrets travel here and never in the command."""
    log: Path
    user: int = -1
    group: int = -1
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends when the console itself is killed."""
    stop_within_s: float = 12.0


async def launch(program: Program) -> Process:
    """Start a program in a session of its own, so that Ctrl-C in the terminal reaches only the console."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), str(int(program.orphan_signal)),
        str(program.user), str(program.group), *program.command,
        env=dict(program.environment), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True,
    )  # fmt: skip
