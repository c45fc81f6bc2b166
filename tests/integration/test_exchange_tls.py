"""The executor's client of the trading API over TLS: whom it believes, and that one connection serves many requests."""

import asyncio
import contextlib
import ssl

import pytest
import trustme

from common.clock import SystemClock
from executor.adapters.exchange import Exchange
from executor.adapters.venue_errors import NotSentError

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n1795229306"
TIME = 1_795_229_306


class Server:
    """Answers whatever it is asked with a time, over TLS, and counts its connections and what was said on them."""

    def __init__(self):
        self.connections, self.requests, self.versions = 0, 0, set()

    async def answer(self, reader, writer):
        self.connections += 1
        self.versions.add(writer.get_extra_info("ssl_object").version())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                writer.write(ANSWER)
        writer.close()


@contextlib.asynccontextmanager
async def listening(authority, name):
    """A server whose certificate is for a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    server = Server()
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context) as listener:
        yield server, listener.sockets[0].getsockname()[1]


@pytest.fixture
def authority():
    return trustme.CA()


def believing(authority, port):
    """A client that believes what an authority signed."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Exchange(f"https://localhost:{port}", SystemClock(), tls=context)


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
