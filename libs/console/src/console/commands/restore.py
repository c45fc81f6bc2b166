"""`pm-arb restore`: puts a backup into an empty system, which then stands still until it is told to resume."""

import os
from pathlib import Path
from typing import Annotated

import typer

from common.bootstrap.nats_config import BOOTSTRAP
from console.backup import archive, streams, tables
from console.backup.archive import Manifest
from console.backup.ground import Ground, ground
from console.errors import EXIT_USAGE, ConsoleError
from console.reaching import STATE, StateOption, password_of, run, say, secret
from console.state import StateFolder, read_json, write_json

FileArgument = Annotated[Path, typer.Argument(help="What `pm-arb backup` wrote.", exists=True, dir_okay=False)]


def restore_command(
    file: FileArgument,
    *,
    replicas: Annotated[
        int,
        typer.Option(envvar="STREAM_REPLICAS", min=1, max=5, help="How many servers of a cluster keep each stream."),
    ] = 1,
    state: StateOption = STATE,
) -> None:
    """Put a backup into an empty system. Services must not run, and nothing is ever overwritten.

    Without NATS_URL it goes into the state folder, from which `pm-arb up` then goes on. With it, into the NATS there,
    whose bootstrap credential BOOTSTRAP_NATS_PASSWORD gives, and into the database that DATABASE_URL names, if any.

    The system is left halted: what was traded after the backup is not in it. Compare, then `pm-arb resume`.
    """
    folder, url = StateFolder(state), os.environ.get("NATS_URL", "")
    with archive.opened(file) as (manifest, members):
        if not url:
            run(_into_folder(manifest, members, folder, replicas))
            return
        password = password_of(BOOTSTRAP, folder)
        if not password:
            raise ConsoleError("the bootstrap credential: expected BOOTSTRAP_NATS_PASSWORD, found nothing", EXIT_USAGE)
        there = Ground(url, {BOOTSTRAP: password}, secret("DATABASE_URL"))
        run(_restore(manifest, members, there, replicas))
        # A server learns the ids of the messages that it holds when it starts, and refuses them from then on.
        typer.echo("Restart NATS before the services start.")


async def _into_folder(manifest: Manifest, members: Path, folder: StateFolder, replicas: int) -> None:
    if replicas != 1:
        raise ConsoleError(f"{folder.root}: expected 1 replica of its one server, found {replicas}", EXIT_USAGE)
    if manifest.world is not None and folder.world.exists() and read_json(folder.world) != manifest.world:
        raise ConsoleError(f"{folder.root}: the backup belongs to another world: give another --state", EXIT_USAGE)
    async with ground(folder) as there:
        await _restore(manifest, members, there, replicas)
    if manifest.world is not None:
        write_json(folder.world, manifest.world)


async def _restore(manifest: Manifest, members: Path, there: Ground, replicas: int) -> None:
    copies = manifest.streams
    async with streams.connected(there.nats_url, BOOTSTRAP, there.passwords[BOOTSTRAP]) as client:
        await streams.expect_empty(client, (copy.name for copy in copies))
        if there.database_url:
            await tables.expect_empty(there.database_url)
        await streams.put_back(client, copies, members, replicas=replicas)
    # Nothing may trade on a record that may lack what happened since, so the last word is a halt.
    await say(there.nats_url, "control.halt", f"restored from the backup of {manifest.made_at}")
    for copy in copies:
        typer.echo(f"{copy.name}: {copy.messages} messages up to sequence {copy.last_sequence}")
    typer.echo(await _tables(manifest, members, there.database_url))
    typer.echo("Restored, and halted: compare with the venue, then `pm-arb resume`.")


async def _tables(manifest: Manifest, members: Path, url: str) -> str:
    """Put the tables back where both sides have them; say what came of it."""
    made_anew = "the ledger's tables: made anew from the journal when the ledger starts"
    if not url or manifest.tables is None:
        return made_anew
    if not await tables.put_back(url, manifest.tables, members):
        return f"{made_anew}, for those in the backup are of schema version {manifest.tables.schema_version}"
    return f"the ledger's tables: up to sequence {manifest.tables.sequence}"
