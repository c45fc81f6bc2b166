"""The executor's client of the trading API over TLS: whom it believes, and that a connection is at hand for an order."""

import asyncio
import contextlib
import ssl

import pytest
import trustme
from pydantic import SecretStr

from common.clock import SystemClock
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.live.rules import LiveRules
from executor.adapters.live.warmth import Warmth
from executor.adapters.venue_errors import NotSentError, UnknownError
from support.waiting import eventually

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n1795229306"
TIME = 1_795_229_306
CREDENTIALS = Credentials(
    address="0x" + "1" * 40, key="key", secret=SecretStr("c2VjcmV0"), passphrase=SecretStr("passphrase")
)


class Server:
    """Answers whatever it is asked with a time, over TLS, and counts its connections and what was said on them."""

    def __init__(self):
        self.connections, self.open, self.requests, self.versions = 0, 0, 0, set()
        self.answering = asyncio.Event()
        self.answering.set()
        self.is_rude = False

    async def answer(self, reader, writer):
        self.connections += 1
        self.open += 1
        self.versions.add(writer.get_extra_info("ssl_object").version())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                if head.startswith(b"GET /time "):
                    await self.answering.wait()
                    if self.is_rude:
                        break
                writer.write(ANSWER)
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()
        self.open -= 1


@contextlib.asynccontextmanager
async def listening(authority, name):
    """A server whose certificate is for a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    server = Server()
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context) as listener:
        yield server, listener.sockets[0].getsockname()[1]
        await eventually(lambda: not server.open, why="every connection is closed")


@pytest.fixture
def authority():
    return trustme.CA()


def believing(authority, port):
    """A client that believes what an authority signed."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Exchange(f"https://localhost:{port}", SystemClock(), CREDENTIALS, tls=context)


async def test_one_connection_over_tls_serves_one_request_after_another(authority):
    async with listening(authority, "localhost") as (server, port):
        exchange = believing(authority, port)
        found = [await exchange.time() for _ in range(5)]
        await exchange.close()

    assert found == [TIME] * 5
    assert (server.connections, server.requests) == (1, 5)
    assert server.versions == {"TLSv1.3"}


async def test_a_certificate_of_another_name_is_not_believed(authority):
    async with listening(authority, "example.org") as (server, port):
        exchange = believing(authority, port)
        with pytest.raises(NotSentError, match="certificate"):
            await exchange.time()
        await exchange.close()

    assert server.requests == 0


async def test_a_certificate_of_an_authority_that_nobody_knows_is_not_believed(authority):
    async with listening(trustme.CA(), "localhost") as (server, port):
        exchange = believing(authority, port)
        with pytest.raises(NotSentError, match="certificate"):
            await exchange.time()
        await exchange.close()

    assert server.requests == 0


async def test_what_follows_a_renewal_goes_by_the_connection_that_it_made(authority):
    async with listening(authority, "localhost") as (server, port):
        exchange = believing(authority, port)
        for _ in range(2):
            await exchange.warm()
        made = server.connections
        await cancel(exchange)
        await exchange.close()

    assert (made, server.connections) == (4, 4)


async def test_while_a_renewal_waits_for_its_answer_the_older_connection_is_at_hand(authority):
    async with listening(authority, "localhost") as (server, port):
        exchange = believing(authority, port)
        await exchange.warm()
        server.answering.clear()
        renewing = asyncio.create_task(exchange.warm())
        await eventually(lambda: server.requests == 4, why="both questions have come, unanswered")
        async with asyncio.timeout(1):
            await cancel(exchange)
        server.answering.set()
        await renewing
        await exchange.close()

    assert server.connections == 4


async def test_connections_are_renewed_for_ever_and_one_that_is_cut_is_tried_again(authority):
    async with listening(authority, "localhost") as (server, port):
        exchange = believing(authority, port)
        warmth = asyncio.create_task(Warmth(exchange, LiveRules(user_url="", warm_s=0.02)).run())
        await eventually(lambda: server.connections >= 4, why="it was renewed")
        server.is_rude = True
        cut = server.connections
        await eventually(lambda: server.connections >= cut + 4, why="it was tried again")
        server.is_rude = False
        renewed = server.connections
        await eventually(lambda: server.connections >= renewed + 4, why="it was renewed once more")

        assert not warmth.done()
        warmth.cancel()
        await asyncio.gather(warmth, return_exceptions=True)
        await exchange.close()


async def cancel(exchange):
    """Ask for a cancel, of whose answer this server knows nothing."""
    with pytest.raises(UnknownError):
        await exchange.cancel_all()
