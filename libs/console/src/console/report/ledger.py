"""Reads the report's figures from the ledger's tables."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import asyncpg

from console.errors import ConsoleError
from console.report.figures import LedgerFigures, Period

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONNECT_TIMEOUT_S = 5.0
LOOK_AGAIN_S = 0.1
TRADES_MAX = 10_000

STORED = "SELECT sequence FROM journal_position WHERE stream = 'JOURNAL'"
OPPORTUNITIES = "SELECT count(*) FROM opportunities WHERE sequence > $1"
DECISIONS = """
SELECT result, coalesce(rule, '') AS rule, count(*) AS n FROM decisions WHERE sequence > $1
GROUP BY 1, 2 ORDER BY 3 DESC, 2
"""
FILLS = """
SELECT count(DISTINCT order_id) AS trades, count(*) AS fills, coalesce(sum(fee), 0) AS fees, min(matched_at) AS first
FROM fills WHERE status <> 'failed' AND price IS NOT NULL AND sequence > $1
"""
SETTLED = """
SELECT count(*) AS settled, count(*) FILTER (WHERE p.pnl > 0) AS won, coalesce(sum(p.pnl), 0) AS pnl
FROM positions AS p WHERE p.status = 'settled'
AND EXISTS (SELECT FROM settlements AS s WHERE s.market_id = p.market_id AND s.mode = p.mode AND s.sequence > $1)
"""
HALTS = "SELECT count(*) FROM halts WHERE change = 'halted' AND sequence > $1"
OPEN = "SELECT slug, up_shares, down_shares, cost, fees FROM positions WHERE status = 'open' ORDER BY opened_at"
SETTLEMENTS = """
SELECT slug, winner AS outcome, cost, fees, payout, pnl, settled_at FROM positions WHERE status = 'settled'
ORDER BY settled_at
"""
TRADES = """
SELECT slug, outcome, side, quantity, entry_price AS price, fee, expected_edge, status, pnl, created_at, filled_at
FROM trades WHERE quantity > 0 ORDER BY id DESC LIMIT $1
"""
MODELS = "SELECT DISTINCT model FROM opportunities WHERE sequence > $1 ORDER BY 1"
LIMITS = "SELECT DISTINCT limits_version FROM decisions WHERE sequence > $1 ORDER BY 1"


async def wait_until_stored(url: str, sequence: int, within_s: float) -> bool:
    """Wait until the ledger has caught up with the journal; say whether it has."""
    deadline = asyncio.get_running_loop().time() + within_s
    while asyncio.get_running_loop().time() <= deadline:
        with suppress(ConsoleError):
            async with connected(url) as connection:
                if await _stored(connection) >= sequence:
                    return True
        await asyncio.sleep(LOOK_AGAIN_S)
    return False


async def read_ledger(url: str, since_sequence: int) -> LedgerFigures:
    """Read everything; `since_sequence` is the journal's last when this run began."""
    async with connected(url) as connection:
        return LedgerFigures(
            stored=await _stored(connection),
            whole=await _period(connection, 0),
            run=await _period(connection, since_sequence),
            open_positions=_rows(await connection.fetch(OPEN)),
            settlements=_rows(await connection.fetch(SETTLEMENTS)),
            trades=_rows(reversed(await connection.fetch(TRADES, TRADES_MAX))),
            models=tuple(row["model"] for row in await connection.fetch(MODELS, since_sequence)),
            limits_versions=tuple(row["limits_version"] for row in await connection.fetch(LIMITS, since_sequence)),
        )


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Connect for a while; whatever fails, the database is to blame and is named."""
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
        try:
            yield connection
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, ValueError) as error:
        raise ConsoleError(f"the ledger's database: {type(error).__name__}: {error}") from None


async def _stored(connection: Connection) -> int:
    if not await connection.fetchval("SELECT to_regclass('journal_position') IS NOT NULL"):
        return 0
    return int(await connection.fetchval(STORED) or 0)


async def _period(connection: Connection, since: int) -> Period:
    decisions = await connection.fetch(DECISIONS, since)
    fills = await connection.fetchrow(FILLS, since)
    settled = await connection.fetchrow(SETTLED, since)
    assert fills is not None and settled is not None  # noqa: PT018 - aggregates always answer one row
    first: datetime | None = fills["first"]
    return Period(
        opportunities=await connection.fetchval(OPPORTUNITIES, since) or 0,
        approvals=sum(row["n"] for row in decisions if row["result"] == "approved"),
        denials={row["rule"]: row["n"] for row in decisions if row["result"] == "denied"},
        trades=fills["trades"],
        fills=fills["fills"],
        fees=fills["fees"],
        settled=settled["settled"],
        won=settled["won"],
        pnl=settled["pnl"],
        halts=await connection.fetchval(HALTS, since) or 0,
        first_fill_ns=None if first is None else int(first.timestamp() * 1_000_000) * 1000,
    )


def _rows(records: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple({name: _plain(value) for name, value in record.items()} for record in records)


def _plain(value: object) -> object:
    """Make a column fit for JSON: exact decimals as text, moments in UTC."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
