"""Carries the journal into a projection: first what it missed, then what comes, in batches, nothing twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from common.bus.api import Bus, Message
from common.contracts.subjects import JOURNAL
from common.runtime.assembly import Projector, Recorded
from common.runtime.core import Core
from common.telemetry.traces import Tracer

BATCH_MAX = 500
WAITING_MAX = 5000
RETRY_WAIT_S = 0.25
RETRY_WAIT_S_MAX = 5.0

Item = tuple[Message, Callable[[], Awaitable[None]] | None]

T = TypeVar("T")
log = structlog.get_logger()


async def project(bus: Bus, durable: str, projector: Projector, core: Core, tracer: Tracer) -> None:
    """Run until cancelled. The projection's own last sequence decides what is new, not the consumer's."""
    await _catch_up(bus, projector, core)
    waiting: asyncio.Queue[Item] = asyncio.Queue(WAITING_MAX)

    def take(message: Message, acknowledge: Callable[[], Awaitable[None]]) -> None:
        if not waiting.full():  # an input that is not taken is not acknowledged, and comes again
            waiting.put_nowait((message, acknowledge))

    await bus.consume(durable, take)
    while True:
        batch = [await waiting.get()]
        while len(batch) < BATCH_MAX and not waiting.empty():
            batch.append(waiting.get_nowait())
        with tracer.handling([(message.event, message.headers) for message, _ in batch]):
            await _store(projector, [message for message, _ in batch], core)
        for _, acknowledge in batch:
            if acknowledge is not None:
                await _acknowledge(acknowledge)


async def _catch_up(bus: Bus, projector: Projector, core: Core) -> None:
    start = await _persist(projector.stored_up_to) + 1
    batch: list[Message] = []
    async for message in bus.replay(JOURNAL.name, start=start):
        batch.append(message)
        if len(batch) >= BATCH_MAX:
            await _store(projector, batch, core)
            batch = []
    if batch:
        await _store(projector, batch, core)


async def _store(projector: Projector, messages: list[Message], core: Core) -> None:
    ordered = sorted(messages, key=lambda m: m.sequence)
    batch = [Recorded(m.sequence, m.subject, m.event, m.stored_at) for m in ordered]
    await _persist(lambda: projector.store(batch))
    for recorded in batch:
        core.observe(recorded.event)


async def _persist(action: Callable[[], Awaitable[T]]) -> T:
    wait = RETRY_WAIT_S
    while True:
        try:
            return await action()
        except Exception as error:  # noqa: BLE001 - a projection waits for its store, whatever ails it
            log.warning("projection_waits", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(wait)
            wait = min(wait * 2, RETRY_WAIT_S_MAX)


async def _acknowledge(acknowledge: Callable[[], Awaitable[None]]) -> None:
    try:
        await acknowledge()
    except Exception as error:  # noqa: BLE001 - it comes again and is recognised by its sequence
        log.debug("acknowledgement_lost", error=f"{type(error).__name__}: {error}")
