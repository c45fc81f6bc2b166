"""What clients read of their own, over real HTTP and sockets, with both official clients."""

import asyncio
import dataclasses
from contextlib import asynccontextmanager
from decimal import Decimal
from hashlib import sha256
from itertools import count

import aiohttp
import orjson
import pytest
from eth_account import Account
from polymarket import environments
from polymarket.clients.async_public import AsyncPublicClient
from polymarket.clients.async_secure import AsyncSecureClient
from polymarket.errors import RequestRejectedError
from polymarket.models import ApiKeyCreds
from polymarket.models.clob.requests import PriceRequest
from polymarket.streams import UserSpec
from py_clob_client_v2.client import ClobClient
from py_clob_client_v2.clob_types import (
    ApiCreds,
    AssetType,
    BalanceAllowanceParams,
    BookParams,
    OpenOrderParams,
    TradeParams,
)
from py_clob_client_v2.exceptions import PolyApiException

from simulator.exchange.identity.wallets import wallet_of
from simulator.exchange.settings import ExchangeSettings
from simulator.matching.operations import Cancel, CloseMarket, Deposit, Place, Quote, ResolveMarket, Settle
from simulator.matching.values import E4, E6, Level, Order, OrderType, Side, TradeStatus
from simulator.server import running
from simulator.wall import wall_ns
from simulator.world import SeededWorld, WorldSettings
from support.waiting import eventually

NS_PER_S = 1_000_000_000
QUARTER_S = 900
TIMEOUT_S = 10.0
DEPOSIT_TYPE = 3
HOUR_MS = 3_600_000
CONDITION_LENGTH = 66
NUMBERS = count(1)
SETTINGS = ExchangeSettings(
    taker_delay_ms=0, mined_after_ms=HOUR_MS, confirmed_after_ms=HOUR_MS, redeems_after_ms=-1, limits_rates=False
)


class Trader:
    """One API key with its deposit wallet, and both official clients for it."""

    def __init__(self, server, number):
        self.private_key = f"0x{number:064x}"
        self.address = Account.from_key(self.private_key).address
        self.wallet = wallet_of(self.address.lower(), DEPOSIT_TYPE)
        self.credentials = server.stage.keyring.create(self.address.lower(), 0)
        self._floor, self._http, self._ws = server.stage.floor, server.http, server.ws

    @property
    def key(self):
        return self.credentials.key

    @property
    def auth(self):
        known = self.credentials
        return {"apiKey": known.key, "secret": known.secret, "passphrase": known.passphrase}

    def python(self, signature_type=DEPOSIT_TYPE):
        known = self.credentials
        return ClobClient(
            f"{self._http}/clob", 137, key=self.private_key, creds=ApiCreds(known.key, known.secret, known.passphrase),
            signature_type=signature_type, funder=self.wallet,
        )  # fmt: skip

    @asynccontextmanager
    async def unified(self):
        known = self.credentials
        client = await AsyncSecureClient._create(
            private_key=self.private_key, wallet=self.wallet, environment=environment(self._http, self._ws),
            credentials=ApiKeyCreds(key=known.key, secret=known.secret, passphrase=known.passphrase),
            validate_credentials=False,
        )  # fmt: skip
        try:
            yield client
        finally:
            await client.close()

    def place(self, token, side, price_e4, shares, order_type=OrderType.GTC):
        usd_e6, shares_e6 = shares * price_e4 * 100, shares * E6
        order = Order(
            order_id="0x" + sha256(str(next(NUMBERS)).encode()).hexdigest(), account=self.wallet, owner=self.key,
            condition_id=self._floor.instrument_of(token).condition_id, token=token, side=side,
            maker_e6=usd_e6 if side is Side.BUY else shares_e6, taker_e6=shares_e6 if side is Side.BUY else usd_e6,
            price_e4=price_e4, order_type=order_type,
        )  # fmt: skip
        self._floor.apply(Place(self._floor.now_ns(), order))
        return order.order_id


