"""A trader on the simulated exchange, who signs as the official client does and shows what really came back."""

import dataclasses
import json
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import orjson
from py_clob_client_v2.client import ClobClient
from py_clob_client_v2.clob_types import ApiCreds, CreateOrderOptions, OrderArgsV2, RequestArgs
from py_clob_client_v2.headers.headers import create_level_2_headers
from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2

from simulator.exchange.settings import ExchangeSettings
from simulator.server import Running, running
from simulator.wall import wall_ns
from simulator.world import SeededWorld, WorldSettings

NS_PER_S = 1_000_000_000
QUARTER_S = 1_795_240_800
SLUG = f"btc-updown-5m-{QUARTER_S - 300}"
POLYGON = 137
ALICE, BOB = "0x" + "a1" * 32, "0x" + "b0" * 32
FAST = {"taker_delay_ms": 0, "mined_after_ms": 40, "confirmed_after_ms": 80}


class Trader:
    """A client with a key of its own, that signs as the official one does and shows what really came back."""

    def __init__(self, server, http, private_key=ALICE):
        self.stage, self.http, self.private_key = server.stage, http, private_key
        self.official = ClobClient(
            f"{server.http}/clob", POLYGON, key=private_key, signature_type=0, use_server_time=True
        )
        found = server.stage.keyring.create(self.official.get_address().lower(), 0)
        self.creds = ApiCreds(found.key, found.secret, found.passphrase)
        self.official.set_api_creds(self.creds)
        self.key, self.wallet = found.key, self.official.get_address().lower()

    def order(self, token, price, size, *, side="BUY", order_type="GTC", post_only=False):
        args = OrderArgsV2(token, price=price, size=size, side=side)
        signed = self.official.builder.build_order(args, CreateOrderOptions("0.01", neg_risk=False), version=2)
        return order_to_json_v2(signed, self.key, order_type, post_only, defer_exec=False)

    async def send(self, method, path, payload=None, params=None):
        body = None if payload is None else json.dumps(payload, separators=(",", ":"))
        now_s = self.stage.clock() // NS_PER_S
        headers = create_level_2_headers(
            self.official.signer, self.creds, RequestArgs(method, path, serialized_body=body), now_s
        )
        async with self.http.request(method, f"/clob{path}", params=params, data=body, headers=headers) as response:
            return response.status, orjson.loads(await response.read())

    async def post(self, *order, **more):
        return await self.send("POST", "/order", self.order(*order, **more))

    async def placed(self, *order, **more):
        status, body = await self.post(*order, **more)
        assert (status, body.get("errorMsg")) == (200, ""), body
        return body

    def open_ids(self):
        return [standing.order.order_id for standing in self.stage.floor.engine.open_orders(self.key)]


@dataclasses.dataclass
class Scene:
    """A market that trades, and somebody to trade on it."""

    server: Running
    http: aiohttp.ClientSession
    trader: Trader
    tokens: list
    condition: str

    @property
    def floor(self):
        return self.server.stage.floor

    async def best_ask(self, token):
        async with self.http.get(f"/clob/book?token_id={token}") as response:
            return min(Decimal(level["price"]) for level in (await response.json())["asks"])

    async def taking_price(self, token):
        """Answer a limit at which an order takes what is offered, should it have moved a little by then."""
        return min(await self.best_ask(token) + Decimal("0.02"), Decimal("0.99"))

    def arm(self, name, **fields):
        self.server.stage.faults.arm({"name": name, **fields})


def clock_from(start_s):
    offset_ns = int(start_s * NS_PER_S) - wall_ns()
    return lambda: wall_ns() + offset_ns


@asynccontextmanager
async def a_scene(**dials):
    settings = ExchangeSettings(**FAST | {"allows_eoa": True, "deposit_usd": 10_000.0} | dials)
    async with (
        running(SeededWorld(WorldSettings()), clock=clock_from(QUARTER_S - 240), exchange=settings) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        async with http.get(f"/gamma/events?slug={SLUG}") as response:
            market = (await response.json())[0]["markets"][0]
        tokens = orjson.loads(market["clobTokenIds"])
        yield Scene(server, http, Trader(server, http), tokens, market["conditionId"])


@asynccontextmanager
async def wall_clock_scene(**dials):
    """A scene of now, for clients that read the wall's clock themselves, in a market that has not begun: near a half."""
    now_s = wall_ns() // NS_PER_S
    settings = ExchangeSettings(**FAST | {"allows_eoa": True, "deposit_usd": 10_000.0} | dials)
    async with (
        running(SeededWorld(WorldSettings()), exchange=settings) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        slug = f"btc-updown-15m-{now_s // 900 * 900 + 900}"
        async with http.get(f"/gamma/events?slug={slug}") as response:
            market = (await response.json())[0]["markets"][0]
        tokens = orjson.loads(market["clobTokenIds"])
        yield Scene(server, http, Trader(server, http), tokens, market["conditionId"])
