"""`pm-arb up`: the whole system on this machine, watched, until told to stop."""

import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from common.clock import SECOND, Clock, SystemClock
from console.errors import EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, ConsoleError
from console.reaching import STATES, run
from console.replay.worlds import MARKETS_GLOB, TICKS_GLOB, default_recording
from console.report.page import page, reachability
from console.run import Run
from console.state import StateFolder, forget, write_json
from console.terminal import Terminal, keep_quiet
from console.up.plan import Plan, check, claim_world
from console.up.reach import ENDPOINTS, Endpoint, missing_groups, reach
from console.up.real import confirm
from console.up.registry import end, leftovers

QUARTER_S = 900
RecordingFolder = Annotated[
    Path | None, typer.Option(envvar="PM_ARB_DATA", help="Recorded world: the folder with the recording.")
]
SimulatorOptions = Annotated[
    str,
    typer.Option(
        envvar="PM_ARB_SIMULATOR_OPTIONS", hidden=True, help="Simulated worlds: more of the simulator's options."
    ),
]


class World(StrEnum):
    """Where prices and markets come from."""

    SEEDED = "seeded"
    RECORDING = "recording"
    LIVE = "live"


class Money(StrEnum):
    """What it trades with."""

    PAPER = "paper"
    SIM = "sim"
    REAL = "real"


def up_command(
    *,
    seconds: Annotated[
        float, typer.Option(min=0, help="Stop by itself after running for so many seconds; 0: until told to stop.")
    ] = 0,
    world: Annotated[
        World,
        typer.Option(
            help="seeded: a simulated world made from --seed. recording: a recorded morning, played as if it were now. "
            "live: the public data of the real venues."
        ),
    ] = World.SEEDED,
    live: Annotated[
        Money,
        typer.Option(
            help="paper: nothing. sim: on the simulated exchange, signed, with a throw-away wallet that holds the "
            "bankroll. real: your own wallet and real money (needs --world live, PAPER_TRADING=false, DRY_RUN=false, "
            "POLYMARKET_PRIVATE_KEY_FILE, and what you are asked to type)."
        ),
    ] = Money.PAPER,
    lag: Annotated[
        float, typer.Option(min=0, max=60, help="Simulated worlds: by how many seconds the market makers are behind.")
    ] = 2.0,
    seed: Annotated[int, typer.Option(help="Seeded world: which one.")] = 1,
    state: Annotated[Path | None, typer.Option(help="Keeps everything; a second start goes on from it.")] = None,
    recording: RecordingFolder = None,
    simulator_options: SimulatorOptions = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what the state folder holds and begin anew.")] = False,
) -> None:
    """Run the whole system on this machine and watch it: world, bus, database and all seven services.

    It trades on paper unless --live says otherwise. Ctrl-C, or `pm-arb stop` from elsewhere, ends it in order and
    prints a report, which it also writes to report.json in the state folder.
    """
    folder = StateFolder(state or STATES[live.value])
    plan = Plan(folder=folder, world=world.value, money=live.value, seconds=seconds or None, seed=seed, lag_s=lag)
    plan = _completed(replace(plan, simulator_options=tuple(shlex.split(simulator_options))), recording)
    keep_quiet(folder.logs / "console.jsonl")
    raise typer.Exit(run(up(plan, Terminal(), SystemClock(), fresh=fresh)))


def _completed(plan: Plan, recording: Path | None) -> Plan:
    """Answer a plan with what the world and the money of it need, or refuse it."""
    check(plan)
    if plan.world == "recording":
        plan = replace(plan, recording=_recording(recording), begun_at=_quarter(SystemClock()))
    if plan.money == "real":
        plan = replace(plan, confirmation=confirm(os.environ, input if sys.stdin.isatty() else None))
    return plan


async def up(
    plan: Plan, console: Console, clock: Clock, *, fresh: bool = False, endpoints: Sequence[Endpoint] = ENDPOINTS
) -> int:
    """Run a plan; answer the exit code."""
    with plan.folder.locked():
        end(leftovers(plan.folder.pids), say=console.print)
        if fresh:
            forget(plan.folder)
        plan.folder.prepare()
        claim_world(plan)
        reachable: dict[str, str] = {}
        if plan.world == "live":
            reachable, missing = await _look_outside(console, endpoints)
            if missing:
                return _give_up(plan, console, reachable, missing)
        report = await Run(plan, console, clock).run()
        if report is None:
            console.print("Stopped; there is no report.")
            return 0
        write_json(plan.folder.report, report | ({"reachable": reachable} if reachable else {}))
        with suppress(OSError):  # the terminal may be gone
            console.print(page(report))
            console.print(f"Written to {plan.folder.report}.")
        return 0 if report["agrees"] else EXIT_FAILED


async def _look_outside(console: Console, endpoints: Sequence[Endpoint]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Try the public endpoints and show what came of it."""
    console.print("Looking for the public endpoints ...")
    found = await reach(endpoints)
    console.print(reachability(found))
    return {reached.endpoint.name: reached.reason or "ok" for reached in found}, missing_groups(found)


def _give_up(plan: Plan, console: Console, reachable: dict[str, str], missing: tuple[str, ...]) -> int:
    console.print(f"Not started: nothing can be traded without {', '.join(missing)}. Nothing runs, nothing was traded.")
    nothing = {
        "world": plan.world_in_words, "seconds": 0, "trades": 0, "settled": 0, "first_trade_seconds": None,
        "fees_usd": "0.00", "pnl_usd": "0.00", "equity_usd": None, "audit_pnl_usd": "0.00", "denials": {},
        "reachable": reachable,
    }  # fmt: skip
    write_json(plan.folder.report, nothing)
    return EXIT_UNREACHABLE


def _quarter(clock: Clock) -> str:
    """Say when this quarter of an hour began: the simulator lays a recording's beginning there."""
    at = datetime.fromtimestamp(clock.now() // SECOND // QUARTER_S * QUARTER_S, UTC)
    return f"{at:%Y-%m-%d %H:%M}"


def _recording(given: Path | None) -> Path:
    folder = given or default_recording()
    missing = [pattern for pattern in (TICKS_GLOB, MARKETS_GLOB) if not any(folder.glob(pattern))]
    if missing:
        raise ConsoleError(f"{folder}: expected {' and '.join(missing)}, found none: give --recording", EXIT_USAGE)
    return folder.resolve()
