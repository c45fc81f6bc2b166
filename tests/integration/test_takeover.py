"""Two replicas of risk and two of the executor, as processes, under load: one acts, and another when it cannot."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from decimal import Decimal

import pytest

from builders import a_book, a_market, a_price, an_opportunity
from common.clock import SECOND, SystemClock, later, since
from support.nats_server import NatsServer, free_port
from support.waiting import eventually

CLOCK = SystemClock()
TAKEN_OVER_WITHIN_S = 5
OPPORTUNITY_EVERY_S = 0.05
ENDS = ("order_refused", "order_rejected", "order_cancelled", "order_filled")
WIDE = {
    "INITIAL_BANKROLL": "1000000",
    "ORDERS_PER_MINUTE_MAX": "1000",
    "OPEN_ORDERS_MAX": "1000",
    "REPEATED_TRADES_MAX": "1000",
}
DEEP = ((Decimal("0.50"), Decimal(1_000_000)),)
"""What is taken does not come back on paper while the price stays: there is enough for all."""
SINGLE = ("risk", "executor")


class World:
    """NATS, and the services around risk and the executor: they quote all the time and find something all the time."""

    def __init__(self):
        self.server, self.replicas, self.found = NatsServer(), [], 0

    async def open(self):
        self.server.start()
        await self.server.bootstrap()
        users = ("oracle", "venue", "scanner", "console")
        self.oracle, self.venue, self.scanner, self.console = [await self.server.bus(user) for user in users]
        now = CLOCK.now()
        self.ends_at = later(now, ms=600_000)
        await self.venue.publish(
            a_market(starts_at=now, ends_at=self.ends_at, observed_at=now, taker_delay_ms=10, event_id=f"m{now}")
        )
        self.working = [asyncio.create_task(self.quote())]

    async def close(self):
        for replica in self.replicas:
            replica.end()
        for task in self.working:
            task.cancel()
        await asyncio.gather(*self.working, return_exceptions=True)
        for bus in (self.oracle, self.venue, self.scanner, self.console):
            await bus.close()
        self.server.remove()

    async def quote(self):
        while True:
            now = CLOCK.now()
            await self.venue.publish(a_book(asks=DEEP, source_at=now, received_at=now))
            await self.oracle.publish(a_price(source_at=now, received_at=now))
            await asyncio.sleep(OPPORTUNITY_EVERY_S)

    async def find(self):
        while True:
            now = CLOCK.now()
            self.found += 1
            await self.scanner.publish(
                an_opportunity(
                    event_id=f"o{self.found}", found_at=now, received_at=now, price_at=now, book_at=now,
                    valid_until=later(now, ms=1000), ends_at=self.ends_at,
                )
            )  # fmt: skip
            await asyncio.sleep(OPPORTUNITY_EVERY_S)

    def start(self, service, **settings):
        replica = Replica(self.server, service, settings)
        self.replicas.append(replica)
        return replica

    async def pairs(self, **settings):
        """Start the active replicas and their standbys; answer them by service."""
        active = {service: self.start(service, **settings) for service in SINGLE}
        for replica in active.values():
            await eventually(lambda replica=replica: replica.says(""), within_s=30, why=f"{replica.service} is ready")
        standby = {service: self.start(service, **settings) for service in SINGLE}
        for replica in standby.values():
            await eventually(lambda replica=replica: replica.says("standing by"), within_s=30, why="it stands by")
        self.working.append(asyncio.create_task(self.find()))
        return active, standby

    async def journal(self, filter_=">"):
        return [message.event async for message in self.console.replay("JOURNAL", filter_)]

    async def count(self, kind):
        return Counter(event.type for event in await self.journal())[kind]

    async def goes_on(self):
        """Wait for some more fills."""
        before = await self.count("fill_matched")
        await eventually(lambda: self._has_more(before + 5), within_s=20, every_s=0.1, why="trading goes on")

    async def _has_more(self, number):
        return await self.count("fill_matched") >= number

    async def lease(self, service, number):
        async def announced():
            return (await self.journal(f"{service}.lease"))[number:]

        [found] = await eventually(announced, within_s=20, why=f"lease {number} of {service}")
        return found

    async def nothing_was_done_twice(self):
        """Stop finding, let everything come to its end, and look for what happened twice."""
        self.working[1].cancel()
        await eventually(self._is_at_rest, within_s=30, every_s=0.2, why="every order came to an end")
        said = await self.journal()
        decided = Counter(e.opportunity_id for e in said if e.type in ("order_approved", "order_denied"))
        submitted = Counter(e.order_id for e in said if e.type == "order_submitted")
        fills = Counter((e.order_id, e.fill_id) for e in said if e.type == "fill_matched")
        filled = Counter(e.order_id for e in said if e.type == "fill_matched")
        ended = Counter(e.order_id for e in said if e.type in ENDS)
        for counted in (decided, submitted, fills, filled, ended):
            assert [name for name, count in counted.items() if count > 1] == []
        assert len(decided) > 10
        _tokens_are_in_order(said)

    async def _is_at_rest(self):
        said = await self.journal()
        approved = {e.order_id for e in said if e.type == "order_approved"}
        return not approved - {e.order_id for e in said if e.type in ENDS}


def _tokens_are_in_order(said):
    """What the executor sent was approved under the newest lease that was announced before it was approved."""
    refused = {e.order_id for e in said if e.type == "order_refused"}
    current = 0
    for event in said:
        if event.type == "risk_lease_acquired":
            assert event.token > current
            current = event.token
        elif event.type == "order_approved" and event.order_id not in refused:
            assert event.fencing_token == current


class Replica:
    """One process."""

    def __init__(self, server, service, settings):
        self.service, self.port = service, free_port()
        environment = {
            "NATS_URL": server.url, "NATS_PASSWORD": server.passwords[service], "HTTP_PORT": str(self.port),
            "HEARTBEAT_MS": "200", "LOG_LEVEL": "error", "PAPER_LATENCY_MS": "20", "PAPER_CONFIRM_MS": "50",
            "SYMBOLS": "BTC",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", service], env=os.environ | WIDE | environment | settings, stderr=subprocess.PIPE
        )

    async def says(self, detail):
        return await asyncio.to_thread(_ready, self.port) == detail

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.communicate(timeout=10)


def _ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return json.loads(answer.read())["detail"]
    except OSError:
        return None


@pytest.fixture
async def world():
    world = World()
    await world.open()
    try:
        yield world
    finally:
        await world.close()


@pytest.mark.parametrize("killed", SINGLE)
async def test_when_the_active_replica_is_killed_another_takes_over_within_five_seconds_and_nothing_is_done_twice(
    world, killed
):
    active, _ = await world.pairs()
    await world.goes_on()

    active[killed].send(signal.SIGKILL)
    killed_at = CLOCK.now()
    lease = await world.lease(killed, 1)

    assert since(lease.at, killed_at) / SECOND < TAKEN_OVER_WITHIN_S
    await world.goes_on()
    await world.nothing_was_done_twice()


@pytest.mark.parametrize("stopped", SINGLE)
async def test_a_replica_that_was_stopped_for_longer_than_its_lease_does_nothing_when_it_goes_on(world, stopped):
    active, standby = await world.pairs(LEASE_MS="1000")
    await world.goes_on()
    active[stopped].send(signal.SIGSTOP)
    await world.lease(stopped, 1)
    await world.goes_on()

    active[stopped].send(signal.SIGCONT)
    _, said = await asyncio.to_thread(active[stopped].process.communicate, timeout=20)

    assert active[stopped].process.returncode == 1
    assert f"lease of {stopped}: expected " in said.decode()
    assert standby[stopped].process.poll() is None
    await world.goes_on()
    await world.nothing_was_done_twice()
    leases = await world.journal(f"{stopped}.lease")
    later = {
        lease.holder for lease in leases[1:]
    }  # on a machine that stands still it may lose its lease and have it anew
    assert len(later) == 1
    assert leases[0].holder not in later


async def test_an_active_replica_that_is_told_to_stop_hands_over_before_its_lease_has_ended(world):
    active, _ = await world.pairs()
    await world.goes_on()

    for service in SINGLE:
        active[service].send(signal.SIGTERM)
        assert await asyncio.to_thread(active[service].process.wait, 20) == 0
        ended_at = CLOCK.now()
        lease = await world.lease(service, 1)
        assert since(lease.at, ended_at) / SECOND < 1

    await world.goes_on()
    await world.nothing_was_done_twice()
