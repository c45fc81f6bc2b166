"""A server of which a part has broken says so and ends; what it keeps for clients and instants stays bounded."""

import asyncio
import logging
import sys

import aiohttp
import orjson
import pytest

from simulator.breakdown import BrokenError
from simulator.matching.operations import CloseMarket, Deposit
from simulator.matching.values import Order, OrderType, Side
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings
from support.trading import NS_PER_S, a_scene
from support.waiting import eventually

TIMEOUT_S = 20.0
BROKEN_WORLD = """
import asyncio, sys
from simulator.__main__ import serve
from simulator.exchange.settings import ExchangeSettings
from simulator.options import parser
from simulator.world import SeededWorld, WorldSettings

class Breaking(SeededWorld):
    def frames(self, *about):
        raise OSError("the world has ended")

options = parser().parse_args(["--port", "0"])
sys.exit(asyncio.run(serve(Breaking(WorldSettings()), ExchangeSettings(), (), options)))
"""


def fail():
    raise ZeroDivisionError("a bug")


async def test_a_program_whose_pump_has_broken_says_so_and_ends_with_one():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BROKEN_WORLD, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(TIMEOUT_S):
        _, err = await process.communicate()

    assert process.returncode == 1
    assert err.decode().splitlines()[-1] == ("simulator: the pump broke: OSError: the world has ended; it cannot go on")
    assert b"Traceback" in err


async def test_an_action_that_is_due_and_breaks_ends_the_server():
    async def serve():
        async with running(SeededWorld(WorldSettings())) as server:
            server.stage.floor.agenda.at(server.stage.clock(), fail)
            async with asyncio.timeout(TIMEOUT_S):
                await server.breakdown.wait()

    with pytest.raises(BrokenError, match="the agenda broke: ZeroDivisionError: a bug"):
        await serve()


async def test_a_request_that_breaks_the_floor_ends_the_server(caplog):
    caplog.set_level(logging.CRITICAL)

    async def serve():
        async with a_scene() as scene:
            scene.floor.watch(lambda _: fail())
            body = {"address": "0x" + "77" * 20, "usd": 5}
            async with scene.http.post("/sim/accounts", json=body) as response:
                assert response.status == 500
            async with asyncio.timeout(TIMEOUT_S):
                await scene.server.breakdown.wait()

    with pytest.raises(BrokenError, match="the floor broke: ZeroDivisionError"):
        await serve()


async def test_a_server_that_is_sound_is_left_in_silence():
    async with running(SeededWorld(WorldSettings())) as server:
        server.stage.floor.apply(Deposit(server.stage.clock(), "0x" + "77" * 20, 5))

    server.breakdown.check()
    assert server.stage.hub.connections("clob") == 0


async def test_actions_run_in_the_order_of_their_instants_and_only_when_they_are_due():
    done = []
    async with running(SeededWorld(WorldSettings())) as server:
        agenda, now_ns = server.stage.floor.agenda, server.stage.clock()
        for name, after_ms in (("late", 40), ("early", 20), ("much later", 60_000), ("past", -5), ("early too", 20)):
            agenda.at(now_ns + after_ms * 1_000_000, lambda name=name: done.append((name, server.stage.clock())))
        await eventually(lambda: len(done) == 4, why="all that was due has run")
        assert [name for name, _ in done] == ["past", "early", "early too", "late"]
        assert dict(done)["late"] >= now_ns + 40_000_000
        assert len(agenda) == 1


async def test_however_much_is_held_the_agenda_knows_a_far_expiry_once():
    async with a_scene(taker_delay_ms=30) as scene:
        floor, up = scene.floor, scene.tokens[0]
        expires_ns = floor.now_ns() + 3600 * NS_PER_S
        assert floor.instrument_of(up)
        resting = Order(
            "0xfa", scene.trader.wallet, scene.trader.key, scene.condition, up, Side.BUY, 50_000, 5_000_000, 100,
            OrderType.GTD, expires_ns=expires_ns,
        )  # fmt: skip
        floor.fund(scene.trader.wallet)
        assert (await floor.place(resting)).refusal is None
        for _ in range(6):
            await scene.trader.placed(up, 0.99, 5.0)
        await eventually(lambda: floor.engine.next_due_ns() == expires_ns, why="nothing is held any more")
        wakes = [at_ns for at_ns, _, action in floor.agenda._due if action == floor._advance]
        assert wakes == [expires_ns]


async def test_the_same_order_again_does_not_answer_the_one_that_is_held():
    async with a_scene(taker_delay_ms=400) as scene:
        up = scene.tokens[0]
        payload = scene.trader.order(up, 0.99, 5.0)
        first = asyncio.create_task(scene.trader.send("POST", "/order", payload))
        await eventually(scene.trader.open_ids, why="the order is held")
        second_status, second = await scene.trader.send("POST", "/order", payload)
        first_status, body = await first

    assert second_status == 400
    assert "Duplicated" in second["error"]
    assert (first_status, body["status"]) == (200, "matched")
    assert body["tradeIDs"]


async def test_nothing_is_kept_of_what_a_client_listened_for_once_it_left_or_lost_interest():
    async with running(SeededWorld(WorldSettings())) as server, aiohttp.ClientSession(server.http) as http:
        hub = server.stage.hub
        async with http.ws_connect("/ws/market") as socket:
            await socket.send_json({"assets_ids": ["1", "2", "3"], "type": "market"})
            await eventually(lambda: len(hub._routes) == 3, why="three keys are listened for")
            await socket.send_json({"assets_ids": ["1", "2"], "operation": "unsubscribe"})
            await eventually(lambda: len(hub._routes) == 1, why="one key is listened for")
        await eventually(lambda: hub.connections("clob") == 0, why="the client has left")
        assert (hub._routes, hub._keys) == ({}, {})


async def test_cancels_after_a_markets_end_are_said_and_the_hash_that_is_read_is_the_one_that_was_heard():
    async with a_scene() as scene, scene.http.ws_connect("/ws/market") as socket:
        up = scene.tokens[0]
        body = await scene.trader.placed(up, 0.01, 50.0)
        await socket.send_json({"assets_ids": [up], "type": "market"})
        await eventually(lambda: scene.server.stage.hub._routes, why="it listens")
        close(scene)
        book = await hear(socket, lambda frame: frame["event_type"] == "book" and len(frame["bids"]) == 1)
        async with scene.http.get(f"/clob/book?token_id={up}") as response:
            assert (await response.json())["hash"] == book["hash"]
        await scene.trader.send("DELETE", "/order", {"orderID": body["orderID"]})
        change = await hear(socket, lambda frame: frame["event_type"] == "price_change")
        assert [(each["price"], each["size"]) for each in change["price_changes"] if each["asset_id"] == up] == [
            ("0.01", "0")
        ]


def close(scene):
    scene.floor.apply(CloseMarket(scene.floor.now_ns(), scene.condition))


async def hear(socket, is_wanted):
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            heard = orjson.loads(await socket.receive_str())
            for frame in heard if isinstance(heard, list) else [heard]:
                if is_wanted(frame):
                    return frame
