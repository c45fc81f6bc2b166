"""`pm-arb creds`: the wallet's credentials, made and looked at without starting anything that trades.

The work is done by `python -m executor wallet ...` in a process of its own: this one never holds a key, and loads no
wallet's library.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from console.errors import EXIT_FAILED, ConsoleError
from console.view.panels import QUIET

WITHIN_S = 180
EXIT_SETTINGS = 78

creds = typer.Typer(
    name="creds", help="The wallet's credentials: derive them, and check all that live trading needs.",
    no_args_is_help=True,
)  # fmt: skip


@creds.command("check")
def check_command() -> None:
    """Ask everything that live trading asks before it starts, and show it. Exit code 1 when something is wrong.

    The wallet is the one that POLYMARKET_PRIVATE_KEY_FILE names (or `.env`). Nothing is traded and nothing is changed,
    but that an API key is made where the wallet has none and none is given.
    """
    answer = ask_wallet("check")
    console = Console()
    console.print(check_table(answer["checks"]))
    closed = answer["closed_gates"]
    if closed:
        console.print(f"Real orders are impossible now: expected too {', '.join(closed)}.", style=QUIET)
    raise typer.Exit(0 if answer["passed"] else EXIT_FAILED)


@creds.command("derive")
def derive_command(
    folder: Annotated[Path, typer.Option("--to", help="The folder for the three files, mode 0600.")] = Path("secrets"),
) -> None:
    """Fetch the API key of the wallet, or make its first one, and write its three parts into files. None is shown."""
    files = ask_wallet("derive", str(folder))["files"]
    typer.echo("Written, for nobody but you to read. Name them to the executor:")
    for variable, path in files.items():
        typer.echo(f"{variable}={path}")


@creds.command("approvals")
def approvals_command(
    *, grant: Annotated[bool, typer.Option("--grant", help="Grant what is missing, on the chain.")] = False
) -> None:
    """Say what the venue's contracts may not take of the wallet yet. Exit code 1 when something is missing."""
    if grant:
        ask_wallet("approve")
        typer.echo("Granted. The venue may take a minute to notice.")
        return
    missing = ask_wallet("approvals")["missing"]
    typer.echo("\n".join(f"missing: {each}" for each in missing) or "Nothing is missing.")
    raise typer.Exit(EXIT_FAILED if missing else 0)


def ask_wallet(*arguments: str) -> dict[str, Any]:
    """Run one command of the wallet's; answer what it says. Raises ConsoleError in its words."""
    command = [sys.executable, "-m", "executor", "wallet", *arguments]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        raise ConsoleError(f"wallet {arguments[0]}: expected an answer within {WITHIN_S} s, found none") from None
    try:
        answer = json.loads(run.stdout)
    except ValueError:
        words = run.stderr.strip() or "expected an answer, found none"
        raise ConsoleError(words, EXIT_SETTINGS if run.returncode == EXIT_SETTINGS else EXIT_FAILED) from None
    return dict(answer)


def check_table(rows: list[dict[str, Any]]) -> Table:
    """Show checks, each with what was expected and found."""
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False)
    for name in ("check", "", "expected", "found"):
        table.add_column(name, overflow="fold")
    for row in rows:
        word = Text("ok", "green") if row["passed"] else Text("NO", "bold red")
        table.add_row(row["name"], word, row["expected"], row["found"])
    return table
