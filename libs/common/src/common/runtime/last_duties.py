"""What a service still does when it ends: each duty has its time, and none keeps the next from its turn."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any

import structlog

CANCEL_AGAIN_S = 0.5

log = structlog.get_logger()


async def within(limit_s: float, work: Coroutine[None, None, None]) -> None:
    """Give a last duty so much time; whatever becomes of it, the next one has its turn."""
    try:
        async with asyncio.timeout(limit_s):
            await work
    except Exception as error:  # noqa: BLE001 - the process ends, and what can be done on the way is done
        log.warning("not_finished", error=f"{type(error).__name__}: {error}")


async def ended(limit_s: float, tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Cancel tasks and wait for them, for so long at most.

    A task that goes on is cancelled again: a library may take a cancellation that comes just as it finishes for its
    own, and then nothing of it reaches the task.
    """
    loop = asyncio.get_running_loop()
    pending, until = {task for task in tasks if not task.done()}, loop.time() + limit_s
    while pending and loop.time() < until:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=min(CANCEL_AGAIN_S, limit_s))
    if pending:
        log.warning("tasks_not_ended", tasks=sorted(task.get_name() for task in pending), limit_s=limit_s)
    await asyncio.gather(*(task for task in tasks if task.done()), return_exceptions=True)
