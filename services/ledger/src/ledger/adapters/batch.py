"""A batch on its way into Postgres: what each event changes, which are known already, which must be set aside."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import asyncpg

from common.contracts.base import Event
from common.runtime.assembly import Recorded
from ledger.adapters.schema import STREAM
from ledger.adapters.statements import Connection, write
from ledger.core.changes import moment
from ledger.core.projection import project
from ledger.core.rows import Place, Row

ERROR_CHARACTERS_MAX = 500
# What Postgres will say again however often the same event is offered. Everything else is raised, and tried again.
PERMANENT = (
    asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError, UnicodeEncodeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event with the changes it makes, or the error for which it makes none."""

    recorded: Recorded
    event_id: str
    rows: tuple[Row, ...] = ()
    error: str = ""

    @property
    def sequence(self) -> int:
        return self.recorded.sequence


def prepare(recorded: Recorded) -> Prepared:
    """Project an event; one that cannot be projected is prepared to be set aside."""
    place = Place(sequence=recorded.sequence, subject=recorded.subject, stored_at=recorded.stored_at)
    event_id = _storable(recorded.event.identity)
    try:
        return Prepared(recorded, event_id, project(recorded.event, place))
    except Exception as error:  # noqa: BLE001 - one event must never keep the journal from being stored
        return Prepared(recorded, event_id, error=_words(error))


async def known(connection: Connection, sequences: Sequence[int]) -> dict[int, str]:
    """Answer which of the sequences are stored or set aside, and the ids of their events."""
    rows = await connection.fetch(
        "SELECT sequence, event_id FROM events WHERE sequence = ANY($1::bigint[]) "
        "UNION ALL SELECT sequence, event_id FROM refused WHERE sequence = ANY($1::bigint[])",
        sequences,
    )
    return {row["sequence"]: row["event_id"] for row in rows}


async def try_alone(connection: Connection, one: Prepared) -> Prepared:
    """Make an event's changes, or none of them and say why."""
    try:
        async with connection.transaction():
            await write(connection, one.rows)
    except PERMANENT as error:
        return replace(one, rows=(), error=_words(error))
    return one


async def set_aside(connection: Connection, refusals: Sequence[Prepared]) -> None:
    """Keep what cannot be projected, with its error, for a person to look at."""
    await connection.executemany(
        "INSERT INTO refused (sequence, subject, type, event_id, error, payload) VALUES ($1, $2, $3, $4, $5, $6)",
        [_refused(one) for one in refusals],
    )


async def advance(connection: Connection, fresh: Sequence[Prepared]) -> None:
    """Move the position to the last of the batch; it never goes back."""
    if not fresh:
        return
    last = max(fresh, key=lambda one: one.sequence)
    await connection.execute(
        "UPDATE journal_position SET sequence = $2, stored_at = $3 WHERE stream = $1 AND sequence < $2",
        STREAM, last.sequence, moment(last.recorded.stored_at),
    )  # fmt: skip


def _refused(one: Prepared) -> tuple[int, str, str, str, str, str]:
    event = one.recorded.event
    kind = str(getattr(event, "type", type(event).__name__))
    return one.sequence, one.recorded.subject, kind, one.event_id, one.error, _payload(event)


def _payload(event: Event) -> str:
    try:
        return event.to_json().decode()
    except ValueError:
        return ascii(event)


def _words(error: Exception) -> str:
    return _storable(f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS_MAX])


def _storable(text: str) -> str:
    """Replace what no text column takes: the zero character and lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
