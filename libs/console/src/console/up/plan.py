"""What a run is asked to be: the world, its seed, what it trades with, how long, and where its state is kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from console.errors import EXIT_USAGE, ConsoleError
from console.state import StateFolder, read_json, write_json

WorldKind = Literal["seeded", "recording", "live"]
MoneyKind = Literal["paper", "sim", "real"]
"""Nothing but paper, a wallet on the simulated exchange, or the owner's own wallet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One `pm-arb up`."""

    folder: StateFolder
    world: WorldKind = "seeded"
    money: MoneyKind = "paper"
    seconds: float | None = None
    """How long to run once everything is ready; until stopped when None."""
    seed: int = 1
    lag_s: float = 2.0
    recording: Path | None = None
    confirmation: str = ""
    """What the owner typed, or had said beforehand, so that real money may be spent."""
    simulator_options: tuple[str, ...] = ()
    """What else the simulator is told, as its own command line has it."""
    begun_at: str | None = None
    """Where a recording is played as of now: the quarter of an hour onto which its beginning falls."""

    @property
    def is_simulated(self) -> bool:
        """Say whether the world outside is the simulator."""
        return self.world != "live"

    @property
    def world_in_words(self) -> str:
        match self.world:
            case "seeded":
                return f"seeded world {self.seed}, makers {self.lag_s:g} s behind"
            case "recording":
                return f"recorded world, makers {self.lag_s:g} s behind"
            case "live":
                return "live public data"

    @property
    def title(self) -> str:
        """Say first what it trades with, for that is what nobody may mistake."""
        match self.money:
            case "paper":
                return f"{self.world_in_words}, paper trading"
            case "sim":
                return f"LIVE (simulated exchange): {self.world_in_words}"
            case "real":
                return f"LIVE WITH REAL MONEY: {self.world_in_words}"

    @property
    def identity(self) -> dict[str, Any]:
        """What must stay the same for a state folder to be gone on with: positions belong to one world."""
        return {
            "world": self.world,
            "seed": self.seed if self.world != "live" else None,
            "recording": str(self.recording) if self.recording else None,
            "begun_at": self.begun_at,
            "money": None if self.money == "paper" else self.money,
        }


def check(plan: Plan) -> None:
    """Refuse a plan whose money does not belong to its world."""
    if plan.money == "sim" and not plan.is_simulated:
        raise ConsoleError(
            "--live sim: expected --world seeded or recording, whose exchange is simulated, found live",
            EXIT_USAGE,
        )
    if plan.money == "real" and plan.is_simulated:
        raise ConsoleError(f"--live real: expected --world live, found {plan.world}", EXIT_USAGE)


def claim_world(plan: Plan) -> None:
    """Note the world in the state folder; a folder of another world is refused."""
    try:
        earlier = read_json(plan.folder.world)
    except (OSError, ValueError):
        write_json(plan.folder.world, plan.identity)
        return
    if any(earlier.get(name) != value for name, value in plan.identity.items()):
        found = ", ".join(f"{name} {value}" for name, value in earlier.items() if value is not None)
        raise ConsoleError(
            f"{plan.folder.root}: its positions belong to another world ({found}): give another --state, "
            "or --fresh to forget it",
            EXIT_USAGE,
        )