class Scene:
    """A running exchange with two funded traders, and a market that nobody but they and the house trade."""

    def __init__(self, server):
        self.server, self.floor, self.stage = server, server.stage.floor, server.stage
        now_s = wall_ns() // NS_PER_S
        self.slug = f"btc-updown-15m-{(now_s // QUARTER_S + 1) * QUARTER_S}"
        event = self.stage.world.event(self.slug, wall_ns())
        self.title = event["markets"][0]["question"]
        self.market = self.floor.instrument(event["markets"][0]["conditionId"].ljust(CONDITION_LENGTH, "0"))
        self.up, self.down = self.market.tokens
        self.one, self.two = Trader(server, 1), Trader(server, 2)
        for trader in (self.one, self.two):
            self.floor.fund(trader.wallet)

    def clear(self):
        """Have the house withdraw what it offers; it comes back with its next quote."""
        bids, asks = self.floor.engine.house_levels(self.market.condition_id)
        gone = [tuple(Level(level.price_e4, 0) for level in levels) for levels in (bids, asks)]
        self.floor.apply(Quote(self.floor.now_ns(), self.market.condition_id, *gone))

    def trade(self, price_e4=4000, shares=10):
        """Let the first trader buy Up of the second, who buys Down."""
        self.clear()
        made = self.two.place(self.down, Side.BUY, E4 - price_e4, shares)
        taken = self.one.place(self.up, Side.BUY, price_e4, shares)
        (trade_id,) = self.floor.engine.order(taken).trades
        return taken, made, trade_id

    def still(self, bid_e4=4000, ask_e4=4500):
        """Leave a book of two orders that nothing moves any more."""
        self.clear()
        self.one.place(self.up, Side.BUY, bid_e4, 10)
        self.two.place(self.down, Side.BUY, E4 - ask_e4, 10)
        self.close()

    def close(self):
        self.floor.apply(CloseMarket(self.floor.now_ns(), self.market.condition_id))

    def settle(self, trade_id, *statuses):
        for status in statuses:
            hashed = "" if status is TradeStatus.FAILED else "0x" + "cd" * 32
            self.floor.apply(Settle(self.floor.now_ns(), trade_id, status, hashed))


@asynccontextmanager
async def a_scene(settings=SETTINGS, **world):
    async with running(SeededWorld(WorldSettings(**world)), exchange=settings) as server:
        yield Scene(server)


def environment(http, ws):
    config = dataclasses.replace(
        environments.PRODUCTION._config, clob_url=f"{http}/clob", data_url=f"{http}/data-api",
        gamma_url=f"{http}/gamma", relayer_url=http, rpc_url=http, clob_user_ws_url=f"{ws}/ws/user",
        clob_market_ws_url=f"{ws}/ws/market", realtime_ws_url=f"{ws}/polybolt",
    )  # fmt: skip
    return environments._create_environment(name="simulator", config=config)


async def in_thread(ask, *arguments):
    return await asyncio.to_thread(ask, *arguments)


async def all_of(paginator):
    return [item async for page in paginator for item in page.items]


async def get(http, path, status=200):
    async with http.get(path) as response:
        assert response.status == status, await response.text()
        return orjson.loads(await response.read()), response.headers


class Ear:
    """A raw socket on the user channel, and what was heard on it."""

    def __init__(self, socket):
        self.socket = socket

    async def next(self):
        async with asyncio.timeout(TIMEOUT_S):
            return orjson.loads(await self.socket.receive_str())

    async def settled(self):
        """Wait until all that was said before has arrived."""
        await self.socket.send_str("PING")
        heard = []
        async with asyncio.timeout(TIMEOUT_S):
            while (text := await self.socket.receive_str()) != "PONG":
                heard.append(orjson.loads(text))
        return heard


@asynccontextmanager
async def an_ear(scene, trader, **more):
    async with (
        aiohttp.ClientSession(scene.server.http) as http,
        http.ws_connect("/ws/user") as socket,
    ):
        await socket.send_json({"auth": trader.auth, "type": "user"} | more)
        ear = Ear(socket)
        assert await ear.settled() == []
        yield ear


