"""What waits for the core: an operator's word first, then everything in order, old market data giving way to new."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.runtime import BusLost, BusRestored
from common.telemetry.metrics import SHED

Acknowledge = Callable[[], Awaitable[None]]

URGENT = (HaltRequested, ResumeRequested, BusLost, BusRestored)


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
        self._urgent: deque[Input] = deque()
        self._waiting: deque[Input] = deque()
        self._latest: dict[str, Input] = {}
        self._size_max = size_max
        self._reader: asyncio.Future[None] | None = None
        """Set while the reader waits for something to come."""
        self._replaced = SHED.labels(service=service, why="replaced by newer")
        self._dropped = SHED.labels(service=service, why="inbox full")

    def __len__(self) -> int:
        return len(self._urgent) + len(self._waiting)

    def put(self, event: Event) -> None:
        """Add an input that counts each time; urgent ones overtake."""
        self.put_input(Input(event))

    def put_input(self, item: Input) -> None:
        """Add an input with its acknowledgement; one that can be acknowledged is never shed."""
        if isinstance(item.event, URGENT):
            self._urgent.append(item)
        elif item.acknowledge is None and item.event.may_be_shed and len(self._waiting) >= self._size_max:
            self._dropped.inc()
            return
        else:
            self._waiting.append(item)
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
        while not (self._urgent or self._waiting):
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        item = self._urgent.popleft() if self._urgent else self._waiting.popleft()
        if item.key:
            del self._latest[item.key]
        return item

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
