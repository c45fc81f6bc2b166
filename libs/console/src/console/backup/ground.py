"""The bus and the database of a state folder, without services or a world: where a backup is put back."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from common.bootstrap.nats_config import BOOTSTRAP, USERS
from common.clock import Clock, SystemClock
from console.backup.streams import connected
from console.errors import ConsoleError
from console.state import StateFolder
from console.up.environment import for_nats, new_passwords, plain
from console.up.nats_server import nats_program
from console.up.ports import LOOPBACK, free_ports
from console.up.postgres import database_url, postgres_program, wait_for_postgres
from console.up.registry import Registry, end, leftovers
from console.up.supervisor import Supervisor

PASSWORD_BYTES = 24
READY_WITHIN_S = 20.0
LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a bus and a database are, and how to be let in."""

    nats_url: str
    passwords: dict[str, str]
    database_url: str


@asynccontextmanager
async def ground(folder: StateFolder, clock: Clock | None = None) -> AsyncIterator[Ground]:
    """Run both for a while. A folder that a system runs from is refused."""
    with folder.locked():
        end(leftovers(folder.pids))
        folder.prepare()
        passwords = new_passwords({user: secrets.token_hex(PASSWORD_BYTES) for user in USERS})
        port = free_ports(1)[0]
        environment = plain(os.environ)
        programs = (
            nats_program(folder, port, for_nats(os.environ, passwords)),
            await asyncio.to_thread(postgres_program, folder, environment),
        )
        registry = Registry(folder.pids)
        supervisors = [Supervisor(program, registry, clock or SystemClock()) for program in programs]
        found = Ground(f"nats://{LOOPBACK}:{port}", passwords, database_url(folder))
        try:
            for supervisor in supervisors:
                supervisor.start()
            await asyncio.gather(_wait_for_nats(found), wait_for_postgres(found.database_url))
            yield found
        finally:
            await asyncio.gather(*(supervisor.stop() for supervisor in supervisors))


async def _wait_for_nats(found: Ground) -> None:
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
    while True:
        try:
            async with connected(found.nats_url, BOOTSTRAP, found.passwords[BOOTSTRAP]):
                return
        except ConsoleError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(LOOK_AGAIN_S)
