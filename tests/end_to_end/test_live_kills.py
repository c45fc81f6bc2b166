"""Executors that trade live and are killed at every step of an order's way, alone and with a replica that stands by.

No order is lost, none is doubled, each is over or is unknown with its money reserved, and what is held is what the
venue says. `make torment` draws more moments.
"""

import asyncio
import os
import random
import signal

import pytest

from end_to_end.live_scenarios import HINDER_A_START, SCENARIOS, fault
from end_to_end.test_live_faults import halt, trade_again
from simulator.matching.values import TradeStatus
from support.live_world import a_live_world, kill
from support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SEEDS = int(os.environ.get("LIVE_KILLS", "2"))
"""How many schedules of kills are drawn: always the same ones first."""
ORDERS_A_SCHEDULE = 4
MET_WHILE_KILLED = sorted(SCENARIOS.keys() - HINDER_A_START)
TAKES_OVER_WITHIN_S = 5.0
ANSWERED_WITHIN_S = 0.3


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


@pytest.mark.parametrize("stands_by", [False, True], ids=["alone", "with a replica"])
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_kills_and_faults_at_any_moment_lose_no_order_and_double_none(seed, stands_by):
    """Play it again with `LIVE_KILLS=<seed + 1> pytest -k "any_moment and <seed>"`."""
    chance = random.Random(seed)
    async with a_live_world(mined_after_ms=300, confirmed_after_ms=600) as world:
        running = [world.spawn("a")]
        await world.alive()
        if stands_by:
            running.append(world.spawn("b"))
            await world.standing_by(running[-1])
        for number in range(ORDERS_A_SCHEDULE):
            if chance.random() < 0.6:
                await world.arm(**fault(chance.choice(MET_WHILE_KILLED), world.slug))
            approve = chance.choice((world.approve, world.resting))
            await approve(f"order-{number}")
            await asyncio.sleep(chance.choice((0.002, 0.02, 0.05, 0.1, 0.4)) * chance.random())
            if chance.random() < 0.5:
                kill(running.pop(0))
                running.append(world.spawn(f"r{number}"))
                await world.alive(within_s=30)
        await check_all_is_over(world)


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
    await eventually(lambda: world.risk.connected and world.console.connected, within_s=20, why="the bus is back")
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