async def test_both_clients_list_open_orders_and_find_them_again_when_they_are_over():
    async with a_scene() as scene, scene.one.unified() as unified:
        python = scene.one.python()
        low, high = (scene.one.place(scene.up, Side.BUY, price_e4, 10) for price_e4 in (100, 200))
        listed = await in_thread(python.get_open_orders, OpenOrderParams(market=scene.market.condition_id))
        assert [(each["id"], each["status"], each["price"]) for each in listed] == [
            (low, "ORDER_STATUS_LIVE", "0.01"), (high, "ORDER_STATUS_LIVE", "0.02"),
        ]  # fmt: skip
        assert [each.id for each in await all_of(unified.list_open_orders(asset_id=scene.up))] == [low, high]
        assert await all_of(unified.list_open_orders(asset_id=scene.down)) == []

        scene.floor.apply(Cancel(scene.floor.now_ns(), scene.one.key, low))
        assert [each.id for each in await all_of(unified.list_open_orders())] == [high]
        assert (await unified.get_order(order_id=low)).status == "ORDER_STATUS_CANCELED"
        assert (await in_thread(python.get_order, low))["size_matched"] == "0"
        assert (await in_thread(python.get_open_orders, OpenOrderParams(id=low)))[0][
            "status"
        ] == "ORDER_STATUS_CANCELED"


async def test_an_order_of_another_key_is_not_found_by_either_client():
    async with a_scene() as scene, scene.two.unified() as unified:
        foreign = scene.one.place(scene.up, Side.BUY, 100, 10)
        with pytest.raises(RequestRejectedError) as rejected:
            await unified.get_order(order_id=foreign)
        assert rejected.value.status == 404
        with pytest.raises(PolyApiException) as refused:
            await in_thread(scene.two.python().get_order, foreign)
        assert (refused.value.status_code, refused.value.error_msg) == (404, {"error": "Order not found"})
        assert await all_of(unified.list_open_orders(id=foreign)) == []


async def test_both_clients_walk_through_all_pages_of_orders_and_trades():
    settings = dataclasses.replace(SETTINGS, deposit_usd=100_000.0)
    async with a_scene(settings) as scene, scene.one.unified() as unified:
        placed = [scene.one.place(scene.up, Side.BUY, 100, 5) for _ in range(230)]
        python = scene.one.python()
        assert [each["id"] for each in await in_thread(python.get_open_orders)] == placed
        assert [each.id for each in await all_of(unified.list_open_orders())] == placed

        made = [scene.trade(shares=5)[2] for _ in range(130)][::-1]
        assert [each["id"] for each in await in_thread(python.get_trades)] == made
        assert [each.id for each in await all_of(unified.list_account_trades())] == made
        page = await in_thread(python.get_trades_paginated)
        assert (page["limit"], page["count"], page["next_cursor"]) == (100, 100, "MTAw")


async def test_taker_and_maker_see_one_trade_each_in_its_part():
    async with a_scene() as scene, scene.one.unified() as taker, scene.two.unified() as maker:
        taken, made, trade_id = scene.trade(price_e4=4000, shares=10)
        (seen,) = await all_of(taker.list_account_trades(id=trade_id))
        assert (seen.trader_side, seen.taker_order_id, seen.size, seen.price) == ("TAKER", taken, 10, Decimal("0.4"))
        assert (seen.status, seen.transaction_hash) == ("MATCHED", None)

        (seen,) = await all_of(maker.list_account_trades())
        assert (seen.trader_side, seen.asset_id, seen.owner) == ("MAKER", scene.up, scene.one.key)
        (own,) = seen.maker_orders
        assert (own.order_id, own.asset_id, own.side, own.price) == (made, scene.down, "BUY", Decimal("0.6"))
        assert (own.owner, own.maker_address.lower()) == (scene.two.key, scene.two.wallet)


async def test_a_filter_by_asset_hides_what_was_made_on_the_other_token():
    async with a_scene() as scene:
        _, _, trade_id = scene.trade()
        python, now_s = scene.two.python(), wall_ns() // NS_PER_S

        async def found(**filters):
            return [each["id"] for each in await in_thread(python.get_trades, TradeParams(**filters))]

        assert await found(asset_id=scene.down) == []
        assert await found(asset_id=scene.up) == [trade_id]
        assert await found(market=scene.market.condition_id) == [trade_id]
        assert await found(maker_address=scene.two.wallet) == [trade_id]
        assert await found(maker_address="0x" + "12" * 20) == []
        assert await found(after=now_s + 60) == []
        assert await found(before=now_s - 60) == []
        assert await found(after=now_s - 60, before=now_s + 60) == [trade_id]


