"""From an exchange's frame coming in to an order's bytes going out, through the real services as processes.

This process is all that is outside: an exchange's feed, one trade at a time; the feed that settles; the markets and their
books, published as `venue` would; and the venue that the order is posted to, as far as an executor asks it anything. The
executor trades live, all gates open, with a key that everybody knows. Each trade makes an offer too cheap, the books stay
as they are and are confirmed all the time, and every order is killed, so that the next trade finds the same.

`python tests/benchmarks/tick_to_order.py` runs the bare hops (`floor.py`) and the services in turns, for the machine is
noisy, and prints medians over the runs in milliseconds, and how many times its own bare hops each run took, in the
median; `make bench` writes them down.
"""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import orjson
import uvloop
from websockets.asyncio.server import serve

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import floor
from benchmarks.outside import Orders, summary
from benchmarks.services import READY_WITHIN_S, SPOT_TOPIC, System
from builders import INSTANT, a_book, a_market
from common.clock import MILLISECOND, SECOND
from common.contracts.subjects import CONSOLE
from support.nats_server import NatsServer

TICKS, WARM_UP = 600, 100
"""Together below what risk allows within a minute at most."""
RUNS = int(os.environ.get("BENCH_LATENCY_RUNS", "7"))
STARTED = (("oracle", "risk", "executor"), ("scanner",))
"""The scanner last: what was approved before there was an executor would be in doubt, and keep its market closed."""
RUNNING_S = (3600, 900, 1800, 14_400)
"""How long the markets run that are open; each is followed by one that begins when it ends."""
LEVELS = 20
CONFIRMED_EVERY_S = 0.5
ORDERED_MIN = 0.95
"""The part of the ticks that must have led to an order for the figures to mean anything."""
STRIKE, PRICE = Decimal(65000), Decimal(65060)
CHEAP, DEAR = Decimal("0.45"), Decimal("0.75")
HOPS = (
    "frame_to_price_published", "to_opportunity_published", "to_approval_stored", "to_executor_took_it",
    "to_bytes_out",
)  # fmt: skip


