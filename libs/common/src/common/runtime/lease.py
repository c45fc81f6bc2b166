"""A lease: of several replicas of a service one acts, and it knows by its own clock until when it may.

It is a key in a bucket on NATS that is written by compare-and-set: each writer names the sequence that it has seen, and
of two writers one is refused. The token of a lease is the sequence of its acquisition, so tokens only grow, over
restarts too. No two clocks are ever compared:

- The holder counts from before it sent a renewal, and stops a margin before the end.
- Whoever waits counts from after it first saw a renewal, and takes the lease when no other came for its whole length.

So the holder's lease ends before anybody else's can begin, however long a process was stopped or a message under way.
"""

import asyncio
import json
import math
import os
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any

import structlog

from common.bus.api import Bus, Kept
from common.clock import Clock
from common.errors import BusError, LeaseError

RENEWALS_PER_LEASE = 3
ANSWERS_PER_LEASE = 4
"""An answer is awaited for this part of a lease."""
RETRIES_PER_LEASE = 30
MARGIN_PARTS = 5
"""The holder stops this part of a lease before its end."""
HOST_CHARACTERS_MAX = 60

log = structlog.get_logger()


def elapsed_s() -> float:
    """Read a clock that nobody sets, and that runs on while the machine sleeps where there is such a one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def holder_name(replica: str) -> str:
    """Name this process as a holder: no process ever bears the name of another, not even of the one it replaces."""
    host = "".join(c if c.isascii() and c.isalnum() else "-" for c in socket.gethostname())[:HOST_CHARACTERS_MAX]
    return f"{replica or f'{host}-{os.getpid()}'}-{secrets.token_hex(4)}"


class Lease:
    """One replica's view of the lease of its service: look for it, hold it, renew it, let go of it."""

    def __init__(
        self, bus: Bus, clock: Clock, *, service: str, holder: str, lease_ms: int,
        elapsed: Callable[[], float] = elapsed_s,
    ) -> None:  # fmt: skip
        self._bus, self._clock, self._service, self._elapsed = bus, clock, service, elapsed
        self._length_s = lease_ms / 1000
        self.holder = holder
        self.token = 0
        """Of the last acquisition; zero before the first."""
        self._sequence = 0
        """Of the last write that was ours: the next one must follow it."""
        self._let_go()
        self._seen, self._seen_at = -1, 0.0

    @property
    def is_held(self) -> bool:
        """Whether this replica may act at this very moment."""
        return self._elapsed() < self._until

    @property
    def is_exclusive(self) -> bool:
        """Whether no other replica can act: until the whole length is over since the last renewal was sent."""
        return self._elapsed() < self._sent_at + self._length_s

    async def acquire(self) -> bool:
        """Look once, and take the lease if nobody has it, or nobody renewed it for its length. Raises BusError."""
        kept = await self.look()
        waited_s = self._elapsed() - self._seen_at
        if not self._is_free(kept) and waited_s < self._length_s:
            return False
        return await self._take(after=kept.sequence if kept is not None else 0)

    async def look(self) -> Kept | None:
        """Read the key, and note when each renewal of it was first seen. Raises BusError."""
        kept = await self._bus.read_lease(self._service)
        sequence = kept.sequence if kept is not None else 0
        if sequence != self._seen:
            self._seen, self._seen_at = sequence, self._elapsed()
        return kept

    async def keep(self, lost: Callable[[], None], regained: Callable[[], None]) -> None:
        """Renew until cancelled, telling at once when the lease ends without that.

        It is regained under a new token where nobody else has had it: the compare-and-set proves that, so what this
        replica believes is still the whole truth. Raises LeaseError when another has had it.
        """
        is_lost = False
        while True:
            await asyncio.sleep(self._pause_s())
            if not is_lost and not self.is_held:
                is_lost = True
                lost()
            try:
                await (self._regain() if is_lost else self.renew())
            except BusError as error:
                log.debug("lease_not_renewed", error=str(error))
            except LeaseError:
                if not is_lost:
                    lost()
                raise
            if is_lost and self.is_held:
                is_lost = False
                regained()

    async def renew(self) -> None:
        """Renew once. Raises BusError when nobody can say whether it was, LeaseError when another has the lease."""
        sent_at = self._elapsed()
        written = await self._write(self.holder, self.token, after=self._sequence)
        if written is None:
            await self._recognise()
        else:
            self._sequence = written
            self._hold(sent_at)

    async def release(self) -> None:
        """Let go of a lease that is held, so that another replica need not wait for its end. Raises BusError."""
        if self.is_held:
            self._let_go()
            await self._write("", self.token, after=self._sequence)

    async def _take(self, after: int) -> bool:
        sent_at = self._elapsed()
        written = await self._write(self.holder, 0, after=after)
        if written is None:
            return False
        self.token = self._sequence = written
        self._hold(sent_at)
        return True

    async def _regain(self) -> None:
        if not await self._take(after=self._sequence):
            await self._recognise()

    async def _recognise(self) -> None:
        """Find out who wrote last: a write of ours may have been stored although its answer never came."""
        kept = await self._bus.read_lease(self._service)
        found = _holder_of(kept)
        if kept is None or found != self.holder:
            self._let_go()
            raise LeaseError(f"lease of {self._service}: expected {self.holder}, found {found or 'nobody'}")
        self._sequence = kept.sequence

    async def _write(self, holder: str, token: int, *, after: int) -> int | None:
        """Write the key. In an acquisition the token is zero: it is the very sequence that it is written under."""
        left_s, answer_s = self._until - self._elapsed(), self._length_s / ANSWERS_PER_LEASE
        value = json.dumps({"holder": holder, "token": token, "renewed_at": self._clock.now()}).encode()
        timeout_s = min(left_s, answer_s) if left_s > 0 else answer_s
        return await self._bus.write_lease(self._service, value, after=after, timeout_s=timeout_s)

    def _hold(self, sent_at: float) -> None:
        self._sent_at = sent_at
        self._until = sent_at + self._length_s * (1 - 1 / MARGIN_PARTS)

    def _let_go(self) -> None:
        self._sent_at = self._until = -math.inf

    def _pause_s(self) -> float:
        """Answer how long to wait: until the next renewal, soon again where one failed, never beyond the end."""
        now = self._elapsed()
        soon_s = self._length_s / RETRIES_PER_LEASE
        pause_s = max(self._sent_at + self._length_s / RENEWALS_PER_LEASE - now, soon_s)
        return min(pause_s, self._until - now) if self._until > now else soon_s

    def _is_free(self, kept: Kept | None) -> bool:
        return kept is None or _holder_of(kept) in ("", self.holder)


def _holder_of(kept: Kept | None) -> str:
    """Read who holds a lease: empty where it was let go of. What cannot be read is somebody's."""
    if kept is None:
        return ""
    try:
        value: Any = json.loads(kept.value)
        return str(value["holder"])
    except (ValueError, KeyError, TypeError):
        return "(unreadable)"
