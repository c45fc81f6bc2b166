"""`pm-arb halt`: no order leaves any more, and open ones are asked to be cancelled."""

from typing import Annotated

import typer

from common.contracts.subjects import CONSOLE
from console.commands.confirm import confirm
from console.reaching import STATE, StateOption, nats_url, password_of, run, say
from console.state import StateFolder


def halt_command(
    reason: Annotated[str, typer.Argument(help="Why; it is kept in the record.")] = "halted by the operator",
    *,
    state: StateOption = STATE,
) -> None:
    """Stop trading now. Needs no credential.

    Within a second no order leaves any more and open ones are asked to be cancelled. It stays so, over restarts too,
    until `pm-arb resume`. The same can be said without this program: `nats pub control.halt reason`.
    """
    run(_halt(reason, StateFolder(state)))


async def _halt(reason: str, folder: StateFolder) -> None:
    url = nats_url(folder)
    await say(url, "control.halt", reason)
    typer.echo(f"Said to halt: {reason}")
    await confirm(url, password_of(CONSOLE, folder), lambda state: state == "HALTED", "Risk has halted.")
