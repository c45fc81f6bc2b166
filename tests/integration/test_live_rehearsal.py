"""A live executor that goes through what may come, with a wallet's key at hand: nothing of it is ever an order."""

import pytest

from common.clock import SECOND
from common.contracts.executor import OrderSubmitted
from executor.core.imagined import NAME
from integration.live_executor import a_live_executor
from support.live_world import CLOCK, a_live_world
from support.waiting import eventually

pytestmark = pytest.mark.timeout(120)
TIMES = 20


async def rehearsed(executor):
    """Wait until the desk was asked often enough about orders that would leave if they were real."""
    asked, desk = len(executor.imagined), executor.assembly.core.desk

    def often():
        made_up = [approval for approval in executor.imagined[asked:] if approval is not None]
        would_leave = made_up and isinstance(desk.decide(made_up[-1], made_up[-1].approved_at), OrderSubmitted)
        return would_leave and len(made_up) >= TIMES

    await eventually(often, within_s=20, why=f"it is rehearsed {TIMES} times")


async def test_what_is_rehearsed_is_neither_written_down_nor_posted_and_a_real_order_leaves_once():
    async with a_live_world() as world:
        await world.list_market(starts_at=CLOCK.now() - SECOND)
        executor = await world.start(REHEARSE_SHARE="0.5")
        await rehearsed(executor)
        assert not world.placements()

        await world.approve("real")
        await world.end("real")
        await rehearsed(executor)
        assert [event.order_id for event in executor.foretold] == ["real"]
        assert list(world.placements().values()) == [1]
        assert "order_filled" in await world.types("real")
        assert [event for event in await world.journal() if NAME in event.to_json().decode()] == []
        desk = executor.assembly.core.desk
        assert (desk.orders.get(NAME), desk.orders.approved_count, desk.orders.sent_count) == (None, 1, 1)
        await world.check()


async def test_should_what_is_made_up_ever_reach_the_gateway_it_can_be_neither_carried_out_nor_signed():
    async with a_live_executor() as live:
        now = live.clock.now()
        made_up = live.approval("0.02", 100, order_id=NAME)
        outcome = live.gateway._desk.decide(made_up, now)
        assert isinstance(outcome, OrderSubmitted), "the desk alone would let it leave"
        with pytest.raises(AssertionError, match="expected its approval, found none"):
            await live.gateway.carry_out(outcome, now)
        with pytest.raises(ValueError, match="expected one that risk gave, found 'imagined'"):
            live.gateway.get_ready(made_up)
        assert live.scene.trader.open_ids() == []
        assert live.types() == []
