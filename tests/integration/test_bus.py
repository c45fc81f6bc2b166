"""One suite over both buses: the real one on a real server, and the one in memory."""

import asyncio
import time
from decimal import Decimal

import pytest

from builders import a_book, a_fill, a_market, a_price, after, an_approval, an_opportunity
from common.bus.api import Kept
from common.bus.memory import MemoryBroker, MemoryBus
from common.contracts.control import HaltRequested
from common.errors import BusError
from support.containers import NatsContainer
from support.nats_server import NatsServer
from support.waiting import eventually


class Real:
    """Buses of a real server, each party with its own rights."""

    def __init__(self):
        self.server = NatsServer()

    async def start(self):
        self.server.start()
        await self.server.bootstrap()

    async def bus(self, user):
        return await self.server.bus(user)

    async def stop(self):
        self.server.remove()


class Contained(Real):
    """The same in a container, of the image that is deployed."""

    def __init__(self):
        self.server = NatsContainer()


class Memory:
    """Buses of one broker in memory."""

    def __init__(self):
        self.broker = MemoryBroker()

    async def start(self):
        """Nothing to start."""

    async def bus(self, _user):
        return MemoryBus(self.broker)

    async def stop(self):
        """Nothing to stop."""


CONTAINED = pytest.param(Contained, id="container", marks=pytest.mark.containers)


@pytest.fixture(params=[pytest.param(Real, id="nats"), pytest.param(Memory, id="memory"), CONTAINED])
async def world(request):
    world = request.param()
    await world.start()
    yield world
    await world.stop()


async def test_a_lease_is_written_only_by_whoever_names_its_last_sequence(world):
    risk = await world.bus("risk")
    assert await risk.read_lease("risk") is None

    first = await risk.write_lease("risk", b"one", after=0, timeout_s=1)
    assert await risk.write_lease("risk", b"too late", after=0, timeout_s=1) is None
    second = await risk.write_lease("risk", b"two", after=first, timeout_s=1)
    assert await risk.write_lease("risk", b"too late", after=first, timeout_s=1) is None

    assert second > first
    assert await risk.read_lease("risk") == Kept(b"two", second)
    await risk.close()


async def test_a_price_is_heard_by_its_subscriber(world):
    oracle, scanner = await world.bus("oracle"), await world.bus("scanner")
    heard = []
    await scanner.subscribe("oracle.price.*", heard.append)

    await oracle.publish(a_price(price=Decimal("65000.25")))

    await eventually(lambda: heard)
    assert heard[0].event == a_price(price=Decimal("65000.25"))
    assert heard[0].subject == "oracle.price.BTC"
    await oracle.close()
    await scanner.close()


async def test_a_decision_is_kept_in_order_and_a_second_publication_is_dropped(world):
    risk = await world.bus("risk")
    for decision in (an_approval(), an_approval(event_id="d2"), an_approval()):
        await risk.publish(decision)

    kept = [m async for m in risk.replay("JOURNAL")]

    assert [(m.sequence, m.event.event_id) for m in kept] == [(1, "d1"), (2, "d2")]
    assert await risk.last_sequence("JOURNAL") == 2
    await risk.close()


async def test_a_durable_consumer_gets_what_was_said_before_it_came_and_again_until_it_acknowledges(world):
    risk = await world.bus("risk")
    await risk.publish(an_approval())
    first, second = await world.bus("executor"), None
    got = []
    await first.consume("executor", lambda message, ack: got.append((message, ack)))
    await eventually(lambda: got)
    await first.close()

    second = await world.bus("executor")
    again = []
    await second.consume("executor", lambda message, ack: again.append((message, ack)))
    await eventually(lambda: again, within_s=15)
    message, acknowledge = again[0]
    await acknowledge()

    assert message.event == got[0][0].event == an_approval()
    assert message.sequence == 1
    assert [m.stored_at async for m in risk.replay("JOURNAL")] == [message.stored_at]
    await second.close()
    await risk.close()


async def test_a_decision_is_foretold_to_whoever_carries_it_out_and_then_delivered_as_the_same_object(world):
    risk, executor = await world.bus("risk"), await world.bus("executor")
    came = []
    await executor.foretell("risk.decision.*", lambda event: came.append(("foretold", event)))
    await executor.consume("executor", lambda message, _ack: came.append(("delivered", message.event)))
    for number in range(40):  # more than are remembered
        await risk.publish(an_approval(event_id=f"d{number}"))
    await eventually(lambda: len(came) == 80)

    told, delivered = ([event for how, event in came if how == which] for which in ("foretold", "delivered"))
    assert [event.event_id for event in told] == [event.event_id for event in delivered] == [f"d{n}" for n in range(40)]
    places = {(how, event.event_id): place for place, (how, event) in enumerate(came)}
    ahead = [n for n in range(40) if places["foretold", f"d{n}"] < places["delivered", f"d{n}"]]
    assert len(ahead) > 30, "hardly one is stored before it is told of"
    assert all(told[n] is delivered[n] for n in ahead)
    await risk.publish(an_approval(event_id="d0"))  # a second time: it is told of, and neither stored nor delivered
    await eventually(lambda: len(came) == 81)
    assert came[-1][0] == "foretold"
    await executor.close()
    await risk.close()


