"""An order is written while its approval is being stored: nothing follows from that alone, and what follows is the same."""

import asyncio

import pytest

from common.clock import SECOND, Instant
from executor.core import OrderState
from integration.live_executor import a_live_executor


def told(live):
    """Say what of an order is known anywhere."""
    return live.types().count("order_submitted"), live.desk.orders.approved_count, live.scene.trader.open_ids()


async def test_what_was_foretold_and_never_stored_leaves_no_trace():
    async with a_live_executor() as live:
        before = told(live)
        live.gateway.get_ready(live.approval("0.02", 100))
        await asyncio.sleep(0.3)
        assert told(live) == before

        assert await live.becomes(live.approve("0.02", 50), OrderState.LIVE)
        [placed] = live.scene.trader.open_ids()
        assert placed == live.events("order_submitted")[0].venue_order_id


async def test_a_foretold_order_leaves_once_it_is_approved_and_once_only():
    async with a_live_executor() as live:
        approval = live.approval("0.02", 100)
        live.gateway.get_ready(approval)
        live.gateway.get_ready(approval)
        live.inbox.put(approval)

        await live.becomes(approval.order_id, OrderState.LIVE)
        live.gateway.get_ready(approval)  # told once more of what has long left
        live.inbox.put(approval)
        await asyncio.sleep(0.3)
        assert live.types().count("order_submitted") == 1
        assert live.scene.trader.open_ids() == [live.events("order_submitted")[0].venue_order_id]


async def test_what_comes_between_the_foretelling_and_the_approval_counts():
    async with a_live_executor() as live:
        approval = live.approval("0.02", 100)
        live.gateway.get_ready(approval)
        live.halt()
        live.inbox.put(approval)

        assert await live.becomes(approval.order_id, OrderState.REFUSED)
        assert live.scene.trader.open_ids() == []


async def test_another_order_is_foretold_while_one_is_carried_out():
    async with a_live_executor() as live:
        first, second = live.approval("0.02", 100), live.approval("0.03", 50)
        live.gateway.get_ready(first)
        live.inbox.put(first)
        live.gateway.get_ready(second)
        live.inbox.put(second)

        for approval in (first, second):
            await live.becomes(approval.order_id, OrderState.LIVE)
        assert len(live.scene.trader.open_ids()) == 2


async def test_an_order_that_no_request_can_say_is_rejected_and_the_next_one_leaves():
    async with a_live_executor() as live:
        approval = live.approval("0.02", 100, order_type="GTD", expires_at=Instant(10**12 * SECOND))
        live.inbox.put(approval)

        assert await live.becomes(approval.order_id, OrderState.REJECTED)
        [rejected] = live.events("order_rejected")
        assert (rejected.code, rejected.detail[:28]) == ("unwritable", "expiration: expected one for")
        assert await live.becomes(live.approve("0.02", 100), OrderState.LIVE)


@pytest.mark.parametrize("changes", [{"token_id": "7"}, {"valid_until": 0}], ids=["no such order", "too late"])
async def test_what_the_desk_would_refuse_is_not_signed_ahead_and_disturbs_nothing(changes):
    async with a_live_executor() as live:
        approval = live.approval("0.02", 100, **changes)
        live.gateway.get_ready(approval)
        live.inbox.put(approval)
        assert await live.becomes(approval.order_id, OrderState.REFUSED)
        assert await live.becomes(live.approve("0.02", 100), OrderState.LIVE)
