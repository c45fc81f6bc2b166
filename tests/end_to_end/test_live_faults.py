"""The executor on a simulated exchange that misbehaves in every way of its table: alone, and in combinations.

After each: no approval has two orders at the venue, what was told of fills is what was traded, every order is over or is
unknown with its money reserved, and risk's cash is the venue's. `make torment` draws more combinations.
"""

import asyncio
import os
import socket

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from common.clock import SECOND
from common.contracts.control import ResumeRequested
from end_to_end.live_scenarios import SCENARIOS, fault, is_complete
from simulator.matching.values import OrderStatus
from support.live_world import CLOCK, a_live_world
from support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

COMBINATIONS = int(os.environ.get("LIVE_COMBINATIONS", "5"))
"""How many combinations of faults are drawn: always the same ones first."""
TRADES_AGAIN_WITHIN_S = 25.0


def test_every_fault_of_the_table_has_a_scenario():
    assert is_complete()


@pytest.mark.parametrize("scenario", list(SCENARIOS))
async def test_one_fault_loses_no_order_and_doubles_none(scenario):
    async with a_live_world() as world:
        await check_survival(world, [scenario])


@pytest.mark.timeout(36 * COMBINATIONS)
@settings(
    max_examples=COMBINATIONS, derandomize=True, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(st.lists(st.sampled_from(sorted(SCENARIOS)), min_size=2, max_size=4, unique=True))
def test_faults_together_lose_no_order_and_double_none(scenarios):
    async def together():
        async with a_live_world() as world:
            await check_survival(world, scenarios)

    asyncio.run(together())


async def check_survival(world, scenarios):
    """Have an order rest, another one taken, and all of them cancelled, while something is wrong; then trade again."""
    await world.start()
    await world.resting("rest")
    await eventually(lambda: world.has("rest", "order_accepted"), why="an order rests")

    for scenario in scenarios:
        await world.arm(**fault(scenario, world.slug))
    await world.approve("first")
    await eventually(lambda: world.told("first"), why="the first order is heard of")
    halt(world)

    if "geoblock" in scenarios:
        await world.arm("geoblock", blocked=False)
    await world.end("rest", "first", within_s=40)
    await world.check()
    assert not world.open_at_venue()
    await trade_again(world)
    await world.check()


async def trade_again(world):
    """Resume, and approve until an order finds something: whatever was wrong is over."""
    operator = await world.nats.bus("operator")
    tries = []

    async def is_filled():
        if any([await world.has(name, "order_filled") for name in tries]):
            return True
        await operator.publish(ResumeRequested(reason="it is over", at=CLOCK.now()))
        tries.append(f"again-{len(tries)}")
        await world.approve(tries[-1])
        await eventually(lambda: world.told(tries[-1]), why=f"{tries[-1]} is heard of")
        return False

    try:
        await eventually(is_filled, within_s=TRADES_AGAIN_WITHIN_S, every_s=0.5, why="it trades again")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{await world.story()}") from None
    finally:
        await operator.close()
    await world.end(*tries)


async def test_within_a_second_of_a_halt_every_open_order_is_cancelled_and_none_leaves_any_more():
    async with a_live_world() as world:
        await world.start()
        for number in range(5):
            await world.resting(f"rest-{number}")
        await eventually(lambda: len(world.open_at_venue()) == 5, why="five orders rest")
        approving = asyncio.create_task(approve_on_and_on(world))
        await eventually(lambda: len(world.venue_orders()) > 7, why="others leave meanwhile")

        halted_at = world.floor.now_ns()
        await asyncio.to_thread(halt, world)
        await eventually(lambda: not world.open_at_venue(), within_s=1, why="nothing is open at the venue")
        stopped_at = world.floor.now_ns()
        await eventually(lambda: world.floor.now_ns() - halted_at > 2 * SECOND, why="two seconds more of approvals")
        approving.cancel()
        await asyncio.gather(approving, return_exceptions=True)

        last = max(record.placed_ns for record in world.venue_orders().values())
        assert last - halted_at < SECOND, (
            f"the last order was placed {(last - halted_at) / SECOND:.3f} s after the halt"
        )
        assert stopped_at - halted_at < SECOND
        rested = [world.at_venue(f"rest-{number}").status for number in range(5)]
        assert rested == [OrderStatus.CANCELED] * 5
        await world.end()
        await world.check()


async def approve_on_and_on(world):
    """Be a risk that has not heard of the halt."""
    number = 0
    while True:
        await world.approve(f"on-{number}")
        number += 1
        await asyncio.sleep(0.05)


def halt(world):
    """Say the plain line on a plain connection."""
    with socket.create_connection(("127.0.0.1", world.nats.port), timeout=5) as connection:
        file = connection.makefile("rwb")
        file.readline()
        file.write(b'CONNECT {"verbose":false}\r\nPUB control.halt 0\r\n\r\nPING\r\n')
        file.flush()
        assert b"PONG" in file.readline()
