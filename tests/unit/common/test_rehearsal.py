"""What is gone through while nothing waits: asked of the core, and of nobody else."""

import asyncio
import contextlib
import time
from decimal import Decimal

import pytest

from builders import NOON, a_book, a_price, an_approval
from common.bus.memory import MemoryBroker, MemoryBus
from common.clock import Instant, VirtualClock
from common.contracts.control import HaltRequested
from common.contracts.runtime import Tick
from common.runtime.assembly import Assembly
from common.runtime.inbox import Inbox
from common.runtime.loop import Loop
from common.runtime.rehearsal import EVERY_S_MIN, QUIET, REST_S, Rehearsal, rehearsals
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
        self.inbox, self.ready_for = Inbox("risk", 100), []
        self.loop = Loop(
            name="risk", core=self.core, bus=MemoryBus(self.broker), clock=self.clock, inbox=self.inbox, tracer=OFF,
            get_ready=self.ready_for.append,
        )  # fmt: skip
        self.rehearsal = Rehearsal(self.core, imagine, self.loop, self.clock)

    def has_gone(self, nanoseconds):
        self.clock.advance_to(Instant(self.clock.now() + nanoseconds))

    async def tell(self, event):
        self.inbox.put(event)
        await eventually(lambda: event in self.core.told and self.inbox.is_awaited, why="it is dealt with")

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.loop.run())
        try:
            await eventually(lambda: self.inbox.is_awaited, why="the loop waits for an input")
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def imagined(now):
    return a_price(source_at=now, received_at=now)


def an_assembly(imagine, share):
    settings = ServiceSettings(_env_file=None, rehearse_share=share)
    return Assembly(name="risk", core=Desk(), settings=settings, imagine=imagine)


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
        service.has_gone(QUIET)
        await service.tell(a_price())
        asked = len(service.core.asked)
        service.has_gone(QUIET - 1)
        service.rehearsal.turn(0.1)
        assert len(service.core.asked) == asked

        service.has_gone(1)
        await service.tell(a_book())
        asked = len(service.core.asked)
        service.rehearsal.turn(0.1)
        assert len(service.core.asked) == asked + 1, "from a book nothing followed"
    assert service.core.told == [a_price(), an_approval(), a_book()]


async def test_nothing_is_rehearsed_for_a_while_after_anything_was_foretold():
    service = Service(imagined)
    async with service.running():
        service.has_gone(QUIET)
        service.loop.get_ready(an_approval())
        assert service.ready_for == [an_approval()]
        service.has_gone(QUIET - 1)
        service.rehearsal.turn(0.1)
        assert service.core.asked == []
        service.has_gone(1)
        service.rehearsal.turn(0.1)
        assert len(service.core.asked) == 1


async def test_what_has_come_goes_before_what_is_foretold():
    service = Service(imagined)
    service.has_gone(QUIET)
    service.inbox.put(HaltRequested(reason="enough", at=NOON))
    service.loop.get_ready(an_approval())
    assert service.ready_for == []
    async with service.running():
        await eventually(lambda: service.core.told, why="it is dealt with")
        service.rehearsal.turn(0.1)
        assert len(service.core.asked) == 1, "nothing is rehearsed before what was foretold"


async def test_nothing_is_rehearsed_while_an_input_waits_or_nobody_reads():
    service = Service(imagined)
    service.has_gone(QUIET)
    service.rehearsal.turn(0.1)
    async with service.running():
        service.inbox.put(a_book())
        service.rehearsal.turn(0.1)
        assert service.core.asked == []
        await eventually(lambda: service.core.told, why="it is dealt with")
    assert [event for event, _ in service.core.asked] == [a_book()]


async def test_what_fails_in_a_rehearsal_fails_nobody_else():
    def failing(_now):
        raise ValueError("cannot imagine")

    service = Service(failing)
    service.has_gone(QUIET)
    async with service.running():
        assert service.rehearsal.turn(0.1) == REST_S
        await service.tell(a_book())
    assert service.core.told == [a_book()]


@pytest.mark.parametrize(("share", "rest_s_min"), [(0.5, 0.004), (0.01, 0.2), (0.00001, REST_S)])
async def test_the_longer_it_takes_and_the_less_its_share_the_longer_it_rests(share, rest_s_min):
    def slowly(now):
        until = time.perf_counter() + 0.002
        while time.perf_counter() < until:
            pass
        return imagined(now)

    service = Service(slowly)
    service.has_gone(QUIET)
    async with service.running():
        assert rest_s_min <= service.rehearsal.turn(share) <= REST_S


async def test_however_little_it_takes_it_rests_for_a_while():
    service = Service(lambda _now: None)
    assert EVERY_S_MIN <= service.rehearsal.turn(0.5) <= REST_S


async def test_only_a_service_with_something_to_rehearse_and_a_share_for_it_rehearses():
    service = Service(imagined)
    assert rehearsals(an_assembly(None, 0.1), service.loop, service.clock) == []
    assert rehearsals(an_assembly(imagined, 0), service.loop, service.clock) == []
    [task] = rehearsals(an_assembly(imagined, 0.1), service.loop, service.clock)
    assert task.get_name() == "rehearsal"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
