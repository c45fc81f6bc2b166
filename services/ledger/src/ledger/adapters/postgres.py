"""The projection of the journal into Postgres: a batch a transaction, exactly once, never blocked by one event."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg
import structlog

from common.errors import PmArbError
from common.runtime.assembly import Recorded
from common.runtime.core import Inbox
from ledger.adapters import metrics, schema
from ledger.adapters.batch import PERMANENT, Prepared, advance, known, prepare, set_aside, try_alone
from ledger.adapters.statements import Connection, write
from ledger.adapters.trade_metrics import TradeMetrics
from ledger.settings import Settings

REBUILD_LOCK = 0x6C656467_02  # advisory: one rebuild at a time
log = structlog.get_logger()


class JournalChangedError(PmArbError):
    """The journal holds another event at a sequence that is already stored: it was begun anew."""


class RebuildingError(PmArbError):
    """The projection is being rebuilt, or a rebuild was broken off."""


class PostgresProjector:
    """Stores batches of the journal. Connects when first needed, and again when Postgres was away."""

    def __init__(self, settings: Settings, *, rebuilding: bool = False) -> None:
        self._settings = settings
        self._rebuilding = rebuilding
        self._pool: asyncpg.Pool[Any] | None = None
        self._opening = asyncio.Lock()
        self._trades = TradeMetrics()
        self.sequence = 0
        self.refused = 0
        self.trouble = "nothing asked of Postgres yet"
        """Why nothing can be stored now, or empty."""

    async def stored_up_to(self) -> int:
        """Answer the last sequence that is safely stored, 0 when none is."""
        async with self._connection() as connection:
            self.sequence = await self._position(connection)
        metrics.SEQUENCE.set(self.sequence)
        return self.sequence

    async def store(self, batch: Sequence[Recorded]) -> None:
        """Store a batch in one transaction; what is already stored is skipped, what cannot be stored is set aside.

        Raises when Postgres could not do it; nothing of the batch is stored then, and it can be offered again.
        """
        if not batch:
            return
        prepared = [prepare(recorded) for recorded in batch]
        with metrics.STORE_SECONDS.time():
            async with self._connection() as connection:
                try:
                    await self._store_together(connection, prepared)
                except PERMANENT:
                    await self._store_one_by_one(connection, prepared)

    async def run(self, inbox: Inbox) -> None:  # noqa: ARG002 - the protocol's form; it brings nothing in
        """Keep the connections until the service stops, then give them back."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def ask(self, question: str) -> "asyncpg.Record | None":
        """Answer the first row of a question."""
        async with self._connection() as connection:
            return await connection.fetchrow(question)

    async def oldest(self) -> int | None:
        """Answer the first sequence that is stored, None when there is none; needs no table to be there."""
        async with self._connection() as connection:
            if not await connection.fetchval("SELECT to_regclass('events') IS NOT NULL"):
                return None
            found: int | None = await connection.fetchval("SELECT min(sequence) FROM events")
            return found

    @asynccontextmanager
    async def recreated(self) -> AsyncIterator[None]:
        """Begin with empty tables. Until the block is left without an error, a service that runs beside waits."""
        async with self._connection() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", REBUILD_LOCK):
                raise RebuildingError("another rebuild is running")
            await schema.recreate(connection)
            yield
            await schema.finish_rebuilding(connection)

    async def close(self) -> None:
        """Say goodbye to Postgres, or break off where it takes too long; the next call connects again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(self._settings.connect_timeout_s):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            pool = await self._connected()
            async with pool.acquire(timeout=self._settings.connect_timeout_s) as connection:
                yield connection
        except Exception as error:
            self.trouble = str(error) if isinstance(error, PmArbError) else f"Postgres: {type(error).__name__}"
            raise
        self.trouble = ""

    async def _connected(self) -> "asyncpg.Pool[Any]":
        async with self._opening:  # of two that ask at once, one connects and the other takes what it made
            if self._pool is None:
                self._pool = await self._ready_pool()
            return self._pool

    async def _ready_pool(self) -> "asyncpg.Pool[Any]":
        pool = await self._open()
        try:
            if not self._rebuilding:
                async with pool.acquire() as connection:
                    await schema.ensure(connection)
        except BaseException:
            pool.terminate()
            raise
        return pool

    async def _open(self) -> "asyncpg.Pool[Any]":
        timeout_ms = self._settings.statement_timeout_ms
        return await asyncpg.create_pool(
            self._settings.database_url.get_secret_value(),
            min_size=1,
            max_size=self._settings.pool_size_max + self._rebuilding,  # a rebuild keeps one for its lock
            timeout=self._settings.connect_timeout_s,
            command_timeout=timeout_ms / 1000 + 1,  # Postgres ends it first; this is for one that no longer answers
            server_settings={
                "application_name": "pm-arb-ledger",
                "statement_timeout": str(timeout_ms),
                "idle_in_transaction_session_timeout": "0" if self._rebuilding else str(timeout_ms),
                "timezone": "UTC",
            },
        )

    async def _store_together(self, connection: Connection, prepared: Sequence[Prepared]) -> None:
        async with connection.transaction():
            fresh = await self._fresh(connection, prepared)
            refusals = [one for one in fresh if one.error]
            await write(connection, [row for one in fresh for row in one.rows])
            await set_aside(connection, refusals)
            await advance(connection, fresh)
        self._note(prepared, fresh, refusals)

    async def _store_one_by_one(self, connection: Connection, prepared: Sequence[Prepared]) -> None:
        """Find out which events of the batch Postgres refuses, and store the others."""
        async with connection.transaction():
            fresh = await self._fresh(connection, prepared)
            tried = [one if one.error else await try_alone(connection, one) for one in fresh]
            refusals = [one for one in tried if one.error]
            await set_aside(connection, refusals)
            await advance(connection, fresh)
        self._note(prepared, fresh, refusals)

    async def _fresh(self, connection: Connection, prepared: Sequence[Prepared]) -> list[Prepared]:
        """Lock the position and leave out what is stored; an event below it that never came is not a repeat."""
        position = await self._position(connection)
        below = [one for one in prepared if one.sequence <= position]
        stored = await known(connection, [one.sequence for one in below]) if below else {}
        for one in below:
            if stored.get(one.sequence, one.event_id) != one.event_id:
                raise JournalChangedError(
                    f"sequence {one.sequence}: expected event {stored[one.sequence]}, found {one.event_id}: "
                    "the journal was begun anew; `python -m ledger rebuild` projects the new one"
                )
        return list({one.sequence: one for one in prepared if one.sequence not in stored}.values())

    async def _position(self, connection: Connection) -> int:
        row = await connection.fetchrow(
            "SELECT sequence, rebuilding FROM journal_position WHERE stream = $1 FOR UPDATE", schema.STREAM
        )
        if row is None or (row["rebuilding"] and not self._rebuilding):
            raise RebuildingError(
                "expected a whole projection, found one that is being rebuilt or was left half rebuilt; "
                "`python -m ledger rebuild` completes it"
            )
        return int(row["sequence"])

    def _note(self, prepared: Sequence[Prepared], fresh: Sequence[Prepared], refusals: Sequence[Prepared]) -> None:
        self.sequence = max([self.sequence, *(one.sequence for one in prepared)])
        self.refused += len(refusals)
        stored, repeated = len(fresh) - len(refusals), len(prepared) - len(fresh)
        metrics.count(stored=stored, refused=len(refusals), repeated=repeated, sequence=self.sequence)
        for one in fresh:
            self._trades.count(one.recorded.event)
        for one in refusals:
            log.error("ledger_event_refused", sequence=one.sequence, subject=one.recorded.subject, error=one.error)
