"""What is gone through while nothing waits: asked of the core, and of nobody else."""

import asyncio
import contextlib
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from builders import NOON, a_book, a_price, an_approval
from common.bus.memory import MemoryBroker, MemoryBus
from common.clock import MILLISECOND, Instant, VirtualClock
from common.contracts.runtime import Tick
from common.runtime.assembly import Assembly
from common.runtime.inbox import Inbox
from common.runtime.loop import Loop
from common.runtime.rehearsal import QUIET, Rehearsal
from common.settings import ServiceSettings
from common.telemetry.traces import OFF
from support.waiting import eventually


class Desk:
    """A small core that approves of every price, and writes down what it is asked and told."""

    def __init__(self):
        self.asked, self.told = [], []

    def observe(self, event):
        self.told.append(event)

    def decide(self, event, now):
        self.asked.append((event, now))
        return an_approval() if event.type == "price_updated" else None


class Service:
    """A core with a loop on the bus in memory, and its rehearsal."""

    def __init__(self, imagine):
        self.core, self.broker, self.clock = Desk(), MemoryBroker(), VirtualClock(NOON)
        self.inbox = Inbox("risk", 100)
        self.loop = Loop(
            name="risk", core=self.core, bus=MemoryBus(self.broker), clock=self.clock, inbox=self.inbox, tracer=OFF
        )
        settings = ServiceSettings(_env_file=None)
        assembly = Assembly(name="risk", core=self.core, settings=settings, imagine=imagine)
        self.rehearsal = Rehearsal(assembly, self.loop, self.clock)

    @contextlib.asynccontextmanager
    async def running(self, share=0.5):
        tasks = [asyncio.create_task(self.loop.run()), asyncio.create_task(self.rehearsal.run(share))]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def imagined(now):
    return a_price(source_at=now, received_at=now)


def test_what_is_imagined_is_decided_as_it_would_be_read_and_nobody_hears_of_it():
    price = a_price(price=Decimal("65000.10"))
    service = Service(lambda _now: price)
    assert service.rehearsal.once() == an_approval()
    assert service.core.asked == [(price, NOON)]
    assert service.core.asked[0][0] is not price, "it was written and read, as on the bus"
    assert service.core.told == []
    assert not any(service.broker.streams.values())


def test_what_never_travels_is_decided_as_it_is():
    tick = Tick(at=NOON)
    service = Service(lambda _now: tick)
    assert service.rehearsal.once() is None
    assert service.core.asked[0][0] is tick


def test_where_nothing_can_be_imagined_nothing_is_asked():
    service = Service(lambda _now: None)
    assert service.rehearsal.once() is None
    assert service.core.asked == []


async def test_nothing_is_rehearsed_for_a_while_after_anything_was_decided():
    service = Service(imagined)
    async with service.running():
        await asyncio.sleep(0.05)
        assert service.core.asked == []
        service.clock.advance_to(Instant(NOON + QUIET))
        await eventually(lambda: len(service.core.asked) > 2, within_s=5, why="it was quiet for long enough")

        service.inbox.put(a_book())
        await eventually(lambda: service.core.told, within_s=5, why="what is real is dealt with")
        asked = len(service.core.asked)
        await eventually(lambda: len(service.core.asked) > asked + 1, within_s=5, why="nothing followed from it")

        service.inbox.put(a_price())
        await eventually(lambda: an_approval() in service.core.told, within_s=5, why="this one is approved of")
        asked = len(service.core.asked)
        await asyncio.sleep(0.05)
        assert len(service.core.asked) == asked
    assert service.core.told == [a_book(), a_price(), an_approval()]


async def test_an_input_that_waits_is_no_time_to_rehearse():
    service = Service(imagined)
    service.clock.advance_to(Instant(NOON + 10 * QUIET))
    assert not service.loop.is_idle(QUIET), "nobody reads yet"
    async with service.running():
        await eventually(lambda: service.loop.is_idle(QUIET), within_s=5, why="the reader waits")
        service.inbox.put(a_book())
        assert not service.loop.is_idle(QUIET)
        await eventually(lambda: service.core.told, within_s=5, why="it is dealt with")
    assert service.loop.turned_at == NOON + 10 * QUIET


async def test_what_fails_in_a_rehearsal_is_told_and_fails_nobody_else():
    def failing(_now):
        raise ValueError("cannot imagine")

    service = Service(failing)
    service.clock.advance_to(Instant(NOON + QUIET))
    with capture_logs() as logged:
        async with service.running():
            await eventually(lambda: logged, within_s=5, why="the failure is told")
            service.inbox.put(a_book())
            await eventually(lambda: service.core.told, within_s=5, why="the loop goes on")
            await asyncio.sleep(0.05)
    assert [(entry["event"], entry["error"]) for entry in logged] == [("not_rehearsed", "ValueError: cannot imagine")]


@pytest.mark.parametrize(("share", "asked_max"), [(0.5, 60), (0.01, 8)])
async def test_it_takes_no_more_than_its_share(share, asked_max):
    def slowly(now):
        until = asyncio.get_running_loop().time() + 2 * MILLISECOND / 1e9
        while asyncio.get_running_loop().time() < until:
            pass
        return imagined(now)

    service = Service(slowly)
    service.clock.advance_to(Instant(NOON + QUIET))
    async with service.running(share):
        await eventually(lambda: service.core.asked, within_s=5, why="it is rehearsed")
        await asyncio.sleep(0.2)
    assert 1 <= len(service.core.asked) <= asked_max
