"""The servers as the deployment has them: in containers, of the images that compose.yaml names."""

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from common.bootstrap.nats_config import password_variable, render
from support.nats_server import NatsServer, free_port

COMPOSE = (Path(__file__).parents[2] / "compose.yaml").read_text()
NATS, POSTGRES = (re.search(rf"image: ({name}:\S+)", COMPOSE)[1] for name in ("nats", "postgres"))
NATS_PORT, POSTGRES_PORT = 4222, 5432
READY_WITHIN_S = 60
PASSWORD = "of-this-test-alone"

testcontainers_config.ryuk_disabled = True
"""It would be an image more to pull; each container here is removed by the fixture that made it."""


def need_an_engine():
    engine = shutil.which("docker")
    if engine is None or subprocess.run([engine, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers")


class NatsContainer(NatsServer):
    """A NatsServer in a container; it cannot be stopped and started again."""

    def start(self):
        need_an_engine()
        config = Path(tempfile.mkdtemp(dir=self.folder)) / "pm-arb.conf"
        config.write_text(render(listen=f"0.0.0.0:{NATS_PORT}", store_dir="/tmp/store"))
        for folder in (self.folder, config.parent):
            folder.chmod(0o755)
        container = DockerContainer(NATS).with_exposed_ports(NATS_PORT)
        container.with_volume_mapping(str(config), "/etc/nats/pm-arb.conf", "ro")
        container.with_command(["nats-server", "--config", "/etc/nats/pm-arb.conf"])
        for user, password in self.passwords.items():
            container.with_env(password_variable(user), password)
        self.container = container.waiting_for(LogMessageWaitStrategy("Server is ready")).start()
        self.port = int(container.get_exposed_port(NATS_PORT))

    def stop(self):
        self.container.stop()


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
        deadline = time.monotonic() + READY_WITHIN_S
        while self.container.exec(ready).exit_code:
            assert time.monotonic() < deadline, f"{POSTGRES}: not ready within {READY_WITHIN_S} s"
            time.sleep(0.1)