class Feeds:
    """The sockets of the exchange, of the settling feed, and of the venue's user channel, where nothing is said."""

    def __init__(self, starts_at):
        self._starts_s, self.trades, self._there = starts_at // SECOND, None, asyncio.Event()

    async def answer(self, socket):
        if socket.request.path.startswith("/binance"):
            self.trades = socket.transport
            self._there.set()
            await socket.wait_closed()
            return
        with contextlib.suppress(Exception):
            await socket.recv()
            await (self._keep_alive(socket) if socket.request.path.startswith("/user") else self._settle(socket))

    async def _keep_alive(self, socket):
        async for text in socket:
            assert text == "PING"
            await socket.send("PONG")

    async def _settle(self, socket):
        """Tell what the feed said since the markets began, then a value a second."""
        told = range(self._starts_s, time.time_ns() // SECOND)
        points = [{"timestamp": second * 1000, "value": float(STRIKE)} for second in told]
        await socket.send(_spot({"symbol": "btc/usd", "data": points}))
        while True:
            at_ms = time.time_ns() // SECOND * 1000
            await socket.send(_spot({"symbol": "btc/usd", "timestamp": at_ms, "value": float(PRICE)}))
            await asyncio.sleep(1)

    async def ready(self):
        async with asyncio.timeout(READY_WITHIN_S):
            await self._there.wait()


def trade(number, at_ms):
    """Write a trade as the exchange does, in a text frame of a WebSocket."""
    price = PRICE + Decimal(number % 2)
    data = {"e": "trade", "E": at_ms, "s": "BTCUSDT", "t": number, "p": str(price), "q": "0.10000000", "T": at_ms}
    text = orjson.dumps({"stream": "btcusdt@trade", "data": data})
    assert 126 <= len(text) < 1 << 16  # a length of two bytes
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


def _spot(payload):
    return orjson.dumps({"topic": SPOT_TOPIC, "type": "update", "payload": payload}).decode()


class Venue:
    """The catalogue and the books. In the first market Up is offered too cheaply, in the others nothing is."""

    def __init__(self, bus, starts_at):
        self._bus, self._starts_at = bus, starts_at
        self._tokens = [
            (n, outcome, str(10**70 + 2 * n + outcome)) for n in range(2 * len(RUNNING_S)) for outcome in (0, 1)
        ]

    async def list(self):
        for n in range(2 * len(RUNNING_S)):
            is_next, kind = divmod(n, len(RUNNING_S))
            length, (_, _, up), (_, _, down) = RUNNING_S[kind] * SECOND, *self._tokens[2 * n : 2 * n + 2]
            starts_at = self._starts_at + is_next * length
            await self._bus.publish(
                a_market(
                    event_id=f"m{n}", market_id=f"0x{n:064x}", slug=f"btc-{n}", up_token_id=up, down_token_id=down,
                    rule=INSTANT, starts_at=starts_at, ends_at=starts_at + length, observed_at=time.time_ns(),
                )
            )  # fmt: skip

    async def quote(self):
        """Confirm one book after the other, each twice a second."""
        while True:
            for token in self._tokens:
                await self._bus.publish(self._book(*token))
                await asyncio.sleep(CONFIRMED_EVERY_S / len(self._tokens))

    def _book(self, n, outcome, token):
        best, now = CHEAP if n == outcome == 0 else DEAR, time.time_ns()  # the first market is the one of an hour
        step, size = Decimal("0.01"), Decimal(100)
        return a_book(
            market_id=f"0x{n:064x}", token_id=token, asks=tuple((best + step * k, size) for k in range(LEVELS)),
            bids=tuple((best - step * (k + 1), size) for k in range(LEVELS)), source_at=now, received_at=now,
        )  # fmt: skip


async def measured(ticks=TICKS):
    """Run the services; answer the latency of each tick in milliseconds, and its hops, the warm-up left out."""
    server, orders = NatsServer(), Orders()
    starts_at = (time.time_ns() // SECOND - 60) * SECOND
    feeds = Feeds(starts_at)
    server.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(server.remove)
        await server.bootstrap()
        sockets = await stack.enter_async_context(serve(feeds.answer, "127.0.0.1", 0, compression=None))
        _, exchange_port = await orders.serve()
        system = System(server, sockets.sockets[0].getsockname()[1], exchange_port)
        bus = await server.bus("venue")
        stack.push_async_callback(bus.close)
        venue = Venue(bus, starts_at)
        await venue.list()
        quoting = asyncio.create_task(venue.quote())
        stack.callback(quoting.cancel)
        stack.callback(system.stop)
        watching = await server.bus(CONSOLE)
        for names in STARTED:
            system.start(*names)
            await feeds.ready()
            await system.ready(watching, lambda: feeds.trades.write(trade(0, time.time_ns() // MILLISECOND)), *names)
        await watching.close()
        times = await played(feeds, orders, WARM_UP + ticks)
        reading = await server.bus(CONSOLE)
        stack.push_async_callback(reading.close)
        return await results(reading, orders, times[WARM_UP:])


async def played(feeds, orders, count):
    """Send one trade after the other; answer each trade's own stamp and when it left."""
    times = []
    for number in range(count):
        at_ms = max(time.time_ns() // MILLISECOND, times[-1][0] + 1 if times else 0)
        sent_ns, _ = await orders.after(feeds.trades, trade(number, at_ms))
        times.append((at_ms, sent_ns))
    return times


async def results(bus, orders, times):
    """Follow each trade through the record to its own order's bytes."""
    prices = {m.event.source_at: m.stored_at async for m in bus.replay("MARKET", "oracle.price.>")}
    came = {orjson.loads(body)["order"]["salt"]: arrived for arrived, body in orders.arrived}
    found, approved, submitted = {}, {}, {}
    async for m in bus.replay("JOURNAL"):
        match m.event.type:
            case "opportunity_found":
                found.setdefault(m.event.price_at, m)
            case "order_approved":
                approved[m.event.opportunity_id] = m
            case "order_submitted":
                submitted[m.event.opportunity_id] = m
    latencies, hops = [], []
    for at_ms, sent in times:
        opportunity = found.get(at_ms * MILLISECOND)
        approval = approved.get(opportunity.event.event_id) if opportunity else None
        arrived = came.get(approval.event.salt) if approval else None
        taken = submitted.get(opportunity.event.event_id) if opportunity else None
        if arrived is None or taken is None:
            continue
        marks = (
            sent, prices[at_ms * MILLISECOND], opportunity.stored_at, approval.stored_at, taken.event.at, arrived,
        )  # fmt: skip
        latencies.append((arrived - sent) / 1e6)
        hops.append([(after - before) / 1e6 for before, after in pairwise(marks)])
    return latencies, hops


def compared(runs=RUNS):
    """Run the bare hops and the services in turns; answer medians over the runs, in milliseconds.

    The services are held against the bare hops of right before them: the machine is quicker and slower by the minute.
    """
    floors, reals, hops = [], [], []
    for _ in range(runs):
        floors.append(summary(uvloop.run(floor.measured())))
        latencies, steps = uvloop.run(measured())
        reals.append(summary(latencies))
        if len(latencies) < TICKS * ORDERED_MIN:
            raise SystemExit(f"expected an order for each of {TICKS} ticks, found {len(latencies)}")
        hops.append({name: statistics.median(step[n] for step in steps) for n, name in enumerate(HOPS)})
        print(f"bare hops {floors[-1]}, services {reals[-1]}", file=sys.stderr)
    bare, real, pairs = _median(floors), _median(reals), list(zip(reals, floors, strict=True))
    medians = {name: statistics.median(each[name] for each in hops) for name in HOPS}
    return {
        "floor_ms": bare, "tick_to_order_ms": real,
        "over_floor": {
            name: round(statistics.median(took[name] / alone[name] for took, alone in pairs), 2) for name in bare
        },
        "hops_p50_ms": {name: round(median, 3) for name, median in medians.items()},
        "hops_share": {name: round(median / sum(medians.values()), 3) for name, median in medians.items()},
        "runs": {"floor_ms": floors, "tick_to_order_ms": reals},
    }  # fmt: skip


def _median(summaries):
    return {name: round(statistics.median(each[name] for each in summaries), 3) for name in ("p50", "p95", "p99")}


if __name__ == "__main__":
    print(json.dumps(compared(*map(int, sys.argv[1:])), indent=2))
