"""The console's board, fed by a real server."""

import asyncio

from builders import a_fill
from common.clock import SystemClock
from console.view.board import Board
from console.view.feed import Feed


async def test_two_who_catch_up_at_once_tell_of_each_fact_once(server):
    executor, console = await server.bus("executor"), await server.bus("console")
    board, news = Board(), []
    feed = Feed(console, board, SystemClock(), lambda event, _now: news.append(event.fill_id))
    try:
        await feed.prime()
        for number in range(20):
            await executor.publish(a_fill(fill_id=f"fill{number}", event_id=f"f{number}"))
        await asyncio.gather(feed.catch_up(), feed.catch_up(), feed.catch_up())
    finally:
        await console.close()
        await executor.close()
    assert news == [f"fill{number}" for number in range(20)]
    assert board.run_tally.fills == 20