async def test_the_python_client_waits_for_the_hash_of_a_trade_by_its_id():
    async with a_scene() as scene:
        _, _, trade_id = scene.trade()
        scene.settle(trade_id, TradeStatus.MINED)
        (resolved,) = await in_thread(scene.one.python()._wait_for_resolved_trades, [trade_id])
        assert (resolved["status"], resolved["transaction_hash"]) == ("TRADE_STATUS_MINED", "0x" + "cd" * 32)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/clob/data/order/0x12", 400, "Invalid orderID"),
        ("/clob/data/orders?market=nope", 400, "invalid order params payload"),
        ("/clob/data/orders?next_cursor=%21", 400, "invalid order params payload"),
        ("/clob/data/trades?after=soon", 400, "Invalid trade params payload"),
        ("/clob/balance-allowance", 400, "GetBalanceAndAllowance invalid params: assetAddress invalid hex address "),
        (
            "/clob/balance-allowance?asset_type=CONDITIONAL", 400,
            "GetBalanceAndAllowance invalid params: assetId invalid value -1, as this is a erc1155 operation",
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_in_the_exchanges_words(path, status, words):
    async with a_scene() as scene, aiohttp.ClientSession(scene.server.http) as http:
        client, bare = scene.one.python(), path.partition("?")[0].removeprefix("/clob")
        async with http.get(path, headers=client._l2_headers("GET", bare)) as response:
            assert (response.status, await response.json()) == (status, {"error": words})
        async with http.get(path) as response:
            assert response.status == 401


async def test_a_balance_is_that_of_the_wallet_which_the_signature_type_means():
    async with a_scene() as scene, scene.one.unified() as unified:
        collateral = BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)
        found = {kind: await in_thread(scene.one.python(kind).get_balance_allowance, collateral) for kind in range(4)}
        assert {kind: each["balance"] for kind, each in found.items()} == {0: "0", 1: "0", 2: "0", 3: "1000000000"}

        read = await unified.get_balance_allowance(asset_type="COLLATERAL")
        assert (read.balance, len(read.allowances), min(read.allowances.values())) == (1_000_000_000, 4, (1 << 256) - 1)


async def test_a_wallet_gets_its_deposit_when_it_is_first_asked_for_and_an_eoa_that_may_not_trade_gets_none():
    async with a_scene() as scene:
        fresh = Trader(scene.server, 3)
        collateral = BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)
        assert (await in_thread(fresh.python(0).get_balance_allowance, collateral))["balance"] == "0"
        assert (await in_thread(fresh.python(2).get_balance_allowance, collateral))["balance"] == "1000000000"
        assert (await in_thread(fresh.python(3).get_balance_allowance, collateral))["balance"] == "0"


async def test_a_balance_is_remembered_until_an_order_or_an_update():
    async with a_scene() as scene:
        python, collateral = scene.one.python(), BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)

        async def balance():
            return int((await in_thread(python.get_balance_allowance, collateral))["balance"])

        assert await balance() == 1_000_000_000
        scene.floor.apply(Deposit(scene.floor.now_ns(), scene.one.wallet, 5_000_000))
        assert await balance() == 1_000_000_000
        assert await in_thread(python.update_balance_allowance, collateral) == ""
        assert await balance() == 1_005_000_000
        scene.floor.apply(Deposit(scene.floor.now_ns(), scene.one.wallet, 5_000_000))
        scene.one.place(scene.up, Side.BUY, 100, 5)
        assert await balance() == 1_010_000_000


async def test_shares_are_shown_once_they_are_mined_and_under_their_own_protocol_only():
    async with a_scene() as scene, scene.one.unified() as unified:
        _, _, trade_id = scene.trade(shares=10)

        async def shares(kind):
            return (await unified.get_balance_allowance(asset_type=kind, asset_id=scene.up)).balance

        assert await shares("CONDITIONAL") == 0
        scene.settle(trade_id, TradeStatus.MINED)
        assert (await shares("CONDITIONAL"), await shares("CONDITIONAL-V2")) == (10_000_000, 0)


