"""Placing and cancelling orders over real HTTP."""

from decimal import Decimal

import pytest

from simulator.matching.values import OrderStatus, TradeStatus
from simulator.wall import wall_ns
from support.trading import BOB, Trader, a_scene
from support.waiting import eventually

UNKNOWN = "0x" + "77" * 32
GONE = "order can't be found - already canceled or matched"


async def test_an_order_away_from_the_market_rests_and_is_answered_live():
    async with a_scene() as scene:
        status, body = await scene.trader.post(scene.tokens[0], 0.02, 100)
        assert status == 200
        order_id = body.pop("orderID")
        assert body == {
            "success": True, "errorMsg": "", "status": "live", "makingAmount": "", "takingAmount": "",
            "transactionsHashes": [], "tradeIDs": [],
        }  # fmt: skip
        assert scene.trader.open_ids() == [order_id]


async def test_an_order_that_crosses_is_matched_and_its_trade_is_settled_in_time():
    async with a_scene() as scene:
        ask = await scene.best_ask(scene.tokens[0])
        body = await scene.trader.placed(scene.tokens[0], float(ask) + 0.05, 5)
        assert (body["status"], body["transactionsHashes"]) == ("matched", [])
        assert Decimal(body["takingAmount"]) >= 5
        assert 0 < Decimal(body["makingAmount"]) <= 5 * (ask + Decimal("0.05"))
        engine = scene.floor.engine
        trades = [engine.trade(trade_id) for trade_id in body["tradeIDs"]]
        assert sum(trade.shares_e6 for trade in trades) == int(Decimal(body["takingAmount"]) * 1_000_000)
        await eventually(
            lambda: all(engine.trade(trade_id).status is TradeStatus.CONFIRMED for trade_id in body["tradeIDs"])
        )
        assert all(len(engine.trade(trade_id).transaction_hash) == 66 for trade_id in body["tradeIDs"])


async def test_what_was_bought_can_be_sold_once_it_is_mined_and_not_before():
    async with a_scene(mined_after_ms=1000, confirmed_after_ms=1000) as scene:
        token = scene.tokens[0]
        bought = await scene.trader.placed(token, float(await scene.best_ask(token)) + 0.05, 5)
        status, body = await scene.trader.post(token, 0.05, 5, side="SELL", order_type="FAK")
        assert (status, body["error"][:30]) == (400, "not enough balance / allowance")
        mined = (TradeStatus.MINED, TradeStatus.CONFIRMED)
        await eventually(lambda: all(scene.floor.engine.trade(each).status in mined for each in bought["tradeIDs"]))
        sold = await scene.trader.placed(token, 0.05, 5, side="SELL", order_type="FAK")
        assert (sold["status"], sold["makingAmount"]) == ("matched", "5")
        assert Decimal("0.25") < Decimal(sold["takingAmount"]) < 5


