"""What is to happen at the paper venue and when, in virtual time: no clock is read, time is told."""

import heapq
from collections.abc import Callable

from common.clock import Instant

Action = Callable[[Instant], None]


class Schedule:
    """Actions by their moment; those of one moment in the order they were planned."""

    def __init__(self) -> None:
        self._planned: list[tuple[Instant, int, Action]] = []
        self._count = 0
        self.now = Instant(0)
        """How far time has come; it never goes back."""

    def at(self, moment: Instant, action: Action) -> None:
        """Plan an action; it is given its own moment."""
        self._count += 1
        heapq.heappush(self._planned, (moment, self._count, action))

    def next(self) -> Instant | None:
        """Answer the moment of the next action."""
        return self._planned[0][0] if self._planned else None

    def advance(self, now: Instant) -> None:
        """Let time come to `now`: everything planned up to it happens, each at its own moment."""
        while self._planned and self._planned[0][0] <= now:
            moment, _, action = heapq.heappop(self._planned)
            self.now = max(self.now, moment)
            action(moment)
        self.now = max(self.now, now)
