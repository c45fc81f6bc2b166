"""From an event to the changes it makes to the tables. Pure: the same event always makes the same changes."""

from dataclasses import fields
from decimal import Decimal

from common.contracts.base import Event
from ledger.core import standing, trading  # noqa: F401 - they register what each type of event changes
from ledger.core.changes import changes, moment
from ledger.core.rows import EventRow, Place, Row

DIGITS_MAX = 100
"""Digits of an amount before or behind the point. No true one comes near; the driver garbles those far beyond."""


def project(event: Event, place: Place) -> tuple[Row, ...]:
    """Answer every change that an event makes, the audit trail's own row first.

    An event that says nothing to people leaves only that row. Raises ValueError or OverflowError when the event holds
    what no table can (a day that is none, an instant outside the calendar, an amount beyond all bounds).
    """
    trail = EventRow(
        sequence=place.sequence, subject=place.subject, type=str(getattr(event, "type", "")), event_id=event.identity,
        stored_at=moment(place.stored_at), event=event.to_json().decode(),
    )  # fmt: skip
    rows = changes(event, place.sequence)
    for row in rows:
        _expect_bounded_amounts(row)
    return (trail, *rows)


def _expect_bounded_amounts(row: Row) -> None:
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, Decimal):
            exponent = value.as_tuple().exponent
            if not isinstance(exponent, int) or exponent < -DIGITS_MAX or value.adjusted() > DIGITS_MAX:
                raise ValueError(f"{field.name}: expected at most {DIGITS_MAX} digits, found an amount of another size")
