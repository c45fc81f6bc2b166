"""The time during which a replica acts for its service: how it begins, what it is told of it, and how it ends."""

import asyncio
import contextlib

import structlog

from common.bus.api import Bus
from common.clock import Clock
from common.contracts.runtime import LeaseAcquired, LeaseLost
from common.errors import BusError, LeaseError
from common.runtime.alarms import Alarms
from common.runtime.inbox import Inbox, Input
from common.runtime.lease import Lease, holder_name
from common.runtime.loop import Loop
from common.runtime.standby import Follower
from common.settings import ServiceSettings

log = structlog.get_logger()


class Tenure:
    """Holds the lease of a service of which one replica acts, and tells its core and its way out what becomes of it."""

    def __init__(
        self, bus: Bus, clock: Clock, inbox: Inbox, alarms: Alarms, *, service: str, settings: ServiceSettings
    ) -> None:
        self._clock, self._inbox, self._alarms = clock, inbox, alarms
        self._lease = Lease(
            bus, clock, service=service, holder=holder_name(settings.replica), lease_ms=settings.lease_ms
        )
        self._keeping: asyncio.Task[None] | None = None

    @property
    def is_held(self) -> bool:
        """Whether this replica may act at this very moment."""
        return self._lease.is_held

    def is_alone(self) -> bool:
        """Whether no other replica can be acting: a little longer than this one may act, and never while it waits."""
        return self._lease.is_exclusive

    @property
    def is_replaced(self) -> bool:
        """Whether another replica has had the lease since: what is open in the world is its affair from then on."""
        keeping = self._keeping
        if keeping is None or not keeping.done() or keeping.cancelled():
            return False
        return isinstance(keeping.exception(), LeaseError)

    async def look(self) -> None:
        """Note who holds the lease: one that nobody renews runs out from here on, while the record is read."""
        with contextlib.suppress(BusError):
            await self._lease.look()

    async def begin(self, loop: Loop, follower: Follower) -> "asyncio.Task[None]":
        """Stand by until the lease is ours, and say so before anything else; answer the task that keeps it.

        What a holder before us said late is read here, or lies behind our own word in the journal and is void.
        """
        await follower.stand_by(self._lease)
        log.info("lease_acquired", holder=self._lease.holder, token=self._lease.token)
        keeping = self._keeping = asyncio.create_task(self._lease.keep(self._lost, self._regained), name="lease")
        beginning = asyncio.create_task(self._begin(loop, follower))
        try:
            await asyncio.wait({keeping, beginning}, return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                keeping.result()
            beginning.result()
        finally:
            beginning.cancel()
        return keeping

    async def end(self) -> None:
        """Let go of the lease, if it is still ours, so that a standby need not wait for its end."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        with contextlib.suppress(BusError):
            await self._lease.release()

    async def _begin(self, loop: Loop, follower: Follower) -> None:
        await follower.catch_up_surely()
        await loop.turn(Input(self._acquired()))
        await follower.catch_up_surely()

    def _acquired(self) -> LeaseAcquired:
        return LeaseAcquired(holder=self._lease.holder, token=self._lease.token, at=self._clock.now())

    def _lost(self) -> None:
        log.error("lease_lost", holder=self._lease.holder, token=self._lease.token)
        event = LeaseLost(at=self._clock.now())
        self._alarms.ring(event)
        self._inbox.put(event)

    def _regained(self) -> None:
        log.warning("lease_regained", holder=self._lease.holder, token=self._lease.token)
        self._inbox.put(self._acquired())
