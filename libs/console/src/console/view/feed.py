"""Feeds a board from NATS as the console's own user, which may listen and read and say nothing."""

import asyncio
from collections.abc import Callable

from common.bus.api import Bus, Message
from common.bus.nats import NatsBus, connect
from common.clock import Clock, Instant
from common.contracts.base import Event
from common.contracts.risk import OrderApproved
from common.contracts.subjects import CATALOGUE, CONSOLE, CONTROL, JOURNAL, subscribed_by
from common.errors import BusError
from console.view.board import Board

TAIL_EVERY_S = 0.25
RETRY_WAIT_S = 0.5
MONEY = "executor.>"

Heard = Callable[[Event, Instant], None]


class Feed:
    """Market data and heartbeats as they are published; the journal read in order, so that each fact counts once."""

    def __init__(self, bus: Bus, board: Board, clock: Clock, heard: Heard) -> None:
        self._bus, self._board, self._clock, self._heard = bus, board, clock, heard
        self._sequence = 0
        self._primed = False
        self._reading = asyncio.Lock()
        self.money_moved_at = clock.now()
        """When the journal last told of an approval, an order or a fill."""
        self.began_at_sequence = 0
        """The journal's last sequence when this run began."""

    async def prime(self) -> None:
        """Learn what was before: the markets that are, the money that moved, how risk stands."""
        for stream, filter_ in ((CATALOGUE.name, "venue.market.>"), (CONTROL.name, "control.>")):
            async for message in self._bus.latest(stream, filter_):
                self._take(message)
        last = await self._bus.last_sequence(JOURNAL.name)
        for filter_ in ("risk.state", "risk.halt"):
            async for message in self._bus.latest(JOURNAL.name, filter_):
                self._take(message)
        async for message in self._bus.replay(JOURNAL.name, MONEY, end=last):
            self._take(message)
        self._sequence = self.began_at_sequence = last
        self._board.begin(self._clock.now())
        self._primed = True

    async def listen(self) -> None:
        """Hear everything that the table lets the console hear and that the journal does not keep."""
        for subject in subscribed_by(CONSOLE):
            if subject.stream is not JOURNAL:
                await self._bus.subscribe(subject.filter, self._take)

    async def tail(self) -> None:
        """Follow the journal until cancelled; while the bus is away, wait for it."""
        while True:
            try:
                await self.catch_up()
            except BusError:
                await asyncio.sleep(RETRY_WAIT_S)
            await asyncio.sleep(TAIL_EVERY_S)

    async def catch_up(self) -> None:
        """Read what the journal has got since the last look; of two who look at once one waits for the other."""
        async with self._reading:
            async for message in self._bus.replay(JOURNAL.name, start=self._sequence + 1):
                self._sequence = message.sequence
                self._take(message)

    @property
    def sequence(self) -> int:
        """The last sequence that was read."""
        return self._sequence

    def _take(self, message: Message) -> None:
        event, now = message.event, self._clock.now()
        self._board.fold(event, now)
        if self._primed:
            self._heard(event, now)
            if message.subject.startswith("executor.") or isinstance(event, OrderApproved):
                self.money_moved_at = now


async def open_feed(url: str, password: str, board: Board, clock: Clock, heard: Heard) -> tuple[NatsBus, Feed]:
    """Connect as the console, prime the board and listen; `heard` is told of what is new."""
    bus = await connect(url, user=CONSOLE, password=password, clock=clock)
    feed = Feed(bus, board, clock, heard)
    await feed.prime()
    await feed.listen()
    return bus, feed
