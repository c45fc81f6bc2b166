"""CoinGecko's public prices over HTTP."""

import httpx
import pytest

from simulator.exchange.settings import ExchangeSettings
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings

PATH = "/coingecko/api/v3/simple/price"
BITCOIN = {"ids": "bitcoin", "vs_currencies": "usd"}


async def answers(count=1, limits_rates=True, **query):
    settings = ExchangeSettings(limits_rates=limits_rates)
    async with running(SeededWorld(WorldSettings()), exchange=settings) as server, httpx.AsyncClient() as client:
        return [await client.get(server.http + PATH, params=query or BITCOIN) for _ in range(count)]


async def test_coins_are_quoted_and_unknown_ones_left_out():
    [answer] = await answers(ids="bitcoin,ethereum,nonsense", vs_currencies="usd", include_last_updated_at="true")
    found = answer.json()

    assert answer.status_code == 200
    assert list(found) == ["bitcoin", "ethereum"]
    assert all(set(quoted) == {"usd", "last_updated_at"} and quoted["usd"] > 0 for quoted in found.values())


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"vs_currencies": "usd"}, 422, "Missing parameter ids"),
        ({"ids": "bitcoin"}, 422, "Missing parameter vs_currencies"),
        (BITCOIN | {"precision": "many"}, 400, "Invalid precision"),
    ],
)
async def test_a_call_that_makes_no_sense_is_refused(query, status, words):
    [answer] = await answers(**query)

    assert (answer.status_code, answer.json()) == (status, {"error": words})


async def test_more_than_thirty_calls_a_minute_are_refused_with_and_without_a_time_to_come_back():
    statuses = await answers(34)
    refused = statuses[30:]

    assert [answer.status_code for answer in statuses] == [200] * 30 + [429] * 4
    assert all(answer.json()["status"]["error_code"] == 429 for answer in refused)
    assert ["Retry-After" in answer.headers for answer in refused] == [True, False, True, False]
    assert 0 < int(refused[0].headers["Retry-After"]) <= 61


async def test_an_exchange_without_limits_has_none_here_either():
    assert {answer.status_code for answer in await answers(40, limits_rates=False)} == {200}
