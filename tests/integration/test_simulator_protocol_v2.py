"""Markets of the protocol's second version over real requests and sockets, and the venue service that lists them."""

import httpx
import pytest

from common.clock import SystemClock
from common.contracts.venue import BookUpdated, MarketUpdated
from common.settings import load
from integration.outside_world import Shell, simulator_process
from simulator.__main__ import main
from support.waiting import eventually
from venue.service import assemble
from venue.settings import Settings

WALL = SystemClock()
HALF = ("--version-two", "0.5")


async def listing(outside):
    async with httpx.AsyncClient(base_url=outside.http) as client:
        events = (await client.get("/gamma/events", params={"limit": 100})).json()
    return [event["markets"][0] for event in events if event["markets"][0]["acceptingOrders"]]


async def test_the_exchange_answers_for_the_long_condition_and_names_the_version_in_its_books():
    async with simulator_process(*HALF) as outside, httpx.AsyncClient(base_url=f"{outside.http}/clob") as client:
        market = next(m for m in await listing(outside) if m["version"] == "v2")
        condition, token = market["conditionId"], market["positionIds"][0]
        short = await client.get(f"/clob-markets/{condition}")
        described = (await client.get(f"/clob-markets/{condition}00")).json()
        book = (await client.get("/book", params={"token_id": token})).json()

    assert (short.status_code, described["v"], described["t"][0]["t"]) == (404, "v2", token)
    assert (book["market"], book["version"]) == (condition + "00", "v2")


async def test_the_venue_service_lists_both_versions_as_tradable_and_follows_their_books():
    async with simulator_process(*HALF) as outside:
        shell = Shell(assemble(load(Settings, outside.venue()), WALL), WALL)
        async with shell.live():
            await shell.ready()
            listed = [o for o in shell.outcomes if isinstance(o, MarketUpdated) and o.change == "listed"]
            second = {m.market_id for m in listed if m.protocol_version == "v2"}
            await eventually(
                lambda: any(isinstance(o, BookUpdated) and o.market_id in second for o in shell.outcomes),
                why="a book of the second version", within_s=60,
            )  # fmt: skip

    assert {m.protocol_version for m in listed} == {"v1", "v2"}
    assert not [m.untradable_reason for m in listed if m.untradable_reason]
    assert all(len(m.market_id) == 66 for m in listed)


@pytest.mark.parametrize("arguments", [("--version-two", "1.5"), ("--version-two", "1", "--world", "recording")])
def test_a_share_that_makes_no_sense_is_refused_at_the_start(arguments):
    assert main(list(arguments)) == 2