async def test_only_what_lies_under_its_filter_reaches_a_consumer(world):
    risk, executor, listener = await world.bus("risk"), await world.bus("executor"), await world.bus("risk")
    got = []
    await listener.consume("risk", lambda message, _ack: got.append(message.event))

    await risk.publish(an_approval())
    await executor.publish(a_fill())

    await eventually(lambda: got)
    assert got == [a_fill()]
    for bus in (risk, executor, listener):
        await bus.close()


async def test_the_last_word_per_subject_is_read_back(world):
    venue = await world.bus("venue")
    await venue.publish(a_market(event_id="m1"))
    await venue.publish(a_market(event_id="m2", market_id="0xother"))
    await venue.publish(a_market(event_id="m3", change="resolved", winner="Up"))

    found = [m.event.event_id async for m in venue.latest("CATALOGUE", "venue.market.>")]

    assert found == ["m2", "m3"]
    await venue.close()


async def test_many_messages_are_read_back_in_batches_without_a_gap(world):
    oracle = await world.bus("oracle")
    for n in range(1203):
        await oracle.publish(a_price(source_at=after(n)))
    await eventually(lambda: _count(oracle, 1203))

    read = [m.event.source_at async for m in oracle.replay("MARKET", "oracle.price.>")]

    assert read == [after(n) for n in range(1203)]
    await oracle.close()


async def test_the_last_book_of_each_token_is_found_while_new_ones_keep_coming(world):
    venue = await world.bus("venue")
    for token in ("1" * 70, "2" * 70):
        await venue.publish(a_book(token_id=token))

    async def publish():
        while True:
            await venue.publish(a_book(token_id="1" * 70))

    await eventually(lambda: _kept(venue, "BOOKS", 2))
    storm = asyncio.create_task(publish())
    try:
        for _ in range(20):
            found = {m.event.token_id async for m in venue.latest("BOOKS", "venue.book.>")}
            assert found == {"1" * 70, "2" * 70}
    finally:
        storm.cancel()
    await venue.close()


async def test_an_opportunity_is_captured_on_the_side(world):
    scanner = await world.bus("scanner")
    await scanner.publish(an_opportunity())

    await eventually(lambda: _journal(scanner, 1))
    assert [m.event async for m in scanner.replay("JOURNAL")] == [an_opportunity()]
    await scanner.close()


async def test_an_operators_word_needs_no_form(world):
    operator, risk = await world.bus("operator"), await world.bus("risk")
    heard = []
    await risk.subscribe("control.halt", heard.append)

    await operator.publish(HaltRequested(reason="I do not like it", at=after(0)))

    await eventually(lambda: heard)
    assert heard[0].event.reason == "I do not like it"
    await eventually(lambda: _last_command(risk))
    await operator.close()
    await risk.close()


async def test_a_durable_publication_without_a_server_is_an_error_and_market_data_is_just_lost():
    server = NatsServer()
    server.start()
    await server.bootstrap()
    risk = await server.bus("risk")
    server.stop()
    await eventually(lambda: not risk.connected)

    with pytest.raises(BusError, match=r"publish risk\.decision"):
        await risk.publish(an_approval())

    server.start()
    await eventually(lambda: risk.connected)
    await risk.publish(an_approval())
    assert await risk.last_sequence("JOURNAL") == 1
    await risk.close()
    server.remove()


async def _count(bus, wanted):
    return await bus.last_sequence("MARKET") == wanted


async def _kept(bus, stream, at_least):
    return await bus.last_sequence(stream) >= at_least


async def _journal(bus, wanted):
    return await bus.last_sequence("JOURNAL") == wanted


async def _last_command(bus):
    return [m async for m in bus.latest("CONTROL", "control.>")]


async def test_what_nobody_stores_although_somebody_hears_it_is_said_again_until_it_is_stored():
    server, heard = NatsServer(), []
    server.start()
    try:
        risk, executor = await server.bus("risk"), await server.bus("executor")
        await executor.foretell("risk.decision.*", heard.append)
        began = time.monotonic()
        publishing = asyncio.create_task(risk.publish(an_approval()))
        await eventually(lambda: heard == [an_approval()])
        await server.bootstrap()
        await publishing
        assert time.monotonic() - began < 2
        assert [m.event async for m in risk.replay("JOURNAL")] == [an_approval()]
        assert len(heard) > 1
        for bus in (risk, executor):
            await bus.close()
    finally:
        server.remove()


async def test_two_reads_at_once_do_not_mix(world):
    risk = await world.bus("risk")
    for n in range(50):
        await risk.publish(an_approval(event_id=f"d{n}"))

    async def read():
        return [m.sequence async for m in risk.replay("JOURNAL")]

    first, second = await asyncio.gather(read(), read())

    assert first == second == list(range(1, 51))
    await risk.close()


async def test_a_stream_in_memory_that_went_with_its_server_reads_as_empty_and_a_lost_journal_is_an_error():
    server = NatsServer()
    server.start()
    scanner = await server.bus("scanner")

    assert [m async for m in scanner.replay("MARKET")] == []
    assert [m async for m in scanner.latest("BOOKS", "venue.book.>")] == []
    with pytest.raises(BusError, match="stream not found"):
        await scanner.last_sequence("JOURNAL")

    await scanner.close()
    server.remove()
