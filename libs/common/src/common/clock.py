"""Time as a value. Only `SystemClock` reads the wall clock; everything else is handed `now`."""

import time
from typing import NewType, Protocol

Instant = NewType("Instant", int)
"""A moment in UTC, as integer nanoseconds since 1970-01-01."""

Nanoseconds = NewType("Nanoseconds", int)
"""A length of time."""

MILLISECOND = 1_000_000
SECOND = 1_000_000_000


class Clock(Protocol):
    """Where a shell gets `now` from."""

    def now(self) -> Instant:
        """Answer the present moment."""


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> Instant:
        return Instant(time.time_ns())


class VirtualClock:
    """A clock that moves only when told to, for replays and tests."""

    def __init__(self, at: Instant) -> None:
        self._at = at

    def now(self) -> Instant:
        return self._at

    def advance_to(self, at: Instant) -> None:
        """Move forward to `at`; a clock never goes back."""
        self._at = max(self._at, at)


def since(now: Instant, then: Instant) -> Nanoseconds:
    """Say how long ago `then` was, negative when it lies ahead."""
    return Nanoseconds(now - then)


def later(at: Instant, *, ms: int) -> Instant:
    """Answer the moment `ms` milliseconds after `at`."""
    return Instant(at + ms * MILLISECOND)


def milliseconds(length: Nanoseconds) -> int:
    """Round a length of time towards zero to whole milliseconds."""
    return int(length / MILLISECOND)


def instant_from_ms(ms: int) -> Instant:
    """Read a UNIX timestamp in milliseconds."""
    return Instant(ms * MILLISECOND)


def instant_from_seconds(seconds: int) -> Instant:
    """Read a UNIX timestamp in whole seconds."""
    return Instant(seconds * SECOND)
