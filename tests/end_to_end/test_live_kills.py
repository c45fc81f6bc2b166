"""Executors that trade live and are killed at every step of an order's way, alone and with a replica that stands by.

No order is lost, none is doubled, each is over or is unknown with its money reserved, and what is held is what the
venue says. `make torment` draws more moments.
"""

import asyncio
import os
import signal
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from end_to_end.live_scenarios import HINDER_A_START, SCENARIOS, fault
from end_to_end.test_live_faults import halt, trade_again
from simulator.matching.values import TradeStatus
from support.live_world import a_live_world, kill
from support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SCHEDULES = int(os.environ.get("LIVE_KILLS", "6"))
"""How many schedules of kills are drawn: always the same ones first."""
TAKES_OVER_WITHIN_S = 5.0
ANSWERED_WITHIN_S = 0.3


class Step(NamedTuple):
    """An order, what is wrong meanwhile, and what is killed so soon after its approval."""

    scenario: str | None
    rests: bool
    wait_s: float
    killed: str | None


STEPS = st.builds(
    Step, st.none() | st.sampled_from(sorted(SCENARIOS)), st.booleans(), st.floats(0.0005, 0.4),
    st.sampled_from(("executor", "bus", None)),
)  # fmt: skip


async def before_it_leaves(world):
    await world.approve("killed")


async def between_the_post_and_its_answer(world):
    await world.arm("late_answer", path="/order", method="POST", seconds=5)
    await world.approve("killed")
    await eventually(lambda: world.at_venue("killed"), every_s=0.001, why="the venue has it")


async def when_the_answer_is_cut(world):
    await world.arm("drop_answer", path="/order", method="POST")
    await world.approve("killed")
    await eventually(lambda: world.at_venue("killed"), every_s=0.001, why="the venue has it")


async def after_the_answer_and_before_the_record_of_it(world):
    """The bus stands still as soon as the venue has the order: what it answers cannot be written down."""
    bus = world.nats._process
    await world.approve("killed")
    await eventually(lambda: world.at_venue("killed"), every_s=0.001, why="the venue has it")
    bus.send_signal(signal.SIGSTOP)
    await asyncio.sleep(ANSWERED_WITHIN_S)


async def while_it_rests(world):
    await world.resting("killed")
    await eventually(lambda: world.has("killed", "order_accepted"), why="it rests")


async def while_nobody_knows_what_became_of_it(world):
    await world.arm("order_timed_out", placed=True)
    await world.arm("silence", channel="user", seconds=3)
    await world.arm("drop_answer", path="/data", method="GET", count=6)
    await world.approve("killed")
    await eventually(lambda: world.has("killed", "order_unknown"), every_s=0.005, why="it is unknown")


async def before_its_fill_is_final(world):
    await world.approve("killed")
    await eventually(lambda: world.has("killed", "fill_matched"), every_s=0.005, why="it has a fill")


async def while_the_venue_holds_it(world):
    await world.approve("killed")
    await eventually(
        lambda: world.has("killed", "order_accepted"), every_s=0.005, why="the venue says that it holds it"
    )


async def between_a_cancel_and_its_answer(world):
    """It was told to end, its cancel has reached the venue, and nobody has told it so yet."""
    await world.resting("killed")
    await eventually(lambda: world.has("killed", "order_accepted"), why="it rests")
    await world.arm("late_answer", method="DELETE", seconds=5)
    world.running()[0].send_signal(signal.SIGTERM)
    await eventually(lambda: not world.open_at_venue(), every_s=0.001, why="the venue has cancelled it")


MOMENTS = (
    before_it_leaves, between_the_post_and_its_answer, when_the_answer_is_cut,
    after_the_answer_and_before_the_record_of_it, while_it_rests, while_nobody_knows_what_became_of_it,
    before_its_fill_is_final,
)  # fmt: skip
OF_AN_EXECUTOR = (*MOMENTS, while_the_venue_holds_it, between_a_cancel_and_its_answer)
"""With what dies in them only when an executor does."""
HELD = {"taker_delay_ms": 600, "delay_is_told": True}


@pytest.mark.parametrize("stands_by", [False, True], ids=["alone", "with a replica"])
@pytest.mark.parametrize("moment", OF_AN_EXECUTOR, ids=lambda moment: moment.__name__)
async def test_an_order_survives_the_death_of_its_executor(moment, stands_by):
    held = HELD if moment is while_the_venue_holds_it else {}
    async with a_live_world(mined_after_ms=800, confirmed_after_ms=1600, **held) as world:
        first = world.spawn("a")
        await world.alive()
        if stands_by:
            await world.standing_by(world.spawn("b"))
        await moment(world)
        kill(first)
        world.nats._process.send_signal(signal.SIGCONT)
        if not stands_by:
            world.spawn("a")
        await world.alive(within_s=30)
        await check_all_is_over(world)


async def test_a_replica_takes_over_within_five_seconds():
    async with a_live_world() as world:
        first = world.spawn("a")
        await world.alive()
        await world.standing_by(world.spawn("b"))
        kill(first)
        await eventually(lambda: lease_is(world, 2), within_s=TAKES_OVER_WITHIN_S, why="the replica has the lease")
        await check_all_is_over(world)


