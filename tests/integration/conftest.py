"""What several of the tests against real servers stand on."""

import pytest

from support.containers import CHOSEN, NatsContainer
from support.nats_server import NatsServer


@pytest.fixture
async def server():
    """A NATS server of the test's own, with the system's users, streams and consumers."""
    server = NatsContainer() if CHOSEN else NatsServer()
    server.start()
    await server.bootstrap()
    yield server
    server.remove()


@pytest.fixture
def nats(server):
    """The same, by the name that it has beside other servers."""
    return server
