"""The live gateway's alarms against the simulated exchange: nothing is left open, nothing more leaves, nobody is hurt."""

import asyncio
from decimal import Decimal

import pytest

from common.clock import later
from common.contracts.runtime import LeaseAcquired, LeaseLost, StopRequested
from executor.adapters.exchange import ExchangeLimits
from executor.core import OrderState
from integration.live_executor import a_live_executor, put_together, the_market
from support.waiting import eventually

CONNECTIONS = ExchangeLimits().connections_max
POSTING = {"path": "/order", "method": "POST"}
UNANSWERED = {"name": "late_answer", "seconds": 1.0}
ALARMS = pytest.mark.parametrize("alarm", [LeaseLost, StopRequested])


def ring(live, alarm):
    """Ring as the runtime does, ahead of the desk; answer the event that the desk hears of later."""
    event = alarm(at=live.clock.now())
    live.gateway.alarm(event, live.clock.now())
    return event


def ever_placed(live):
    """Count the orders that the exchange has ever taken from us."""
    return sum(1 for event in live.events("order_submitted") if live.standing(event.order_id) is not None)


def is_open(live):
    return live.scene.trader.open_ids() != []


async def nothing_more_leaves(live):
    """Approve one more; answer who stopped it: the desk has refused it, or the gateway, ahead of the desk, rejected it."""
    before = ever_placed(live)
    stopped_by = await live.becomes(live.approve("0.02", 50), OrderState.REFUSED, OrderState.REJECTED)
    assert (ever_placed(live), live.scene.trader.open_ids()) == (before, [])
    return stopped_by


@ALARMS
async def test_an_alarm_has_what_rests_cancelled_before_the_desk_has_heard_of_it(alarm):
    async with a_live_executor() as live:
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)

        event = ring(live, alarm)
        await eventually(lambda: not is_open(live), within_s=1.0, why="it is cancelled at once")
        assert await nothing_more_leaves(live) is OrderState.REJECTED
        live.inbox.put(event)
        assert await live.settles(order_id) is OrderState.CANCELLED
        assert await nothing_more_leaves(live) is OrderState.REFUSED
        assert live.events("order_refused")[0].rule == "lease_is_held"


@ALARMS
async def test_an_order_that_is_on_its_way_when_an_alarm_rings_does_not_stay(alarm):
    async with a_live_executor(order_s_max=3.0, poll_ms=60_000) as live:
        live.scene.arm(**UNANSWERED, **POSTING)
        live.scene.arm("missing_user_events")
        order_id = live.approve("0.02", 100)
        await eventually(lambda: live.standing(order_id), why="it has arrived, and nobody here knows")
        assert live.state(order_id) is OrderState.SUBMITTED

        live.inbox.put(ring(live, alarm))
        await eventually(lambda: not is_open(live), within_s=1.0, why="it is cancelled at once")
        assert await live.settles(order_id) is OrderState.CANCELLED
        assert (ever_placed(live), live.scene.trader.open_ids()) == (1, [])


@ALARMS
@pytest.mark.parametrize("has_heard", [False, True], ids=["ahead of the desk", "once the desk has heard"])
async def test_an_order_that_waits_for_a_connection_when_an_alarm_rings_does_not_leave_any_more(alarm, has_heard):
    async with a_live_executor(order_s_max=3.0) as live:
        live.scene.arm(**UNANSWERED, count=CONNECTIONS, **POSTING)
        for _ in range(CONNECTIONS):
            live.approve("0.02", 50)
        await eventually(lambda: ever_placed(live) == CONNECTIONS, why="every connection waits for its answer")
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.SUBMITTED)

        event = ring(live, alarm)
        if has_heard:
            live.inbox.put(event)
        assert await live.settles(order_id) is OrderState.REJECTED
        assert [each.code for each in live.events("order_rejected")] == ["held_back"]
        assert (live.standing(order_id), live.scene.trader.open_ids()) == (None, [])


async def test_an_order_whose_key_was_fetched_anew_for_longer_than_its_approval_is_valid_does_not_leave_any_more():
    async with a_live_executor() as live:
        live.scene.arm("unauthorized", **POSTING)
        live.scene.arm("late_answer", seconds=0.8, path="/auth/derive-api-key", method="GET")
        order_id = live.approve("0.02", 100, valid_until=later(live.clock.now(), ms=400))

        assert await live.settles(order_id) is OrderState.REJECTED
        rejected = live.events("order_rejected")[0]
        assert (rejected.code, live.standing(order_id)) == ("held_back", None)
        assert "late by" in rejected.detail


async def test_of_an_order_that_the_venue_holds_when_an_alarm_rings_nothing_stays_open():
    async with a_live_executor(dials={"taker_delay_ms": 600}) as live:
        order_id = live.approve(await live.ask() + Decimal("0.05"), 5, order_type="FAK")
        await live.becomes(order_id, OrderState.DELAYED)

        live.inbox.put(ring(live, LeaseLost))
        await live.settles(order_id)
        assert live.scene.trader.open_ids() == []
        assert live.booked() == live.held()


async def test_a_lease_that_was_regained_lets_orders_leave_again():
    async with a_live_executor() as live:
        live.inbox.put(ring(live, LeaseLost))
        await eventually(lambda: live.desk.fence.lease, why="the desk has heard")
        live.inbox.put(LeaseAcquired(holder="me", token=2, at=live.clock.now()))
        await live.well()

        await live.becomes(live.approve("0.02", 50), OrderState.LIVE)


@pytest.mark.parametrize("is_alone", [True, False])
async def test_only_who_is_surely_alone_cancels_what_others_placed_under_the_same_key(is_alone):
    async with a_live_executor() as live:
        live.gateway.canceller.watch_lease(lambda: is_alone)
        mine = live.approve("0.02", 100)
        await live.becomes(mine, OrderState.LIVE)
        successors = (await live.scene.trader.placed(live.scene.tokens[0], 0.02, 100))["orderID"]

        live.inbox.put(ring(live, LeaseLost))
        assert await live.settles(mine) is OrderState.CANCELLED
        await eventually(lambda: not live.gateway.canceller.is_busy, why="everything asked for was answered")
        assert live.scene.trader.open_ids() == ([] if is_alone else [successors])


async def test_a_replica_that_stands_by_leaves_alone_what_is_open_at_the_venue():
    async with a_live_executor() as live:
        await live.becomes(live.approve("0.02", 100), OrderState.LIVE)
        standby = put_together(live.scene)

        await standby.gateway.react(the_market(standby), standby.clock.now())
        await standby.gateway.canceller.finished()
        await standby.gateway.close()
        assert len(live.scene.trader.open_ids()) == 1


@pytest.mark.parametrize("turns", range(4))
async def test_what_looks_at_the_venue_ends_when_told_to_though_it_is_told_to_look_in_the_same_moment(turns):
    async with a_live_executor(poll_ms=60_000) as live:
        for part in (live.gateway.poller, live.gateway.accountant):
            task = asyncio.create_task(part.run())
            await asyncio.sleep(0.3)
            part.look_now()
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=2)

            assert task.cancelled(), f"{part}: expected it to end, found it running"
