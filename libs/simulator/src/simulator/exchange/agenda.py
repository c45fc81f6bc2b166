"""What the exchange has yet to do, and when: each action runs once, at its instant or as soon after as can be."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush

from simulator.breakdown import Report
from simulator.wall import Clock

NS_PER_S = 1_000_000_000
ACTIONS_MAX = 1_000_000
ACTIONS_A_TURN_MAX = 500
"""How many are run before the loop may do something else."""
LOOK_S_MAX = 1.0
"""How long at most the clock is not looked at: it may be set, or go on while the process was suspended."""

Action = Callable[[], None]


class Agenda:
    """Actions due at instants of the exchange's clock, run in the order of their instants. To be made within a loop.

    An action that raises ends the agenda, and is reported: what it left undone nobody else would do.
    """

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._due: list[tuple[int, int, Action]] = []
        self._entered = 0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._due)

    def at(self, at_ns: int, action: Action) -> None:
        """Run an action at an instant; one that has passed is run in the loop's next turn."""
        if len(self._due) >= ACTIONS_MAX:
            raise OverflowError(f"expected at most {ACTIONS_MAX} actions that are not done yet")
        self._entered += 1
        entry = (at_ns, self._entered, action)
        heappush(self._due, entry)
        if self._due[0] is entry:
            self._wake()

    def close(self) -> None:
        """Forget everything that is not done yet."""
        self._due.clear()
        self._wake()

    def _wake(self) -> None:
        """Have the loop look again when the first of them is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._due:
            left_s = max(self._due[0][0] - self._clock(), 0) / NS_PER_S
            self._timer = self._loop.call_later(min(left_s, LOOK_S_MAX), self._act)

    def _act(self) -> None:
        now_ns = self._clock()
        try:
            for _ in range(ACTIONS_A_TURN_MAX):
                if not self._due or self._due[0][0] > now_ns:
                    break
                heappop(self._due)[2]()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be told, and a timer has nobody to raise to
            self.close()
            self._report("agenda", error)
        else:
            self._wake()
