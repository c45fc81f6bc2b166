"""`pm-arb status`: how the running system stands."""

import asyncio
from collections.abc import Iterator

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.clock import Clock, SystemClock
from common.contracts.base import Event
from common.contracts.subjects import CONSOLE, SERVICES
from console.commands.reconcile import COLOURS
from console.errors import EXIT_FAILED
from console.reaching import STATE, StateOption, nats_url, password_of, run
from console.state import StateFolder
from console.view.board import Board
from console.view.feed import open_feed
from console.view.panels import QUIET
from console.view.words import age, amount, market_name, plain, probability, usd

LISTEN_S = 1.6
"""Longer than one heartbeat takes."""


def status_command(*, state: StateOption = STATE) -> None:
    """Show which services live, whether they trade, and what is held. Exit code 1 when something is missing."""
    raise typer.Exit(run(_status(StateFolder(state), Console(), SystemClock())))


async def _status(folder: StateFolder, console: Console, clock: Clock) -> int:
    board = Board()

    def ignore(_event: Event, _now: int) -> None:
        """Do nothing: what counts is how the board stands at the end."""

    bus, feed = await open_feed(nats_url(folder), password_of(CONSOLE, folder), board, clock, ignore)
    await asyncio.sleep(LISTEN_S)
    await feed.catch_up()
    await bus.close()
    console.print(_services(board, clock), _trading(board))
    for line in executor_lines(board, clock):
        console.print(line)
    if board.trades.positions:
        console.print(_positions(board))
    silent = [name for name in SERVICES if name not in board.beats]
    if silent:
        console.print(f"No word from {', '.join(silent)}.", style="red")
    return EXIT_FAILED if silent else 0


def _services(board: Board, clock: Clock) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False, expand=True)
    for name in ("service", "state", "up for"):
        table.add_column(name, no_wrap=True)
    table.add_column("detail", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in SERVICES:
        beat = board.beats.get(name)
        if beat is None:
            table.add_row(name, Text("silent", "red"), "", "")
            continue
        word = "ready" if beat.ready else "not ready" if beat.state == "live" else beat.state
        figures = ", ".join(f"{figure} {value}" for figure, value in beat.figures.items())
        since = age(clock.now(), beat.started_at)
        table.add_row(name, Text(word, "green" if beat.ready else "yellow"), since, beat.detail or figures)
    return table


def _trading(board: Board) -> Text:
    risk, tally = board.risk, board.tally
    if risk is None:
        return Text("Risk has not said anything yet.", "yellow")
    halt = board.halted_by
    state = f"HALTED: {halt.reason}" if halt is not None else risk.state
    return Text(
        f"{state}. Equity {usd(risk.equity)}, at risk {usd(risk.at_risk)}, {risk.open_orders} open orders; "
        f"{tally.trades} trades, {tally.settled} settled, p&l {usd(tally.pnl, signed=True)}, fees {usd(tally.fees)}."
    )


def executor_lines(board: Board, clock: Clock) -> Iterator[Text]:
    """Write what keeps the executor's orders from leaving, and how its book compared with the venue's."""
    state, done = board.executor, board.reconciled
    if state is not None and state.halted_by:
        yield Text(f"The executor holds still: {plain(', '.join(state.halted_by))}.", "red")
    if done is not None:
        found = f": {plain(done.detail)}" if done.detail else ""
        colour = COLOURS[done.severity]
        yield Text(f"Last reconciliation, {age(clock.now(), done.at)} ago: {done.verdict}{found}.", colour)


def _positions(board: Board) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False)
    for name in ("position", "", "shares", "price", "cost", "fees"):
        table.add_column(name)
    for row in board.trades.positions:
        paid = (probability(row.average_price), usd(row.cost), usd(row.fees))
        table.add_row(market_name(row.slug), row.outcome, amount(row.shares), *paid)
    return table
