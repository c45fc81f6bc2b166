"""An exchange that is stopped and started again: what was there before is there afterwards."""

import pickle
from contextlib import asynccontextmanager

import aiohttp
import orjson
import pytest

from simulator.exchange.memory import Memory
from simulator.exchange.settings import ExchangeSettings
from simulator.matching.market import MarketStatus
from simulator.matching.values import TradeStatus
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings
from support.trading import FAST, QUARTER_S, SLUG, Scene, Trader, clock_from
from support.waiting import eventually

IDENTITY = {"world": "seeded", "seed": 1}


@asynccontextmanager
async def an_exchange(folder, *, at_s=QUARTER_S - 240, identity=IDENTITY, **dials):
    """The scene of other tests, but remembered in a folder."""
    settings = ExchangeSettings(**FAST | {"allows_eoa": True, "deposit_usd": 0.0} | dials)
    async with (
        running(
            SeededWorld(WorldSettings()), clock=clock_from(at_s), exchange=settings, memory=Memory(folder, identity)
        ) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        async with http.get(f"/gamma/events?slug={SLUG}") as response:
            market = (await response.json())[0]["markets"][0]
        server.stage.floor.instrument(market["conditionId"])
        yield Scene(server, http, None, orjson.loads(market["clobTokenIds"]), market["conditionId"])


async def trader_of(scene, usd=100):
    trader = Trader(scene.server, scene.http)
    async with scene.http.post("/sim/accounts", json={"address": trader.wallet, "usd": usd}) as response:
        assert response.status == 200
    return trader


async def held(scene, wallet):
    async with scene.http.get(f"/sim/accounts/{wallet}") as response:
        return (await response.json())["wallets"][wallet]


async def test_money_shares_orders_trades_and_keys_outlive_a_restart(tmp_path):
    async with an_exchange(tmp_path) as scene:
        trader = await trader_of(scene)
        price = float(await scene.best_ask(scene.tokens[0])) + 0.05  # it moves while one asks
        await trader.placed(scene.tokens[0], price, 10, order_type="FAK")
        resting = await trader.placed(scene.tokens[0], 0.02, 50)
        trades = scene.floor.engine.trades(trader.key)
        await eventually(lambda: scene.floor.engine.trade(trades[0].trade_id).status is TradeStatus.CONFIRMED)
        before = await held(scene, trader.wallet)

    async with an_exchange(tmp_path, at_s=QUARTER_S - 200) as scene:
        assert await held(scene, trader.wallet) == before
        trader.stage, trader.http = scene.server.stage, scene.http
        status, mine = await trader.send("GET", "/data/orders")
        assert (status, [order["id"] for order in mine["data"]]) == (200, [resting["orderID"]])
        assert [trade.trade_id for trade in scene.floor.engine.trades(trader.key)] == [trades[0].trade_id]
        assert trader.key == scene.server.stage.keyring.of(trader.key).key


async def test_a_trade_that_was_on_its_way_is_confirmed_by_the_next_run(tmp_path):
    async with an_exchange(tmp_path, mined_after_ms=60_000, confirmed_after_ms=61_000) as scene:
        trader = await trader_of(scene)
        price = float(await scene.best_ask(scene.tokens[0])) + 0.05  # it moves while one asks
        await trader.placed(scene.tokens[0], price, 10, order_type="FAK")
        (trade,) = scene.floor.engine.trades(trader.key)
        assert trade.status is TradeStatus.MATCHED

    async with an_exchange(tmp_path) as scene:
        await eventually(lambda: scene.floor.engine.trade(trade.trade_id).status is TradeStatus.CONFIRMED)
        assert (await held(scene, trader.wallet))["shares"][scene.tokens[0]]["unsettled"] == "0"


async def test_a_market_that_ended_meanwhile_is_resolved_and_paid(tmp_path):
    async with an_exchange(tmp_path) as scene:
        trader = await trader_of(scene)
        await scene.http.post("/sim/accounts", json={"address": trader.wallet, "shares": {scene.tokens[0]: 10}})
        assert set((await held(scene, trader.wallet))["shares"]) == set(scene.tokens)

    async with an_exchange(tmp_path, at_s=QUARTER_S + 60, redeems_after_ms=50) as scene:
        await eventually(lambda: scene.floor.engine.market_status(scene.condition) is MarketStatus.RESOLVED)

        async def is_paid():
            found = await held(scene, trader.wallet)
            return (found["usd"]["total"], found["shares"]) == ("110", {})

        await eventually(is_paid, why="ten pairs are ten dollars")


async def test_what_was_told_while_it_ran_is_there_after_a_kill_too(tmp_path):
    async with an_exchange(tmp_path) as scene:
        trader = await trader_of(scene, usd=7)
        await eventually(
            lambda: dollars_on_disk(tmp_path, trader.wallet) == 7_000_000, why="it is written every second"
        )


def dollars_on_disk(folder, wallet):
    """Read what the next run would find if this one were killed now."""
    _, _, engine, *_ = pickle.loads((folder / "exchange").read_bytes())
    return engine.dollars(wallet).total_e6 if engine else 0


async def test_another_worlds_memory_is_refused(tmp_path):
    async with an_exchange(tmp_path):
        pass
    with pytest.raises(ValueError, match=r"'seed': 2.*'seed': 1"):
        async with an_exchange(tmp_path, identity=IDENTITY | {"seed": 2}):
            pass


async def test_a_file_that_is_no_memory_is_refused(tmp_path):
    (tmp_path / "exchange").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="expected what an exchange remembers"):
        async with an_exchange(tmp_path):
            pass
