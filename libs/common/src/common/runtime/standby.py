"""A replica that does not act yet: it follows the record so closely that it can act at once when it must."""

import asyncio

import structlog

from common.bus.api import Bus
from common.clock import Clock
from common.contracts.base import Event
from common.contracts.subjects import JOURNAL
from common.contracts.venue import BookUpdated, MarketUpdated
from common.errors import BusError
from common.runtime.assembly import Assembly
from common.runtime.inbox import Inbox
from common.runtime.lease import Lease
from common.runtime.loop import published_on
from common.runtime.recovery import read
from common.runtime.tape import Tape

FOLLOW_WAIT_S = 0.25

log = structlog.get_logger()


class Follower:
    """Tells a core what others record and say, and lets it decide nothing."""

    def __init__(self, bus: Bus, assembly: Assembly, clock: Clock, inbox: Inbox, tape: Tape | None) -> None:
        self._bus, self._assembly, self._clock, self._inbox, self._tape = bus, assembly, clock, inbox, tape
        self._filters = [part.filter for part in assembly.recovery if part.stream == JOURNAL.name]
        self._sequence = 0
        """Of the last message of the journal that the core was told of."""

    async def recover(self) -> int:
        """Tell every part of the record that the service asks for. Answers how many events it had."""
        count = 0
        for part in self._assembly.recovery:
            async for message in read(self._bus, part):
                if part.stream == JOURNAL.name:
                    self._sequence = message.sequence
                await self._tell(message.event)
                count += 1
        return count

    async def stand_by(self, lease: Lease) -> None:
        """Follow until the lease is this replica's."""
        while True:
            try:
                await self.catch_up()
                if await lease.acquire():
                    return
            except BusError as error:
                log.debug("standing_by_without_the_bus", error=str(error))
            await self._hear()
            await asyncio.sleep(FOLLOW_WAIT_S)

    async def catch_up(self) -> None:
        """Tell what the journal has got since. Raises BusError where it cannot be read."""
        for filter_ in self._filters:
            async for message in self._bus.replay(JOURNAL.name, filter_, start=self._sequence + 1):
                self._sequence = message.sequence
                await self._tell(message.event)

    async def catch_up_surely(self) -> None:
        """Do the same however long the bus is away: nothing may be acted on before."""
        while True:
            try:
                return await self.catch_up()
            except BusError as error:
                log.debug("catching_up_retried", error=str(error))
                await asyncio.sleep(FOLLOW_WAIT_S)

    async def _hear(self) -> None:
        """Tell what was said aside from the journal: market data, commands, that the bus went or came back."""
        for _ in range(len(self._inbox)):
            event = (await self._inbox.get()).event
            subject = published_on(event)
            if subject is None or subject.stream is not JOURNAL:
                await self._tell(event)

    async def _tell(self, event: Event) -> None:
        now = self._clock.now()
        self._assembly.core.observe(event)
        if self._tape is not None:
            self._tape.record(event, now, None, phase="recover")
        if self._assembly.gateway is not None and isinstance(event, MarketUpdated | BookUpdated):
            await self._assembly.gateway.react(event, now)
