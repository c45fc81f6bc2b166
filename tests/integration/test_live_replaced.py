"""A live executor that is stopped for longer than its lease: its successor's orders at the venue are not its to end."""

import asyncio
import signal

from support.live_world import a_live_world
from support.waiting import eventually


async def test_a_replica_that_wakes_after_it_was_replaced_leaves_its_successors_orders_alone():
    async with a_live_world() as world:
        first = world.spawn("a")
        await world.alive()
        await world.resting("first")
        await eventually(lambda: world.is_open("first"), why="the first rests")
        second = world.spawn("b")
        await world.standing_by(second)
        assert world.is_open("first"), "a replica that only stands by has touched nothing"

        first.send_signal(signal.SIGSTOP)
        await world.alive()
        await eventually(lambda: not world.is_open("first"), why="whoever takes over begins with nothing open")
        await world.resting("second")
        await eventually(lambda: world.is_open("second"), why="the successor's rests")

        first.send_signal(signal.SIGCONT)
        assert await asyncio.to_thread(first.wait, 20) == 1
        await world.resting("third")
        await eventually(lambda: world.is_open("third"), why="the successor goes on")
        assert world.is_open("second")
