"""The client without its waits, in front of a real server: what it writes when, and that it does not lose what it had."""

import asyncio
import os
import signal

import pytest
import uvloop
from nats import errors as nats_errors
from nats.js import errors as js_errors

from builders import NOON, a_price
from common.bus.nats_prompt import Store, hear
from common.contracts.risk import TradingHalted
from common.errors import BusError
from support.nats_server import NatsServer
from support.waiting import eventually

SUBJECT = "oracle.price.BTC"


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_is_published_is_written_at_once_when_told_to_else_with_the_next_turn_and_in_order(clients, at_once):
    oracle, scanner, heard = await clients("oracle"), await clients("scanner"), []
    await hear(scanner, SUBJECT, lambda message: heard.append(message.data))
    await scanner.flush()

    for number in range(50):
        await oracle.publish(SUBJECT, b"%d" % number)
        if at_once:
            oracle.write_now()
        assert (oracle.pending_data_size == 0) == at_once
    await asyncio.sleep(0)
    assert oracle.pending_data_size == 0

    await eventually(lambda: len(heard) == 50)
    assert heard == [b"%d" % number for number in range(50)]


async def test_what_a_taker_raises_goes_no_further_and_the_connection_stays(clients):
    oracle, scanner, heard = await clients("oracle"), await clients("scanner"), []

    def take(message):
        heard.append(message.data)
        raise RuntimeError("no")

    await hear(scanner, SUBJECT, take)
    await scanner.flush()
    await oracle.publish(SUBJECT, b"1")
    await oracle.publish(SUBJECT, b"2")

    await eventually(lambda: heard == [b"1", b"2"])
    assert (scanner.is_connected, scanner.stats["reconnects"]) == (True, 0)


async def test_what_is_stored_twice_under_one_id_is_there_once(clients, server):
    risk = await clients("risk")
    store, payload = Store(risk, 2), TradingHalted(event_id="h", rule="operator", reason="", at=NOON).to_json()

    await store.put("risk.halt", payload, {"Nats-Msg-Id": "h"})
    await store.put("risk.halt", payload, {"Nats-Msg-Id": "h"})

    console = await server.bus("console")
    assert [message.event.event_id async for message in console.replay("JOURNAL")] == ["h"]
    await console.close()


async def test_answers_find_whoever_waits_for_them_though_many_are_asked_at_once(clients):
    risk = await clients("risk")
    store = Store(risk, 5)
    payloads = [TradingHalted(event_id=f"h{n}", rule="operator", reason="", at=NOON).to_json() for n in range(200)]

    await asyncio.gather(
        *(store.put("risk.halt", payload, {"Nats-Msg-Id": f"h{n}"}) for n, payload in enumerate(payloads))
    )

    assert risk.stats["out_msgs"] >= 200


async def test_a_subject_that_no_stream_keeps_is_an_error_of_its_own(clients):
    scanner = await clients("scanner")
    with pytest.raises(js_errors.NoStreamResponseError):
        await Store(scanner, 2).put("scanner.valuation.m", b"{}", {})


async def test_a_refusal_of_the_stream_is_told_in_its_words(clients):
    risk = await clients("risk")
    with pytest.raises(js_errors.APIError, match="wrong last sequence"):
        await Store(risk, 2).put("risk.halt", b"{}", {"Nats-Expected-Last-Sequence": "77"})


async def test_a_server_that_does_not_answer_is_a_timeout_and_its_late_answer_is_nobodys(server):
    risk = await server.bus("risk")
    halt = TradingHalted(event_id="late", rule="operator", reason="", at=NOON)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(BusError, match=r"publish risk\.halt: TimeoutError"):
            await risk.publish(halt)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    await risk.publish(halt)
    console = await server.bus("console")
    assert [message.event.event_id async for message in console.replay("JOURNAL")] == ["late"]
    await asyncio.gather(risk.close(), console.close())


async def test_nothing_waits_for_a_server_that_is_away(server):
    oracle = await server.bus("oracle")
    server.kill()
    await eventually(lambda: not oracle.connected)
    with pytest.raises(BusError):
        await oracle.publish(a_price())

    server.start()
    await eventually(lambda: oracle.connected)
    await oracle.publish(a_price())
    await oracle.close()


async def test_what_waits_to_be_written_when_the_connection_is_lost_is_not_said_later(clients):
    oracle, scanner, heard = await clients("oracle", reconnect_time_wait=0.05), await clients("scanner"), []
    await hear(scanner, SUBJECT, lambda message: heard.append(message.data))
    await scanner.flush()
    await oracle.publish(SUBJECT, b"too late by then")
    await oracle._process_op_err(nats_errors.StaleConnectionError())
    await eventually(lambda: oracle.is_connected and oracle.stats["reconnects"] == 1, why="it is back")
    await oracle.publish(SUBJECT, b"now")
    await oracle.flush()

    await eventually(lambda: heard == [b"now"])
    assert oracle.pending_data_size == 0


def test_a_connection_that_is_closed_already_takes_nothing_and_harms_nobody(server_of_its_own):
    """On the event loop that services run on, for another one hides it."""

    async def scenario():
        risk = await server_of_its_own.bus("risk")
        halt = TradingHalted(event_id="h", rule="operator", reason="", at=NOON)
        transport = risk._client._transport._io_writer.transport
        transport.abort()
        while "closed=True" not in repr(transport):  # noqa: ASYNC110 - the very turn in which it closes is wanted
            await asyncio.sleep(0)
        assert risk.connected, "nobody has heard of it yet"
        await risk.publish(halt)
        console = await server_of_its_own.bus("console")
        stored = [message.event.event_id async for message in console.replay("JOURNAL")]
        await asyncio.gather(risk.close(), console.close())
        return stored

    assert uvloop.run(scenario()) == ["h"]


@pytest.fixture
def server_of_its_own():
    server = NatsServer()
    server.start()
    uvloop.run(server.bootstrap())
    yield server
    server.remove()


async def test_a_message_that_its_headers_make_too_long_is_refused_here_and_the_connection_stays(clients):
    oracle, scanner, heard = await clients("oracle"), await clients("scanner"), []
    await hear(scanner, SUBJECT, lambda message: heard.append(len(message.data)))
    await scanner.flush()
    most = oracle.max_payload
    with pytest.raises(nats_errors.MaxPayloadError):
        await oracle.publish(SUBJECT, bytes(most - 10), headers={"n": "1"})
    await oracle.publish(SUBJECT, bytes(most))
    await oracle.publish(SUBJECT, bytes(most - 20), headers={"n": "1"})
    await oracle.flush()

    await eventually(lambda: heard == [most, most - 20])
    assert oracle.is_connected
