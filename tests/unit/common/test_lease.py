"""A lease in a world where every clock and every answer is the test's."""

import asyncio
import json

import pytest

from builders import NOON
from common.bus.memory import MemoryBroker, MemoryBus
from common.clock import VirtualClock
from common.errors import BusError, LeaseError
from common.runtime.lease import Lease, holder_name
from support.waiting import eventually

LEASE_MS = 3000


class Watch:
    """A stopwatch that moves only when told to."""

    def __init__(self):
        self.s = 1000.0

    def __call__(self):
        return self.s


class Deaf(MemoryBus):
    """A bus whose answers get lost on the way back: what was asked was done."""

    deaf = False

    async def write_lease(self, service, value, *, after, timeout_s):
        written = await super().write_lease(service, value, after=after, timeout_s=timeout_s)
        if self.deaf:
            raise BusError("write the lease: expected an answer, found none")
        return written


class World:
    def __init__(self):
        self.broker, self.watch = MemoryBroker(), Watch()

    def replica(self, name):
        bus = Deaf(self.broker)
        lease = Lease(bus, VirtualClock(NOON), service="risk", holder=name, lease_ms=LEASE_MS, elapsed=self.watch)
        lease.bus = bus
        return lease

    @property
    def value(self):
        return json.loads(self.broker.leases["risk"].value)


@pytest.fixture
def world():
    return World()


async def test_the_first_to_ask_has_it_and_the_second_stands_by(world):
    first, second = world.replica("a"), world.replica("b")

    assert await first.acquire()
    assert not await second.acquire()
    assert (first.is_held, second.is_held) == (True, False)
    assert world.value["holder"] == "a"


async def test_a_holder_that_renews_keeps_it_for_ever(world):
    first, second = world.replica("a"), world.replica("b")
    await first.acquire()

    for _ in range(50):
        world.watch.s += 1
        await first.renew()
        assert not await second.acquire()

    assert first.is_held
    assert world.value == {"holder": "a", "token": first.token, "renewed_at": NOON}


async def test_the_holder_stops_before_anybody_else_may_begin(world):
    first, second = world.replica("a"), world.replica("b")
    await first.acquire()
    await second.look()

    world.watch.s += 2.39
    assert first.is_held
    world.watch.s += 0.02
    assert not first.is_held
    assert not await second.acquire()
    world.watch.s += 0.6
    assert await second.acquire()


async def test_nobody_else_can_have_begun_until_its_whole_length_is_over_and_a_standby_is_never_alone(world):
    first, second = world.replica("a"), world.replica("b")
    before = first.is_exclusive
    await first.acquire()
    await second.look()

    world.watch.s += 2.9
    assert (before, first.is_held, first.is_exclusive, second.is_exclusive) == (False, False, True, False)
    world.watch.s += 0.2
    assert await second.acquire()
    assert (first.is_exclusive, second.is_exclusive) == (False, True)


async def test_who_let_go_or_was_replaced_is_not_alone_any_more(world):
    first, second = world.replica("a"), world.replica("b")
    await first.acquire()
    await first.release()
    assert await second.acquire()
    alone = (first.is_exclusive, second.is_exclusive)
    world.watch.s += 1
    world.broker.leases.pop("risk")
    with pytest.raises(LeaseError):
        await second.renew()

    assert (*alone, second.is_exclusive) == (False, True, False)


async def test_a_lease_is_counted_from_before_its_renewal_was_sent(world):
    lease = world.replica("a")
    await lease.acquire()
    slow = MemoryBus.write_lease

    async def late(self, service, value, *, after, timeout_s):
        world.watch.s += 2.5
        return await slow(self, service, value, after=after, timeout_s=timeout_s)

    lease.bus.write_lease = late.__get__(lease.bus)
    world.watch.s += 1
    await lease.renew()

    assert not lease.is_held


async def test_whoever_waits_counts_from_when_it_first_saw_a_renewal_not_from_what_it_says(world):
    first, second = world.replica("a"), world.replica("b")
    await first.acquire()
    world.watch.s += 100

    assert not await second.acquire()
    world.watch.s += 2.9
    assert not await second.acquire()
    world.watch.s += 0.2
    assert await second.acquire()


