"""`pm-arb replay`: plays a recorded or seeded world through the real cores, or a tape through one of them."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from console.errors import EXIT_FAILED, EXIT_USAGE, ConsoleError
from console.replay.results import page
from console.replay.run import replay
from console.replay.tape import play_tape
from console.replay.worlds import Stage, default_recording, recorded, seeded

HOURS = 1.0


def replay_command(
    *,
    recording: Annotated[
        Path | None,
        typer.Option(
            envvar="PM_ARB_DATA",
            help="Folder of a recorded morning. Default: ../shared/data beside the project.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Replay a world made from this seed instead of a recording.")] = None,
    lag: Annotated[float, typer.Option(min=0, max=60, help="How many seconds the market makers are behind.")] = 2.0,
    hours: Annotated[
        float | None,
        typer.Option(min=0.05, max=24 * 31, help="How much of it. Default: all of a recording, one seeded hour."),
    ] = None,
    tick_ms: Annotated[int, typer.Option(min=10, max=10_000, help="Virtual time between two ticks.")] = 500,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    tape: Annotated[Path | None, typer.Option(help="Play this tape of one service instead (see TAPE_DIR).")] = None,
    service: Annotated[str, typer.Option(help="Whose tape it is.")] = "",
) -> None:
    """Replay hours of trading in seconds: the same cores as live, paper fills, virtual time, always the same result.

    Prints trades, P&L, drawdown, how good the model's probabilities were, and what was refused and why. With --tape it
    plays what one service was told into a fresh core and compares every answer to the byte.
    """
    console = Console()
    if tape is not None:
        raise typer.Exit(_play(tape, service, console))
    if service:
        raise ConsoleError("--service: expected together with --tape, found no tape", EXIT_USAGE)
    found = replay(_stage(recording, seed, lag, hours), tick_ms=tick_ms)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        console.print(page(found))


def _stage(recording: Path | None, seed: int | None, lag: float, hours: float | None) -> Stage:
    if seed is not None:
        return seeded(seed, lag, HOURS if hours is None else hours)
    return recorded(recording or default_recording(), lag, hours)


def _play(tape: Path, service: str, console: Console) -> int:
    playback = play_tape(tape, service)
    difference = playback.difference
    if difference is None:
        console.print(f"{playback.service}: {playback.inputs:,} inputs played, every outcome the same to the byte.")
        return 0
    console.print(f"{playback.service}: input {playback.inputs:,} differs: line {difference.line}, {difference.event}")
    for label, outcome in (("taped", difference.expected), ("played", difference.found)):
        console.print(f"  {label}: {'nothing' if outcome is None else outcome.decode()}", markup=False, soft_wrap=True)
    return EXIT_FAILED
