"""Scenarios: faults at instants, from a file, so that the same things go wrong again in the same places.

A file is JSON lines: {"at_s": 12.5, "name": "drop_answer", ...} a line, with the fields that the fault has. Seconds
count from the simulator's start. Empty lines and those that begin with # say nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from simulator.causing import cause
from simulator.faults import read
from simulator.stage import Stage
from simulator.world import Json

STEPS_MAX = 10_000
BYTES_MAX = 10_000_000
AT_S_MAX = 7 * 86_400.0
NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One fault of a scenario."""

    at_s: float
    order: Json


def load(path: Path) -> tuple[Step, ...]:
    """Read a file. Raises ValueError that names the line and what was expected, OSError where there is no file."""
    if path.stat().st_size > BYTES_MAX:
        raise ValueError(f"{path}: expected at most {BYTES_MAX} bytes")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text, {error}") from error
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{path}, {error}") from error


def parse(text: str) -> tuple[Step, ...]:
    """Read the lines of a scenario, in the order of their instants. Raises ValueError that names the line."""
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if len(steps) >= STEPS_MAX:
            raise ValueError(f"line {number}: expected at most {STEPS_MAX} faults")
        try:
            steps.append(_step(line))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return tuple(sorted(steps, key=lambda step: step.at_s))


async def play(stage: Stage, steps: tuple[Step, ...], complain: Callable[[str], None]) -> None:
    """Cause each fault when it is due. One that cannot be caused then, such as of a market that is not, is told."""
    for step in steps:
        due_ns = stage.started_ns + int(step.at_s * NS_PER_S)
        await asyncio.sleep(max(due_ns - stage.clock(), 0) / NS_PER_S)
        try:
            cause(stage, step.order)
        except ValueError as error:
            stage.hub.counts["scenario_faults_refused"] += 1
            complain(f"at {step.at_s:g} s: {error}")
        else:
            stage.hub.counts["scenario_faults"] += 1


def _step(line: str) -> Step:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"expected a JSON object, {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, found {found!r:.100}")  # noqa: TRY004 - a bad file, not a bug
    at_s = found.pop("at_s", None)
    if isinstance(at_s, bool) or not isinstance(at_s, int | float) or not 0 <= at_s <= AT_S_MAX:
        raise ValueError(f"at_s must lie between 0 and {AT_S_MAX:g} seconds from the start, found {at_s!r:.100}")
    read(found)
    return Step(float(at_s), found)
