"""An exchange in trouble, clients that fall silent, and trades that fail, over real HTTP."""

import pytest

from simulator.exchange.modes import Mode
from simulator.matching.values import OrderStatus, TradeStatus
from simulator.wall import wall_ns
from support.trading import BOB, Trader, a_scene
from support.waiting import eventually

NS_PER_S = 1_000_000_000


@pytest.mark.parametrize(
    ("mode", "status", "words"),
    [
        (
            Mode.CANCEL_ONLY,
            503,
            "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
        ),
        (Mode.DISABLED, 503, "trading is disabled"),
    ],
)
async def test_without_trading_orders_are_refused_and_cancels_go_through(mode, status, words):
    async with a_scene() as scene:
        order_id = (await scene.trader.placed(scene.tokens[0], 0.02, 100))["orderID"]
        scene.floor.modes.set(mode, scene.floor.now_ns() + 60 * NS_PER_S)
        order = scene.trader.order(scene.tokens[0], 0.02, 200)
        assert await scene.trader.send("POST", "/order", order) == (status, {"error": words})
        assert await scene.trader.send("POST", "/orders", [order]) == (status, {"error": words})
        _, body = await scene.trader.send("DELETE", "/order", {"orderID": order_id})
        assert body["canceled"] == [order_id]


async def test_in_post_only_mode_only_post_only_orders_are_taken():
    async with a_scene() as scene:
        scene.floor.modes.set(Mode.POST_ONLY, scene.floor.now_ns() + 60 * NS_PER_S)
        words = "post-only mode: only post-only orders and cancels are allowed"
        status, body = await scene.trader.post(scene.tokens[0], 0.02, 100)
        assert (status, body["error"], body["code"]) == (503, words, "post_only_mode")
        assert 55 <= body["retry_after_seconds"] <= 60
        orders = [scene.trader.order(scene.tokens[0], 0.02, 100, post_only=flag) for flag in (False, True)]
        status, body = await scene.trader.send("POST", "/orders", orders)
        assert status == 200
        assert (body[0]["success"], body[0]["errorMsg"], body[0]["orderID"]) == (True, words, "")
        assert body[1]["status"] == "live"


async def test_while_the_engine_restarts_nothing_is_taken_not_even_cancels():
    async with a_scene() as scene:
        order_id = (await scene.trader.placed(scene.tokens[0], 0.02, 100))["orderID"]
        scene.floor.modes.set(Mode.RESTARTING, scene.floor.now_ns() + 60 * NS_PER_S)
        order = scene.trader.order(scene.tokens[0], 0.02, 200)
        for method, path, payload in [
            ("POST", "/order", order), ("POST", "/orders", [order]), ("DELETE", "/order", {"orderID": order_id}),
            ("DELETE", "/orders", [order_id]), ("DELETE", "/cancel-all", None),
            ("DELETE", "/cancel-market-orders", {"market": scene.condition}),
        ]:  # fmt: skip
            assert (await scene.trader.send(method, path, payload))[0] == 425
        assert scene.trader.open_ids() == [order_id]


async def test_heartbeats_rotate_their_ids_and_a_stale_one_is_told_the_expected_one():
    async with a_scene() as scene:
        _, first = await scene.trader.send("POST", "/v1/heartbeats", {"heartbeat_id": ""})
        status, second = await scene.trader.send("POST", "/v1/heartbeats", first)
        assert status == 200
        assert first["heartbeat_id"] != second["heartbeat_id"]
        stale = await scene.trader.send("POST", "/v1/heartbeats", first)
        assert stale == (400, {"error_msg": "Invalid Heartbeat ID"} | second)
        assert (await scene.trader.send("POST", "/v1/heartbeats", second))[0] == 200
        assert await scene.trader.send("POST", "/heartbeats") == (200, {"status": "ok"})
        for nonsense in ([], {"heartbeat_id": 5}):
            assert (await scene.trader.send("POST", "/v1/heartbeats", nonsense))[0] == 400


async def test_a_key_that_falls_silent_loses_its_open_orders_and_others_do_not():
    async with a_scene(heartbeat_timeout_ms=400, heartbeat_check_ms=50) as scene:
        bob = Trader(scene.server, scene.http, BOB)
        theirs = (await bob.placed(scene.tokens[0], 0.02, 50))["orderID"]
        order_id = (await scene.trader.placed(scene.tokens[0], 0.02, 100))["orderID"]
        beat = {"heartbeat_id": ""}
        began_ns = wall_ns()
        while wall_ns() - began_ns < NS_PER_S:
            _, beat = await scene.trader.send("POST", "/v1/heartbeats", beat)
            assert scene.trader.open_ids() == [order_id]
        await eventually(lambda: not scene.trader.open_ids(), why="the silent key's orders are cancelled")
        assert scene.floor.engine.order(order_id).status is OrderStatus.CANCELED
        assert bob.open_ids() == [theirs]
        status, resumed = await scene.trader.send("POST", "/v1/heartbeats", beat)
        assert (status, resumed["heartbeat_id"] != beat["heartbeat_id"]) == (200, True)


