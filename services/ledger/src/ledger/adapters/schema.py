"""The tables and views themselves: made when missing, dropped for a rebuild, refused when of another version."""

from importlib.resources import files

from common.errors import PmArbError
from ledger.adapters.statements import Connection

SCHEMA_VERSION = 2
STREAM = "JOURNAL"
SCHEMA = files("ledger").joinpath("schema.sql").read_text(encoding="utf-8")
SCHEMA_LOCK = 0x6C656467_01  # advisory: one creator or dropper at a time
TABLES = (
    "schema_version", "journal_position", "events", "refused", "opportunities", "decisions", "orders", "order_states",
    "fills", "settlements", "redemptions", "risk_states", "halts", "leases", "reconciliations", "discrepancies",
    "executor_states",
)  # fmt: skip
UPGRADES = {
    1: """
    ALTER TABLE orders
        ADD COLUMN protocol_version text, ADD COLUMN is_neg_risk boolean, ADD COLUMN post_only boolean,
        ADD COLUMN fencing_token bigint, ADD COLUMN expires_at timestamptz, ADD COLUMN received_at timestamptz;
    ALTER TABLE fills ADD COLUMN liquidity text;
    UPDATE orders SET
        protocol_version = COALESCE(event->>'protocol_version', 'v1'),
        is_neg_risk = COALESCE((event->>'is_neg_risk')::boolean, false),
        post_only = COALESCE((event->>'post_only')::boolean, false),
        fencing_token = COALESCE((event->>'fencing_token')::bigint, 0),
        received_at = to_timestamp((event->>'received_at')::bigint / 1000 / 1000000.0)
    FROM events WHERE events.type = 'order_approved' AND events.event_id = orders.request_id;
    UPDATE order_states SET code = COALESCE(event->>'status', 'live')
    FROM events WHERE events.type = 'order_accepted' AND events.sequence = order_states.sequence;
    UPDATE fills SET liquidity = 'taker' WHERE price IS NOT NULL;
    """,
}
"""What makes the tables of a version those of the next, rows included: the events of then had none of what is new, but
what the audit trail keeps. Where a step is missing, a rebuild is the way."""


class SchemaError(PmArbError):
    """The database holds tables that this version of the ledger cannot write to."""


async def ensure(connection: Connection) -> None:
    """Create what is missing and bring older tables up to date. Raises SchemaError when they are of another version."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
        if await connection.fetchval("SELECT to_regclass('schema_version') IS NOT NULL"):
            await _upgrade(connection)
        await connection.execute(SCHEMA)
        await connection.execute("INSERT INTO schema_version VALUES ($1) ON CONFLICT DO NOTHING", SCHEMA_VERSION)
        await connection.execute("INSERT INTO journal_position (stream) VALUES ($1) ON CONFLICT DO NOTHING", STREAM)


async def _upgrade(connection: Connection) -> None:
    found = version = int(await connection.fetchval("SELECT max(version) FROM schema_version") or 0)
    while version != SCHEMA_VERSION:
        if version not in UPGRADES:
            raise SchemaError(
                f"schema_version: expected {SCHEMA_VERSION}, found {found}; "
                "`python -m ledger rebuild` makes the tables anew"
            )
        await connection.execute(UPGRADES[version])
        version += 1


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
