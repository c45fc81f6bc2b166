"""What every handler of the server needs at hand."""

from dataclasses import dataclass, field

from aiohttp import web

from simulator.exchange.floor import Floor
from simulator.exchange.identity.keyring import KeyRing
from simulator.exchange.market.flow import Flow
from simulator.exchange.orders.deadlines import Heartbeats
from simulator.exchange.settings import ExchangeSettings
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
    exchange: ExchangeSettings
    keyring: KeyRing
    floor: Floor
    flow: Flow
    heartbeats: Heartbeats
    started_ns: int
    country: str = "IE"
    blocked: bool = field(default=False)


STAGE: web.AppKey[Stage] = web.AppKey("stage", Stage)
