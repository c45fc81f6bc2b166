"""`pm-arb rearm`: a strategy that stopped because it repeated itself goes on."""

from typing import Annotated

import typer

from common.bootstrap.nats_config import OPERATOR
from console.errors import ConsoleError
from console.reaching import STATE, StateOption, nats_url, password_of, run, say
from console.state import StateFolder


def rearm_command(
    reason: Annotated[str, typer.Argument(help="Why; it is kept in the record.")] = "re-armed by the operator",
    *,
    state: StateOption = STATE,
) -> None:
    """Let strategies trade again that stopped because they repeated themselves. Needs the operator's credential.

    It lifts no halt: that is what `pm-arb resume` is for.
    """
    folder = StateFolder(state)
    password = password_of(OPERATOR, folder)
    if not password:
        raise ConsoleError(
            "the operator's credential: expected NATS_OPERATOR_PASSWORD or a running `pm-arb up`, found neither"
        )
    run(say(nats_url(folder), "control.rearm", reason, user=OPERATOR, password=password))
    typer.echo(f"Said to re-arm: {reason}")