async def test_shares_of_the_second_protocol_are_asked_for_under_its_name():
    async with (
        a_scene(version_two_share=1.0) as scene,
        scene.one.unified() as unified,
        aiohttp.ClientSession(scene.server.http) as http,
    ):
        _, _, trade_id = scene.trade(shares=10)
        scene.settle(trade_id, TradeStatus.MINED)
        assert (await unified.get_balance_allowance(asset_type="CONDITIONAL", asset_id=scene.up)).balance == 0
        read = await unified.get_balance_allowance(asset_type="CONDITIONAL-V2", asset_id=scene.up)
        assert read.balance == 10_000_000
        short = scene.market.condition_id.removesuffix("00")
        (row,) = (await get(http, f"/data-api/v2/positions?user={scene.one.wallet}&condition={short}"))[0]["data"]
        assert (row["title"], row["condition_id"]) == (scene.title, scene.market.condition_id)


async def test_prices_are_those_of_the_book_for_both_clients():
    async with a_scene() as scene:
        public, python = (
            AsyncPublicClient(environment=environment(scene.server.http, scene.server.ws)),
            scene.one.python(),
        )
        scene.still()
        bid, ask = Decimal("0.4"), Decimal("0.45")
        try:
            asked = [PriceRequest(scene.up, "BUY"), PriceRequest(scene.up, "SELL"), PriceRequest(scene.down, "BUY")]
            assert await public.get_prices(requests=asked) == {
                scene.up: {"BUY": bid, "SELL": ask}, scene.down: {"BUY": 1 - ask},
            }  # fmt: skip
            assert await public.get_price(asset_id=scene.up, side="BUY") == bid
            assert await public.get_midpoint(asset_id=scene.up) == (bid + ask) / 2
            assert await public.get_midpoints(asset_ids=[scene.up, "1"]) == {scene.up: (bid + ask) / 2}
            assert await public.get_spread(asset_id=scene.down) == ask - bid
            assert await public.get_spreads(asset_ids=[scene.up]) == {scene.up: ask - bid}
        finally:
            await public.close()
        assert Decimal((await in_thread(python.get_price, scene.up, "SELL"))["price"]) == ask
        pair = await in_thread(python.get_midpoints, [BookParams(scene.up), BookParams(scene.down)])
        assert sum(Decimal(each) for each in pair.values()) == 1


async def test_last_trades_are_told_in_each_tokens_terms_and_not_at_all_where_there_was_none():
    async with a_scene() as scene:
        public, python = (
            AsyncPublicClient(environment=environment(scene.server.http, scene.server.ws)),
            scene.one.python(),
        )
        try:
            scene.trade(price_e4=4000)
            scene.close()
            last = await public.get_last_trade_price(asset_id=scene.up)
            assert (last.price, last.side) == (Decimal("0.4"), "BUY")
            listed = await in_thread(python.get_last_trades_prices, [BookParams(scene.up), BookParams("1")])
            assert listed == [{"token_id": scene.up, "price": "0.4", "side": "BUY"}]
            other = scene.floor.instrument_of(untraded(scene)).tokens[0]
            assert await public.get_last_trade_price(asset_id=other) is None
        finally:
            await public.close()


def untraded(scene):
    start_s = int(scene.slug.rpartition("-")[2]) + QUARTER_S
    event = scene.stage.world.event(f"eth-updown-15m-{start_s}", wall_ns())
    return orjson.loads(event["markets"][0]["clobTokenIds"])[0]


