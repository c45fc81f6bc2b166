"""`pm-arb backup`: a copy of the journal, of what was said to the system, and of the ledger's tables, in one file."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from common.bootstrap.nats_config import OPERATOR
from common.clock import SECOND, SystemClock
from console.backup import archive, streams, tables
from console.backup.archive import Manifest
from console.errors import EXIT_USAGE, ConsoleError
from console.reaching import STATE, StateOption, nats_url, password_of, run, secret
from console.state import StateFolder, find_running, read_json


def backup_command(
    out: Annotated[
        Path | None, typer.Option(help="The file to write; pm-arb-backup-<time>.tar in this folder when not given.")
    ] = None,
    *,
    state: StateOption = STATE,
) -> None:
    """Copy every stream on the disk (JOURNAL, CONTROL, CATALOGUE) and the ledger's tables into one file.

    All goes on meanwhile.

    Needs the operator's credential, read as `pm-arb resume` reads it. Of a system elsewhere, NATS_URL and DATABASE_URL
    say where it is; without the latter the tables are left out, and a ledger makes them anew from the journal.
    """
    folder, now = StateFolder(state), datetime.fromtimestamp(SystemClock().now() // SECOND, UTC)
    target = out or Path(f"pm-arb-backup-{now:%Y%m%dT%H%M%SZ}.tar")
    if target.exists():
        raise ConsoleError(f"{target}: expected no such file, found one: give another --out", EXIT_USAGE)
    password = password_of(OPERATOR, folder)
    if not password:
        raise ConsoleError(
            "the operator's credential: expected NATS_OPERATOR_PASSWORD or a running `pm-arb up`, found neither"
        )
    where = {"url": nats_url(folder), "password": password, "database": _database_url(folder)}
    _say(target, run(_backup(target, now, **where, world=_world(folder))))


async def _backup(
    target: Path, now: datetime, *, url: str, password: str, database: str, world: dict[str, object] | None
) -> Manifest:
    with archive.drafting(target) as folder:
        # The tables first: what they hold is then in the journal's copy too, and the ledger goes on from there.
        copied = await tables.save(database, folder) if database else None
        async with streams.connected(url, OPERATOR, password) as client:
            kept = [await streams.save(client, name, folder) for name in await streams.on_disk(client)]
        manifest = Manifest(now.isoformat(), tuple(kept), copied, world)
        archive.write(target, folder, manifest)
        return manifest


def _database_url(folder: StateFolder) -> str:
    named = secret("DATABASE_URL")
    running = None if named or os.environ.get("NATS_URL") else find_running(folder)
    return running.database_url if running is not None else named


def _world(folder: StateFolder) -> dict[str, object] | None:
    """Read which world the positions belong to; only a state folder knows."""
    if os.environ.get("NATS_URL"):
        return None
    try:
        return read_json(folder.world)
    except (OSError, ValueError):
        return None


def _say(target: Path, manifest: Manifest) -> None:
    for stream in manifest.streams:
        typer.echo(f"{stream.name}: {stream.messages} messages up to sequence {stream.last_sequence}")
    if manifest.tables is None:
        typer.echo("the ledger's tables: not in it; a ledger makes them anew from the journal")
    else:
        typer.echo(f"the ledger's tables: up to sequence {manifest.tables.sequence}")
    typer.echo(f"Written to {target}, {target.stat().st_size / 1e6:.1f} MB. It holds no secret, but all your trades.")
