"""The floor under tick-to-order: the same hops as the system's, on the same server, with no judgement in them.

    feed -> oracle -> core NATS -> scanner -> core NATS -> risk -> JetStream, synced -> executor -> an order by HTTP

Each is a process of its own with messages of pydantic, bare nats-py and uvloop; the executor hashes typed data and signs
it. The server, its permissions, streams and consumers are the system's own. `python tests/benchmarks/floor.py` prints
milliseconds; `tick_to_order.py` runs it in turns with the real services.
"""

import asyncio
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import coincurve
import uvloop
from Crypto.Hash import keccak
from nats.aio.client import Client
from pydantic import BaseModel, ConfigDict

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.outside import Orders, summary
from common.bus.nats import deliver_subject
from support.nats_server import NatsServer

TICKS, WARM_UP = 600, 100
READY_WITHIN_S = 30
ROLES = ("oracle", "scanner", "risk", "executor")


class Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class Price(Message):
    symbol: str
    price: Decimal
    at_ms: int


class Opportunity(Message):
    market: str
    token: str
    fair: Decimal
    price: Decimal
    quantity: Decimal
    edge: Decimal
    fee: Decimal
    valid_until: int
    salt: int


class Decision(Message):
    market: str
    token: str
    price: Decimal
    quantity: Decimal
    at_ms: int
    valid_until: int
    salt: int


def encoded(message):
    return message.model_dump_json().encode()


async def oracle(bus, ports):
    reader, writer = await asyncio.open_connection("127.0.0.1", ports["feed"])
    writer.write(b"ready\n")
    while line := await reader.readline():
        tick = json.loads(line)
        await bus.publish("oracle.price.BTC", encoded(Price(symbol="BTC", price=tick["p"], at_ms=tick["T"])))


async def scanner(bus, _ports):
    async def on_price(message):
        price = Price.model_validate_json(message.data)
        found = Opportunity(
            market="m", token="123", fair=Decimal("0.57"), price=Decimal("0.48"), quantity=Decimal(20),
            edge=Decimal("0.03"), fee=Decimal("0.01"), valid_until=0, salt=price.at_ms,
        )  # fmt: skip
        await bus.publish("scanner.opportunity.m", encoded(found))

    await bus.subscribe("oracle.price.*", cb=on_price)


async def risk(bus, _ports):
    stream = bus.jetstream()

    async def on_opportunity(message):
        found = Opportunity.model_validate_json(message.data)
        approved = Decision(
            market=found.market, token=found.token, price=found.price, quantity=found.quantity, at_ms=1, valid_until=0,
            salt=found.salt,
        )  # fmt: skip
        await stream.publish("risk.decision.m", encoded(approved), headers={"Nats-Msg-Id": str(found.salt)})

    await bus.subscribe("scanner.opportunity.*", cb=on_opportunity)


async def executor(bus, ports):
    key, domain, kind = coincurve.PrivateKey(os.urandom(32)), os.urandom(32), os.urandom(32)
    reader, writer = await asyncio.open_connection("127.0.0.1", ports["exchange"])

    async def on_decision(message):
        decided = Decision.model_validate_json(message.data)
        numbers = (decided.salt, 1, 1, int(decided.token), 5_200_000, 10_000_000, 0, 0, decided.at_ms, 0, 0)
        contents = hashed(kind + b"".join(number.to_bytes(32, "big") for number in numbers))
        signature = key.sign_recoverable(hashed(b"\x19\x01" + domain + contents), hasher=None)
        body = json.dumps({"signature": signature.hex(), "salt": decided.salt}).encode()
        writer.write(b"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await message.ack()
        await reader.readuntil(b"}")

    await bus.subscribe(deliver_subject("executor"), cb=on_decision)


def hashed(data):
    return keccak.new(digest_bits=256, data=data).digest()


async def play(role, ports, url):
    """Be one of the four, for ever."""
    bus = Client()
    password = os.environ["NATS_PASSWORD"]
    await bus.connect(url, user=role, password=password, inbox_prefix=f"_INBOX.{role}")
    await {"oracle": oracle, "scanner": scanner, "risk": risk, "executor": executor}[role](bus, ports)
    await bus.flush()
    print("ready", flush=True)
    await asyncio.Event().wait()


class Feed:
    """A bare socket that the oracle reads lines from."""

    def __init__(self):
        self.transport, self._there = None, asyncio.Event()

    async def serve(self):
        async def met(reader, writer):
            await reader.readline()
            self.transport = writer.transport
            self._there.set()

        server = await asyncio.start_server(met, "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()[1]

    async def ready(self):
        async with asyncio.timeout(READY_WITHIN_S):
            await self._there.wait()


def frame(number):
    tick = {"e": "trade", "s": "BTCUSDT", "p": "65026.45781500", "q": "0.1", "T": number}
    return json.dumps(tick).encode() + b"\n"


async def measured(ticks=TICKS):
    """Run the bare hops; answer the latency of each tick in milliseconds, those of the warm-up left out."""
    server, feed, orders = NatsServer(), Feed(), Orders()
    server.start()
    roles = []
    try:
        await server.bootstrap()
        (_, feed_port), (_, exchange_port) = await feed.serve(), await orders.serve()
        ports = json.dumps({"feed": feed_port, "exchange": exchange_port})
        for role in ("executor", "risk", "scanner", "oracle"):
            command = [sys.executable, __file__, "--role", role, ports, server.url]
            environment = os.environ | {"NATS_PASSWORD": server.passwords[role]}
            roles.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))
            if role != "oracle":
                await asyncio.to_thread(roles[-1].stdout.readline)
        await feed.ready()
        times = [await orders.after(feed.transport, frame(number)) for number in range(1, WARM_UP + ticks + 1)]
    finally:
        for process in roles:
            process.kill()
            process.communicate()
        server.remove()
    return [(came - sent) / 1e6 for sent, came in times[WARM_UP:] if came is not None]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--role"]:
        uvloop.run(play(sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]))
    else:
        print(json.dumps(summary(uvloop.run(measured(*map(int, sys.argv[1:]))))))