async def test_a_market_tells_its_tick_its_kind_and_a_fee_that_is_not_its_rate():
    async with a_scene() as scene, aiohttp.ClientSession(scene.server.http) as http:
        python = scene.one.python()
        assert await in_thread(python.get_tick_size, scene.up) == "0.01"
        assert await in_thread(python.get_neg_risk, scene.up) is False
        assert await in_thread(python.get_fee_rate_bps, scene.up) == 1000
        assert (await get(http, f"/clob/tick-size/{scene.down}"))[0] == {"minimum_tick_size": 0.01}


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/clob/price?token_id=1&side=BUY", 404, "No orderbook exists for the requested token id"),
        ("/clob/price?token_id=1", 400, "Invalid side"),
        ("/clob/midpoint", 400, "Invalid token id"),
        ("/clob/tick-size?token_id=1", 404, "market not found"),
    ],
)
async def test_prices_of_what_does_not_exist_are_refused(path, status, words):
    async with a_scene() as scene, aiohttp.ClientSession(scene.server.http) as http:
        assert (await get(http, path, status))[0] == {"error": words}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "Invalid payload"), ("[]", "Invalid payload"), ('[{"side":"BUY"}]', "Invalid payload"),
        ('[{"token_id":"1","side":"HOLD"}]', "Invalid side"),
        ("[" + ",".join(['{"token_id":"1"}'] * 501) + "]", "Payload exceeds the limit"),
    ],
)  # fmt: skip
async def test_lists_that_cannot_be_read_are_refused(body, words):
    async with (
        a_scene() as scene,
        aiohttp.ClientSession(scene.server.http) as http,
        http.post("/clob/prices", data=body) as response,
    ):
        assert (response.status, await response.json()) == (400, {"error": words})


async def test_a_client_hears_of_its_orders_and_trades_from_placement_to_confirmation():
    async with a_scene() as scene, an_ear(scene, scene.one) as taker, an_ear(scene, scene.two) as maker:
        taken, made, trade_id = scene.trade()
        scene.settle(trade_id, TradeStatus.MINED, TradeStatus.CONFIRMED)
        heard, made_heard = await taker.settled(), await maker.settled()

        orders = [(each["type"], each["status"]) for each in heard if each["event_type"] == "order"]
        assert orders == [("PLACEMENT", "LIVE"), ("UPDATE", "MATCHED")]
        trades = [each for each in heard if each["event_type"] == "trade"]
        assert [each["status"] for each in trades] == ["MATCHED", "MINED", "CONFIRMED"]
        assert {(each["trader_side"], each["taker_order_id"]) for each in trades} == {("TAKER", taken)}

        orders = [(each["type"], each["id"]) for each in made_heard if each["event_type"] == "order"]
        assert orders == [("PLACEMENT", made), ("UPDATE", made)]
        trades = [each for each in made_heard if each["event_type"] == "trade"]
        assert [each["trader_side"] for each in trades] == ["MAKER"] * 3
        assert {each["asset_id"] for each in trades} == {scene.up}


async def test_a_killed_order_is_told_of_and_can_be_read_as_cancelled():
    async with a_scene() as scene, an_ear(scene, scene.one) as ear, scene.one.unified() as unified:
        killed = scene.one.place(scene.up, Side.BUY, 100, 200, OrderType.FOK)
        (heard,) = await ear.settled()
        assert (heard["id"], heard["type"], heard["size_matched"]) == (killed, "CANCELLATION", "")
        assert heard["status"].startswith("CANCELED_order couldn't be fully filled.")
        assert (await unified.get_order(order_id=killed)).status == "ORDER_STATUS_CANCELED"
        assert await all_of(unified.list_open_orders()) == []


async def test_a_held_order_is_told_of_when_it_is_held_and_when_it_is_matched():
    settings = dataclasses.replace(SETTINGS, taker_delay_ms=100)
    async with a_scene(settings) as scene, an_ear(scene, scene.one) as ear:
        held = scene.one.place(scene.up, Side.BUY, 9900, 10)
        first = await ear.next()
        assert (first["id"], first["type"], first["status"]) == (held, "PLACEMENT", "DELAYED")
        later = await ear.next()
        while later["event_type"] == "trade" or later["status"] != "MATCHED":
            assert later["type"] in ("TRADE", "UPDATE")
            later = await ear.next()
        assert Decimal(later["size_matched"]) >= 10


