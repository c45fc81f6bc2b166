"""What can be made to go wrong with the simulator, and the push gateway, over real sockets."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import orjson
import pytest

from simulator.server import running
from simulator.world import Frame, SeededWorld, WorldSettings

TIMEOUT_S = 10.0
KEY = "a" * 30
TWAP = {"topic": "crypto_prices_twap_sixty", "type": "*", "filters": ""}


@asynccontextmanager
async def a_simulator(world=None):
    async with (
        running(world or SeededWorld(WorldSettings())) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        yield http


async def cause(http, **order):
    async with http.post("/sim/faults", json=order) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def get(http, path):
    async with http.get(path) as response:
        assert response.status == 200
        return await response.json()


async def closed(socket):
    async with asyncio.timeout(TIMEOUT_S):
        while not socket.closed:
            await socket.receive()


async def open_tokens(http):
    events = (await get(http, "/gamma/events/keyset?limit=100"))["events"]
    return [token for e in events for token in orjson.loads(e["markets"][0]["clobTokenIds"])]


async def test_a_silent_channel_still_answers_ping_and_speaks_again_afterwards():
    async with a_simulator() as http, http.ws_connect("/ws/market") as socket:
        await socket.send_json({"assets_ids": await open_tokens(http), "type": "market"})
        await socket.receive_str(timeout=TIMEOUT_S)
        await cause(http, name="silence", channel="clob", seconds=1.0)
        await socket.send_str("PING")
        while await socket.receive_str(timeout=TIMEOUT_S) != "PONG":
            pass
        health = await get(http, "/sim/health")
        assert health["silent"] == ["clob"]
        assert health["faults"]["silence"] == 1
        await socket.receive_str(timeout=TIMEOUT_S)
        assert (await get(http, "/sim/health"))["silent"] == []
        assert (await get(http, "/sim/health"))["counts"]["frames_silenced"] > 0


async def test_malformed_frames_come_as_many_as_ordered_and_in_three_kinds():
    async with a_simulator() as http, http.ws_connect("/binance/stream?streams=btcusdt@trade") as socket:
        await cause(http, name="malformed", channel="binance", count=3)
        kinds = []
        while len(kinds) < 3:
            text = await socket.receive_str(timeout=TIMEOUT_S)
            try:
                price = orjson.loads(text)["data"]["p"]
            except orjson.JSONDecodeError:
                price = "cut off"
            if price in ("cut off", "NaN", ""):
                kinds.append(price)
        assert sorted(kinds) == ["", "NaN", "cut off"]
        assert orjson.loads(await socket.receive_str(timeout=TIMEOUT_S))["data"]["p"] != ""
        assert (await get(http, "/sim/health"))["faults"]["malformed_frames"] == 3


async def test_dropping_a_channel_cuts_its_sockets_and_leaves_the_others():
    async with (
        a_simulator() as http,
        http.ws_connect("/rtds") as cut,
        http.ws_connect("/binance/stream?streams=btcusdt@trade") as kept,
    ):
        await cut.send_json({"action": "subscribe", "subscriptions": [TWAP]})
        while not await cut.receive_str(timeout=TIMEOUT_S):
            pass
        await kept.receive_str(timeout=TIMEOUT_S)
        assert (await cause(http, name="drop", channel="rtds"))["dropped"] == 1
        await closed(cut)
        await kept.receive_str(timeout=TIMEOUT_S)
        assert (await get(http, "/sim/health"))["connections"]["rtds"] == 0


async def test_a_market_can_be_listed_without_its_fee_or_with_a_rule_that_nobody_knows():
    async with a_simulator() as http:
        slugs = [event["slug"] for event in (await get(http, "/gamma/events/keyset?limit=100"))["events"]]
        await cause(http, name="missing_fee", slug=slugs[-1])
        await cause(http, name="unknown_rule", slug=slugs[-2])
        feeless = (await get(http, f"/gamma/events?slug={slugs[-1]}"))[0]["markets"][0]
        vague = (await get(http, f"/gamma/markets?slug={slugs[-2]}"))[0]
        described = await get(http, f"/clob/clob-markets/{feeless['conditionId']}")

        assert "feeSchedule" not in feeless
        assert "fd" not in described
        assert "cryptoMarketConfig" not in vague
        assert "TWAP" not in vague["description"]


async def test_without_a_name_the_next_market_to_be_listed_carries_the_fault():
    async with a_simulator() as http:
        listed = {event["slug"] for event in (await get(http, "/gamma/events/keyset?limit=100"))["events"]}
        assert (await cause(http, name="missing_fee"))["slug"] not in listed


@pytest.mark.parametrize(
    "order",
    [
        {},
        [],
        {"name": "earthquake"},
        {"name": "silence", "channel": "nowhere"},
        {"name": "silence", "channel": "rtds", "seconds": "long"},
        {"name": "malformed", "channel": "rtds", "count": 0},
        {"name": "drop"},
        {"name": "missing_fee", "slug": "nope"},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(order):
    async with a_simulator() as http, http.post("/sim/faults", json=order) as response:
        assert response.status == 400
        assert "error" in await response.json()


async def test_pushes_are_accepted_kept_and_refused_by_pushovers_rules():
    async with a_simulator() as http:
        urgent = {"token": KEY, "user": KEY, "message": "halted", "priority": 2, "retry": 30, "expire": 60}
        async with http.post("/pushover/1/messages.json", data=urgent) as response:
            assert response.status == 200
            accepted = await response.json()
            assert (accepted["status"], len(accepted["receipt"])) == (1, 30)
        async with http.post("/pushover/1/messages.json", json=urgent | {"message": ""}) as response:
            assert response.status == 400
            refused = await response.json()
            assert (refused["status"], refused["errors"]) == (0, ["message cannot be blank"])
        kept = await get(http, "/sim/messages")
        assert [(message["message"], message["priority"]) for message in kept] == [("halted", "2")]


async def test_the_push_gateway_can_be_down_for_a_while():
    push = {"token": KEY, "user": KEY, "message": "hello"}
    async with a_simulator() as http:
        await cause(http, name="pushover_down", seconds=0.5)
        statuses = []
        async with asyncio.timeout(TIMEOUT_S):
            while 200 not in statuses:
                async with http.post("/pushover/1/messages.json", data=push) as response:
                    statuses.append(response.status)
        assert statuses[0] == 500
        assert len(await get(http, "/sim/messages")) == 1


class Flood(SeededWorld):
    """A world in which far too much happens at once."""

    def frames(self, start_ns, end_ns, channels=()):
        if "binance" in channels:
            trade = {"stream": "btcusdt@trade", "data": {"e": "trade", "p": "1"}}
            for _ in range(5000):
                yield Frame(start_ns, "binance", "btcusdt@trade", trade)


async def test_a_client_that_cannot_keep_up_is_disconnected_and_counted():
    async with (
        a_simulator(Flood()) as http,
        http.ws_connect("/binance/stream?streams=btcusdt@trade") as socket,
    ):
        await closed(socket)
        assert (await get(http, "/sim/health"))["counts"]["slow_binance"] >= 1
