"""A live executor that goes through what may come, with a wallet's key at hand: nothing of it is ever an order."""

import asyncio

import pytest

from common.clock import SECOND
from common.contracts.executor import OrderSubmitted
from executor.core.imagined import NAME
from support.live_world import CLOCK, a_live_world
from support.waiting import eventually

pytestmark = pytest.mark.timeout(120)
REHEARSED_S = 1.0


async def test_what_is_rehearsed_is_neither_written_down_nor_posted_and_a_real_order_leaves_once():
    async with a_live_world() as world:
        await world.list_market(starts_at=CLOCK.now() - SECOND)
        executor = await world.start(REHEARSE_SHARE="0.5")
        core = executor.assembly.core
        await eventually(lambda: core.approval(NAME), within_s=10, why="the desk was asked about one that is made up")
        assert isinstance(core.desk.decide(core.desk.imagine(CLOCK.now()), CLOCK.now()), OrderSubmitted)

        await asyncio.sleep(REHEARSED_S)
        assert [event for event in await world.journal() if NAME in event.to_json().decode()] == []
        assert not world.placements()

        await world.approve("real")
        await world.end("real")
        await eventually(lambda: core.approval(NAME), within_s=10, why="it is asked again")
        assert list(world.placements().values()) == [1]
        assert "order_filled" in await world.types("real")
        await world.check()
