"""What several of the tests against real servers stand on."""

import pytest

from common.bus.nats_prompt import PromptClient
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


@pytest.fixture
async def clients(server):
    """Clients of the server, by the user; of another address that leads there where one is given."""
    made = []

    async def client(user, url="", **options):
        found = PromptClient()
        await found.connect(
            url or server.url, user=user, password=server.passwords[user], inbox_prefix=f"_INBOX.{user}",
            pending_size=0, **options,
        )  # fmt: skip
        made.append(found)
        return found

    yield client
    for each in made:
        await each.close()
