"""What one channel says and what another says of the same thing: they must agree, or clients cannot join them."""

import asyncio

import orjson

from support.trading import a_scene
from support.waiting import eventually

TIMEOUT_S = 10


async def heard(socket, is_wanted):
    """Listen until a frame is wanted, and return it."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            said = orjson.loads(await socket.receive_str())
            for frame in said if isinstance(said, list) else [said]:
                if is_wanted(frame):
                    return frame


async def test_a_trade_has_the_same_transaction_on_the_market_channel_as_for_its_parties():
    async with a_scene() as scene, scene.http.ws_connect("/ws/market") as market:
        token = scene.tokens[0]
        await market.send_json({"assets_ids": [token], "type": "market"})
        await heard(market, lambda frame: frame["event_type"] == "book")
        [trade_id] = (await scene.trader.placed(token, float(await scene.best_ask(token)) + 0.05, 5))["tradeIDs"]
        trade = scene.floor.engine.trade(trade_id)
        said = await heard(market, lambda frame: frame["timestamp"] == str(trade.at_ns // 1_000_000)
                           and frame["event_type"] == "last_trade_price")  # fmt: skip
        assert trade.transaction_hash == ""
        settled = await eventually(lambda: scene.floor.engine.trade(trade_id).transaction_hash)
        _, page = await scene.trader.send("GET", "/data/trades")
        assert said["transaction_hash"] == settled == page["data"][0]["transaction_hash"]


async def test_the_gateway_bans_the_standard_librarys_user_agent():
    async with a_scene() as scene:
        async with scene.http.get("/clob/ok", headers={"User-Agent": "Python-urllib/3.11"}) as banned:
            assert (banned.status, banned.content_type) == (403, "text/html")
            assert "error code: 1010" in await banned.text()
        async with scene.http.get("/clob/ok", headers={"User-Agent": "pm-arb"}) as answered:
            assert answered.status == 200
