"""What each type of event changes, one function a type: `trading` and `standing` register theirs here."""

from datetime import UTC, datetime, timedelta
from functools import singledispatch

from common.clock import Instant
from common.contracts.base import Event
from ledger.core.rows import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@singledispatch
def changes(event: Event, sequence: int) -> tuple[Row, ...]:  # noqa: ARG001 - what the other cases need
    """Answer the changes beside the audit trail."""
    return ()


def moment(at: Instant) -> datetime:
    """Convert to UTC with the microseconds that Postgres keeps; the audit trail keeps the nanoseconds."""
    return EPOCH + timedelta(microseconds=at // 1000)
