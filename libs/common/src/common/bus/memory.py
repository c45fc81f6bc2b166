"""A bus within one process, with the promises of the real one: order, redelivery, deduplication, last per subject."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

from common.bus.api import DurableHandler, Forewarned, Handler, Kept, Message
from common.bus.codec import decode, encode
from common.clock import Clock, SystemClock
from common.contracts.base import Event
from common.contracts.subjects import DURABLE_FILTERS, JOURNAL, STREAMS, Kind, Subject, subject_of
from common.errors import BusError


def matches(filter_: str, subject: str) -> bool:
    """Say whether a subject lies under a filter with NATS's wildcards."""
    wanted, tokens = filter_.split("."), subject.split(".")
    for n, want in enumerate(wanted):
        if want == ">":
            return len(tokens) > n
        if n >= len(tokens) or want not in ("*", tokens[n]):
            return False
    return len(wanted) == len(tokens)


@dataclass(slots=True)
class _Consumer:
    handler: DurableHandler | None = None
    acknowledged: set[int] = field(default_factory=set)


class MemoryBroker:
    """What all the buses of a process share: the streams and who listens."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.streams: dict[str, list[Message]] = {s.name: [] for s in STREAMS}
        self.seen: dict[str, set[str]] = defaultdict(set)
        self.handlers: list[tuple[str, Handler]] = []
        self.consumers: dict[str, _Consumer] = {name: _Consumer() for name in DURABLE_FILTERS}
        self.available = True
        self.leases: dict[str, Kept] = {}
        self.lease_sequence = 0

    def take(self, subject: Subject, event: Event, headers: Mapping[str, str]) -> None:
        """Store, then deliver, as a server would: what was stored before is heard again and not delivered."""
        address, at = subject.address(event), self.clock.now()
        decoded = decode(address, encode(event), at)
        message = Message(address, decoded, 0, at, dict(headers))
        is_new = subject.stream is None or not event.identity or event.identity not in self.seen[subject.stream.name]
        if subject.stream is not None and is_new:
            self.seen[subject.stream.name].add(event.identity)
            kept = self.streams[subject.stream.name]
            message = replace(message, sequence=len(kept) + 1)
            kept.append(message)
        for filter_, handler in list(self.handlers):
            if matches(filter_, address):
                handler(message)
        if subject.stream is JOURNAL and is_new:
            self._offer(message)

    def offer_unacknowledged(self, durable: str) -> None:
        """Deliver what a consumer has not acknowledged, as a server does when it comes back."""
        consumer = self.consumers[durable]
        for message in self.streams[JOURNAL.name]:
            if message.sequence not in consumer.acknowledged:
                self._deliver(durable, replace(message, redelivered=True))

    def _offer(self, message: Message) -> None:
        for durable in self.consumers:
            self._deliver(durable, message)

    def _deliver(self, durable: str, message: Message) -> None:
        consumer = self.consumers[durable]
        if consumer.handler is None or not matches(DURABLE_FILTERS[durable], message.subject):
            return

        async def acknowledge() -> None:
            consumer.acknowledged.add(message.sequence)

        consumer.handler(message, acknowledge)


class MemoryBus:
    """One party's view of a broker."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._handlers: list[tuple[str, Handler]] = []
        self._durables: list[str] = []

    @property
    def connected(self) -> bool:
        return self._broker.available

    async def publish(self, event: Event, headers: Mapping[str, str] | None = None) -> None:
        subject = subject_of(type(event))
        if not self._broker.available:
            if subject.kind in (Kind.LATEST, Kind.FACT, Kind.LIVENESS):
                return
            raise BusError(f"publish {subject.pattern}: expected a connection, found none")
        self._broker.take(subject, event, headers or {})
        await asyncio.sleep(0)

    def send(self) -> None:
        """Nothing waits here."""

    async def subscribe(self, filter_: str, handler: Handler) -> None:
        self._handlers.append((filter_, handler))
        self._broker.handlers.append((filter_, handler))

    async def foretell(self, filter_: str, handler: Forewarned) -> None:
        await self.subscribe(filter_, lambda message: handler(message.event))

    async def consume(self, durable: str, handler: DurableHandler) -> None:
        self._broker.consumers[durable].handler = handler
        self._durables.append(durable)
        self._broker.offer_unacknowledged(durable)

    async def replay(
        self, stream: str, filter_: str = ">", start: int = 1, end: int | None = None
    ) -> AsyncIterator[Message]:
        kept = self._broker.streams[stream]
        for message in kept[start - 1 : end if end is not None else len(kept)]:
            if matches(filter_, message.subject):
                yield message

    async def latest(self, stream: str, filter_: str) -> AsyncIterator[Message]:
        last = {m.subject: m for m in self._broker.streams[stream] if matches(filter_, m.subject)}
        for message in sorted(last.values(), key=lambda m: m.sequence):
            yield message

    async def last_sequence(self, stream: str) -> int:
        return len(self._broker.streams[stream])

    async def read_lease(self, service: str) -> Kept | None:
        self._must_be_available("read the lease")
        return self._broker.leases.get(service)

    async def write_lease(self, service: str, value: bytes, *, after: int, timeout_s: float) -> int | None:  # noqa: ARG002 - it answers at once
        self._must_be_available("write the lease")
        found = self._broker.leases.get(service)
        if (found.sequence if found else 0) != after:
            return None
        self._broker.lease_sequence += 1
        self._broker.leases[service] = Kept(value, self._broker.lease_sequence)
        return self._broker.lease_sequence

    def _must_be_available(self, what: str) -> None:
        if not self._broker.available:
            raise BusError(f"{what}: expected a connection, found none")

    async def close(self) -> None:
        for entry in self._handlers:
            self._broker.handlers.remove(entry)
        for durable in self._durables:
            self._broker.consumers[durable].handler = None
