"""Accounts by order: money, shares, standing, redemption, and the engine's log, over real HTTP."""

import aiohttp
import orjson
import pytest

from simulator.exchange.settings import ExchangeSettings
from simulator.matching.log import decode, replay
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings
from support.trading import QUARTER_S, SLUG, a_scene, clock_from
from support.waiting import eventually

STRANGER = "0x" + "5e" * 20


async def post(http, path, order):
    async with http.post(path, json=order) as response:
        return response.status, await response.json()


async def held(http, address=STRANGER):
    async with http.get(f"/sim/accounts/{address}") as response:
        assert response.status == 200
        return (await response.json())["wallets"][address]


async def test_money_and_shares_come_on_top_of_what_a_wallet_begins_with():
    async with a_scene(deposit_usd=100.0) as scene:
        up, down = scene.tokens
        order = {"address": STRANGER, "usd": 20.5, "shares": {up: 7}, "allowance": 50}
        status, told = await post(scene.http, "/sim/accounts", order)
        assert status == 200
        wallet = told["wallets"][STRANGER]
        assert wallet["usd"] == {"total": "120.5", "available": "120.5", "reserved": "0", "unsettled": "0"}
        assert {token: holding["total"] for token, holding in wallet["shares"].items()} == {up: "7", down: "7"}
        assert wallet["allowance"] == "50"
        await post(scene.http, "/sim/accounts", {"address": STRANGER, "allowance": None})
        assert (await held(scene.http))["allowance"] is None


async def test_the_money_can_go_to_a_wallet_of_the_key():
    async with a_scene(deposit_usd=0.0) as scene:
        _, told = await post(scene.http, "/sim/accounts", {"address": STRANGER, "signature_type": 3, "usd": 9})
        kinds = {wallet["signature_type"]: wallet["usd"]["total"] for wallet in told["wallets"].values()}
        assert kinds == {0: "0", 3: "9"}


async def test_an_account_may_be_let_in_barred_or_only_let_out():
    async with a_scene(allows_eoa=False) as scene:
        trader, order = scene.trader, (scene.tokens[0], 0.02, 10)

        async def words(**standing):
            await post(scene.http, "/sim/accounts", {"address": trader.wallet, **standing})
            status, body = await trader.post(*order)
            return status, body.get("error", "")

        assert (await words())[1] == "maker address not allowed, please use the deposit wallet flow"
        assert await words(allow_eoa=True) == (200, "")
        assert "closed only mode" in (await words(closed_only=True))[1]
        assert "banned" in (await words(closed_only=False, banned=True))[1]
        assert await words(banned=False) == (200, "")


async def test_winnings_are_redeemed_on_demand():
    settings = ExchangeSettings(deposit_usd=0.0, redeems_after_ms=-1)
    async with (
        running(SeededWorld(WorldSettings()), clock=clock_from(QUARTER_S - 1), exchange=settings) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        async with http.get(f"/gamma/events?slug={SLUG}") as response:
            market = (await response.json())[0]["markets"][0]
        condition, (up, _) = market["conditionId"], orjson.loads(market["clobTokenIds"])
        order = {"address": STRANGER, "condition_id": condition}
        assert (await post(http, "/sim/accounts", {"address": STRANGER, "shares": {up: 7}}))[0] == 200
        assert await post(http, "/sim/redeem", order) == (400, {"error": "the engine refused it: not_resolved"})

        async def is_redeemed():
            return (await post(http, "/sim/redeem", order))[0] == 200

        await eventually(is_redeemed, within_s=40, why="the market is resolved")
        wallet = await held(http)
        assert (wallet["usd"]["total"], wallet["shares"]) == ("7", {})


async def test_the_log_replayed_comes_to_the_same_state():
    settings = ExchangeSettings(deposit_usd=10.0)
    async with (
        running(
            SeededWorld(WorldSettings()), clock=clock_from(QUARTER_S - 100), exchange=settings, keeps_log=True
        ) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        await post(http, "/sim/accounts", {"address": STRANGER, "usd": 5})
        async with http.get("/sim/log") as response:
            lines = (await response.read()).splitlines()
        replayed = replay([decode(orjson.loads(line)) for line in lines])
        assert replayed.dollars(STRANGER).total_e6 == 15_000_000


async def test_a_log_that_lost_operations_is_not_passed_off_as_whole():
    async with (
        running(SeededWorld(WorldSettings()), clock=clock_from(QUARTER_S - 100), keeps_log=True) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        server.stage.floor.log_lost = 3
        async with http.get("/sim/log") as response:
            assert response.status == 409
            assert "3 after them are not" in (await response.json())["error"]


async def test_without_a_log_there_is_none_to_read():
    async with a_scene() as scene, scene.http.get("/sim/log") as response:
        assert response.status == 404
        assert "--keep-log" in (await response.json())["error"]


@pytest.mark.parametrize(
    ("path", "order", "words"),
    [
        ("/sim/accounts", [], "expected an object"),
        ("/sim/accounts", {}, "expected an address"),
        ("/sim/accounts", {"address": STRANGER, "usd": -1}, "usd must lie between 0 and"),
        ("/sim/accounts", {"address": STRANGER, "usd": True}, "usd must lie between 0 and"),
        ("/sim/accounts", {"address": STRANGER, "money": 1}, "found 'money'"),
        ("/sim/accounts", {"address": STRANGER, "banned": "yes"}, "banned must be true or false"),
        ("/sim/accounts", {"address": STRANGER, "signature_type": 4}, "signature_type must be 0, 1, 2 or 3"),
        ("/sim/accounts", {"address": STRANGER, "shares": {"7": 1}}, "shares must name tokens of markets"),
        ("/sim/accounts", {"address": STRANGER, "shares": [1]}, "shares must be an object"),
        ("/sim/redeem", {"address": STRANGER}, "condition_id must be that of a market"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(path, order, words):
    async with a_scene() as scene:
        status, told = await post(scene.http, path, order)
        assert status == 400
        assert words in told["error"]