async def test_the_unified_client_hears_its_own_events():
    async with a_scene() as scene, scene.one.unified() as unified:
        stream = await unified.subscribe(UserSpec(markets=[scene.market.condition_id]))
        await eventually(lambda: scene.stage.hub.connections("user") == 1)
        async with asyncio.timeout(TIMEOUT_S):
            placed, seen, order_ids = None, aiter(stream), set()
            while placed is None:
                order_ids.add(scene.one.place(scene.up, Side.BUY, 100, 5))
                try:
                    placed = await asyncio.wait_for(anext(seen), 0.5)
                except TimeoutError:
                    continue
        assert (placed.type, placed.payload.order_event_type) == ("order", "PLACEMENT")
        assert placed.payload.id in order_ids
        assert placed.payload.original_size == 5
        await stream.close()


@pytest.mark.parametrize("wrong", ["apiKey", "secret", "passphrase"])
async def test_whoever_shows_a_wrong_key_is_told_so_and_disconnected(wrong):
    async with (
        a_scene() as scene,
        aiohttp.ClientSession(scene.server.http) as http,
        http.ws_connect("/ws/user") as socket,
    ):
        await socket.send_json({"auth": scene.one.auth | {wrong: "nonsense"}, "type": "user"})
        assert await socket.receive_str() == "Unauthorized/Invalid api key"
        closed = await socket.receive()
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 1008)


async def test_nothing_is_told_before_the_key_is_shown_and_nothing_is_replayed():
    async with (
        a_scene() as scene,
        aiohttp.ClientSession(scene.server.http) as http,
        http.ws_connect("/ws/user") as socket,
    ):
        ear = Ear(socket)
        scene.one.place(scene.up, Side.BUY, 100, 5)
        assert await ear.settled() == []
        await socket.send_json({"auth": scene.one.auth, "type": "user", "markets": []})
        assert await ear.settled() == []
        later = scene.one.place(scene.up, Side.BUY, 100, 5)
        assert [each["id"] for each in await ear.settled()] == [later]

        await socket.send_json({"operation": "subscribe"})
        assert await socket.receive_str() == "INVALID OPERATION"


async def test_a_client_hears_of_the_markets_that_it_names_and_of_no_others():
    async with a_scene() as scene, an_ear(scene, scene.one, markets=["0x" + "00" * 32]) as ear:
        scene.one.place(scene.up, Side.BUY, 100, 5)
        assert await ear.settled() == []
        await ear.socket.send_json({"operation": "subscribe", "markets": [scene.market.condition_id.upper()]})
        assert await ear.settled() == []
        named = scene.one.place(scene.up, Side.BUY, 100, 5)
        assert [each["id"] for each in await ear.settled()] == [named]
        await ear.socket.send_json({"operation": "unsubscribe", "markets": [scene.market.condition_id]})
        assert await ear.settled() == []
        scene.one.place(scene.up, Side.BUY, 100, 5)
        assert await ear.settled() == []


@pytest.mark.parametrize(
    ("fault", "order"),
    [("duplicate_user_events", "aabb c"), ("missing_user_events", "c"), ("reordered_user_events", "ba c")],
)
async def test_frames_come_twice_or_never_or_in_another_order_when_told_to(fault, order):
    async with a_scene() as scene, an_ear(scene, scene.one) as ear:
        scene.stage.faults.arm({"name": fault, "count": 1 if fault.startswith("reordered") else 2})
        placed = {scene.one.place(scene.up, Side.BUY, 100, 5): letter for letter in "abc"}
        assert [placed[each["id"]] for each in await ear.settled()] == list(order.replace(" ", ""))


async def test_a_silent_channel_still_answers_a_ping():
    async with a_scene() as scene, an_ear(scene, scene.one) as ear:
        scene.stage.faults.silence("user", 60.0)
        scene.one.place(scene.up, Side.BUY, 100, 5)
        assert await ear.settled() == []
        assert scene.stage.hub.drop("user") == 1


