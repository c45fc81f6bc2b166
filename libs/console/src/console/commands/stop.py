"""`pm-arb stop`: ends a running `pm-arb up` in order."""

import os
import signal

import typer

from console.errors import ConsoleError
from console.reaching import STATE, StateOption
from console.state import StateFolder, find_running
from console.up.registry import wait_gone

STOPPED_WITHIN_S = 90.0


def stop_command(*, state: StateOption = STATE) -> None:
    """Stop the running system in order, as Ctrl-C in its terminal does, and wait until it is gone."""
    folder = StateFolder(state)
    running = find_running(folder)
    if running is None:
        raise ConsoleError(f"nothing runs from {folder.root}")
    os.kill(running.pid, signal.SIGTERM)
    typer.echo(f"Draining process {running.pid} ...")
    if not wait_gone(running.pid, running.created, STOPPED_WITHIN_S):
        raise ConsoleError(f"process {running.pid}: expected to be gone within {STOPPED_WITHIN_S:g} s, found it alive")
    typer.echo("Stopped.")
