"""What the loop does while it may not act, or while the bus cannot keep what it would say."""

import asyncio

import pytest

from builders import NOON, a_book, after, an_approval
from common.bus.memory import MemoryBroker
from common.clock import VirtualClock
from common.contracts.control import HaltRequested
from common.contracts.executor import ExecutorLeaseAcquired
from common.contracts.runtime import BusLost, LeaseAcquired, LeaseLost
from common.runtime.inbox import Inbox, Input
from common.runtime.loop import Loop
from common.telemetry.traces import OFF
from support.waiting import eventually
from unit.common.test_runtime import Desk, Loud, Way


class Leased(Desk):
    """A desk that announces its lease."""

    def decide(self, event, now):
        if isinstance(event, LeaseAcquired):
            return ExecutorLeaseAcquired(event_id=f"l{event.token}", holder=event.holder, token=event.token, at=now)
        return super().decide(event, now)


class Standing:
    """A loop in its task, with a lease and a bus that the test gives and takes."""

    def __init__(self, failures=0):
        self.log, self.broker, self.clock = [], MemoryBroker(), VirtualClock(NOON)
        self.held, self.inbox = True, Inbox("executor", 100)
        self.bus = Loud(self.broker, self.log, failures)
        self.core = Leased(self.log)
        self.loop = Loop(
            name="executor", core=self.core, bus=self.bus, clock=self.clock, inbox=self.inbox,
            tracer=OFF, gateway=Way(self.log), may_act=lambda: self.held,
        )  # fmt: skip
        self.task = asyncio.create_task(self.loop.run())

    @property
    def done(self):
        return [line for line in self.log if line.startswith(("carry out", "publish"))]

    async def stands_still(self, why):
        await eventually(lambda: self.loop.waits_for == why)


@pytest.fixture
async def standing():
    standing = Standing()
    yield standing
    standing.task.cancel()


LEASE = LeaseAcquired(holder="a", token=7, at=NOON)


async def test_without_the_lease_nothing_is_carried_out_and_it_is_decided_anew_with_it(standing):
    standing.held = False
    standing.inbox.put(an_approval())
    await standing.stands_still("lease")

    assert standing.done == []
    standing.clock.advance_to(after(9))
    standing.held = True
    await eventually(lambda: standing.core.submitted)

    assert standing.done == ["carry out order_submitted", "publish order_submitted"]
    [kept] = standing.broker.streams["JOURNAL"]
    assert kept.event.at == after(9), "what was decided before is forgotten"


async def test_a_new_lease_is_announced_before_what_had_to_wait_for_it(standing):
    standing.held = False
    standing.inbox.put(an_approval())
    await standing.stands_still("lease")

    standing.inbox.put(HaltRequested(reason="stop", at=NOON))
    standing.inbox.put(LEASE)
    standing.held = True
    await eventually(lambda: standing.core.submitted)

    assert [line for line in standing.done if "publish" in line] == [
        "publish executor_lease_acquired", "publish order_submitted",
    ]  # fmt: skip


async def test_what_is_urgent_is_observed_while_the_loop_stands_still_and_nothing_else_is(standing):
    standing.held = False
    standing.inbox.put(an_approval())
    standing.inbox.put(a_book())
    await standing.stands_still("lease")

    for event in (LeaseLost(at=NOON), BusLost(at=NOON), HaltRequested(reason="stop", at=NOON)):
        standing.inbox.put(event)
    await eventually(lambda: "observe halt_requested" in standing.log)

    observed = [line for line in standing.log if line.startswith("observe")]
    assert observed == ["observe lease_lost", "observe bus_lost", "observe halt_requested"]


async def test_while_the_bus_is_known_to_be_away_nothing_is_begun_that_it_must_keep(standing):
    standing.broker.available = False
    standing.inbox.put(an_approval())
    await standing.stands_still("bus")

    assert standing.done == []
    standing.broker.available = True
    await eventually(lambda: standing.core.submitted)
    assert standing.done == ["carry out order_submitted", "publish order_submitted"]


async def test_what_was_carried_out_before_the_lease_ended_is_published_only_when_it_is_held_again():
    standing = Standing(failures=1)
    standing.inbox.put(an_approval())
    await eventually(lambda: standing.loop.waits_for == "bus")
    standing.held = False

    await standing.stands_still("lease")
    assert standing.done == ["carry out order_submitted"]
    standing.held = True
    await eventually(lambda: standing.core.submitted)

    assert standing.done == ["carry out order_submitted", "publish order_submitted"]
    standing.task.cancel()


async def test_an_input_is_not_acknowledged_by_a_replica_that_has_lost_its_lease(standing):
    acknowledged = []

    async def acknowledge():
        acknowledged.append(True)

    standing.held = False
    standing.inbox.put_input(Input(a_book(), acknowledge=acknowledge))
    await eventually(lambda: "observe book_updated" in standing.log)
    standing.held = True
    standing.inbox.put_input(Input(a_book(), acknowledge=acknowledge))
    await eventually(lambda: standing.log.count("observe book_updated") == 2)

    await eventually(lambda: acknowledged)
    assert acknowledged == [True]


async def test_what_is_put_back_comes_first_again_unless_something_newer_took_its_place():
    inbox = Inbox("x", 100)
    inbox.put_latest("up", a_book(received_at=after(1)))
    inbox.put(an_approval())
    old = await inbox.get()

    inbox.put_back(old)
    assert (await inbox.get()).event == a_book(received_at=after(1))
    inbox.put_latest("up", a_book(received_at=after(2)))
    inbox.put_back(old)

    assert [(await inbox.get()).event for _ in range(len(inbox))] == [an_approval(), a_book(received_at=after(2))]
