"""Waiting for something to become true, never for a time to pass."""

import asyncio
import time


async def eventually(condition, *, within_s=10.0, every_s=0.02, why="the condition"):
    """Wait until `condition()` (plain or async) is truthy; answer what it gave.

    `why` is said where it does not become so; one that can be called is asked only then.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{why() if callable(why) else why}: not within {within_s} s")
        await asyncio.sleep(every_s)