@pytest.mark.parametrize("scenario", HINDER_A_START)
async def test_an_executor_killed_under_what_hinders_its_start_is_started_until_it_trades(scenario):
    async with a_live_world() as world:
        first = world.spawn("a")
        await world.alive()
        await world.resting("rest")
        await eventually(lambda: world.has("rest", "order_accepted"), why="it rests")
        await world.arm(**fault(scenario, world.slug))
        await world.approve("taken")
        await eventually(lambda: world.at_venue("taken") or world.told("taken"), every_s=0.001, why="it was tried")
        kill(first)
        await started_again(world, scenario)
        await check_all_is_over(world)


@pytest.mark.timeout(60 * (SCHEDULES + 1))
@settings(
    max_examples=SCHEDULES, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@example([Step("order_timed_out but placed", True, 0.05, "bus"), Step("missing_user_events", False, 0.02, "bus")], True)
@given(st.lists(STEPS, min_size=2, max_size=4), st.booleans())
def test_kills_and_faults_at_any_moment_lose_no_order_and_double_none(steps, stands_by):
    asyncio.run(check_survival(steps, stands_by=stands_by))


async def check_survival(steps, *, stands_by):
    """Approve an order a step, with something wrong or not, and have an executor or the bus killed shortly after."""
    async with a_live_world(mined_after_ms=300, confirmed_after_ms=600) as world:
        world.spawn("a")
        await world.alive()
        if stands_by:
            await world.standing_by(world.spawn("b"))
        for number, step in enumerate(steps):
            if step.scenario is not None:
                await world.arm(**fault(step.scenario, world.slug))
            await (world.resting if step.rests else world.approve)(f"order-{number}")
            await asyncio.sleep(step.wait_s)
            if step.killed == "executor":
                kill(world.running()[0])
                await started_again(world, step.scenario)
            elif step.killed == "bus":
                await lose_the_bus(world)
        await check_all_is_over(world)


async def started_again(world, scenario):
    """Start an executor as whoever watches over it would, again and again; what shuts it out for good is lifted."""
    process = world.spawn("next")
    if scenario == "geoblock":
        await eventually(lambda: process.poll() is not None, within_s=20, why="its start is refused")
        await world.arm("geoblock", blocked=False)
    await world.alive(within_s=40)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
async def test_an_order_survives_the_death_of_the_bus(moment):
    async with a_live_world(mined_after_ms=800, confirmed_after_ms=1600) as world:
        world.spawn("a")
        await world.alive()
        await moment(world)
        await lose_the_bus(world)
        await check_all_is_over(world)


@pytest.mark.parametrize("stands_by", [False, True], ids=["alone", "with a replica"])
async def test_the_bus_is_killed_while_orders_are_open_and_nothing_is_lost_or_doubled(stands_by):
    async with a_live_world() as world:
        world.spawn("a")
        await world.alive()
        if stands_by:
            await world.standing_by(world.spawn("b"))
        await world.resting("rest")
        await eventually(lambda: world.has("rest", "order_accepted"), why="it rests")
        await world.approve("taken")
        await eventually(lambda: world.at_venue("taken"), every_s=0.001, why="the venue has it")
        await lose_the_bus(world)
        await check_all_is_over(world)


async def test_an_executor_that_is_told_to_end_has_what_rests_cancelled_first():
    async with a_live_world() as world:
        process = world.spawn("a")
        await world.alive()
        await world.resting("rest")
        await eventually(lambda: world.has("rest", "order_accepted"), why="it rests")
        process.send_signal(signal.SIGTERM)
        ended = await asyncio.to_thread(process.wait, 20)

        assert (ended, world.open_at_venue()) == (0, [])
        assert await world.has("rest", "order_cancelled")
        world.spawn("b")
        await world.alive(within_s=30)
        await check_all_is_over(world)


async def lose_the_bus(world):
    """Kill it, see that nothing stays open without it, and have it back."""
    world.nats._process.kill()
    await eventually(lambda: not world.open_at_venue(), within_s=15, why="the orders are cancelled without a bus")
    world.nats.stop()
    world.nats.start()
    await world.nats.bootstrap()
    buses = (world.risk, world.venue, world.console)
    await eventually(lambda: all(bus.connected for bus in buses), within_s=20, why="the bus is back")
    await world.list_market()
    await world.alive(within_s=30)


async def check_all_is_over(world):
    """Have all that is open cancelled, and hold every book against every other; then trade on."""
    halt(world)
    await world.end(within_s=40)
    await eventually(lambda: all_final(world), why="every trade is final at the venue")
    await world.check()
    assert not world.open_at_venue()
    await trade_again(world)
    await world.check()


def all_final(world):
    trades = world.floor.engine.trades_of_account(world.funder)
    return all(trade.status in {TradeStatus.CONFIRMED, TradeStatus.FAILED} for trade in trades)


async def lease_is(world, token):
    return any(event.type == "executor_lease_acquired" and event.token >= token for event in await world.journal())
