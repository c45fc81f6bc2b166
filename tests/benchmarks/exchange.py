"""Measures the simulated exchange and writes `build/bench-exchange.json`: part of `make bench`.

The simulator runs as a process of its own, as always; this one is all of its clients. What is measured is what a client
gets: signed orders posted and answered a second, one by one and in batches of fifteen, cancels a second, and the book
events (a level of one token's book that changed) that arrive on a market socket a second while orders are placed and
cancelled in batches. The engine alone, without sockets, for comparison.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import statistics
import sys
import time
from pathlib import Path

import aiohttp
from eth_account import Account
from py_clob_client_v2.headers import create_level_1_headers
from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2, OrderDataV2, Side
from py_clob_client_v2.signer import Signer

from simulator.matching.engine import Engine
from simulator.matching.operations import Cancel, Deposit, OpenMarket, Place
from simulator.matching.values import E6, Instrument, Order, OrderType
from simulator.matching.values import Side as EngineSide

TARGET = Path("build/bench-exchange.json")
EXCHANGE = "0xE111180000d2663C0091e4f400237545B87B996B"
ACCOUNTS = 4
ORDERS = int(os.environ.get("BENCH_EXCHANGE_ORDERS", "4000"))
CONNECTIONS = 16
BATCH = 15
RUNS = int(os.environ.get("BENCH_EXCHANGE_RUNS", "3"))
PRICES = (0.01, 0.02, 0.03, 0.04, 0.05)
SHARES = 5
ENGINE_ORDERS = 20_000


class Client:
    """One wallet with its key, that makes requests as bytes ahead of time."""

    def __init__(self, number, host):
        self.account = Account.from_key(number.to_bytes(32, "big"))
        self.host = host
        self.builder = ExchangeOrderBuilderV2(EXCHANGE, 137, Signer(self.account.key.hex(), 137))
        self.credentials = {}
        self.signed = 0

    def order(self, token):
        """One signed order that rests: a bid far below the market."""
        price = PRICES[self.signed % len(PRICES)]
        self.signed += 1
        data = OrderDataV2(
            maker=self.account.address, tokenId=token, makerAmount=str(round(price * SHARES * 1e6)),
            takerAmount=str(SHARES * 1_000_000), side=Side.BUY,
        )  # fmt: skip
        signed = self.builder.build_signed_order(data)
        fields = {
            "salt": int(signed.salt), "maker": signed.maker, "signer": signed.signer, "tokenId": signed.tokenId,
            "makerAmount": signed.makerAmount, "takerAmount": signed.takerAmount, "side": "BUY", "expiration": "0",
            "signatureType": 0, "timestamp": signed.timestamp, "metadata": signed.metadata, "builder": signed.builder,
            "signature": signed.signature,
        }  # fmt: skip
        return {
            "order": fields,
            "owner": self.credentials["apiKey"],
            "orderType": "GTC",
            "postOnly": True,
            "deferExec": False,
        }

    def request(self, method, path, payload):
        body = json.dumps(payload, separators=(",", ":"))
        stamp = str(int(time.time()))
        secret = base64.urlsafe_b64decode(self.credentials["secret"])
        digest = hmac.new(secret, f"{stamp}{method}{path}{body}".encode(), hashlib.sha256).digest()
        lines = (
            f"{method} /clob{path} HTTP/1.1", f"Host: {self.host}", "Content-Type: application/json",
            f"Content-Length: {len(body)}", f"POLY_ADDRESS: {self.account.address}", f"POLY_TIMESTAMP: {stamp}",
            f"POLY_SIGNATURE: {base64.urlsafe_b64encode(digest).decode()}", f"POLY_API_KEY: {self.credentials['apiKey']}",
            f"POLY_PASSPHRASE: {self.credentials['passphrase']}", "", "",
        )  # fmt: skip
        return "\r\n".join(lines).encode() + body.encode()


async def exchanged(host, requests):
    """Send requests over a few connections, each waiting for its answer; the answers and the seconds that it took."""
    waiting = list(reversed(requests))
    answers = []

    async def work():
        reader, writer = await asyncio.open_connection(*host.split(":"))
        while waiting:
            writer.write(waiting.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            answers.append((int(head[9:12]), json.loads(await reader.readexactly(length))))
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return answers, time.perf_counter() - began


async def created(client, session):
    """Have the exchange make a key for a wallet."""
    headers = create_level_1_headers(Signer(client.account.key.hex(), 137), 0)
    async with session.post(f"http://{client.host}/clob/auth/api-key", headers=headers) as answer:
        client.credentials = await answer.json()


async def market(session, host):
    """A market that goes on for a quarter of an hour: its tokens."""
    async with session.get(f"http://{host}/gamma/events", params={"limit": 100}) as answer:
        events = await answer.json()
    found = [event["markets"][0] for event in events if "-updown-15m-" in event["slug"]]
    return json.loads(found[-1]["clobTokenIds"])


async def one_run(clients, host, token):
    """Everything once: orders one by one, their cancels, then batches."""
    singles = [c.request("POST", "/order", c.order(token)) for _ in range(ORDERS // 4 // ACCOUNTS) for c in clients]
    answers, took = await exchanged(host, singles)
    assert all(status == 200 and body["status"] == "live" for status, body in answers), answers[-1]
    orders_s = len(singles) / took
    clearing = [c.request("DELETE", "/cancel-all", {}) for c in clients]
    await exchanged(host, clearing)

    batches = [
        c.request("POST", "/orders", [c.order(token) for _ in range(BATCH)])
        for _ in range(ORDERS // BATCH // ACCOUNTS)
        for c in clients
    ]
    answers, took = await exchanged(host, batches)
    ids = [leg["orderID"] for status, body in answers for leg in body]
    assert all(ids), answers[-1]
    batched_s = len(ids) / took
    owners = {}
    for client, (_, body) in zip(clients * (len(batches) // len(clients)), answers, strict=False):
        owners.setdefault(client, []).extend(leg["orderID"] for leg in body)
    answers, took = await exchanged(host, clearing)
    canceled = sum(len(body["canceled"]) for _, body in answers)
    assert canceled == len(ids), (canceled, len(ids))
    return {"orders": orders_s, "orders_in_batches": batched_s, "cancels_at_once": canceled / took}


async def listened(session, host, tokens, counts):
    """Count the levels that a market socket says have changed, and when the last came."""
    async with session.ws_connect(f"ws://{host}/ws/market", max_msg_size=0) as socket:
        await socket.send_json({"type": "market", "assets_ids": tokens})
        async for message in socket:
            frames = json.loads(message.data)
            for frame in frames if isinstance(frames, list) else [frames]:
                if frame["event_type"] == "price_change":
                    counts.append((time.perf_counter(), len(frame["price_changes"])))


async def events_run(session, clients, host, tokens):
    """Book events a second while batches are placed and taken away again, counted where they arrive."""
    counts = []
    listening = asyncio.create_task(listened(session, host, tokens, counts))
    await asyncio.sleep(1)
    counts.clear()
    requests = [
        client.request("POST", "/orders", [client.order(tokens[0]) for _ in range(BATCH)])
        for _ in range(ORDERS // BATCH // ACCOUNTS // 2)
        for client in clients
    ]
    await exchanged(host, requests)
    await exchanged(host, [c.request("DELETE", "/cancel-all", {}) for c in clients])
    await asyncio.sleep(0.5)
    listening.cancel()
    first, last = counts[0][0], counts[-1][0]
    return sum(n for _, n in counts) / (last - first)


def engine_alone():
    """Orders placed and cancelled a second, without sockets and signatures."""
    engine = Engine()
    instrument = Instrument("0xc", ("1", "2"), ("Up", "Down"), 100, 5 * E6, 70_000, 1, 0)
    engine.apply(OpenMarket(1, instrument))
    engine.apply(Deposit(2, "0xa", 10**12))
    began = time.perf_counter()
    for n in range(ENGINE_ORDERS):
        price = 100 * (1 + n % 40)
        order = Order(f"o{n}", "0xa", "k", "0xc", "1", EngineSide.BUY, price * 5 * 100, 5 * E6, price, OrderType.GTC)
        engine.apply(Place(n + 3, order))
        if n >= 100:
            engine.apply(Cancel(n + 3, "k", f"o{n - 100}"))
    return (2 * ENGINE_ORDERS - 100) / (time.perf_counter() - began)


async def measured():
    command = [
        sys.executable,
        "-m",
        "simulator",
        "--port",
        "0",
        "--allow-eoa",
        "--no-rate-limits",
        "--open-orders-max",
        "10000",
    ]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        host = f"127.0.0.1:{json.loads(await process.stdout.readline())['port']}"
        async with aiohttp.ClientSession() as session:
            tokens = await market(session, host)
            clients = [Client(1000 + number, host) for number in range(ACCOUNTS)]
            for client in clients:
                await created(client, session)
            runs = [await one_run(clients, host, tokens[0]) for _ in range(RUNS)]
            events = [await events_run(session, clients, host, tokens) for _ in range(RUNS)]
    finally:
        process.terminate()
        await process.communicate()
    return {name: round(statistics.median(run[name] for run in runs)) for name in runs[0]} | {
        "book_events": round(statistics.median(events)), "engine_operations": round(engine_alone()),
    }  # fmt: skip


def main():
    report = {"machine": {"cores": os.cpu_count(), "load": os.getloadavg()[0]}, "per_second": asyncio.run(measured())}
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(report, indent=2) + "\n")
    for name, figure in report["per_second"].items():
        print(f"{name.replace('_', ' ')}: {figure:,} a second (median of {RUNS} runs)")
    print(f"written to {TARGET}")


if __name__ == "__main__":
    main()
