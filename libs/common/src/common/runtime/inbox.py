"""What waits for the core: an operator's word first, then everything in order, old market data giving way to new."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.runtime import BusLost, BusRestored, LeaseAcquired, LeaseLost, StopRequested
from common.telemetry.metrics import SHED

Acknowledge = Callable[[], Awaitable[None]]

URGENT = (HaltRequested, ResumeRequested, BusLost, BusRestored, StopRequested)
LEASE = (LeaseLost, LeaseAcquired)
"""Before everything: whether one may act at all, and under which token."""
OVERTAKING = (*LEASE, *URGENT)


@dataclass(slots=True)
class Input:
    """One thing to tell the core, and how to acknowledge it when it came from the journal."""

    event: Event
    headers: Mapping[str, str] = field(default_factory=dict)
    acknowledge: Acknowledge | None = None
    key: str = ""
    """Under which a newer one takes its place; empty when each one counts."""


class Inbox:
    """A bounded queue with one reader. Facts beyond the bound are shed and counted, orders and fills never are."""

    def __init__(self, service: str, size_max: int) -> None:
        self._lease: deque[Input] = deque()
        self._urgent: deque[Input] = deque()
        self._waiting: deque[Input] = deque()
        self._latest: dict[str, Input] = {}
        self._size_max = size_max
        self._in_hand: Input | None = None
        """What the reader took last and, for all that is known here, still deals with."""
        self._reader: asyncio.Future[None] | None = None
        """Set while the reader waits for something to come."""
        self._replaced = SHED.labels(service=service, why="replaced by newer")
        self._dropped = SHED.labels(service=service, why="inbox full")

    def __len__(self) -> int:
        return len(self._lease) + len(self._urgent) + len(self._waiting)

    @property
    def owes(self) -> bool:
        """Whether anything waits, or is in hand, that may not be left undone."""
        if self._lease or self._urgent or (self._in_hand is not None and not _is_sheddable(self._in_hand)):
            return True
        return not all(map(_is_sheddable, self._waiting))

    @property
    def is_awaited(self) -> bool:
        """Whether the reader has dealt with everything and waits for more."""
        return self._reader is not None and not self._reader.done()

    def put(self, event: Event) -> None:
        """Add an input that counts each time; urgent ones overtake."""
        self.put_input(Input(event))

    def put_input(self, item: Input) -> None:
        """Add an input with its acknowledgement; one that can be acknowledged is never shed."""
        queue = self._queue(item.event)
        if len(queue) >= self._size_max and _is_sheddable(item):
            self._dropped.inc()
            return
        queue.append(item)
        self._wake()

    def put_latest(self, key: str, event: Event) -> None:
        """Add an input that takes the place of an older one of the same key that still waits."""
        waiting = self._latest.get(key)
        if waiting is not None:
            waiting.event = event
            self._replaced.inc()
            return
        if len(self._waiting) >= self._size_max:
            self._dropped.inc()
            return
        item = Input(event, key=key)
        self._latest[key] = item
        self._waiting.append(item)
        self._wake()

    async def get(self) -> Input:
        """Wait for the next input and take it."""
        self._in_hand = None
        while not len(self):
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        item = (self._lease or self._urgent or self._waiting).popleft()
        if item.key:
            del self._latest[item.key]
        self._in_hand = item
        return item

    def put_back(self, item: Input) -> None:
        """Take back, at its old place, what was taken and could not be dealt with."""
        self._in_hand = None
        if item.key and item.key in self._latest:
            self._replaced.inc()
            return
        if item.key:
            self._latest[item.key] = item
        self._queue(item.event).appendleft(item)
        self._wake()

    def _queue(self, event: Event) -> deque[Input]:
        if isinstance(event, LEASE):
            return self._lease
        return self._urgent if isinstance(event, URGENT) else self._waiting

    def take_urgent(self) -> Input | None:
        """Take the most urgent input without waiting, None where nothing is urgent."""
        queue = self._lease or self._urgent
        return queue.popleft() if queue else None

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


def _is_sheddable(item: Input) -> bool:
    return item.acknowledge is None and item.event.may_be_shed and not isinstance(item.event, OVERTAKING)
