"""What comes from the server is read as it comes, in whatever pieces; what cannot be read ends one connection only."""

import asyncio
import contextlib

import pytest
from nats import errors as nats_errors

from common.bus.nats_prompt import hear
from support.waiting import eventually

SUBJECT = "oracle.price.BTC"
WHOLE = 65_536
PONG = b"PONG\r\n"
COMES_BACK = {"reconnect_time_wait": 0.05, "max_reconnect_attempts": -1}


class Between:
    """Stands between a client and the server, hands on what either says, and can do worse."""

    def __init__(self, server):
        self._server, self._clients = server, []
        self.piece, self.connections = WHOLE, 0
        self.after_the_greeting = b""
        """What is said once, in one go with the server's first word that it is there."""

    async def start(self):
        self._listening = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.url = f"nats://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"

    async def _meet(self, reader, writer):
        self.connections += 1
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        self._clients.append(writer)
        ways = (self._hand_on(reader, there_writer, WHOLE), self._hand_on(there_reader, writer, self.piece))
        with contextlib.suppress(OSError):
            await asyncio.gather(*ways)
        writer.close()
        there_writer.close()

    async def _hand_on(self, reader, writer, piece):
        while data := await reader.read(WHOLE):
            if self.after_the_greeting and PONG in data:
                data, self.after_the_greeting = data.replace(PONG, PONG + self.after_the_greeting, 1), b""
            for at in range(0, len(data), piece):
                writer.write(data[at : at + piece])
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    def say(self, nonsense):
        self._clients[-1].write(nonsense)

    def cut(self):
        self._clients[-1].transport.abort()

    async def stop(self):
        self._listening.close()
        for writer in self._clients:
            writer.close()
        await asyncio.sleep(0)


@pytest.fixture
async def between(server):
    found = Between(server)
    await found.start()
    yield found
    await found.stop()


async def quietly(_error):
    """The client says what happened to its connection."""


@pytest.mark.parametrize("piece", [1, 7, WHOLE])
async def test_messages_are_heard_in_order_in_whatever_pieces_they_come(clients, between, piece):
    between.piece, heard = piece, []
    oracle, scanner = await clients("oracle"), await clients("scanner", between.url)
    await hear(scanner, SUBJECT, lambda message: heard.append((message.data, message.headers)))
    await scanner.flush()
    for number in range(30):
        await oracle.publish(SUBJECT, b"%d" % number * number, headers={"n": str(number)} if number % 2 else None)
    await eventually(lambda: len(heard) == 30)

    assert [data for data, _ in heard] == [b"%d" % number * number for number in range(30)]
    assert [headers for _, headers in heard] == [{"n": str(n)} if n % 2 else None for n in range(30)]


@pytest.mark.parametrize("how", ["nonsense", "cut"])
async def test_a_connection_that_makes_no_sense_any_more_is_made_anew_and_heard_on(clients, between, how):
    heard = []
    oracle, scanner = await clients("oracle"), await clients("scanner", between.url, error_cb=quietly, **COMES_BACK)
    await hear(scanner, SUBJECT, lambda message: heard.append(message.data))
    await scanner.flush()
    if how == "nonsense":
        between.say(b"MSG one two three four five six\r\n\r\nWHAT\r\n")
    else:
        between.cut()
    await eventually(lambda: between.connections == 2 and scanner.is_connected, why="it connects anew")
    await scanner.flush()
    await oracle.publish(SUBJECT, b"after")
    await eventually(lambda: heard == [b"after"])
    await scanner.close()

    assert scanner.is_closed


async def test_half_a_message_of_a_lost_connection_is_no_part_of_what_the_next_one_brings(clients, between):
    heard = []
    oracle, scanner = await clients("oracle"), await clients("scanner", between.url, error_cb=quietly, **COMES_BACK)
    await hear(scanner, SUBJECT, lambda message: heard.append(message.data))
    await scanner.flush()
    reader = scanner._transport._io_reader
    await scanner._process_op_err(nats_errors.StaleConnectionError())
    reader.feed_data(b"MSG oracle.price.BTC 1 40\r\nhalf of ")
    await eventually(lambda: between.connections == 2 and scanner.is_connected, why="it connects anew")
    await scanner.flush()
    await oracle.publish(SUBJECT, b"a whole one, and one more, and one more")

    await eventually(lambda: heard, why="what comes by the new connection")
    assert heard == [b"a whole one, and one more, and one more"]


async def test_what_is_no_message_before_anybody_reads_it_ends_the_connection_and_not_the_client(clients, between):
    oracle, scanner = await clients("oracle"), await clients("scanner", between.url, error_cb=quietly, **COMES_BACK)
    heard = []
    await hear(scanner, SUBJECT, lambda message: heard.append(message.data))
    await scanner.flush()
    between.after_the_greeting = b"WHAT\r\n"
    between.cut()
    await eventually(lambda: between.connections == 3 and scanner.is_connected, why="it connects anew, and once more")
    await scanner.flush()
    await oracle.publish(SUBJECT, b"after")
    await eventually(lambda: heard == [b"after"])
