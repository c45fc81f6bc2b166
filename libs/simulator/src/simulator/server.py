"""One process, one port, the whole outside world in real time: a thin clock around a pure world."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulator import account_pages, admin
from simulator.breakdown import Breakdown
from simulator.exchange import relayer
from simulator.exchange.account import pages as account
from simulator.exchange.account import user_socket
from simulator.exchange.data import data_api
from simulator.exchange.floor import Floor
from simulator.exchange.identity import pages as identity
from simulator.exchange.identity.keyring import KeyRing
from simulator.exchange.limits.http_faults import faulting
from simulator.exchange.limits.rate_limits import limiting
from simulator.exchange.market import clob, gamma, market_frames, market_socket, prices
from simulator.exchange.market.bustle import Bustle
from simulator.exchange.market.flow import Flow
from simulator.exchange.market.listing import Listing
from simulator.exchange.memory import Memory
from simulator.exchange.orders import cancelling, heartbeats, trading
from simulator.exchange.orders.deadlines import Heartbeats
from simulator.exchange.orders.settling import Settlement
from simulator.exchange.settings import ExchangeSettings
from simulator.faults import Faults
from simulator.feeds import binance, coinbase, coingecko, polybolt, rtds
from simulator.guard import guarding
from simulator.hub import Hub
from simulator.pushover import Mailbox
from simulator.stage import STAGE, Stage
from simulator.wall import Clock, wall_ns
from simulator.world.staged import StagedWorld

SHUTDOWN_S_MAX = 0.2
NS_PER_MS = 1_000_000
REQUEST_BYTES_MAX = 1 << 20
PAGES = (
    binance, coinbase, rtds, polybolt, coingecko, gamma, clob, prices, market_socket, user_socket, identity, trading,
    cancelling, heartbeats, account, data_api, relayer, admin, account_pages,
)  # fmt: skip
CHANNELS = ("binance", "coinbase", "rtds", "clob", "user")
"""Those that are cut when the server ends. The price stream (PolyBolt) takes its leave itself, with a code."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens."""

    host: str
    port: int
    stage: Stage
    breakdown: Breakdown
    """What tells when the server cannot go on."""

    @property
    def http(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://{self.host}:{self.port}"


def build(
    world: StagedWorld, kind: str, clock: Clock = wall_ns, *, exchange: ExchangeSettings | None = None,
    keeps_log: bool = False, admin_anywhere: bool = False, breakdown: Breakdown | None = None,
    memory: Memory | None = None,
) -> tuple[web.Application, Stage]:  # fmt: skip
    """Wire an application around a world. Call it from within a running loop."""
    exchange = exchange or ExchangeSettings()
    faults = Faults(clock)
    hub = Hub(world, clock, faults)
    floor = Floor(Listing(world, exchange.taker_delay_ms), exchange, clock, breakdown or Breakdown(), keeps_log)
    floor.watch((settlement := Settlement(floor.agenda.at, floor.apply, exchange, faults)).hear)
    keyring = KeyRing(world.settings.seed)
    if memory is not None and memory.recall(floor, keyring):
        settlement.resume(floor.engine.unsettled_trades())
    hub.flow = flow = Flow(floor, hub.say)
    stage = Stage(
        world=world, settings=world.settings, kind=kind, clock=clock, faults=faults, hub=hub, mailbox=Mailbox(),
        exchange=exchange, keyring=keyring, floor=floor, flow=flow,
        heartbeats=Heartbeats(exchange.heartbeat_timeout_ms * NS_PER_MS), started_ns=clock(),
    )  # fmt: skip
    middlewares = (guarding(admin_anywhere=admin_anywhere), limiting(exchange), faulting)
    app = web.Application(client_max_size=REQUEST_BYTES_MAX, middlewares=middlewares)
    app[STAGE] = stage
    for module in PAGES:
        app.add_routes(module.routes())
    app.on_shutdown.append(polybolt.drain)
    return app, stage


@asynccontextmanager
async def running(
    world: StagedWorld, kind: str = "seeded", host: str = "127.0.0.1", port: int = 0, clock: Clock = wall_ns, *,
    exchange: ExchangeSettings | None = None, keeps_log: bool = False, admin_anywhere: bool = False,
    memory: Memory | None = None,
) -> AsyncIterator[Running]:  # fmt: skip
    """Serve a world until the block is left. Port 0 takes a free one. With a memory it goes on from the last time.

    If a part of the server has broken by then, and the block did not raise itself, this raises BrokenError.
    """
    breakdown = Breakdown()
    app, stage = build(
        world, kind, clock, exchange=exchange, keeps_log=keeps_log, admin_anywhere=admin_anywhere,
        breakdown=breakdown, memory=memory,
    )  # fmt: skip
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S_MAX)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    tasks = {part: asyncio.create_task(work) for part, work in _works(stage, memory).items()}
    for part, task in tasks.items():
        breakdown.watch(part, task)
    try:
        yield Running(host, runner.addresses[0][1], stage, breakdown)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for channel in CHANNELS:
            stage.hub.drop(channel)
        stage.floor.close()
        await runner.cleanup()
        if memory is not None:
            memory.write(stage.floor, stage.keyring)
    breakdown.check()


def _works(stage: Stage, memory: Memory | None) -> dict[str, Coroutine[Any, Any, None]]:
    """Name what goes on by itself."""
    works = {"pump": stage.hub.run(), "watch over heartbeats": heartbeats.watch_over(stage)}
    if memory is not None:
        works["memory"] = memory.keep(stage.floor, stage.keyring)
    if stage.exchange.book_changes_per_s:
        works["bustle"] = bustle_of(stage).run()
    return works


def bustle_of(stage: Stage) -> Bustle:
    """Make what keeps the markets busy that somebody listens to on the market channel."""
    return Bustle(
        stage.floor,
        lambda condition_id: stage.hub.is_heard(market_frames.CHANNEL, condition_id),
        stage.exchange.book_changes_per_s,
        stage.settings,
    )
