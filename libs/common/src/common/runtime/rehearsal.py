"""What a service may have to decide next, gone through while nothing waits, so that it is quick when it comes.

A trade is rare. When its turn comes, the code and the data that it takes are no longer in the processor's caches, and
to fetch them takes several times as long as to decide. A rehearsal asks the core as the loop would, and that is all: to
decide changes nothing, and nothing of a rehearsal is observed, published, taped or counted.
"""

import asyncio
from time import perf_counter

import structlog

from common.bus.codec import decode, encode
from common.clock import MILLISECOND, Clock
from common.contracts.base import Event
from common.runtime.assembly import Assembly
from common.runtime.loop import Loop, published_on

EVERY_S_MIN = 0.002
QUIET = 8 * MILLISECOND
"""For so long after an outcome nothing is rehearsed: others deal with it, and need the processors and their caches."""
REST_S = 60.0
"""How long nothing is rehearsed after it failed."""

log = structlog.get_logger()


class Rehearsal:
    """Asks a service's core about what may come, again and again, as long as its loop has nothing to do."""

    def __init__(self, assembly: Assembly, loop: Loop, clock: Clock) -> None:
        self._core, self._imagine, self._loop, self._clock = assembly.core, assembly.imagine, loop, clock

    async def run(self, share: float) -> None:
        """Rehearse until cancelled, taking no more than this share of one processor."""
        while True:
            began = perf_counter()
            wait_s = 0.0 if self._try() else REST_S
            took = perf_counter() - began
            await asyncio.sleep(max(EVERY_S_MIN, took / share, wait_s))

    def once(self) -> Event | None:
        """Go through one input, from its bytes to those of the outcome; answer the outcome, which goes nowhere."""
        now = self._clock.now()
        event = self._imagine(now)
        if event is None:
            return None
        subject = published_on(event)
        if subject is not None:
            event = decode(subject.address(event), encode(event), now)
        outcome = self._core.decide(event, now)
        if outcome is not None:
            encode(outcome)
        return outcome

    def _try(self) -> bool:
        """Rehearse if nothing else is to be done; say whether that went well. What fails here has failed nobody."""
        try:
            if self._loop.is_idle(QUIET):
                self.once()
        except Exception as error:  # noqa: BLE001 - what was made up must not end what is real
            log.warning("not_rehearsed", error=f"{type(error).__name__}: {error}", rests_s=REST_S)
            return False
        return True
