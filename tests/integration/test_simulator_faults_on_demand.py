"""What can be made to go wrong with the simulated exchange, over real sockets: answers, modes, limits, scenarios."""

import asyncio
import sys

import aiohttp
import orjson
import pytest
from polymarket import AsyncSecureClient
from polymarket.errors import RateLimitError, RequestRejectedError
from polymarket.models import ApiKeyCreds

from integration.official_clients import environment
from simulator.scenario import Step, load, play
from support.trading import a_scene, wall_clock_scene
from support.waiting import eventually

TIMEOUT_S = 20.0
PLACING = {"path": "/order", "method": "POST"}


async def cause(scene, name, **fields):
    async with scene.http.post("/sim/faults", json={"name": name, **fields}) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def get(scene, path):
    async with scene.http.get(path) as response:
        return response.status, await response.read(), response.headers


async def health(scene):
    return orjson.loads((await get(scene, "/sim/health"))[1])


async def hits(scene, name):
    return (await health(scene))["hits"].get(name, 0)


def resting(scene):
    return scene.tokens[0], 0.02, 10


async def test_an_order_whose_answer_is_dropped_was_placed():
    async with a_scene() as scene:
        await cause(scene, "drop_answer", **PLACING)
        with pytest.raises(aiohttp.ClientError):
            await scene.trader.post(*resting(scene))
        assert len(scene.trader.open_ids()) == 1

        await scene.trader.placed(*resting(scene))
        assert len(scene.trader.open_ids()) == 2
        assert await hits(scene, "drop_answer") == 1


async def test_a_late_answer_is_late_and_what_was_asked_is_done_at_once():
    async with a_scene() as scene:
        await cause(scene, "late_answer", seconds=0.5, **PLACING)
        posted = asyncio.create_task(scene.trader.post(*resting(scene)))
        await eventually(scene.trader.open_ids, why="the order is placed")
        assert not posted.done()
        status, body = await posted
        assert (status, [body["orderID"]]) == (200, scene.trader.open_ids())


@pytest.mark.parametrize("placed", [True, False])
async def test_an_order_that_timed_out_may_or_may_not_have_been_placed(placed):
    async with a_scene() as scene:
        await cause(scene, "order_timed_out", placed=placed)
        status, body = await scene.trader.post(*resting(scene))
        assert (status, body) == (500, {"error": "order timed out"})
        assert len(scene.trader.open_ids()) == placed


async def test_after_a_restart_only_post_only_orders_are_taken_and_then_all():
    async with a_scene() as scene:
        standing = await scene.trader.placed(*resting(scene))
        await cause(scene, "restarting", seconds=0.5, post_only_seconds=0.7)
        assert (await health(scene))["mode"] == "restarting"
        status, body = await scene.trader.send("DELETE", "/order", {"orderID": standing["orderID"]})
        assert (status, body) == (425, {"error": "the matching engine is restarting"})
        seen = []

        async def is_over():
            status, body = await scene.trader.post(*resting(scene))
            if not seen or seen[-1] != (status, body.get("code")):
                seen.append((status, body.get("code")))
            return status == 200

        await eventually(is_over, why="orders are taken again")
        assert seen == [(425, None), (503, "post_only_mode"), (200, None)]
        assert (await health(scene))["mode"] == "active"
        assert await hits(scene, "restarting") >= 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("trading_disabled", "trading is disabled"),
        ("cancel_only", "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."),
    ],
)
async def test_without_trading_orders_are_refused_and_cancels_are_taken(name, words):
    async with a_scene() as scene:
        standing = await scene.trader.placed(*resting(scene))
        await cause(scene, name, seconds=60)
        assert await scene.trader.post(*resting(scene)) == (503, {"error": words})
        _, body = await scene.trader.send("DELETE", "/order", {"orderID": standing["orderID"]})
        assert body["canceled"] == [standing["orderID"]]
        assert await hits(scene, name) == 1


