"""One process, one port, the whole outside world in real time: a thin clock around a pure world."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from simulator import admin
from simulator.exchange import clob, gamma, market_socket
from simulator.faults import Faults
from simulator.feeds import binance, coinbase, rtds
from simulator.hub import Hub
from simulator.pushover import Mailbox
from simulator.stage import STAGE, Stage
from simulator.wall import Clock, wall_ns
from simulator.world.staged import StagedWorld

SHUTDOWN_S_MAX = 0.2
REQUEST_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens."""

    host: str
    port: int
    stage: Stage

    @property
    def http(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://{self.host}:{self.port}"


def build(world: StagedWorld, kind: str, clock: Clock = wall_ns) -> tuple[web.Application, Stage]:
    """Wire an application around a world. Call it from within a running loop."""
    faults = Faults(clock)
    stage = Stage(
        world=world,
        settings=world.settings,
        kind=kind,
        clock=clock,
        faults=faults,
        hub=Hub(world, clock, faults),
        mailbox=Mailbox(),
        started_ns=clock(),
    )
    app = web.Application(client_max_size=REQUEST_BYTES_MAX)
    app[STAGE] = stage
    for module in (binance, coinbase, rtds, gamma, clob, market_socket, admin):
        app.add_routes(module.routes())
    return app, stage


@asynccontextmanager
async def running(
    world: StagedWorld, kind: str = "seeded", host: str = "127.0.0.1", port: int = 0, clock: Clock = wall_ns
) -> AsyncIterator[Running]:
    """Serve a world until the block is left. Port 0 takes a free one."""
    app, stage = build(world, kind, clock)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S_MAX)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    pump = asyncio.create_task(stage.hub.run())
    try:
        yield Running(host, runner.addresses[0][1], stage)
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump
        for channel in ("binance", "coinbase", "rtds", "clob"):
            stage.hub.drop(channel)
        await runner.cleanup()
