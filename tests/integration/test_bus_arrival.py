"""What was said to the bus has arrived there when it is said to have: looked at on the wire, in front of a real server."""

import asyncio
import contextlib

import pytest

from common.bus.nats import connect
from console.errors import ConsoleError
from console.reaching import say


class Tap:
    """Stands between a client and the server, and keeps the verbs that the client says, in order."""

    def __init__(self, port):
        self._server_port, self.verbs = port, []

    async def __aenter__(self):
        self._listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"nats://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._listener.close()

    async def _carry(self, from_client, to_client):
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(self._pass(from_client, to_server, heard=True), self._pass(from_server, to_client))

    async def _pass(self, reader, writer, *, heard=False):
        while line := await reader.readline():
            if heard:
                self.verbs.append(line.split(b" ")[0].strip().decode())
            writer.write(line)
        writer.close()


async def test_a_subscription_is_with_the_server_before_the_question_whose_answer_proves_it(server):
    async with Tap(server.port) as tap:
        bus = await connect(tap.url, user="risk", password=server.passwords["risk"])
        before = len(tap.verbs)
        await bus.subscribe("control.halt", lambda _message: None)

        assert tap.verbs[before:] == ["SUB", "PING"]
        await bus.close()


async def test_a_word_that_the_server_refuses_is_not_taken_for_said(server):
    async with Tap(server.port) as tap:
        with pytest.raises(ConsoleError, match=r"control\.resume: the server refused it"):
            await say(tap.url, "control.resume", "now")

        assert [verb for verb in tap.verbs if verb in ("PUB", "PING")] == ["PING", "PUB", "PING"]