async def test_one_request_too_many_is_told_in_either_voice():
    async with a_scene() as scene:
        await cause(scene, "too_many_requests", retry_after=7)
        await cause(scene, "too_many_requests", body="plain")
        status, body, headers = await get(scene, "/clob/time")
        assert (status, orjson.loads(body), headers["Retry-After"]) == (429, {"error": "Too Many Requests"}, "7")
        status, body, headers = await get(scene, "/clob/time")
        assert (status, body, "Retry-After" in headers) == (429, b"Too Many Requests", False)
        assert (await get(scene, "/clob/time"))[0] == 200


async def test_a_key_can_be_refused_and_the_gateway_can_deny_access():
    async with a_scene() as scene:
        await cause(scene, "unauthorized", key=scene.trader.key)
        await cause(scene, "cloudflare", path="/time")
        assert (await get(scene, "/clob/ok"))[0] == 200
        assert await scene.trader.post(*resting(scene)) == (401, {"error": "Unauthorized/Invalid api key"})
        status, page, headers = await get(scene, "/clob/time")
        assert (status, headers["Content-Type"].partition(";")[0], headers["Server"]) == (
            403,
            "text/html",
            "cloudflare",
        )
        assert b"error code: 1010" in page
        assert scene.trader.open_ids() == []


async def test_from_a_blocked_country_nothing_can_be_ordered_and_everything_cancelled():
    async with a_scene() as scene:
        standing = await scene.trader.placed(*resting(scene))
        await cause(scene, "geoblock", blocked=True, country="FR", region="IDF")
        told = orjson.loads((await get(scene, "/geoblock"))[1])
        assert told == {"blocked": True, "ip": "127.0.0.1", "country": "FR", "region": "IDF"}
        with pytest.raises(orjson.JSONDecodeError):
            await scene.trader.post(*resting(scene))
        _, body = await scene.trader.send("DELETE", "/order", {"orderID": standing["orderID"]})
        assert body["canceled"] == [standing["orderID"]]

        await cause(scene, "geoblock", blocked=False, country="IE")
        await scene.trader.placed(*resting(scene))
        assert await hits(scene, "geoblock") == 1


async def test_the_official_client_reads_what_goes_wrong_as_what_it_is():
    async with wall_clock_scene() as scene:
        updates, creds = [], scene.trader.creds
        client = await AsyncSecureClient.create(
            private_key=scene.trader.private_key, wallet=scene.trader.official.get_address(),
            environment=environment(scene.server), on_rate_limit_update=updates.append,
            credentials=ApiKeyCreds(key=creds.api_key, secret=creds.api_secret, passphrase=creds.api_passphrase),
        )  # fmt: skip
        async with client:
            asks = {await scene.best_ask(token): token for token in scene.tokens}
            order = {"token_id": asks[max(asks)], "price": "0.02", "size": "10", "side": "BUY"}
            assert (await client.place_limit_order(**order)).ok
            assert (updates[-1].tier, updates[-1].remaining, updates[-1].warning) == ("Standard", 59, False)
            await cause(scene, "restarting", seconds=60, retry_after=False)
            with pytest.raises(RequestRejectedError) as restarting:
                await client.place_limit_order(**order)
            assert (restarting.value.restriction, restarting.value.retry_after) == ("restarting", None)
            await cause(scene, "cloudflare")
            with pytest.raises(RequestRejectedError, match="blocked by Cloudflare with status 403"):
                await client.cancel_all()
            await cause(scene, "too_many_requests", retry_after=2.5)
            await cause(scene, "cancel_only", seconds=0.001)
            with pytest.raises(RateLimitError) as limited:
                await client.place_limit_order(**order)
            assert limited.value.retry_after == 2.5


async def test_calls_above_the_gateways_limit_are_refused_unless_limits_are_off():
    async with a_scene() as scene:
        statuses = [(await get(scene, "/clob/ok"))[0] for _ in range(101)]
        assert statuses == [200] * 100 + [429]
        assert (await get(scene, "/clob/time"))[0] == 200
        assert (await health(scene))["counts"]["requests_refused"] == 1
    async with a_scene(limits_rates=False) as scene:
        assert {(await get(scene, "/clob/ok"))[0] for _ in range(101)} == {200}


