"""The panels of the live view about the system itself: the heading, the account, health."""

from dataclasses import dataclass

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from common.clock import SECOND, Instant, since
from common.contracts.subjects import SERVICES
from console.up.supervisor import ProcessHealth
from console.view.board import Board
from console.view.panels import QUIET, columns, framed, gained
from console.view.words import age, clock, plain, span, usd

SILENT_S = 5
"""A process that was not heard for so long, or since it started, is silent."""
STATE_STYLE = {"ACTIVE": "bold green", "REDUCING": "bold yellow", "HALTED": "bold white on red"}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the view shows beside the board."""

    title: str
    started_at: Instant
    ready_at: Instant | None
    seconds: float | None
    bus: str
    """Where `nats pub control.halt` is heard."""
    phase: str
    """`starting`, `running`, `stopping`."""
    processes: tuple[ProcessHealth, ...]


def heading(board: Board, situation: Situation, now: Instant) -> Table:
    """One line: what runs, how long, in which state, what time it is."""
    grid = Table.grid(expand=True, padding=(0, 2))
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    left = Text.assemble(("pm-arb ", "bold"), (situation.title, QUIET))
    right = Text.assemble(state_of_trading(board), "  ", _progress(situation, now), f"  {clock(now)} UTC")
    grid.add_row(left, right)
    return grid


def account(board: Board) -> Panel:
    """Equity, what is at risk, what was earned and paid."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, justify="right", ratio=1)
    table.add_column(no_wrap=True, justify="right")
    risk, run, whole = board.risk, board.run_tally, board.tally
    rows: list[tuple[str, str, str, str | Text]] = [
        ("equity", usd(risk.equity) if risk else "-", "p&l, run", gained(run.pnl)),
        ("cash", usd(risk.cash) if risk else "-", "p&l, all", gained(whole.pnl)),
        ("at risk", usd(risk.at_risk) if risk else "-", "fees, run", usd(run.fees)),
        ("high water", usd(risk.high_water_mark) if risk else "-", "settled", str(run.settled)),
    ]
    for name, figure, other, value in rows:
        table.add_row(Text(name, QUIET), figure, Text(other, QUIET), value)
    return framed("Account", table, _why_halted(board))


def health(board: Board, situation: Situation, now: Instant, rows: int) -> Panel:
    """Every process: whether it lives, how long since its last sign, how often it was started again."""
    if rows < len(situation.processes):
        return framed("Health", _health_in_short(board, situation, now), situation.bus)
    table = columns("process", "state", ">beat", ">starts", "detail*")
    for process in situation.processes:
        state, detail, beat = _standing(board, process, now)
        starts = Text(str(process.restarts + 1), "yellow" if process.restarts else QUIET)
        table.add_row(process.name, state, beat, starts, Text(detail, "yellow" if state.style == "yellow" else QUIET))
    return framed("Health", table, situation.bus)


def _health_in_short(board: Board, situation: Situation, now: Instant) -> Table:
    """Two processes a line, for low screens."""
    grid = Table.grid(expand=True, padding=(0, 1))
    for _ in range(2):
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    cells = [_process_in_short(board, process, now) for process in situation.processes]
    half = (len(cells) + 1) // 2
    for left, right in zip(cells[:half], [*cells[half:], Text()], strict=False):
        grid.add_row(left, right)
    return grid


def _process_in_short(board: Board, process: ProcessHealth, now: Instant) -> Text:
    state, _, beat = _standing(board, process, now)
    again = f" x{process.restarts + 1}" if process.restarts else ""
    return Text.assemble(f"{process.name:<9} ", state, (again, "yellow"), " ", beat)


def state_of_trading(board: Board) -> Text:
    """Say whether it trades."""
    if board.risk is None:
        return Text("no word from risk", QUIET)
    state = "HALTED" if board.halted_by is not None else board.risk.state
    return Text(f" {state} ", STATE_STYLE[state])


def standing(board: Board, process: ProcessHealth, now: Instant) -> tuple[str, str]:
    """Say how a process stands, in a word, and why."""
    beat = board.beats.get(process.name)
    if process.state != "running" or process.name not in SERVICES:
        return process.state, process.detail
    if beat is None or beat.started_at < process.since - SECOND:
        return ("silent", "no heartbeat") if since(now, process.since) > SILENT_S * SECOND else ("starting", "")
    if since(now, board.heard_at[process.name]) > SILENT_S * SECOND:
        return "silent", "its heartbeat stopped"
    if beat.ready:
        return "ready", _figures(beat.figures)
    return ("not ready" if beat.state == "live" else beat.state), beat.detail


def _standing(board: Board, process: ProcessHealth, now: Instant) -> tuple[Text, str, Text]:
    word, detail = standing(board, process, now)
    style = "green" if word in ("ready", "running") else "red" if word in ("failed", "silent") else "yellow"
    heard = board.heard_at.get(process.name)
    return Text(word, style), detail, Text(age(now, heard) if heard else "", QUIET)


def _figures(figures: dict[str, str]) -> str:
    return ", ".join(f"{plain(name)} {value}" for name, value in figures.items())


def _progress(situation: Situation, now: Instant) -> Text:
    if situation.phase != "running" or situation.ready_at is None:
        return Text(f"{situation.phase} {span((now - situation.started_at) / SECOND)}", "yellow")
    ran = span((now - situation.ready_at) / SECOND)
    return Text(f"{ran} of {span(situation.seconds)}" if situation.seconds else ran)


def _why_halted(board: Board) -> str:
    halt = board.halted_by
    if halt is None:
        return ""
    return f"halted: {halt.reason or getattr(halt, 'rule', 'operator')}"