async def test_a_fak_that_finds_nothing_and_a_fok_that_finds_too_little_are_killed_with_their_ids():
    async with a_scene() as scene:
        status, body = await scene.trader.post(scene.tokens[0], 0.02, 100, order_type="FAK")
        assert (status, body["error"][:36]) == (400, "no orders found to match with FAK or")
        assert scene.floor.engine.order(body["orderID"]).status is OrderStatus.KILLED
        best = scene.floor.engine.book(scene.tokens[0])[1][0]
        more_than_there_is = (best.shares_e6 // 100_000_000 + 2) * 100
        status, body = await scene.trader.post(
            scene.tokens[0], best.price_e4 / 10_000, more_than_there_is, order_type="FOK"
        )
        assert (status, body["error"]) == (
            400,
            "order couldn't be fully filled. FOK orders are fully filled or killed.",
        )
        assert scene.floor.engine.order(body["orderID"]).status is OrderStatus.KILLED


async def test_a_refused_order_has_words_and_leaves_nothing_behind():
    async with a_scene() as scene:
        order = scene.trader.order(scene.tokens[0], 0.02, 100)
        assert (await scene.trader.send("POST", "/order", order))[0] == 200
        for payload, words in [
            (scene.trader.order(scene.tokens[0], 0.02, 4), "lower than the minimum: 5"),
            (scene.trader.order(scene.tokens[0], 0.5, 100_000), "not enough balance / allowance"),
            (order, "is invalid. Duplicated."),
            ({"order": 1}, "Invalid order payload"),
        ]:
            status, body = await scene.trader.send("POST", "/order", payload)
            assert status == 400
            assert words in body["error"]
        assert len(scene.trader.open_ids()) == 1


async def test_a_post_only_order_that_crosses_is_refused_alone_and_in_a_batch():
    async with a_scene() as scene:
        price = float(await scene.best_ask(scene.tokens[0])) + 0.02
        status, body = await scene.trader.post(scene.tokens[0], price, 5, post_only=True)
        words = "invalid post-only order: order crosses book"
        assert (status, body) == (400, {"error": words})
        order = scene.trader.order(scene.tokens[0], price, 5, post_only=True)
        status, body = await scene.trader.send("POST", "/orders", [order])
        assert (status, body) == (200, [{"success": False, "orderID": None, "errorMsg": words}])


async def test_nobody_trades_without_credentials():
    async with a_scene() as scene:
        for method, path in [
            ("POST", "/order"), ("POST", "/orders"), ("DELETE", "/order"), ("DELETE", "/orders"), ("DELETE", "/cancel-all"),
            ("DELETE", "/cancel-market-orders"), ("POST", "/v1/heartbeats"), ("POST", "/heartbeats"),
        ]:  # fmt: skip
            async with scene.http.request(method, f"/clob{path}", json={}) as response:
                assert response.status == 401, path


async def test_a_batch_is_answered_order_by_order():
    async with a_scene() as scene:
        first, last = (scene.trader.order(scene.tokens[0], price, 100) for price in (0.02, 0.03))
        dear = scene.trader.order(scene.tokens[0], 0.5, 100_000)
        status, body = await scene.trader.send("POST", "/orders", [first, dear, "nonsense", last])
        assert status == 200
        assert [leg["status"] for leg in body] == ["live", "", "", "live"]
        assert all(leg["success"] for leg in body)
        assert body[1]["orderID"] == ""
        assert body[1]["errorMsg"].startswith("not enough balance / allowance")
        assert scene.trader.open_ids() == [body[0]["orderID"], body[3]["orderID"]]


async def test_a_batch_has_from_one_to_fifteen_orders():
    async with a_scene() as scene:
        orders = [scene.trader.order(scene.tokens[0], 0.02, 5 + number) for number in range(16)]
        assert (await scene.trader.send("POST", "/orders", []))[0] == 400
        assert (await scene.trader.send("POST", "/orders", {}))[0] == 400
        status, body = await scene.trader.send("POST", "/orders", orders)
        assert (status, body) == (400, {"error": "Too many orders in payload: 16, max allowed: 15"})
        assert (await scene.trader.send("POST", "/orders", orders[:15]))[0] == 200
        assert len(scene.trader.open_ids()) == 15


async def test_held_orders_of_a_batch_wait_side_by_side():
    async with a_scene(taker_delay_ms=400) as scene:
        price = float(await scene.best_ask(scene.tokens[0])) + 0.05
        orders = [scene.trader.order(scene.tokens[0], price, 5 + number) for number in range(5)]
        began_ns = wall_ns()
        _, body = await scene.trader.send("POST", "/orders", orders)
        assert [leg["status"] for leg in body] == ["matched"] * 5
        assert 400 <= (wall_ns() - began_ns) / 1_000_000 < 1600


async def test_only_so_many_orders_may_be_open_at_once():
    async with a_scene(open_orders_max=2) as scene:
        orders = [scene.trader.order(scene.tokens[0], 0.02, 5 + number) for number in range(3)]
        _, body = await scene.trader.send("POST", "/orders", orders)
        assert [leg["orderID"] != "" for leg in body] == [True, True, False]
        status, body = await scene.trader.post(scene.tokens[0], 0.02, 20)
        assert (status, "too many open orders" in body["error"]) == (400, True)
        await scene.trader.send("DELETE", "/cancel-all")
        assert (await scene.trader.post(scene.tokens[0], 0.02, 30))[0] == 200


async def test_a_delay_that_is_told_is_answered_delayed_and_cannot_be_cancelled_meanwhile():
    async with a_scene(taker_delay_ms=500, delay_is_told=True) as scene:
        body = await scene.trader.placed(scene.tokens[0], float(await scene.best_ask(scene.tokens[0])) + 0.05, 5)
        assert (body["status"], body["makingAmount"], body["tradeIDs"]) == ("delayed", "", [])
        order_id = body["orderID"]
        for method, path, payload in [
            ("DELETE", "/order", {"orderID": order_id}), ("DELETE", "/orders", [order_id]), ("DELETE", "/cancel-all", None),
        ]:  # fmt: skip
            status, body = await scene.trader.send(method, path, payload)
            assert status == 200
            assert body["canceled"] == []
            assert "mid-match" in body["not_canceled"][order_id]
        await eventually(lambda: scene.floor.engine.order(order_id).status is OrderStatus.MATCHED)


async def test_one_order_is_cancelled_once_and_only_by_its_owner():
    async with a_scene() as scene:
        order_id = (await scene.trader.placed(scene.tokens[0], 0.02, 100))["orderID"]
        bob = Trader(scene.server, scene.http, BOB)
        refused = {"canceled": [], "not_canceled": {order_id: GONE}}
        assert await bob.send("DELETE", "/order", {"orderID": order_id}) == (200, refused)
        done = {"canceled": [order_id], "not_canceled": {}}
        assert await scene.trader.send("DELETE", "/order", {"orderID": order_id}) == (200, done)
        assert await scene.trader.send("DELETE", "/order", {"orderID": order_id}) == (200, refused)
        assert scene.trader.open_ids() == []


async def test_several_orders_are_cancelled_and_what_is_not_there_is_told():
    async with a_scene() as scene:
        ids = [(await scene.trader.placed(scene.tokens[0], 0.02, size))["orderID"] for size in (10, 11, 12)]
        status, body = await scene.trader.send("DELETE", "/orders", [ids[2], UNKNOWN, ids[0], ids[2]])
        assert (status, body) == (200, {"canceled": [ids[2], ids[0]], "not_canceled": {UNKNOWN: GONE}})
        assert scene.trader.open_ids() == [ids[1]]


@pytest.mark.parametrize(
    ("path", "payload", "words"),
    [
        ("/order", {}, "Invalid orderID"),
        ("/order", {"orderID": 5}, "Invalid orderID"),
        ("/orders", {}, "Invalid order payload"),
        ("/orders", [], "Invalid order payload"),
        ("/orders", [5], "Invalid orderID"),
        ("/orders", ["0x1"] * 3001, "Too many orders in payload, max allowed: 3000"),
        ("/cancel-market-orders", {}, "Invalid order payload"),
        ("/cancel-market-orders", {"market": 5}, "Invalid order payload"),
    ],
)
async def test_a_cancel_that_makes_no_sense_is_refused(path, payload, words):
    async with a_scene() as scene:
        assert await scene.trader.send("DELETE", path, payload) == (400, {"error": words})


async def test_a_markets_or_a_tokens_orders_are_cancelled_and_the_others_stay():
    async with a_scene() as scene:
        up, down = scene.tokens
        ids = [
            (await scene.trader.placed(token, 0.02, 10 + number))["orderID"]
            for number, token in enumerate((up, up, down))
        ]
        status, body = await scene.trader.send("DELETE", "/cancel-market-orders", {"market": "0xnone", "asset_id": up})
        assert (status, body) == (200, {"canceled": [], "not_canceled": {}})
        _, body = await scene.trader.send("DELETE", "/cancel-market-orders", {"asset_id": up})
        assert sorted(body["canceled"]) == sorted(ids[:2])
        _, body = await scene.trader.send("DELETE", "/cancel-market-orders", {"market": scene.condition})
        assert body == {"canceled": [ids[2]], "not_canceled": {}}


async def test_all_orders_of_a_key_are_cancelled_and_nobody_elses():
    async with a_scene() as scene:
        bob = Trader(scene.server, scene.http, BOB)
        theirs = (await bob.placed(scene.tokens[0], 0.02, 50))["orderID"]
        ids = [(await scene.trader.placed(scene.tokens[0], 0.02, size))["orderID"] for size in (10, 11)]
        _, body = await scene.trader.send("DELETE", "/cancel-all")
        assert (sorted(body["canceled"]), body["not_canceled"]) == (sorted(ids), {})
        assert bob.open_ids() == [theirs]
        assert await scene.trader.send("DELETE", "/cancel-all") == (200, {"canceled": [], "not_canceled": {}})
