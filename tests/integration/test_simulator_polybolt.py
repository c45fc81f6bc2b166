"""The current price stream over real sockets: keys, subscriptions, limits, farewells, faults, and the official client."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import orjson
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from polymarket._internal.streams.realtime.manager import RealtimeStreamManager
from polymarket.errors import RequestRejectedError
from polymarket.models import ApiKeyCreds
from polymarket.streams import CryptoPriceSpec, CryptoTwapPriceSpec

from simulator.feeds import polybolt
from simulator.feeds.polybolt import Limits
from simulator.server import build, running
from simulator.stage import STAGE
from simulator.world import SeededWorld, WorldSettings
from support.waiting import eventually

TIMEOUT_S = 15.0
OWNER = "0x" + "ab" * 20
SPOT = {"channel": "price.crypto", "filter": {"symbol": "btcusd"}}
ETHER = {"channel": "price.crypto", "filter": {"symbol": "ethusd"}}
TWAP = {"channel": "price.crypto.twap", "filter": {"symbol": "btcusd", "window_seconds": 60}}
COPIES = 50


class Burst(SeededWorld):
    """A world in which the settlement feed says everything fifty times at once."""

    def frames(self, start_ns, end_ns, channels=()):
        for frame in super().frames(start_ns, end_ns, channels):
            for _ in range(COPIES if frame.channel == "rtds" else 1):
                yield frame


@asynccontextmanager
async def a_simulator():
    async with running(SeededWorld(WorldSettings())) as server, aiohttp.ClientSession(server.http) as http:
        yield server.stage, http


@asynccontextmanager
async def a_stream(limits, world=None):
    """The stream alone, with limits that a test can reach."""
    _, stage = build(world or SeededWorld(WorldSettings()), "seeded")
    app = web.Application()
    app[STAGE] = stage
    app.add_routes(polybolt.routes(limits))
    pump = asyncio.create_task(stage.hub.run())
    try:
        async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as http:
            yield stage, http
    finally:
        pump.cancel()
        stage.floor.close()


def shown(stage):
    """Make a key, and answer how a client shows it."""
    made = stage.keyring.derive(OWNER, 0) or stage.keyring.create(OWNER, 0)
    return {"apiKey": made.key, "secret": made.secret, "passphrase": made.passphrase}


@asynccontextmanager
async def authed(stage, http, **options):
    async with http.ws_connect("/polybolt", **options) as socket:
        assert await asked(socket, op="auth", rid="a1", auth=shown(stage)) == {"op": "authed", "rid": "a1"}
        yield socket


async def asked(socket, **message):
    await socket.send_json(message)
    return await hear(socket)


async def hear(socket):
    return orjson.loads(await socket.receive_str(timeout=TIMEOUT_S))


async def hear_until(socket, is_wanted):
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            frame = orjson.loads(await socket.receive_str())
            if is_wanted(frame):
                return frame


async def closed(socket):
    """Read to the end; answer what was said and how it ended."""
    async with asyncio.timeout(TIMEOUT_S):
        frames = [orjson.loads(message.data) async for message in socket]
    return frames, socket.close_code


def is_price(frame):
    return "payload" in frame


async def test_subscriptions_are_acknowledged_and_followed_by_two_minutes_and_then_by_prices():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        await socket.send_json({"op": "subscribe", "rid": "s1", "subscriptions": [TWAP, SPOT]})
        frames = [await hear(socket) for _ in range(4)]
        updates = sorted([await hear(socket), await hear(socket)], key=lambda f: f["channel"], reverse=True)

    assert [(f.get("op"), f["channel"]) for f in frames] == [
        ("subscribed", "price.crypto.twap"), (None, "price.crypto.twap"), ("subscribed", "price.crypto"), (None, "price.crypto"),
    ]  # fmt: skip
    for snapshot, update in zip(frames[1::2], updates, strict=True):
        assert (snapshot["snapshot"], snapshot["seq"], update["seq"], "snapshot" in update) == (True, 1, 2, False)
        history = snapshot["payload"]["data"]
        assert len(history) > 100
        assert update["payload"]["timestamp"] > history[-1]["timestamp"]
        assert "." in update["payload"]["full_accuracy_value"]


async def test_two_symbols_of_one_channel_share_its_numbers():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        await socket.send_json({"op": "subscribe", "rid": "s1", "subscriptions": [SPOT, ETHER]})
        frames = []
        while len(frames) < 6:
            frames.append(await hear_until(socket, is_price))

    assert [frame["seq"] for frame in frames] == [1, 2, 3, 4, 5, 6]
    assert {frame["payload"]["symbol"] for frame in frames[2:]} == {"btcusd", "ethusd"}


async def test_a_refused_key_may_be_corrected_on_the_same_connection():
    async with a_simulator() as (stage, http), http.ws_connect("/polybolt") as socket:
        for wrong in ({"secret": "AAAA"}, {"passphrase": ""}, {"apiKey": "none"}):
            refused = await asked(socket, op="auth", rid="a1", auth=shown(stage) | wrong)
            assert refused == {"op": "error", "code": "auth_invalid", "rid": "a1"}
        assert (await asked(socket, op="auth", auth="key"))["code"] == "auth_invalid"
        refused = await asked(socket, op="subscribe", rid="s1", **SPOT)
        assert refused == {"op": "error", "code": "auth_required", "channel": "price.crypto", "rid": "s1"}

        assert await asked(socket, op="auth", rid="a2", auth=shown(stage)) == {"op": "authed", "rid": "a2"}
        assert (await asked(socket, op="subscribe", rid="s2", **SPOT))["op"] == "subscribed"


async def test_a_key_that_was_deleted_since_ends_the_connection():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        stage.keyring.delete(shown(stage)["apiKey"])
        await socket.send_json({"op": "subscribe", "rid": "s1", **SPOT})
        frames, code = await closed(socket)

    assert frames == [{"op": "error", "code": "auth_expired", "rid": "s1"}]
    assert code == 4001


async def test_each_subscription_of_a_batch_is_answered_by_itself():
    wrong = [{"channel": "price.moon", "filter": {}}, TWAP | {"filter": {"symbol": "btcusd", "window_seconds": 30}}]
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        await socket.send_json({"op": "subscribe", "rid": "s1", "subscriptions": [wrong[0], SPOT, wrong[1]]})
        answers = [f for f in [await hear(socket) for _ in range(4)] if "op" in f]

    assert [(a["op"], a.get("code"), a["channel"]) for a in answers] == [
        ("error", "bad_channel", "price.moon"), ("subscribed", None, "price.crypto"), ("error", "bad_filter", "price.crypto.twap"),
    ]  # fmt: skip


async def test_what_is_no_request_is_named_and_leaves_the_connection_open():
    async with a_simulator() as (_, http), http.ws_connect("/polybolt") as socket:
        for wrong in ("{", "[]", '{"op":"dance"}', '{"op":"subscribe","subscriptions":[]}'):
            await socket.send_str(wrong)
            assert await hear(socket) == {"op": "error", "code": "bad_op"}
        await socket.send_bytes(b"\x00")
        assert (await hear(socket))["code"] == "bad_op"
        assert await asked(socket, op="ping", rid="p1") == {"op": "pong", "rid": "p1"}


async def test_the_same_subscription_again_brings_no_second_history_and_unsubscribing_ends_it():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        await asked(socket, op="subscribe", rid="s1", **SPOT)
        assert (await hear(socket))["snapshot"] is True
        await socket.send_json({"op": "subscribe", "rid": "s2", **SPOT})
        again = await hear_until(socket, lambda f: f.get("rid") == "s2" or "snapshot" in f)
        await socket.send_json({"op": "unsubscribe", "rid": "u1", **SPOT})
        ended = await hear_until(socket, lambda f: f.get("rid") == "u1")
        await socket.send_json({"op": "subscribe", "rid": "s3", **ETHER})
        later = [await hear_until(socket, is_price) for _ in range(3)]

    assert again == {"op": "subscribed", "channel": "price.crypto", "rid": "s2"}
    assert ended == {"op": "unsubscribed", "channel": "price.crypto", "rid": "u1"}
    assert {frame["payload"]["symbol"] for frame in later} == {"ethusd"}


async def test_one_subscription_too_many_ends_the_connection():
    async with a_stream(Limits(subscriptions_max=1)) as (stage, http), authed(stage, http) as socket:
        await socket.send_json({"op": "subscribe", "rid": "s1", "subscriptions": [SPOT, SPOT, ETHER, TWAP]})
        frames, code = await closed(socket)

    answers = [(f["op"], f.get("code")) for f in frames if "op" in f]
    assert answers == [("subscribed", None), ("subscribed", None), ("error", "sub_limit")]
    assert code == 4008


async def test_one_request_too_many_within_a_second_ends_the_connection():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        for _ in range(21):
            await socket.send_json({"op": "unsubscribe", "rid": "u", **SPOT})
        frames, code = await closed(socket)

    assert [frame["op"] for frame in frames] == ["unsubscribed"] * 20 + ["error"]
    assert (frames[-1]["code"], code) == ("rate_limited", 4008)


async def test_a_ninth_try_to_show_a_key_ends_the_connection():
    async with a_simulator() as (stage, http), http.ws_connect("/polybolt") as socket:
        for _ in range(8):
            assert (await asked(socket, op="auth", auth=shown(stage)))["op"] == "authed"
        await socket.send_json({"op": "auth", "rid": "a9", "auth": shown(stage)})
        frames, code = await closed(socket)

    assert frames == [{"op": "error", "code": "auth_attempts", "rid": "a9"}]
    assert code == 4008


@pytest.mark.parametrize(("size", "ends"), [(65_536, False), (65_537, True)])
async def test_a_frame_may_have_64_kilobytes(size, ends):
    frame = '{"op":"ping","rid":"p1","x":""}'
    async with a_simulator() as (_, http), http.ws_connect("/polybolt") as socket:
        await socket.send_str(frame.replace('"x":""', f'"x":"{"x" * (size - len(frame))}"'))
        await socket.send_json({"op": "nothing"})
        message = await socket.receive(timeout=TIMEOUT_S)

        assert (message.type is WSMsgType.CLOSE, socket.close_code) == (ends, 4008 if ends else None)


async def test_a_client_that_answers_no_ping_twice_is_sent_away():
    async with (
        a_stream(Limits(ping_s=0.05)) as (stage, http),
        http.ws_connect("/polybolt", autoping=False) as socket,
        asyncio.timeout(TIMEOUT_S),
    ):
        kinds = [(await socket.receive()).type for _ in range(3)]

        assert kinds == [WSMsgType.PING, WSMsgType.PING, WSMsgType.CLOSE]
        assert socket.close_code == 4002
        await eventually(lambda: stage.hub.connections("polybolt") == 0)


async def test_an_answered_ping_counts_as_a_sign_of_life():
    async with (
        a_stream(Limits(ping_s=0.05)) as (_, http),
        http.ws_connect("/polybolt", autoping=False) as socket,
        asyncio.timeout(TIMEOUT_S),
    ):
        for _ in range(8):
            message = await socket.receive()
            assert message.type is WSMsgType.PING
            await socket.pong(message.data)
        await socket.ping(b"there?")
        while message.type is WSMsgType.PING:
            message = await socket.receive()
        assert (message.type, message.data) == (WSMsgType.PONG, b"there?")


async def test_what_a_client_is_too_slow_for_is_dropped_and_told_with_the_next_frame():
    async with a_stream(Limits(frames_waiting_max=10), Burst()) as (stage, http), authed(stage, http) as socket:
        await socket.send_json({"op": "subscribe", "rid": "s1", **SPOT})
        frames = [await hear_until(socket, is_price)]
        while not frames[-1].get("dropped"):
            frames.append(await hear_until(socket, is_price))

    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1)), "those dropped take no number"
    assert frames[-1]["dropped"] >= COPIES - 10
    assert stage.hub.counts["dropped_polybolt"] >= frames[-1]["dropped"]


async def test_a_client_that_is_much_too_slow_is_sent_away():
    limits = Limits(frames_waiting_max=10, frames_dropped_max=20)
    async with a_stream(limits, Burst()) as (stage, http), authed(stage, http) as socket:
        await socket.send_json({"op": "subscribe", "rid": "s1", **SPOT})
        _, code = await closed(socket)

    assert code == 4002
    assert stage.hub.counts["polybolt_closed_4002"] == 1


async def test_a_server_that_ends_says_so():
    async with aiohttp.ClientSession() as http:
        async with running(SeededWorld(WorldSettings())) as server:
            socket = await http.ws_connect(server.ws + "/polybolt")
            ended = asyncio.create_task(closed(socket))
            await eventually(lambda: server.stage.hub.connections("polybolt") == 1)
        _, code = await ended

    assert code == 4003


async def test_a_silence_stalls_the_prices_of_this_stream_alone():
    async with a_simulator() as (stage, http), authed(stage, http) as socket, http.ws_connect("/rtds") as older:
        await asked(socket, op="subscribe", rid="s1", **SPOT)
        stage.faults.silence("polybolt", 60)
        await older.receive_str(timeout=TIMEOUT_S)
        await older.send_json(
            {"action": "subscribe", "subscriptions": [{"topic": "crypto_prices_chainlink", "type": "*"}]}
        )
        await hear_until(older, lambda f: f["type"] == "update")
        await eventually(lambda: stage.hub.counts["frames_silenced"] >= 2)
        await socket.send_json({"op": "ping", "rid": "p1"})
        heard = []
        while not heard or heard[-1].get("op") != "pong":
            heard.append(await hear(socket))

    assert len([frame for frame in heard if is_price(frame)]) <= 2, "the history, and at most one that was on its way"


async def test_faults_of_the_older_socket_leave_this_stream_alone():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        await asked(socket, op="subscribe", rid="s1", **SPOT)
        stage.faults.silence("rtds", 60)
        stage.faults.malform("rtds", 5)
        assert stage.hub.drop("rtds") == 0
        frames = [await hear_until(socket, is_price) for _ in range(4)]

    assert [frame["seq"] for frame in frames] == [1, 2, 3, 4]


async def test_its_connections_can_be_cut():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        assert stage.hub.drop("polybolt") == 1
        _, code = await closed(socket)

    assert code in (None, 1006)


async def test_its_frames_can_be_malformed():
    async with a_simulator() as (stage, http), authed(stage, http) as socket:
        stage.faults.malform("polybolt", 1)
        await asked(socket, op="subscribe", rid="s1", **SPOT)
        text = await socket.receive_str(timeout=TIMEOUT_S)

        assert text.startswith('{"v":1,"channel":"price.crypto"')
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(text)
        assert (await hear_until(socket, is_price))["seq"] == 2


@asynccontextmanager
async def the_official_stream(stage, http, **wrong):
    creds = {"key": "apiKey", "secret": "secret", "passphrase": "passphrase"}
    known = {name: shown(stage)[wire] for name, wire in creds.items()} | wrong
    url = str(http._base_url).replace("http", "ws", 1).rstrip("/") + "/polybolt"
    manager = RealtimeStreamManager(url=url, credentials=ApiKeyCreds(**known))
    try:
        yield manager
    finally:
        await manager.close()


@pytest.mark.parametrize("kind", [CryptoPriceSpec, CryptoTwapPriceSpec])
async def test_the_official_client_follows_prices(kind):
    async with a_simulator() as (stage, http), the_official_stream(stage, http) as manager:
        async with asyncio.timeout(TIMEOUT_S):
            handle = await manager.subscribe(kind(symbols=["btcusd", "ethusd"]))
            events = [await anext(handle) for _ in range(6)]
            await handle.close()

    assert [event.type for event in events[:2]] == ["subscribe", "subscribe"]
    updates = [event for event in events if event.type == "update"]
    assert {event.payload.symbol for event in updates} == {"btcusd", "ethusd"}
    assert all(event.payload.source == "chainlink" for event in events)
    for update in updates:
        truth = stage.world.truth(update.payload.symbol[:3].upper(), int(update.payload.timestamp.timestamp()) * 10**9)
        known = truth.spot_e18 if kind is CryptoPriceSpec else truth.twap_sixty_e18
        assert update.payload.value.scaleb(18) == known


async def test_the_official_client_is_told_that_its_key_is_refused():
    async with a_simulator() as (stage, http), the_official_stream(stage, http, passphrase="wrong") as manager:
        with pytest.raises(RequestRejectedError) as refused:
            await manager.subscribe(CryptoTwapPriceSpec(symbols=["btcusd"]))

    assert refused.value.code == "auth_invalid"