async def test_the_data_api_lists_what_is_mined_with_its_cost():
    async with a_scene() as scene:
        _, _, trade_id = scene.trade(price_e4=4000, shares=10)
        scene.settle(trade_id, TradeStatus.MINED)
        public = AsyncPublicClient(environment=environment(scene.server.http, scene.server.ws))
        try:
            (held,) = await all_of(public.list_positions(user=scene.one.wallet))
            (seen,) = await all_of(public.list_trades(user=scene.one.wallet))
            both = await all_of(public.list_trades(condition_id=scene.market.condition_id, taker_only=False))
        finally:
            await public.close()
        assert (held.asset_id, held.outcome, held.opposite_asset_id) == (scene.up, "Up", scene.down)
        assert (held.current_size, held.avg_price, held.entry_cost_usdc) == (10, Decimal("0.4"), 4)
        assert (held.entry_fees_usdc, held.total_cost_usdc) == (Decimal("0.168"), Decimal("4.168"))
        assert (held.status, held.title, held.slug) == ("OPEN", scene.title, scene.slug)
        assert (seen.wallet, seen.side, seen.size, seen.price) == (scene.one.wallet, "BUY", 10, Decimal("0.4"))
        assert seen.transaction_hash == "0x" + "cd" * 32
        assert [(each.asset_id, each.price) for each in both] == [
            (scene.up, Decimal("0.4")), (scene.down, Decimal("0.6")),
        ]  # fmt: skip


async def test_the_data_api_is_as_old_as_its_cache_and_says_so():
    async with a_scene() as scene, aiohttp.ClientSession(scene.server.http) as http:
        path = f"/data-api/v2/positions?user={scene.one.wallet}"
        empty, headers = await get(http, path)
        assert (empty["data"], headers["cf-cache-status"]) == ([], "MISS")
        assert headers["cache-control"] == "public, max-age=5"
        _, _, trade_id = scene.trade(shares=10)
        scene.settle(trade_id, TradeStatus.MINED)

        stale, headers = await get(http, path)
        assert (stale["data"], headers["cf-cache-status"]) == ([], "HIT")
        fresh, _ = await get(http, f"{path}&limit=50")
        assert [row["token_id"] for row in fresh["data"]] == [scene.up]
        _, headers = await get(http, f"/data-api/v2/trades?user={scene.one.wallet}")
        assert headers["cache-control"] == "public, max-age=300"


async def test_positions_are_narrowed_by_dust_and_by_what_became_of_their_market():
    async with a_scene() as scene, aiohttp.ClientSession(scene.server.http) as http:
        _, _, trade_id = scene.trade(shares=10)
        scene.settle(trade_id, TradeStatus.MINED)
        numbers = count()

        async def held(trader, more=""):
            path = f"/data-api/v2/positions?user={trader.wallet}{more}&title={' ' * next(numbers)}"
            return [row["status"] for row in (await get(http, path))[0]["data"]]

        assert await held(scene.one, "&filter_amount=10.5") == []
        assert await held(scene.one, "&status=MERGEABLE") == []
        scene.floor.apply(ResolveMarket(scene.floor.now_ns(), scene.market.condition_id, scene.up))
        assert await held(scene.one, "&status=OPEN") == []
        assert await held(scene.one) == ["REDEEMABLE"]
        assert (await held(scene.one, "&status=REDEEMABLE_LOST"), await held(scene.two, "&status=REDEEMABLE_LOST")) == (
            [], ["REDEEMABLE"],
        )  # fmt: skip
        scene.floor.redeem_all(scene.market.condition_id)
        assert await held(scene.one) == []
        path = f"/data-api/v2/positions?user={scene.one.wallet}&status=CLOSED"
        (closed,) = (await get(http, path))[0]["data"]
        assert (closed["current_size"], closed["realized_pnl"], closed["total_pnl"]) == (0.0, 6.0, 6.0)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/data-api/v2/positions", 400, "user or condition is required"),
        ("/data-api/v2/positions?condition=0x12", 400, "condition: expected a condition id, found '0x12'"),
        ("/data-api/v2/trades?cursor=nonsense", 400, "invalid cursor"),
        ("/data-api/positions", 410, "this endpoint has been retired, use /v2"),
        ("/data-api/trades", 410, "this endpoint has been retired, use /v2"),
    ],
)
async def test_what_the_data_api_does_not_serve_is_refused(path, status, words):
    async with a_scene() as scene, aiohttp.ClientSession(scene.server.http) as http:
        assert (await get(http, path, status))[0] == {"error": words}
