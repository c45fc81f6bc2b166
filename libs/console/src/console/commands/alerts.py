"""`pm-arb alerts test`: one alert, by the alerter's own channel, to see that it reaches somebody."""

import os
import subprocess
import sys

import typer

from console.errors import EXIT_FAILED, ConsoleError
from console.reaching import STATE, StateOption
from console.state import StateFolder, find_running
from console.up.environment import pushover_of

WITHIN_S = 60

alerts = typer.Typer(name="alerts", help="What is told to people.", no_args_is_help=True)


@alerts.callback()
def alerts_group() -> None:
    """Group what is about alerts; with one command alone it would be no group."""


@alerts.command("test")
def alerts_test_command(*, state: StateOption = STATE) -> None:
    """Send one test alert as the alerter would, and say whether it was taken. Exit code 1 when it was not.

    It goes to PUSHOVER_USER_KEY by PUSHOVER_API_TOKEN (or their files), or to the simulated Pushover of the system that
    runs from the state folder.
    """
    environment = dict(os.environ)
    running = find_running(StateFolder(state))
    if running is not None and running.simulator_url and "PUSHOVER_USER_KEY" not in environment:
        environment |= pushover_of(running.simulator_url)
    command = [sys.executable, "-m", "alerter", "test"]
    try:
        found = subprocess.run(  # noqa: S603 - the command is ours
            command, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConsoleError(f"alerter test: expected an answer within {WITHIN_S} s, found none") from None
    if found.returncode != 0:
        raise ConsoleError(found.stderr.strip() or "alerter test: expected an answer, found none", EXIT_FAILED)
    typer.echo(found.stdout.strip())
