"""`pm-arb reconcile`: what the last reconciliation found."""

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from common.bus.nats import connect
from common.clock import Clock, SystemClock
from common.contracts.executor import ReconciliationDone, Severity
from common.contracts.subjects import CONSOLE, JOURNAL, subject_of
from console.errors import EXIT_FAILED
from console.reaching import STATE, StateOption, nats_url, password_of, run
from console.state import StateFolder
from console.view.panels import QUIET
from console.view.words import age, plain, usd

COLOURS: dict[Severity, str] = {"none": "green", "warn": "yellow", "reduce": "yellow", "halt": "red"}


def reconcile_command(*, state: StateOption = STATE) -> None:
    """Show how the executor's book and the venue's account compared when they were last held against each other.

    It reads the record: the executor itself looks every few seconds. Exit code 1 unless they agreed.
    """
    folder = StateFolder(state)
    last = run(_last(nats_url(folder), password_of(CONSOLE, folder), SystemClock()))
    console = Console()
    if last is None:
        console.print("Nothing was reconciled yet: on paper there is no account at a venue.", style="yellow")
        raise typer.Exit(EXIT_FAILED)
    console.print(told(last, SystemClock()))
    raise typer.Exit(0 if last.verdict == "agreed" else EXIT_FAILED)


async def _last(url: str, password: str, clock: Clock) -> ReconciliationDone | None:
    bus = await connect(url, user=CONSOLE, password=password, clock=clock)
    try:
        last: ReconciliationDone | None = None
        async for message in bus.latest(JOURNAL.name, subject_of(ReconciliationDone).filter):
            if isinstance(message.event, ReconciliationDone):
                last = message.event
        return last
    finally:
        await bus.close()


def told(last: ReconciliationDone, clock: Clock) -> Group:
    """Write it for people: the verdict, what was compared, and each difference."""
    money = f"collateral {_dollars(last.collateral)}, baseline {_dollars(last.baseline)}"
    verdict = Text.assemble(
        (last.verdict, COLOURS[last.severity]), f" {age(clock.now(), last.at)} ago ({last.mode}): ",
        f"{last.open_orders} open orders, {last.tokens} tokens, {money}",
    )  # fmt: skip
    wallet = Text(f"wallet {last.wallet or 'none'}, signature type {last.signature_type}", QUIET)
    if not last.discrepancies:
        return Group(verdict, wallet, Text(plain(last.detail))) if last.detail else Group(verdict, wallet)
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False)
    for name in ("difference", "about", "expected", "found", "at stake", "so"):
        table.add_column(name, overflow="fold")
    for one in last.discrepancies:
        words = (one.kind, plain(one.about), plain(one.expected), plain(one.found), usd(one.usd))
        table.add_row(*words, Text(one.severity, COLOURS[one.severity]))
    return Group(verdict, wallet, table)


def _dollars(amount: object) -> str:
    return "unknown" if amount is None else f"${amount:.2f}"