@pytest.mark.parametrize("enforced", [True, False])
async def test_a_signer_without_tokens_is_refused_or_only_warned(enforced):
    async with a_scene(enforces_signer_limits=enforced) as scene:
        nothing = [{"order": {}}] * 15
        statuses = [(await scene.trader.send("POST", "/orders", nothing))[0] for _ in range(12)]
        counts = (await health(scene))["counts"]
        assert (429 in statuses) is enforced
        assert (counts.get("signers_refused", 0) > 0, counts.get("signers_warned", 0) > 0) == (enforced, not enforced)


async def test_all_that_can_go_wrong_is_listed_with_what_it_takes():
    async with a_scene() as scene:
        await cause(scene, "drop_answer", count=2)
        told = {each["name"]: each for each in orjson.loads((await get(scene, "/sim/faults"))[1])}
        assert (told["drop_answer"]["armed"], told["drop_answer"]["left"], told["drop_answer"]["hit"]) == (1, 2, 0)
        assert {"path", "method", "address", "key", "count", "after"} == set(told["drop_answer"]["fields"])


async def test_a_tick_changes_and_a_burst_crosses_on_demand():
    async with a_scene() as scene:
        slug = (await cause(scene, "tick_change", tick="0.001"))["slug"]
        event = orjson.loads((await get(scene, f"/gamma/events?slug={slug}"))[1])[0]
        described = orjson.loads((await get(scene, f"/clob/clob-markets/{event['markets'][0]['conditionId']}"))[1])
        assert described["mts"] == 0.001
        assert (await cause(scene, "crossing_burst", slug=slug))["slug"] == slug
        async with scene.http.post("/sim/faults", json={"name": "tick_change", "slug": "nope"}) as response:
            assert (response.status, await response.json()) == (400, {"error": "no market is or will be called 'nope'"})


async def test_a_scenario_is_played_and_what_cannot_be_caused_is_told():
    async with a_scene() as scene:
        said = []
        steps = (
            Step(0.0, {"name": "unauthorized", "path": "/time"}),
            Step(0.1, {"name": "missing_fee", "slug": "nope"}),
            Step(0.2, {"name": "cloudflare", "path": "/time"}),
        )
        await play(scene.server.stage, steps, said.append)
        assert [(await get(scene, "/clob/time"))[0] for _ in range(3)] == [403, 401, 200]
        assert said == ["at 0.1 s: no market is or will be called 'nope'"]
        counts = (await health(scene))["counts"]
        assert (counts["scenario_faults"], counts["scenario_faults_refused"]) == (2, 1)


def test_a_scenario_file_is_named_where_it_is_refused(tmp_path):
    path = tmp_path / "faults.jsonl"
    path.write_text('{"at_s": 0}')
    with pytest.raises(ValueError, match=r"faults\.jsonl, line 1: name must be one of"):
        load(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="expected UTF-8"):
        load(path)


async def test_a_scenario_can_be_asked_for_on_the_command_line(tmp_path):
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text('# at once\n{"at_s": 0, "name": "cloudflare"}\n')
    bad.write_text('\n{"at_s": 0, "name": "earthquake"}\n')

    refused = await started("--scenario", str(bad))
    _, words = await refused.communicate()
    assert refused.returncode == 2
    assert b"bad.jsonl, line 2: name must be one of" in words
    process = await started("--scenario", str(good), "--keep-log", "--deposit", "5")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            port = orjson.loads(await process.stdout.readline())["port"]
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:

            async def is_caused():
                async with http.get("/sim/health") as response:
                    return (await response.json())["faults"].get("cloudflare")

            assert await eventually(is_caused, why="the scenario has begun") == 1
            async with http.get("/sim/log") as response:
                assert response.status == 200
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0


async def started(*arguments):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