async def test_of_two_that_take_it_at_the_same_moment_one_is_refused(world):
    dead, one, two = world.replica("a"), world.replica("b"), world.replica("c")
    await dead.acquire()
    await one.look()
    await two.look()
    world.watch.s += 4

    taken = await asyncio.gather(one.acquire(), two.acquire())

    assert sorted(taken) == [False, True]
    assert one.is_held is not two.is_held


async def test_tokens_only_grow_over_renewals_takeovers_and_releases(world):
    tokens = []
    for name in "abcd":
        lease = world.replica(name)
        assert await lease.acquire()
        await lease.renew()
        tokens.append(lease.token)
        await lease.release()

    assert tokens == sorted(set(tokens))


async def test_a_lease_that_was_let_go_of_is_taken_at_once(world):
    first, second = world.replica("a"), world.replica("b")
    await first.acquire()
    await second.look()

    await first.release()

    assert not first.is_held
    assert await second.acquire()


async def test_a_lease_that_ended_is_not_let_go_of_for_it_may_be_anothers(world):
    first, second = world.replica("a"), world.replica("b")
    await first.acquire()
    await second.look()
    world.watch.s += 4
    await second.acquire()

    await first.release()

    assert world.value["holder"] == "b"
    assert second.is_held


async def test_what_an_operator_wrote_by_hand_is_nobodys_to_take_before_its_time(world):
    world.broker.leases["risk"] = (await _written(world, b"hello")).leases["risk"]
    lease = world.replica("a")

    assert not await lease.acquire()
    world.watch.s += 3
    assert await lease.acquire()


async def test_a_renewal_whose_answer_was_lost_is_recognised_as_ones_own(world):
    lease = world.replica("a")
    await lease.acquire()
    lease.bus.deaf = True
    world.watch.s += 1
    with pytest.raises(BusError):
        await lease.renew()
    lease.bus.deaf = False

    await lease.renew()  # finds its own write in the way
    await lease.renew()

    assert lease.is_held
    assert world.broker.leases["risk"].sequence == 3


async def test_a_holder_that_finds_another_in_its_place_stops_at_once(world):
    first, second = world.replica("a"), world.replica("b")
    await first.acquire()
    await second.look()
    world.watch.s += 4
    await second.acquire()

    with pytest.raises(LeaseError, match="lease of risk: expected a, found b"):
        await first.renew()

    assert not first.is_held


class Keeping:
    """A lease that is kept by its task, and what the task told."""

    def __init__(self, world):
        self.world, self.told = world, []
        self.lease = world.replica("a")

    async def start(self):
        await self.lease.acquire()
        self.task = asyncio.create_task(
            self.lease.keep(lambda: self.told.append("lost"), lambda: self.told.append("regained"))
        )
        return self


async def test_a_holder_that_cannot_renew_says_so_and_regains_a_lease_that_nobody_else_had(world):
    keeping = await Keeping(world).start()
    token = keeping.lease.token
    world.broker.available = False
    world.watch.s += 2.5

    await eventually(lambda: keeping.told == ["lost"])
    assert not keeping.lease.is_held
    world.broker.available = True
    await eventually(lambda: keeping.told == ["lost", "regained"])

    assert keeping.lease.is_held
    assert keeping.lease.token > token
    keeping.task.cancel()


async def test_a_holder_that_was_replaced_meanwhile_says_so_and_ends(world):
    keeping, second = await Keeping(world).start(), world.replica("b")
    await second.look()
    world.broker.available = False
    world.watch.s += 4
    await eventually(lambda: keeping.told)
    world.broker.available = True
    await second.acquire()

    with pytest.raises(LeaseError):
        await asyncio.wait_for(keeping.task, 5)

    assert keeping.told == ["lost"]
    assert second.is_held


def test_no_two_processes_bear_the_same_name():
    assert holder_name("risk-0") != holder_name("risk-0")
    assert holder_name("risk-0").startswith("risk-0-")
    assert holder_name("").isascii()


async def _written(world, value):
    await MemoryBus(world.broker).write_lease("risk", value, after=0, timeout_s=1)
    return world.broker
