"""Which world is replayed: a recorded morning, or one made from a seed."""

from dataclasses import dataclass
from pathlib import Path

from common.clock import SECOND, Instant, instant_from_seconds
from console.errors import EXIT_USAGE, ConsoleError
from simulator.world import RecordedWorld, SeededWorld, World, WorldSettings

SEEDED_START = instant_from_seconds(1_791_158_400)
"""2026-10-05 00:00:00 UTC: seeded worlds begin here, so that a seed names one replay."""
TICKS_GLOB = "btcusd-chainlink*.csv.gz"
MARKETS_GLOB = "btc-5m-markets*.jsonl.gz"
HOUR = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Stage:
    """A world and the part of it that is replayed."""

    name: str
    world: World
    start: Instant
    end: Instant
    symbols: tuple[str, ...]
    seed: int
    lag_s: float


def seeded(seed: int, lag_s: float, hours: float) -> Stage:
    """Make a world from a seed."""
    settings = WorldSettings(seed=seed, lag_ms=round(lag_s * 1000))
    end = Instant(SEEDED_START + round(hours * HOUR))
    return Stage("seeded", SeededWorld(settings), SEEDED_START, end, settings.symbols, seed, lag_s)


def recorded(folder: Path, lag_s: float, hours: float | None) -> Stage:
    """Read a recording; raises ConsoleError that names what is missing."""
    missing = [pattern for pattern in (TICKS_GLOB, MARKETS_GLOB) if not any(folder.glob(pattern))]
    if missing:
        raise ConsoleError(
            f"no recording in {folder}: expected {TICKS_GLOB} and {MARKETS_GLOB}, found no {' and no '.join(missing)}; "
            "name its folder with --recording or PM_ARB_DATA, or replay a seeded world with --seed",
            EXIT_USAGE,
        )
    settings = WorldSettings(lag_ms=round(lag_s * 1000))
    world = RecordedWorld(folder, settings)
    end = world.end_ns if hours is None else min(world.end_ns, world.start_ns + round(hours * HOUR))
    return Stage(
        "recording", world, Instant(world.start_ns), Instant(end), world.settings.symbols, settings.seed, lag_s
    )


def default_recording() -> Path:
    """Answer where a recording lies beside the project, seen from its root or from this file in its source tree."""
    root = Path(__file__).parents[5]
    return (root if (root / "libs").is_dir() else Path.cwd()).parent / "shared" / "data"
