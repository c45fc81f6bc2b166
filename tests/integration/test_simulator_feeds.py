"""The simulator's price feeds over real sockets: Binance, Coinbase and the settlement socket with its quirks."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import orjson

from simulator.server import running
from simulator.world import SeededWorld, WorldSettings

TIMEOUT_S = 10.0
SPOT = {"topic": "crypto_prices_chainlink", "type": "*", "filters": '{"symbol":"btc/usd"}'}
TWAP = {"topic": "crypto_prices_twap_sixty", "type": "*", "filters": '{"symbol":"btc/usd"}'}


@asynccontextmanager
async def a_socket(path):
    async with (
        running(SeededWorld(WorldSettings())) as server,
        aiohttp.ClientSession() as http,
        http.ws_connect(server.ws + path) as socket,
    ):
        yield socket


async def hear(socket):
    return orjson.loads(await socket.receive_str(timeout=TIMEOUT_S))


async def hear_until(socket, is_wanted):
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            text = await socket.receive_str()
            if text and is_wanted(orjson.loads(text)):
                return orjson.loads(text)


def subscribing(*subscriptions):
    return {"action": "subscribe", "subscriptions": list(subscriptions)}


async def test_binance_sends_trades_of_each_stream_in_a_combined_envelope():
    async with a_socket("/binance/stream?streams=btcusdt@trade/ethusdt@trade") as socket:
        for symbol in ("btcusdt", "ethusdt"):
            frame = await hear_until(socket, lambda f, name=symbol: f["stream"] == f"{name}@trade")
            trade = frame["data"]
            assert (trade["e"], trade["s"], trade["M"]) == ("trade", symbol.upper(), True)
            assert isinstance(trade["p"], str)
            assert trade["T"] <= trade["E"]


async def test_binance_sends_bare_aggregates_on_the_raw_path():
    async with a_socket("/binance/ws/btcusdt@aggTrade") as socket:
        trade = await hear(socket)

        assert (trade["e"], trade["s"]) == ("aggTrade", "BTCUSDT")
        assert trade["f"] == trade["l"] == trade["a"]


async def test_binance_streams_can_be_changed_while_connected():
    async with a_socket("/binance/stream?streams=btcusdt@trade") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": ["ethusdt@trade", "nope@trade"], "id": 7})
        assert await hear_until(socket, lambda f: "id" in f) == {"result": None, "id": 7}
        await hear_until(socket, lambda f: f.get("stream") == "ethusdt@trade")
        await socket.send_json({"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": 8})
        await hear_until(socket, lambda f: f.get("id") == 8)
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 9})
        listed = await hear_until(socket, lambda f: f.get("id") == 9)
        assert listed["result"] == ["ethusdt@trade", "nope@trade"]


async def test_binance_names_what_it_does_not_understand():
    async with a_socket("/binance/ws") as socket:
        await socket.send_str("{")
        assert (await hear(socket))["error"]["code"] == 3
        await socket.send_json({"method": "JUMP", "id": 1})
        assert (await hear(socket))["error"]["code"] == 2


async def test_coinbase_confirms_then_sends_the_newest_ticker_and_more():
    async with a_socket("/coinbase") as socket:
        await socket.send_json({"type": "subscribe", "product_ids": ["BTC-USD"], "channels": ["ticker", "heartbeat"]})
        assert await hear(socket) == {
            "type": "subscriptions",
            "channels": [
                {"name": "ticker", "product_ids": ["BTC-USD"], "account_ids": None},
                {"name": "heartbeat", "product_ids": ["BTC-USD"], "account_ids": None},
            ],
        }
        first = await hear(socket)
        assert (first["type"], first["product_id"]) == ("ticker", "BTC-USD")
        later = await hear_until(socket, lambda f: f["type"] == "ticker")
        assert later["sequence"] > first["sequence"]
        assert (await hear_until(socket, lambda f: f["type"] == "heartbeat"))["product_id"] == "BTC-USD"


async def test_coinbase_refuses_what_it_does_not_list():
    async with a_socket("/coinbase") as socket:
        for wrong in (
            {"type": "subscribe", "product_ids": ["NOPE-USD"], "channels": ["ticker"]},
            {"type": "subscribe", "product_ids": ["BTC-USD"], "channels": ["level9"]},
            {"type": "subscribe"},
            {"type": "dance"},
            [],
        ):
            await socket.send_json(wrong)
            assert (await hear(socket))["type"] == "error"


async def test_the_settlement_socket_sends_a_backlog_and_then_updates():
    async with a_socket("/rtds") as socket:
        assert await socket.receive_str(timeout=TIMEOUT_S) == ""
        await socket.send_json(subscribing(TWAP))
        backlog = await hear(socket)
        update = await hear_until(socket, lambda f: f["type"] == "update")

        assert (backlog["type"], backlog["topic"]) == ("subscribe", "crypto_prices_twap_sixty")
        assert (backlog["payload"]["symbol"], backlog["payload"]["window_s"]) == ("btc/usd", 60)
        assert len(backlog["payload"]["data"]) >= 50
        assert update["topic"] == "crypto_prices_twap_sixty"
        assert update["payload"]["timestamp"] > backlog["payload"]["data"][-1]["timestamp"]
        assert int(update["payload"]["full_accuracy_value"]) > 10**18
        assert update["connection_id"]


async def test_an_unknown_topic_poisons_the_whole_batch():
    async with a_socket("/rtds") as socket:
        await socket.send_json(subscribing(SPOT, {"topic": "nope", "type": "*", "filters": ""}))
        error = await hear_until(socket, lambda _: True)
        assert error["statusCode"] == 401
        await socket.send_json(subscribing(TWAP))
        assert (await hear(socket))["topic"] == "crypto_prices_twap_sixty"
        for _ in range(2):
            assert (await hear(socket))["topic"] == "crypto_prices_twap_sixty"


async def test_a_filter_with_white_space_gets_its_backlog_and_no_update_and_ping_gets_no_pong():
    spaced = SPOT | {"filters": '{"symbol": "btc/usd"}'}
    async with a_socket("/rtds") as socket:
        await socket.send_json(subscribing(spaced, TWAP))
        await socket.send_str("PING")
        topics = [
            (await hear_until(socket, lambda _: True))["topic"],
            *[(await hear(socket))["topic"] for _ in range(4)],
        ]
        assert topics == ["crypto_prices", *["crypto_prices_twap_sixty"] * 4]


async def test_no_filter_means_every_symbol_and_unsubscribing_ends_updates():
    every = {"topic": "crypto_prices", "type": "*", "filters": ""}
    async with a_socket("/rtds") as socket:
        await socket.send_json(subscribing(every))
        for name in ("btcusdt", "ethusdt"):
            await hear_until(socket, lambda f, n=name: f["type"] == "update" and f["payload"]["symbol"] == n)
        await socket.send_json({"action": "unsubscribe", "subscriptions": [every]})
        await socket.send_json(subscribing(TWAP))
        await hear_until(socket, lambda f: f["topic"] == "crypto_prices_twap_sixty")
        for _ in range(2):
            assert (await hear(socket))["topic"] == "crypto_prices_twap_sixty"
