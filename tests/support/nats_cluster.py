"""Three NATS servers that keep every stream three times, as processes."""

import contextlib

from nats import errors as nats_errors
from nats.aio.client import Client
from nats.js import errors as js_errors

from common.bootstrap import streams
from common.bootstrap.nats_config import BOOTSTRAP, Member
from common.bus.nats import connect
from console.backup.streams import connected
from support.nats_server import NatsServer, free_port
from support.waiting import eventually

SIZE = 3


class NatsCluster:
    """Start it, lose a server of it, have it back."""

    def __init__(self):
        ports = [free_port() for _ in range(SIZE)]
        routes = tuple(f"127.0.0.1:{port}" for port in ports)
        members = [Member(f"n{n}", f"127.0.0.1:{port}", routes) for n, port in enumerate(ports)]
        self.servers = [NatsServer(members[0])]
        self.passwords = self.servers[0].passwords
        self.servers += [NatsServer(member, self.passwords) for member in members[1:]]

    @property
    def url(self):
        return ",".join(server.url for server in self.servers)

    async def start(self):
        for server in self.servers:
            server.start()
        await eventually(self._is_set_up, within_s=60, every_s=0.5, why="a cluster that holds every stream three times")

    async def bus(self, user, **options):
        return await connect(self.url, user=user, password=self.passwords[user], **options)

    async def leader_of(self, stream):
        """Answer the server that writes a stream first."""
        async with connected(self.url, BOOTSTRAP, self.passwords[BOOTSTRAP]) as client:
            found = await client.jetstream().stream_info(stream)
        return self.servers[int(found.cluster.leader.removeprefix("n"))]

    def remove(self):
        for server in self.servers:
            server.remove()

    async def _is_set_up(self):
        client = Client()
        with contextlib.suppress(nats_errors.Error, js_errors.Error, TimeoutError, OSError):
            await client.connect(
                self.url.split(","), user=BOOTSTRAP, password=self.passwords[BOOTSTRAP],
                inbox_prefix=f"_INBOX.{BOOTSTRAP}", connect_timeout=2, allow_reconnect=False, error_cb=_quietly,
            )  # fmt: skip
            await streams.ensure(client, replicas=SIZE)
            await client.close()
            return True
        await client.close()
        return False


async def _quietly(_error):
    """Not having a leader yet is no news."""
