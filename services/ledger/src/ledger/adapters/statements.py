"""The parametrised statement for each kind of row. Data travels only as parameters; columns are the rows' own fields.

Each statement makes its change once however often it runs, and of two words on a row the right one stands whichever
comes first.
"""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeAlias

from asyncpg.pool import PoolConnectionProxy

from ledger.core.rows import (
    DecisionRow,
    EventRow,
    FillRow,
    FillStatusRow,
    OpportunityRow,
    OrderRow,
    OrderStateRow,
    OrderStatusRow,
    RedemptionRow,
    Row,
    SettlementRow,
)
from ledger.core.standing_rows import (
    DiscrepancyRow,
    ExecutorStateRow,
    HaltRow,
    LeaseRow,
    ReconciliationRow,
    RiskStateRow,
)

Connection: TypeAlias = "PoolConnectionProxy[Any]"


async def write(connection: Connection, rows: Sequence[Row]) -> None:
    """Make the changes, those of one kind in one round trip and in their order."""
    by_kind: dict[type[Row], list[Row]] = {}
    for row in rows:
        by_kind.setdefault(type(row), []).append(row)
    for kind, same in by_kind.items():
        await connection.executemany(STATEMENTS[kind], [_PARAMETERS[kind](row) for row in same])


def _once(table: str, kind: type[Row], key: str) -> str:
    """Insert a row unless its key is there."""
    return f"{_insert(table, kind)} ON CONFLICT ({key}) DO NOTHING"


def _latest(table: str, kind: type[Row], key: str, *, when: str) -> str:
    """Insert a row, or replace the fields of the one that is there when a condition holds."""
    replaced = ", ".join(f"{name} = excluded.{name}" for name in _names(kind) if name != key)
    return f"{_insert(table, kind)} ON CONFLICT ({key}) DO UPDATE SET {replaced} WHERE {when}"


def _insert(table: str, kind: type[Row]) -> str:
    names = _names(kind)
    places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 - names of our own, no data


def _names(kind: type[Row]) -> list[str]:
    return [field.name for field in fields(kind)]


# The status with the highest sequence stands; the venue's id of the order, once known, stays.
ORDER_STATUS = """
INSERT INTO orders (
    status_sequence, order_id, opportunity_id, market_id, token_id, mode, status, error_message, venue_order_id,
    status_at, sequence, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $1, $10)
ON CONFLICT (order_id) DO UPDATE SET
    mode = excluded.mode,
    venue_order_id = COALESCE(excluded.venue_order_id, orders.venue_order_id),
    (status, error_message, status_at, status_sequence) = (
        SELECT latest.* FROM (VALUES
            (orders.status, orders.error_message, orders.status_at, orders.status_sequence),
            (excluded.status, excluded.error_message, excluded.status_at, excluded.status_sequence)
        ) AS latest (status, error_message, status_at, status_sequence)
        ORDER BY latest.status_sequence DESC LIMIT 1
    )
"""

STATEMENTS: dict[type[Row], str] = {
    EventRow: _once("events", EventRow, "sequence"),
    OpportunityRow: _once("opportunities", OpportunityRow, "opportunity_id"),
    DecisionRow: _once("decisions", DecisionRow, "decision_id"),
    # The approval completes a row that only a status had made; a repeated one changes nothing.
    OrderRow: _latest("orders", OrderRow, "order_id", when="orders.request_id IS NULL"),
    OrderStatusRow: ORDER_STATUS,
    OrderStateRow: _once("order_states", OrderStateRow, "sequence"),
    # The match completes a row that only a status had made; a repeated one changes nothing.
    FillRow: _latest("fills", FillRow, "fill_id", when="fills.price IS NULL"),
    # The first final word stands.
    FillStatusRow: _latest(
        "fills",
        FillStatusRow,
        "fill_id",
        when="fills.status = 'matched' OR excluded.status_sequence < fills.status_sequence",
    ),
    SettlementRow: _once("settlements", SettlementRow, "event_id"),
    RiskStateRow: _latest("risk_states", RiskStateRow, "minute_at", when="risk_states.sequence < excluded.sequence"),
    HaltRow: _once("halts", HaltRow, "event_id"),
    RedemptionRow: _once("redemptions", RedemptionRow, "event_id"),
    LeaseRow: _once("leases", LeaseRow, "event_id"),
    ReconciliationRow: _once("reconciliations", ReconciliationRow, "event_id"),
    DiscrepancyRow: _once("discrepancies", DiscrepancyRow, "reconciliation_id, number"),
    ExecutorStateRow: _once("executor_states", ExecutorStateRow, "event_id"),
}

_PARAMETERS = {kind: attrgetter(*_names(kind)) for kind in STATEMENTS}
