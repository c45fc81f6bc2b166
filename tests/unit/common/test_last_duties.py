"""What a service still does when it ends has its time, and a task that did not hear that it ends is told again."""

import asyncio
import time

from structlog.testing import capture_logs

from common.runtime.last_duties import ended


async def _deaf(times):
    """Take so many cancellations for something else."""
    for _ in range(times):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()


async def test_a_task_that_missed_a_cancellation_is_cancelled_again():
    tasks = [asyncio.create_task(_deaf(times)) for times in (0, 1, 2)]
    await asyncio.sleep(0)

    await ended(5, tasks)

    assert all(task.cancelled() for task in tasks)


async def test_a_task_that_never_ends_is_named_and_keeps_nobody_waiting():
    task = asyncio.create_task(_deaf(3), name="projection")
    await asyncio.sleep(0)
    began = time.monotonic()

    with capture_logs() as said:
        await ended(0.2, [task])

    assert time.monotonic() - began < 2
    assert [(each["event"], each["tasks"]) for each in said] == [("tasks_not_ended", ["projection"])]
    await ended(5, [task])
    assert task.done()


async def test_a_task_that_failed_meanwhile_is_no_trouble():
    async def fail():
        raise OSError("gone")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)

    await ended(1, [task])

    assert isinstance(task.exception(), OSError)
