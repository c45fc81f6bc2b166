"""Asks Postgres now and then how it is, for Prometheus: its exporter would be one more container with a password."""

import asyncio
import json

import structlog

from common.runtime.core import Inbox
from common.telemetry.metrics import Following
from ledger.adapters import metrics
from ledger.adapters.postgres import PostgresProjector

INTERVAL_S = 10.0
STATES = ("active", "idle", "idle in transaction")
QUESTION = """
SELECT
    pg_database_size(current_database()) AS bytes,
    xact_commit AS committed,
    xact_rollback AS rolled_back,
    (SELECT COALESCE(max(EXTRACT(EPOCH FROM clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()) AS oldest_s,
    (SELECT json_object_agg(state, number)::text FROM (
        SELECT state, count(*) AS number FROM pg_stat_activity
        WHERE datname = current_database() AND state IS NOT NULL GROUP BY state) AS s) AS states
FROM pg_stat_database WHERE datname = current_database()
"""
log = structlog.get_logger()


class DatabaseWatch:
    """A source that brings in nothing, and sets gauges for as long as the service runs."""

    def __init__(self, projector: PostgresProjector, *, interval_s: float = INTERVAL_S) -> None:
        self._projector, self._interval_s = projector, interval_s
        self._transactions = Following(metrics.TRANSACTIONS)

    async def run(self, inbox: Inbox) -> None:  # noqa: ARG002 - the protocol's form; it brings nothing in
        """Ask for ever; a database that is away is a figure too."""
        while True:
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - whatever ails the database, the projector says and waits
                metrics.DATABASE_UP.set(0)
                log.debug("database_not_seen", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._interval_s)

    async def _look(self) -> None:
        row = await self._projector.ask(QUESTION)
        assert row is not None, "expected a database to be among those that it lists, found it missing"
        found = json.loads(row["states"] or "{}")
        for state in STATES:
            metrics.CONNECTIONS.labels(state=state).set(found.get(state, 0))
        metrics.DATABASE_BYTES.set(row["bytes"])
        self._transactions.follow({"committed": row["committed"], "rolled back": row["rolled_back"]})
        metrics.OLDEST_TRANSACTION_SECONDS.set(row["oldest_s"])
        metrics.DATABASE_UP.set(1)
