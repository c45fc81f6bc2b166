"""What a service still does when it ends: each duty has its time, and none keeps the next from its turn."""

import asyncio
from collections.abc import Coroutine

import structlog

log = structlog.get_logger()


async def within(limit_s: float, work: Coroutine[None, None, None]) -> None:
    """Give a last duty so much time; whatever becomes of it, the next one has its turn."""
    try:
        async with asyncio.timeout(limit_s):
            await work
    except Exception as error:  # noqa: BLE001 - the process ends, and what can be done on the way is done
        log.warning("not_finished", error=f"{type(error).__name__}: {error}")
