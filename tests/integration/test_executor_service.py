"""The executor on a real NATS server: one trade from approval to settlement, restarts, kills and halts."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest

from builders import a_book, a_heartbeat, a_market, an_approval
from common.clock import SystemClock, later
from common.contracts.control import ResumeRequested
from common.runtime.service import Service
from common.settings import load
from executor.service import assemble
from executor.settings import Settings
from support.nats_server import NatsServer
from support.waiting import eventually

CLOCK = SystemClock()
RESTING = {
    "order_type": "GTC", "limit": Decimal("0.10"), "quantity": Decimal(10), "maker_amount": 1_000_000,
    "cost_max": Decimal("1.1"),
}  # fmt: skip
"""Far below the market: it rests until it is cancelled."""
ENDS = ("order_refused", "order_rejected", "order_cancelled", "order_filled")


@pytest.fixture
async def world():
    """NATS, a market with a book that is confirmed all the time, and risk."""
    server = NatsServer()
    server.start()
    try:
        await server.bootstrap()
        world = World(server)
        await world.open()
        yield world
        await world.close()
    finally:
        server.remove()


OF_ITSELF = ("executor_lease_acquired", "executor_state_changed", "reconciliation_done")
"""What an executor says of how it stands, apart from orders."""


class World:
    def __init__(self, server):
        self.server = server

    async def open(self):
        self.risk, self.venue = await self.server.bus("risk"), await self.server.bus("venue")
        now = CLOCK.now()
        self.ends_at = later(now, ms=300_000)
        await self.list()
        self.quoting = asyncio.create_task(self.quote())

    async def close(self):
        self.quoting.cancel()
        await asyncio.gather(self.quoting, return_exceptions=True)
        for bus in (self.risk, self.venue):
            await bus.close()

    async def list(self, **changes):
        now = CLOCK.now()
        fields = {"starts_at": now, "ends_at": self.ends_at, "observed_at": now, "taker_delay_ms": 20}
        await self.venue.publish(a_market(**(fields | {"event_id": f"m{now}"} | changes)))

    async def quote(self):
        while True:
            now = CLOCK.now()
            with contextlib.suppress(Exception):  # the server may be away: that is what some of these tests are about
                await self.venue.publish(a_book(source_at=now, received_at=now))
                await self.risk.publish(a_heartbeat(at=now))
            await asyncio.sleep(0.05)

    async def approve(self, number=1, **changes):
        now = CLOCK.now()
        names = {"event_id": f"d{number}", "order_id": f"order{number}", "opportunity_id": f"o{number}"}
        times = {"approved_at": now, "received_at": now, "valid_until": later(now, ms=6000)}
        await self.risk.publish(an_approval(**(names | times | changes)))

    async def told(self):
        said = [message.event async for message in self.risk.replay("JOURNAL", "executor.>")]
        return [event for event in said if event.type not in OF_ITSELF]

    async def types(self):
        return [event.type for event in await self.told()]

    async def has(self, *kinds):
        return set(kinds) <= set(await self.types())

    def environment(self, **settings):
        return {
            "NATS_URL": self.server.url, "NATS_PASSWORD": self.server.passwords["executor"], "HEARTBEAT_MS": "100",
            "TICK_MS": "20", "PAPER_LATENCY_MS": "20", "PAPER_CONFIRM_MS": "50", "LOG_LEVEL": "error",
        } | settings  # fmt: skip

    async def start(self, **settings):
        return await Running(load(Settings, self.environment(**settings))).live()


class Running:
    """The real executor in this process."""

    def __init__(self, settings):
        self.assembly = assemble(settings)
        self.desk = self.assembly.core.desk
        self.service = Service(self.assembly)
        self.task = asyncio.create_task(self.service.run())

    async def live(self):
        await eventually(lambda: not self.assembly.not_ready(CLOCK.now()), why="the executor is ready")
        return self

    async def stop(self):
        self.service.stop()
        await asyncio.wait_for(self.task, 10)


async def test_one_trade_from_its_approval_to_its_settlement(world):
    running = await world.start()
    await world.approve()
    await eventually(lambda: world.has("fill_confirmed"))

    await world.list(change="resolved", winner="Up", accepting_orders=False)
    await eventually(lambda: world.has("position_settled"))
    await running.stop()

    told = await world.told()
    assert [event.type for event in told] == [
        "order_submitted", "order_accepted", "fill_matched", "order_filled", "fill_confirmed", "position_settled",
    ]  # fmt: skip
    assert (str(told[-1].payout), str(told[-1].pnl)) == ("10", "4.82500")


async def test_a_restart_goes_on_where_the_first_stopped_and_doubles_nothing(world):
    first = await world.start()
    await world.approve()
    await eventually(lambda: world.has("order_filled"))
    await first.stop()

    await world.list(change="resolved", winner="Down", accepting_orders=False)
    second = await world.start()
    await eventually(lambda: world.has("position_settled", "fill_confirmed"))
    await second.stop()

    counts = Counter(await world.types())
    assert {kind: counts[kind] for kind in ("order_submitted", "fill_matched", "order_filled", "position_settled")} == {
        "order_submitted": 1, "fill_matched": 1, "order_filled": 1, "position_settled": 1,
    }  # fmt: skip


async def test_an_approval_made_while_it_was_away_is_never_sent_late(world):
    await world.approve()
    running = await world.start()
    await eventually(lambda: world.has("order_cancelled"))
    await running.stop()

    told = await world.told()
    assert [event.type for event in told] == ["order_unknown", "order_cancelled"]
    assert told[-1].reason == "never reached the venue"


async def test_a_halt_by_the_bare_protocol_line_stops_all_within_a_second_and_outlives_a_restart(world):
    running = await world.start()
    await world.approve(1, **RESTING)
    await eventually(lambda: world.has("order_accepted"))

    await asyncio.to_thread(_halt, world.server.port)
    await eventually(lambda: world.has("order_cancelled"), within_s=1, why="the open order is cancelled")
    await world.approve(2)
    await eventually(lambda: world.has("order_refused"))
    await running.stop()

    again = await world.start()
    await world.approve(3)
    await eventually(lambda: _ended(world, "order3"))
    assert again.desk.halted_by == ("operator: no reason given",)
    operator = await world.server.bus("operator")
    await operator.publish(ResumeRequested(reason="looked at it", at=CLOCK.now()))
    await eventually(lambda: not again.desk.halted_by)
    await world.approve(4)
    await eventually(lambda: world.has("order_filled"))
    await operator.close()
    await again.stop()

    sent = [event.order_id for event in await world.told() if event.type == "order_submitted"]
    assert sent == ["order1", "order4"]


async def test_while_the_bus_is_away_nothing_works_and_afterwards_it_goes_on(world):
    running = await world.start()
    await world.approve(1, **RESTING)
    await eventually(lambda: world.has("order_accepted"))

    world.server.stop()
    await eventually(lambda: running.desk.halted_by == ("bus lost",))
    assert running.assembly.not_ready(CLOCK.now()) == "bus lost"
    world.server.start()
    await world.server.bootstrap()  # a stream in memory does not outlive its server
    await eventually(lambda: not running.desk.halted_by, within_s=20)

    await eventually(lambda: _ended(world, "order1"), within_s=20)
    await world.approve(2)
    await eventually(lambda: world.has("order_filled"))
    await running.stop()
    ends = {event.order_id: event.type for event in await world.told() if event.type in ENDS}
    assert ends == {"order1": "order_cancelled", "order2": "order_filled"}


@pytest.mark.parametrize("kill_when", ["order_submitted", "order_accepted", "fill_matched"])
async def test_a_process_that_is_killed_comes_back_and_leaves_nothing_open_or_doubled(world, kill_when):
    process = _spawn(world)
    try:
        await eventually(lambda: _alive(world), within_s=20, why="the process is live")
        await world.approve()
        await eventually(lambda: world.has(kill_when), every_s=0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    again = await world.start()
    await eventually(lambda: _ended(world, "order1"))
    await eventually(lambda: not again.desk.orders.provisional_count)
    await again.stop()

    counts = Counter(await world.types())
    assert counts["order_submitted"] == 1
    assert counts["fill_matched"] <= 1
    assert counts["order_filled"] + counts["order_cancelled"] == 1
    assert again.desk.orders.get("order1").filled == counts["fill_matched"] * 10


def test_live_trading_with_gates_closed_is_refused_by_the_process_in_one_sentence():
    environment = os.environ | {"PAPER_TRADING": "false", "DRY_RUN": "false"}
    run = subprocess.run(
        [sys.executable, "-m", "executor"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert (run.returncode, run.stdout) == (78, "")
    assert run.stderr == (
        "real orders: expected PAPER_TRADING=false, POLYMARKET_PRIVATE_KEY, LIVE_CONFIRMATION=I UNDERSTAND, DRY_RUN=false, "
        "found without POLYMARKET_PRIVATE_KEY and LIVE_CONFIRMATION=I UNDERSTAND\n"
    )


async def _ended(world, order_id):
    return [e for e in await world.told() if e.type in ENDS and e.order_id == order_id]


async def _alive(world):
    beats = []
    console = await world.server.bus("console")
    await console.subscribe("heartbeat.executor", lambda message: beats.append(message.event))
    try:
        return await eventually(lambda: [b for b in beats if b.state == "live" and b.ready], within_s=15)
    finally:
        await console.close()


def _spawn(world):
    environment = os.environ | world.environment(PAPER_LATENCY_MS="100", PAPER_CONFIRM_MS="500")
    return subprocess.Popen([sys.executable, "-m", "executor"], env=environment)


def _halt(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        file = connection.makefile("rwb")
        file.readline()
        file.write(b'CONNECT {"verbose":false}\r\nPUB control.halt 0\r\n\r\nPING\r\n')
        file.flush()
        assert b"PONG" in file.readline()
