"""The simulated exchange over real sockets: catalogue, books, market channel, and what it refuses."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import orjson
import pytest

from simulator.server import running
from simulator.wall import wall_ns
from simulator.world import SeededWorld, WorldSettings

NS_PER_S = 1_000_000_000
QUARTER_S = 1_795_240_800
TIMEOUT_S = 10.0
SLUG = f"btc-updown-5m-{QUARTER_S - 300}"


def clock_from(start_s):
    """Let time run on from a chosen instant."""
    offset_ns = int(start_s * NS_PER_S) - wall_ns()
    return lambda: wall_ns() + offset_ns


@asynccontextmanager
async def an_exchange(start_s=QUARTER_S - 100):
    clock = clock_from(start_s)
    async with (
        running(SeededWorld(WorldSettings()), clock=clock) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        yield http


async def get(http, path, status=200):
    async with http.get(path) as response:
        assert response.status == status
        return orjson.loads(await response.read())


async def tokens_of(http, slug=SLUG):
    event = (await get(http, f"/gamma/events?slug={slug}"))[0]
    return orjson.loads(event["markets"][0]["clobTokenIds"])


async def hear_until(socket, is_wanted):
    """Return the first wanted frame, out of arrays too, and every frame before it."""
    before = []
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            heard = orjson.loads(await socket.receive_str())
            for frame in heard if isinstance(heard, list) else [heard]:
                if is_wanted(frame):
                    return frame, before
                before.append(frame)


async def test_the_catalogue_is_read_page_by_page_without_gaps_or_repeats():
    async with an_exchange() as http:
        slugs, path = [], "/gamma/events/keyset?limit=7&tag_slug=up-or-down&closed=false"
        page = await get(http, path)
        while True:
            slugs += [event["slug"] for event in page["events"]]
            if "next_cursor" not in page:
                break
            page = await get(http, f"{path}&after_cursor={page['next_cursor']}")

        assert len(slugs) == len(set(slugs)) == 26
        markets = await get(http, "/gamma/markets/keyset?limit=100")
        assert [market["slug"] for market in markets["markets"]] == slugs
        assert markets["markets"][0]["events"][0]["slug"] == slugs[0]


async def test_pages_can_be_limited_to_a_span_of_ends_and_to_closed_ones():
    async with an_exchange() as http:
        span = "end_date_min=2026-11-21T06:00:00Z&end_date_max=2026-11-21T06:05:00Z"
        found = (await get(http, f"/gamma/events/keyset?limit=100&{span}"))["events"]
        assert {event["endDate"] for event in found} <= {f"2026-11-21T06:0{m}:00Z" for m in range(6)}
        assert len(found) >= 2 * 2
        closed = (await get(http, "/gamma/events/keyset?limit=100&closed=true"))["events"]
        assert closed
        assert all(event["closed"] for event in closed)


async def test_an_expired_market_is_found_among_events_and_not_among_markets():
    expired = f"eth-updown-5m-{QUARTER_S - 86_400}"
    async with an_exchange() as http:
        assert (await get(http, f"/gamma/events?slug={expired}"))[0]["closed"] is True
        assert await get(http, f"/gamma/markets?slug={expired}") == []
        assert (await get(http, f"/gamma/markets?slug={SLUG}"))[0]["slug"] == SLUG
        assert await get(http, "/gamma/events?slug=nope") == []


async def test_books_are_read_one_at_a_time_or_together():
    async with an_exchange() as http:
        up, down = await tokens_of(http)
        book = await get(http, f"/clob/book?token_id={up}")
        assert (book["asset_id"], book["tick_size"], book["min_order_size"]) == (up, "0.01", "5")
        assert book["bids"] or book["asks"]
        wanted = [{"token_id": up}, {"token_id": "1"}, {"token_id": down}]
        async with http.post("/clob/books", json=wanted) as response:
            assert [each["asset_id"] for each in await response.json()] == [up, down]


async def test_the_exchange_describes_itself_and_its_markets():
    async with an_exchange() as http:
        up, down = await tokens_of(http)
        pair = await get(http, f"/clob/markets-by-token/{down}")
        assert (pair["primary_token_id"], pair["secondary_token_id"]) == (up, down)
        described = await get(http, f"/clob/clob-markets/{pair['condition_id']}")
        assert (described["fd"]["r"], described["ao"], described["mts"]) == (0.07, True, 0.01)
        assert await get(http, "/clob/time") >= QUARTER_S - 100
        assert await get(http, "/clob/ok") == "OK"
        assert await get(http, "/clob/version") == {"version": 2}
        assert (await get(http, "/geoblock"))["blocked"] is False


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/clob/book", 400, "Invalid token id"),
        ("/clob/book?token_id=12345", 404, "No orderbook exists for the requested token id"),
        ("/clob/clob-markets/0x00", 404, "market not found"),
        ("/clob/markets-by-token/12345", 404, "market not found"),
        ("/gamma/events/keyset?limit=101", 400, "from 1 to 100"),
        ("/gamma/events/keyset?limit=-1", 400, "from 1 to 100"),
        ("/gamma/events/keyset?closed=maybe", 400, "true or false"),
        ("/gamma/events/keyset?end_date_min=soon", 400, "soon"),
        ("/gamma/markets/keyset?after_cursor=%00", 400, "invalid after_cursor"),
        ("/gamma/markets/keyset?offset=5", 422, "after_cursor"),
        ("/gamma/events?offset=2001", 422, "offset too large"),
        ("/sim/outcomes?since=yesterday", 400, "whole number"),
    ],
)
async def test_a_bad_request_is_refused_with_the_reason(path, status, words):
    async with an_exchange() as http:
        assert words in (await get(http, path, status))["error"]


@pytest.mark.parametrize("body", ["{", "5", "[5]", '[{"token_id":5}]', '[{"token":"5"}]'])
async def test_a_malformed_list_of_books_is_refused(body):
    async with an_exchange() as http, http.post("/clob/books", data=body) as response:
        assert response.status == 400
        assert (await response.json()) == {"error": "Invalid payload"}


async def test_the_market_channel_starts_with_books_and_continues_with_mirrored_changes():
    async with an_exchange() as http, http.ws_connect("/ws/market") as socket:
        tokens = await tokens_of(http)
        await socket.send_json({"assets_ids": tokens, "type": "market"})
        books = orjson.loads(await socket.receive_str(timeout=TIMEOUT_S))
        assert [book["asset_id"] for book in books] == tokens
        change, before = await hear_until(socket, lambda f: f["event_type"] == "price_change")
        assert {entry["asset_id"] for entry in change["price_changes"]} == set(tokens)
        assert all(frame["event_type"] == "last_trade_price" for frame in before)


async def test_frames_that_are_due_together_sometimes_travel_as_an_array():
    async with an_exchange() as http, http.ws_connect("/ws/market") as socket:
        tokens = await tokens_of(http)
        await socket.send_json({"assets_ids": tokens, "type": "market", "custom_feature_enabled": True})
        await socket.receive_str(timeout=TIMEOUT_S)
        shapes = set()
        async with asyncio.timeout(TIMEOUT_S):
            while shapes != {list, dict}:
                shapes.add(type(orjson.loads(await socket.receive_str())))
        assert shapes == {list, dict}


async def test_ping_is_answered_and_nonsense_is_named():
    async with an_exchange() as http, http.ws_connect("/ws/market") as socket:
        await socket.send_str("PING")
        assert await socket.receive_str(timeout=TIMEOUT_S) == "PONG"
        for wrong in ("hello", '{"assets_ids":5,"type":"market"}', '{"operation":"jump","assets_ids":[]}'):
            await socket.send_str(wrong)
            assert await socket.receive_str(timeout=TIMEOUT_S) == "INVALID OPERATION"


async def test_a_second_subscription_to_an_asset_sends_no_second_book():
    async with an_exchange() as http, http.ws_connect("/ws/market") as socket:
        tokens = await tokens_of(http)
        await socket.send_json({"assets_ids": tokens[:1], "type": "market"})
        await hear_until(socket, lambda f: f["event_type"] == "book")
        await socket.send_json({"operation": "subscribe", "assets_ids": tokens})
        book, before = await hear_until(socket, lambda f: f["event_type"] == "book")
        assert book["asset_id"] == tokens[1]
        assert all(frame["event_type"] != "book" for frame in before)
        await socket.send_json({"operation": "subscribe", "assets_ids": tokens})
        _, before = await hear_until(socket, lambda f: f["event_type"] == "price_change")
        assert all(frame["event_type"] != "book" for frame in before)


async def test_unsubscribing_ends_the_frames_of_a_market():
    other = f"eth-updown-5m-{QUARTER_S - 300}"
    async with an_exchange() as http, http.ws_connect("/ws/market") as socket:
        mine, theirs = await tokens_of(http), await tokens_of(http, other)
        await socket.send_json({"assets_ids": mine + theirs, "type": "market"})
        await hear_until(socket, lambda f: f["event_type"] == "price_change")
        await socket.send_json({"operation": "unsubscribe", "assets_ids": mine})
        await socket.send_str("PING")
        while await socket.receive_str(timeout=TIMEOUT_S) != "PONG":
            pass
        _, before = await hear_until(
            socket, lambda f: f["event_type"] == "price_change" and len(f["price_changes"]) > 2
        )
        assert not {f.get("asset_id") for f in before} & set(mine)


async def test_new_markets_are_told_to_those_who_asked_for_custom_features_and_books_clear_at_the_end():
    async with (
        an_exchange(QUARTER_S - 5) as http,
        http.ws_connect("/ws/market") as custom,
        http.ws_connect("/ws/market") as plain,
    ):
        tokens = await tokens_of(http) + await tokens_of(http, f"btc-updown-15m-{QUARTER_S}")
        await custom.send_json({"assets_ids": [], "type": "market", "custom_feature_enabled": True})
        await plain.send_json({"assets_ids": tokens, "type": "market"})
        announced, _ = await hear_until(custom, lambda f: f["event_type"] == "new_market")
        assert announced["fee_schedule"]["rate"] == "0.07"
        assert len(announced["clob_token_ids"]) == 2
        cleared, before = await hear_until(
            plain, lambda f: f["event_type"] == "book" and int(f["timestamp"]) == QUARTER_S * 1000
        )
        assert (cleared["bids"], cleared["asks"]) == ([], [])
        kinds = {frame["event_type"] for frame in before}
        assert "price_change" in kinds
        assert kinds <= {"book", "price_change", "last_trade_price", "tick_size_change"}


async def test_outcomes_are_told_with_the_fee_schedule():
    async with an_exchange() as http:
        told = await get(http, f"/sim/outcomes?since={QUARTER_S - 1000}")
        market = told[f"btc-updown-5m-{QUARTER_S - 600}"]
        event = (await get(http, f"/gamma/events?slug=btc-updown-5m-{QUARTER_S - 600}"))[0]
        won = "Up" if orjson.loads(event["markets"][0]["outcomePrices"])[0] == "1" else "Down"
        assert market["outcome"] == won
        assert market["fee_schedule"]["rate"] == 0.07
