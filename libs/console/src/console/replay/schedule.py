"""What is to be done again and again in virtual time."""

import heapq
from collections.abc import Callable

from common.clock import Instant

Errand = Callable[[Instant], None]


class Schedule:
    """Errands at fixed intervals; those of one moment in the order they were added."""

    def __init__(self) -> None:
        self._planned: list[tuple[Instant, int, int, Errand]] = []

    def every(self, interval_ns: int, start: Instant, errand: Errand) -> None:
        """Do an errand at `start` and after each interval."""
        heapq.heappush(self._planned, (start, len(self._planned), interval_ns, errand))

    @property
    def next_at(self) -> Instant:
        return self._planned[0][0]

    def run_next(self) -> None:
        """Do the earliest errand and plan it anew."""
        at, number, interval_ns, errand = self._planned[0]
        heapq.heapreplace(self._planned, (Instant(at + interval_ns), number, interval_ns, errand))
        errand(at)
