"""The bus on three servers: what was acknowledged is there when one of them is not."""

import asyncio
import gc

import pytest

from builders import NOON
from common.contracts.control import HaltRequested
from common.contracts.risk import TradingHalted
from common.errors import BusError
from support.nats_cluster import NatsCluster
from support.waiting import eventually

pytestmark = [
    pytest.mark.timeout(180),
    # The client leaves the connection to a server that vanished to the garbage collector, which complains.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FACTS = 200


@pytest.fixture
async def cluster():
    made = NatsCluster()
    try:
        await made.start()
        yield made
    finally:
        made.remove()
        gc.collect()


def a_fact(number):
    return TradingHalted(event_id=f"h{number}", rule="operator", reason=str(number), at=NOON)


async def publish_through(bus, event):
    """Publish as the loop does: again until it is stored, which its identity makes harmless."""
    while True:
        try:
            return await bus.publish(event)
        except BusError:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("victim", [0, 1, 2])
async def test_no_acknowledged_fact_is_lost_or_doubled_when_a_server_is_killed(cluster, victim):
    bus = await cluster.bus("risk")
    acknowledged = []
    for number in range(FACTS):
        if number == FACTS // 2:
            cluster.servers[victim].kill()
        await publish_through(bus, a_fact(number))
        acknowledged.append(str(number))

    found = [message.event.reason async for message in bus.replay("JOURNAL")]
    assert found == acknowledged

    cluster.servers[victim].start()
    await publish_through(bus, a_fact(FACTS))
    again = await cluster.bus("executor")
    assert [m.event.reason async for m in again.replay("JOURNAL")] == [*acknowledged, str(FACTS)]
    await bus.close()
    await again.close()


async def test_an_operators_last_word_is_read_even_from_a_server_that_was_away(cluster):
    operator = await cluster.servers[0].bus("operator")
    cluster.servers[2].kill()
    reader = await cluster.bus("executor")

    async def last_words():
        return [message.event.reason async for message in reader.latest("CONTROL", "control.>")]

    async def is_kept():
        await operator.publish(HaltRequested(reason="stop", at=NOON))  # kept by nobody while a leader is chosen
        return await last_words()

    await eventually(is_kept, within_s=20, every_s=0.05, why="the halt is kept")
    cluster.servers[2].start()
    for _ in range(50):  # each is answered by one of the three, as chance will have it
        assert await last_words() == ["stop"]
    await operator.close()
    await reader.close()
