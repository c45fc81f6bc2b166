"""The ledger's tables, copied as one moment saw them and put back whole.

They are a convenience: a ledger whose database is empty makes them anew from the journal. But a journal forgets after
90 days and they do not.
"""

from pathlib import Path

from console.backup.archive import TablesCopy
from console.errors import ConsoleError
from console.report.ledger import Connection, connected
from ledger.adapters import schema

VERSION = "SELECT max(version) FROM schema_version"
POSITION = "SELECT sequence, rebuilding FROM journal_position WHERE stream = $1"


async def save(url: str, folder: Path) -> TablesCopy | None:
    """Copy every table in one transaction; nothing where the ledger has never run or is being rebuilt."""
    async with connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        if not await _has_tables(connection):
            return None
        position = await connection.fetchrow(POSITION, schema.STREAM)
        if position is None or position["rebuilding"]:
            return None
        for name in schema.TABLES:
            await connection.copy_from_table(name, output=folder / TablesCopy.member(name))
        version = int(await connection.fetchval(VERSION))
        return TablesCopy(version, int(position["sequence"]), schema.TABLES)


async def expect_empty(url: str) -> None:
    """Refuse to put anything back over what a ledger has stored."""
    async with connected(url) as connection:
        stored = await connection.fetchval("SELECT count(*) FROM events") if await _has_tables(connection) else 0
    if stored:
        raise ConsoleError(f"the ledger's database: expected no events, found {stored}: restore into an empty one only")


async def put_back(url: str, copy: TablesCopy, folder: Path) -> bool:
    """Fill the tables in one transaction; False, and nothing done, when this version's tables are others."""
    if copy.schema_version != schema.SCHEMA_VERSION or set(copy.names) != set(schema.TABLES):
        return False
    async with connected(url) as connection, connection.transaction():
        await connection.execute(schema.SCHEMA)
        await connection.execute(f"TRUNCATE {', '.join(schema.TABLES)}")
        for name in copy.names:
            await connection.copy_to_table(name, source=folder / copy.member(name))
    return True


async def _has_tables(connection: Connection) -> bool:
    return bool(await connection.fetchval("SELECT to_regclass('journal_position') IS NOT NULL"))
