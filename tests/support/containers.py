"""The servers as the deployment has them: in containers, of the images that compose.yaml names."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from common.bootstrap.nats_config import password_variable, render
from support.nats_server import NatsServer, free_port

COMPOSE = (Path(__file__).parents[2] / "compose.yaml").read_text()
NATS, POSTGRES = (re.search(rf"image: ({name}:\S+)", COMPOSE)[1] for name in ("nats", "postgres"))
NATS_PORT, MONITOR_PORT, POSTGRES_PORT = 4222, 8222, 5432
READY_WITHIN_S = 60
PASSWORD = "of-this-test-alone"

testcontainers_config.ryuk_disabled = True
"""It would be an image more to pull; each container here is removed by the fixture that made it."""


def need_an_engine():
    engine = shutil.which("docker")
    if engine is None or subprocess.run([engine, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers")


def wait_until(is_ready, image):
    deadline = time.monotonic() + READY_WITHIN_S
    while not is_ready():
        assert time.monotonic() < deadline, f"{image}: not ready within {READY_WITHIN_S} s"
        time.sleep(0.05)


CHOSEN = os.environ.get("INTEGRATION_SERVERS") == "containers"
"""Whether the tests that have one server of their own have it in a container: `make integration-containers`."""


class NatsContainer(NatsServer):
    """A NatsServer in a container, on ports that stay the same."""

    container = None

    def start(self):
        if self.container is not None:
            self.container.get_wrapped_container().start()
        else:
            self._make()
        wait_until(self._greets, NATS)

    def _make(self):
        need_an_engine()
        config = Path(tempfile.mkdtemp(dir=self.folder)) / "pm-arb.conf"
        listen, monitor = (f"0.0.0.0:{port}" for port in (NATS_PORT, MONITOR_PORT))
        config.write_text(render(listen=listen, store_dir="/tmp/store", monitor=monitor))
        for folder in (self.folder, config.parent):
            folder.chmod(0o755)
        container = DockerContainer(NATS)
        container.with_bind_ports(NATS_PORT, self.port).with_bind_ports(MONITOR_PORT, self.monitor_port)
        container.with_volume_mapping(str(config), "/etc/nats/pm-arb.conf", "ro")
        container.with_command(["nats-server", "--config", "/etc/nats/pm-arb.conf"])
        for user, password in self.passwords.items():
            container.with_env(password_variable(user), password)
        self.container = container.start()

    def _greets(self):
        """Say whether the server itself answers, and not only the engine's port."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            return connection.recv(4) == b"INFO"
        return False

    @property
    def pid(self):
        wrapped = self.container.get_wrapped_container()
        wrapped.reload()
        return wrapped.attrs["State"]["Pid"]

    def stop(self):
        self.container.get_wrapped_container().stop(timeout=10)

    def kill(self):
        self.container.get_wrapped_container().kill()

    def remove(self):
        if self.container is not None:
            self.container.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresContainer:
    """A database server in a container, with what the ledger's tests ask of theirs."""

    def __init__(self):
        need_an_engine()
        self._port = free_port()
        container = DockerContainer(POSTGRES).with_bind_ports(POSTGRES_PORT, self._port)
        self.container = container.with_env("POSTGRES_PASSWORD", PASSWORD).start()
        self._wait()

    def url(self, database="postgres"):
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self._port}/{database}"

    def start(self):
        self.container.get_wrapped_container().start()
        self._wait()

    def stop(self):
        self.container.get_wrapped_container().stop()

    def remove(self):
        self.container.stop()

    def _wait(self):
        """Wait until it answers over TCP: while it is being initialised only its socket does."""
        ready = ["pg_isready", "--quiet", "--host", "127.0.0.1", "--username", "postgres"]
        wait_until(lambda: self.container.exec(ready).exit_code == 0, POSTGRES)
