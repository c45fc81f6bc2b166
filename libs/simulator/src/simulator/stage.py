"""What every handler of the server needs at hand."""

from dataclasses import dataclass, field

from aiohttp import web

from simulator.faults import Faults
from simulator.hub import Hub
from simulator.pushover import Mailbox
from simulator.wall import Clock
from simulator.world import World
from simulator.world.settings import WorldSettings


@dataclass(frozen=True, slots=True)
class Stage:
    """A world, the clock around it, and what clients have done to it so far."""

    world: World
    settings: WorldSettings
    kind: str
    clock: Clock
    faults: Faults
    hub: Hub
    mailbox: Mailbox
    started_ns: int
    country: str = "IE"
    blocked: bool = field(default=False)


STAGE: web.AppKey[Stage] = web.AppKey("stage", Stage)
