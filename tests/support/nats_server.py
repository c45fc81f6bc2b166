"""A real NATS server under the rendered permissions, for one test or module."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nats.aio.client import Client

from common.bootstrap import streams
from common.bootstrap.nats_config import BOOTSTRAP, USERS, password_variable, render
from common.bus.nats import connect
from common.errors import BusError
from support.waiting import eventually


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class NatsServer:
    """Start it, stop it, start it again on the same port and store."""

    def __init__(self, member=None, passwords=None):
        self.member = member
        self.folder = Path(tempfile.mkdtemp(prefix="pm-arb-nats-"))
        self.port = free_port()
        self.monitor_port = free_port()
        self.passwords = passwords or {user: "p" + secrets.token_hex(12) for user in USERS}
        self._process = None

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        config = self.folder / "nats.conf"
        listen, monitor = (f"127.0.0.1:{port}" for port in (self.port, self.monitor_port))
        config.write_text(render(listen=listen, store_dir=self.folder / "store", monitor=monitor, member=self.member))
        binary = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        environment = os.environ | {password_variable(user): password for user, password in self.passwords.items()}
        self._process = subprocess.Popen(
            [binary, "-c", str(config), "-l", str(self.folder / "nats.log")], env=environment
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
                break
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "nats.log").read_text()) from None
                time.sleep(0.02)

    def stop(self):
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
            self._process = None

    def kill(self):
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(10)
        self._process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def bootstrap(self):
        client = Client()
        await client.connect(
            self.url,
            user=BOOTSTRAP,
            password=self.passwords[BOOTSTRAP],
            inbox_prefix=f"_INBOX.{BOOTSTRAP}",
            connect_timeout=2,
        )
        await streams.ensure(client)
        await client.close()

    async def bus(self, user, **options):
        """Connect as a service does: until it succeeds."""

        async def connected():
            with contextlib.suppress(BusError):
                return await connect(self.url, user=user, password=self.passwords[user], **options)

        return await eventually(connected, within_s=20, every_s=0.1, why=f"a connection of {user}")
