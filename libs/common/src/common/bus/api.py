"""What a bus is to the rest of the project."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from common.clock import Instant
from common.contracts.base import Event


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it arrived: decoded, with its place in its stream when it has one (else 0)."""

    subject: str
    event: Event
    sequence: int
    stored_at: Instant
    headers: Mapping[str, str] = field(default_factory=dict)
    redelivered: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept under a key, and the sequence under which it was written: the next writer must name that."""

    value: bytes
    sequence: int


Handler = Callable[[Message], None]
"""Takes a core message. Must not block."""

Forewarned = Callable[[Event], None]
"""Told of a durable message before it is stored: nothing may follow from it but being ready. Must not block."""

DurableHandler = Callable[[Message, Callable[[], Awaitable[None]]], None]
"""Takes a durable message and the way to acknowledge it. Must not block."""


class Bus(Protocol):
    """Publish, hear, consume, and read back what was kept.

    `publish` returns only when a durable message is safely stored; it raises BusError when nobody can say whether it
    was, and publishing the same event again is then safe, for its identity deduplicates it.
    """

    @property
    def connected(self) -> bool: ...

    async def publish(self, event: Event, headers: Mapping[str, str] | None = None) -> None:
        """Publish an event on its own subject, as its kind demands.

        What need not be stored leaves with the event loop's next turn at the latest, in one go with what else does.
        """

    def send(self) -> None:
        """Have what was published leave now."""

    async def subscribe(self, filter_: str, handler: Handler) -> None:
        """Hear what is published from now on; what is missed is missed."""

    async def foretell(self, filter_: str, handler: Forewarned) -> None:
        """Hear durable messages as soon as they are published. Each comes once more when it is stored, if it is."""

    async def consume(self, durable: str, handler: DurableHandler) -> None:
        """Take the deliveries of a durable consumer on JOURNAL that was created beforehand.

        One that was foretold and has the same bytes is the same object.
        """

    def replay(self, stream: str, filter_: str = ">", start: int = 1, end: int | None = None) -> AsyncIterator[Message]:
        """Read a stream back in order, from sequence `start` to `end` or the last one there was at the call."""

    def latest(self, stream: str, filter_: str) -> AsyncIterator[Message]:
        """Read the last message of each subject under the filter, oldest first."""

    async def last_sequence(self, stream: str) -> int:
        """Answer the sequence of the last message in a stream, 0 when it is empty."""

    async def read_lease(self, service: str) -> Kept | None:
        """Read a service's key in the bucket of leases, None where nothing was ever written."""

    async def write_lease(self, service: str, value: bytes, *, after: int, timeout_s: float) -> int | None:
        """Write it if its last sequence is still `after` (0 for none); answer the new one, None if it is not.

        Raises BusError when nobody can say whether it was written.
        """

    async def close(self) -> None:
        """Say goodbye: what was published is flushed first."""
