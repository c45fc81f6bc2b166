"""The tables and views themselves: made when missing, dropped for a rebuild, refused when of another version."""

from importlib.resources import files

from common.errors import PmArbError
from ledger.adapters.statements import Connection

SCHEMA_VERSION = 1
STREAM = "JOURNAL"
SCHEMA = files("ledger").joinpath("schema.sql").read_text(encoding="utf-8")
SCHEMA_LOCK = 0x6C656467_01  # advisory: one creator or dropper at a time
TABLES = (
    "schema_version", "journal_position", "events", "refused", "opportunities", "decisions", "orders", "order_states",
    "fills", "settlements", "risk_states", "halts",
)  # fmt: skip


class SchemaError(PmArbError):
    """The database holds tables that this version of the ledger cannot write to."""


async def ensure(connection: Connection) -> None:
    """Create what is missing. Raises SchemaError when the tables are of another version."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
        if await connection.fetchval("SELECT to_regclass('schema_version') IS NOT NULL"):
            found = await connection.fetchval("SELECT max(version) FROM schema_version")
            if found != SCHEMA_VERSION:
                raise SchemaError(
                    f"schema_version: expected {SCHEMA_VERSION}, found {found}; "
                    "`python -m ledger rebuild` makes the tables anew"
                )
        await connection.execute(SCHEMA)
        await connection.execute("INSERT INTO schema_version VALUES ($1) ON CONFLICT DO NOTHING", SCHEMA_VERSION)
        await connection.execute("INSERT INTO journal_position (stream) VALUES ($1) ON CONFLICT DO NOTHING", STREAM)


async def recreate(connection: Connection) -> None:
    """Drop everything and create it anew, marked as being rebuilt, in one step."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
        await connection.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)} CASCADE")
        await ensure(connection)
        await connection.execute("UPDATE journal_position SET rebuilding = true WHERE stream = $1", STREAM)


async def finish_rebuilding(connection: Connection) -> None:
    """Let the service store again."""
    await connection.execute("UPDATE journal_position SET rebuilding = false WHERE stream = $1", STREAM)
