"""Instants as the various wires write them."""

from datetime import UTC, datetime, timedelta

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def iso(second: int) -> str:
    """Write whole seconds: 2026-10-05T23:00:00Z."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_micros(at_ns: int) -> str:
    """Write microseconds: 2026-10-05T23:00:00.123456Z."""
    second, rest_ns = divmod(at_ns, 1_000_000_000)
    return f"{iso(second)[:-1]}.{rest_ns // 1000:06d}Z"


def spaced(second: int) -> str:
    """Write a closing time as Gamma does: 2026-10-05 23:00:00+00."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S+00")


def parse_iso(text: str) -> int:
    """Read an ISO 8601 instant into whole seconds; one without a zone is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def shifted(text: str, shift_s: int) -> str:
    """Move an instant in the way it was written: a date, ISO 8601, or Gamma's closing time."""
    if len(text) == len("2026-10-05"):
        return iso(parse_iso(text) + shift_s)[:10]
    if " " in text:
        return spaced(parse_iso(text) + shift_s)
    return iso(parse_iso(text) + shift_s)


def eastern_span(start_s: int, end_s: int) -> str:
    """Write a market's span as its title does: October 5, 7:00PM-7:15PM ET."""
    start, end = _eastern(start_s), _eastern(end_s)
    return f"{MONTHS[start.month - 1]} {start.day}, {_clock(start)}-{_clock(end)} ET"


def _clock(at: datetime) -> str:
    return f"{(at.hour + 11) % 12 + 1}:{at.minute:02d}{'AM' if at.hour < 12 else 'PM'}"


def _eastern(second: int) -> datetime:
    """Shift to New York by the rule in force since 2007, as slim images carry no time zone data."""
    utc = datetime.fromtimestamp(second, UTC)
    spring = _sunday(utc.year, 3, 2) + timedelta(hours=7)
    autumn = _sunday(utc.year, 11, 1) + timedelta(hours=6)
    return utc - timedelta(hours=4 if spring <= utc < autumn else 5)


def _sunday(year: int, month: int, which: int) -> datetime:
    first = datetime(year, month, 1, tzinfo=UTC)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
