"""`pm-arb resume`: trading goes on after a halt."""

from typing import Annotated

import typer

from common.bootstrap.nats_config import OPERATOR
from common.contracts.subjects import CONSOLE
from console.commands.confirm import confirm
from console.errors import ConsoleError
from console.reaching import STATE, StateOption, nats_url, password_of, run, say
from console.state import StateFolder


def resume_command(
    reason: Annotated[str, typer.Argument(help="Why; it is kept in the record.")] = "resumed by the operator",
    *,
    state: StateOption = STATE,
) -> None:
    """Go on trading after a halt. Needs the operator's credential.

    It is read from NATS_OPERATOR_PASSWORD or the file that NATS_OPERATOR_PASSWORD_FILE names, else from the state
    folder of the `pm-arb up` that runs.
    """
    folder = StateFolder(state)
    password = password_of(OPERATOR, folder)
    if not password:
        raise ConsoleError(
            "the operator's credential: expected NATS_OPERATOR_PASSWORD or a running `pm-arb up`, found neither"
        )
    run(_resume(nats_url(folder), reason, password, password_of(CONSOLE, folder)))


async def _resume(url: str, reason: str, password: str, console_password: str) -> None:
    await say(url, "control.resume", reason, user=OPERATOR, password=password)
    typer.echo(f"Said to resume: {reason}")
    await confirm(url, console_password, lambda state: state != "HALTED", "Risk has resumed.")
