"""What the exchange has yet to do, and when: each action runs once, at its instant or as soon after as can be."""

import asyncio
from collections.abc import Callable

from simulator.wall import Clock

NS_PER_S = 1_000_000_000

Action = Callable[[], None]


class Agenda:
    """Actions due at instants of the exchange's clock. To be made within a running loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._handles: set[asyncio.TimerHandle] = set()

    def at(self, at_ns: int, action: Action) -> None:
        """Run an action at an instant; one that has passed is run in the loop's next turn."""

        def act() -> None:
            self._handles.discard(handle)
            action()

        handle = self._loop.call_later(max(at_ns - self._clock(), 0) / NS_PER_S, act)
        self._handles.add(handle)

    def close(self) -> None:
        """Forget everything that is not done yet."""
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()
