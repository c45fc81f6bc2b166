"""Alerts waiting for their channel: the loudest first, bounded, and never in anybody's way."""

import asyncio
from collections import deque

from alerter.core import AlertRaised


class AlertQueue:
    """Holds at most so many alerts; when full, the oldest of the lowest priority gives way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lanes: dict[int, deque[AlertRaised]] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())

    def put(self, alert: AlertRaised) -> AlertRaised | None:
        """Add an alert at once; answer the one that was dropped for it, which may be itself."""
        self._lanes.setdefault(alert.priority, deque()).append(alert)
        dropped = self._drop() if len(self) > self._most else None
        self._arrived.set()
        return dropped

    def put_back(self, alert: AlertRaised) -> None:
        """Put an alert that was not delivered back to the head of its lane."""
        self._lanes.setdefault(alert.priority, deque()).appendleft(alert)

    def pop(self, priority_min: int) -> AlertRaised | None:
        """Take the oldest of the loudest, None when there is none as loud as that."""
        loudest = max((p for p, lane in self._lanes.items() if lane and p >= priority_min), default=None)
        return None if loudest is None else self._lanes[loudest].popleft()

    async def take(self, priority_min: int) -> AlertRaised:
        """Take the oldest of the loudest, waiting until there is one as loud as that."""
        while True:
            alert = self.pop(priority_min)
            if alert is not None:
                return alert
            self._arrived.clear()
            await self._arrived.wait()

    def _drop(self) -> AlertRaised:
        return self._lanes[min(p for p, lane in self._lanes.items() if lane)].popleft()
