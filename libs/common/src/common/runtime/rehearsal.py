"""What a service may have to decide next, gone through while nothing waits, so that it is quick when it comes.

A trade is rare. When its turn comes, the code and the data that it takes are no longer in the processor's caches, and
to fetch them takes several times as long as to decide. A rehearsal asks the core as the loop would, and that is all: to
decide changes nothing, and nothing of a rehearsal is observed, published, taped or counted.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter

import structlog

from common.bus.codec import decode, encode
from common.clock import MILLISECOND, Clock, Instant
from common.contracts.base import Event
from common.runtime.assembly import Assembly
from common.runtime.core import Core
from common.runtime.loop import Loop, published_on

EVERY_S_MIN = 0.002
"""More often is of no use: what was gone through is still there."""
QUIET = 8 * MILLISECOND
"""For so long after an outcome, and after what foretells one, nothing is rehearsed: who deals with it needs the
processors and their caches."""
REST_S = 60.0
"""How long nothing is rehearsed after it failed, and at most between two rehearsals."""

log = structlog.get_logger()


def rehearsals(assembly: Assembly, loop: Loop, clock: Clock) -> list["asyncio.Task[None]"]:
    """Begin to rehearse, where a service has what to rehearse by, and a share of the processor for it."""
    share = assembly.settings.rehearse_share
    if assembly.imagine is None or not share:
        return []
    work = Rehearsal(assembly.core, assembly.imagine, loop, clock).run(share)
    return [asyncio.create_task(work, name="rehearsal")]


class Rehearsal:
    """Asks a core about what may come, again and again, as long as its loop has nothing to do."""

    def __init__(self, core: Core, imagine: Callable[[Instant], Event | None], loop: Loop, clock: Clock) -> None:
        self._core, self._imagine, self._loop, self._clock = core, imagine, loop, clock

    async def run(self, share: float) -> None:
        """Rehearse until cancelled, taking about this share of one processor at most."""
        while True:
            rest_s = self.turn(share)
            await asyncio.sleep(rest_s)

    def turn(self, share: float) -> float:
        """Rehearse if nothing else is to be done; answer for how many seconds to rest then.

        What fails in a rehearsal fails nobody else.
        """
        began = perf_counter()
        try:
            if self._loop.is_idle(QUIET):
                self.once()
        except Exception as error:  # noqa: BLE001 - what was made up must not end what is real
            log.warning("not_rehearsed", error=f"{type(error).__name__}: {error}", rests_s=REST_S)
            return REST_S
        return min(max(EVERY_S_MIN, (perf_counter() - began) / share), REST_S)

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