async def test_a_key_that_fell_silent_stays_armed_and_loses_what_it_places_without_a_heartbeat():
    async with a_scene(heartbeat_timeout_ms=100, heartbeat_check_ms=50) as scene:
        _, beat = await scene.trader.send("POST", "/v1/heartbeats", {"heartbeat_id": ""})
        for price in (0.02, 0.03):
            order_id = (await scene.trader.placed(scene.tokens[0], price, 100))["orderID"]
            await eventually(lambda: not scene.trader.open_ids(), why="the silent key's order is cancelled")
            assert scene.floor.engine.order(order_id).status is OrderStatus.CANCELED
        begun_anew = await scene.trader.send("POST", "/v1/heartbeats", {"heartbeat_id": ""})
        assert begun_anew == (400, {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": beat["heartbeat_id"]})


async def test_heartbeats_without_ids_keep_a_key_alive_too():
    async with a_scene(heartbeat_timeout_ms=400, heartbeat_check_ms=50) as scene:
        order_id = (await scene.trader.placed(scene.tokens[0], 0.02, 100))["orderID"]
        began_ns = wall_ns()
        while wall_ns() - began_ns < NS_PER_S:
            assert (await scene.trader.send("POST", "/heartbeats"))[0] == 200
        assert scene.trader.open_ids() == [order_id]
        await eventually(lambda: not scene.trader.open_ids())


async def test_a_lost_heartbeat_id_is_told_and_can_be_gone_on_with():
    async with a_scene() as scene:
        _, beat = await scene.trader.send("POST", "/v1/heartbeats", {"heartbeat_id": ""})
        scene.arm("heartbeat_lost")
        status, body = await scene.trader.send("POST", "/v1/heartbeats", beat)
        assert (status, body["error_msg"]) == (400, "Invalid Heartbeat ID")
        assert body["heartbeat_id"] != beat["heartbeat_id"]
        assert (await scene.trader.send("POST", "/v1/heartbeats", {"heartbeat_id": body["heartbeat_id"]}))[0] == 200


async def test_an_order_can_succeed_without_an_id_and_then_is_not_there():
    async with a_scene() as scene:
        scene.arm("empty_order_id")
        status, body = await scene.trader.post(scene.tokens[0], 0.02, 100)
        assert (status, body["success"], body["orderID"]) == (200, True, "")
        assert body["errorMsg"]
        assert scene.trader.open_ids() == []
        assert (await scene.trader.post(scene.tokens[0], 0.02, 100))[1]["status"] == "live"


async def test_the_next_fak_can_find_nothing_whatever_is_there():
    async with a_scene() as scene:
        price = float(await scene.best_ask(scene.tokens[0])) + 0.05
        scene.arm("empty_fak")
        assert (await scene.trader.post(scene.tokens[0], 0.02, 100))[1]["status"] == "live"
        status, body = await scene.trader.post(scene.tokens[0], price, 10, order_type="FAK")
        assert (status, body["error"][:36]) == (400, "no orders found to match with FAK or")
        assert len(body["orderID"]) == 66
        assert (await scene.trader.post(scene.tokens[0], price, 10, order_type="FAK"))[1]["status"] == "matched"


@pytest.mark.parametrize("path", ["/order", "/orders", "/cancel-all", "/cancel-market-orders"])
async def test_a_cancel_can_be_declined_once(path):
    async with a_scene() as scene:
        order_id = (await scene.trader.placed(scene.tokens[0], 0.02, 100))["orderID"]
        payloads = {
            "/order": {"orderID": order_id},
            "/orders": [order_id],
            "/cancel-market-orders": {"market": scene.condition},
        }
        scene.arm("declined_cancel")
        status, body = await scene.trader.send("DELETE", path, payloads.get(path))
        assert (status, body["canceled"], list(body["not_canceled"])) == (200, [], [order_id])
        assert "already canceled or matched" not in body["not_canceled"][order_id]
        assert scene.trader.open_ids() == [order_id]
        _, body = await scene.trader.send("DELETE", path, payloads.get(path))
        assert body == {"canceled": [order_id], "not_canceled": {}}


async def test_a_clients_trade_can_fail_after_its_match_and_what_it_gave_is_taken_back():
    async with a_scene() as scene:
        price = float(await scene.best_ask(scene.tokens[0])) + 0.05
        engine, wallet = scene.floor.engine, scene.trader.wallet
        await scene.trader.post(scene.tokens[0], 0.02, 100)
        dollars = engine.dollars(wallet).total_e6
        scene.arm("trade_failed", count=10)
        body = await scene.trader.placed(scene.tokens[0], price, 5)
        assert body["status"] == "matched"
        assert engine.dollars(wallet).total_e6 < dollars
        await eventually(lambda: all(engine.trade(each).status is TradeStatus.FAILED for each in body["tradeIDs"]))
        assert engine.dollars(wallet).total_e6 == dollars
        assert engine.shares(wallet, scene.tokens[0]).total_e6 == 0
