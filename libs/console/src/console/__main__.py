"""The operator's command: `pm-arb`, or `python -m console`."""

import sys

import typer

from console.commands.alerts import alerts
from console.commands.backup import backup_command
from console.commands.creds import creds
from console.commands.doctor import doctor_command
from console.commands.halt import halt_command
from console.commands.markets import markets_command
from console.commands.order import order_command
from console.commands.rearm import rearm_command
from console.commands.reconcile import reconcile_command
from console.commands.replay import replay_command
from console.commands.report import report_command
from console.commands.restore import restore_command
from console.commands.resume import resume_command
from console.commands.stats import stats_command
from console.commands.status import status_command
from console.commands.stop import stop_command
from console.commands.up import up_command
from console.errors import ConsoleError
from console.terminal import say_nothing

app = typer.Typer(
    name="pm-arb",
    help="Finds and trades oracle-lag arbitrage on prediction markets. `pm-arb up` runs all of it on this machine, on "
    "paper, against a simulated world: start there.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up_command)
app.command("status")(status_command)
app.command("report")(report_command)
app.command("replay")(replay_command)
app.command("stats")(stats_command)
app.command("markets")(markets_command)
app.command("order")(order_command)
app.command("doctor")(doctor_command)
app.add_typer(creds)
app.add_typer(alerts)
app.command("halt")(halt_command)
app.command("resume")(resume_command)
app.command("rearm")(rearm_command)
app.command("reconcile")(reconcile_command)
app.command("stop")(stop_command)
app.command("backup")(backup_command)
app.command("restore")(restore_command)


def main() -> None:
    """Run a command; what goes wrong is said in one line."""
    say_nothing()
    try:
        app()
    except ConsoleError as error:
        sys.stderr.write(f"pm-arb: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
