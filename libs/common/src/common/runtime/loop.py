"""The one message loop. Every service runs this and only this.

The order of its steps is the whole of the delivery guarantee:

1. The core decides. It has not yet seen the input, so deciding changes nothing.
2. The outcome is carried out where the service has a way to the world (the executor's gateway): what allows it, the
   approval, is already on record, and its id makes a second attempt recognisable.
3. The outcome is published under an id that derives from its cause: JetStream drops a second one.
4. The core observes the input, then the outcome.
5. Only now is the input acknowledged.

Where one replica at a time may act, its lease is looked at right before it acts: before step 2, and before each try of
step 3. Without the lease, or while the bus that must keep the outcome is known to be away, the loop stands still: what
was decided and not begun is forgotten and decided anew, for nothing has changed by deciding; what was carried out is
published once that is possible again. Meanwhile nothing is decided, and only what is urgent and needs no answer is
observed. The gateway does not wait for this loop to hear of an alarm: `assembly.alarm` comes ahead of it.

A crash anywhere leaves either an unanswered input, which is redelivered or found in the journal, or an answered one,
which the core recognises because recovery has observed the outcome.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache

import structlog

from common.bus.api import Bus
from common.clock import Clock, Instant, since
from common.contracts.base import Event
from common.contracts.subjects import Kind, Subject, subject_of
from common.errors import BusError
from common.runtime.core import Core, Gateway
from common.runtime.inbox import Inbox, Input
from common.runtime.meter import Meter
from common.runtime.tape import Tape
from common.telemetry.metrics import PUBLISH_RETRIES
from common.telemetry.traces import Tracer

RETRY_WAIT_S = 0.1
RETRY_WAIT_S_MAX = 1.0
STANDSTILL_WAIT_S = 0.02

KEPT = (Kind.DURABLE, Kind.STATE)

log = structlog.get_logger()


class Loop:
    """Feeds a core from an inbox, one input at a time."""

    def __init__(
        self, *, name: str, core: Core, bus: Bus, clock: Clock, inbox: Inbox, tracer: Tracer,
        gateway: Gateway | None = None, tape: Tape | None = None, may_act: Callable[[], bool] = lambda: True,
        get_ready: Callable[[Event], None] = lambda _event: None,
    ) -> None:  # fmt: skip
        self._name, self._core, self._bus, self._clock = name, core, bus, clock
        self._inbox, self._tracer, self._gateway, self._tape = inbox, tracer, gateway, tape
        self._may_act, self._get_ready = may_act, get_ready
        self.waits_for = ""
        """What keeps the loop from going on, or empty."""
        self._meter = Meter(name)
        self.turned_at = clock.now()
        """When the loop last finished an input; `/live` watches it."""
        self._acted_at = self.turned_at
        """When it last finished one that anything followed from, or got ready for one."""

    async def run(self) -> None:
        """Take inputs until cancelled."""
        while True:
            await self.turn(await self._inbox.get())

    def get_ready(self, event: Event) -> None:
        """Get ready for an input that was foretold, unless one that has come goes first."""
        self._acted_at = self._clock.now()
        if not self._inbox.owes:
            self._get_ready(event)

    def is_idle(self, quiet_ns: int) -> bool:
        """Say whether all that came was dealt with, and for so long nothing has followed, or been foretold to."""
        return self._inbox.is_awaited and since(self._clock.now(), self._acted_at) >= quiet_ns

    async def turn(self, item: Input) -> None:
        """Take one input through all five steps; or give it back, when its outcome cannot be acted on now."""
        event, now = item.event, self._clock.now()
        outcome = self._core.decide(event, now)
        if outcome is not None and self._hindrance(outcome):
            self._inbox.put_back(item)
            await self._stand_still(outcome)
            return
        if self._tape is not None:
            self._tape.record(event, now, outcome)
        if outcome is None:
            self._core.observe(event)
        else:
            with self._tracer.span(outcome, event, item.headers) as headers:
                await self._act(event, outcome, headers, now)
        if self._gateway is not None:
            await self._gateway.react(event, now)
        if item.acknowledge is not None and self._may_act():
            await self._acknowledge(item)
        self.turned_at = self._clock.now()
        if outcome is not None:
            self._acted_at = self.turned_at
        self._meter.count(event, outcome, now, self.turned_at)

    async def _act(self, event: Event, outcome: Event, headers: Mapping[str, str], now: Instant) -> None:
        if self._gateway is not None:
            await self._gateway.carry_out(outcome, now)
        subject = published_on(outcome)
        if subject is not None:
            await self._publish(subject, outcome, headers)
        self._core.observe(event)
        self._core.observe(outcome)

    def _hindrance(self, outcome: Event) -> str:
        """Name what an outcome must wait for before anything is done about it."""
        if not self._may_act():
            return "lease"
        subject = published_on(outcome)
        must_be_kept = subject is not None and subject.kind in KEPT
        return "bus" if must_be_kept and not self._bus.connected else ""

    async def _stand_still(self, outcome: Event) -> None:
        """Wait until an outcome like this one could be acted on, observing what is urgent and needs no answer."""
        log.warning("standing_still", waits_for=self._hindrance(outcome))
        while hindrance := self._hindrance(outcome):
            self.waits_for = hindrance
            await self._observe_urgent()
            await asyncio.sleep(STANDSTILL_WAIT_S)
        self.waits_for = ""

    async def _observe_urgent(self) -> None:
        while (item := self._inbox.take_urgent()) is not None:
            event, now = item.event, self._clock.now()
            if self._core.decide(event, now) is not None:
                self._inbox.put_back(item)
                return
            await self.turn(item)

    async def _publish(self, subject: Subject, outcome: Event, headers: Mapping[str, str]) -> None:
        """Publish; a durable outcome is tried until it is stored, and the service stands still meanwhile."""
        wait = RETRY_WAIT_S
        while True:
            await self._until_allowed()
            try:
                await self._bus.publish(outcome, headers)
            except BusError as error:
                if subject.kind not in KEPT:
                    log.debug("publish_dropped", subject=subject.pattern, error=str(error))
                    return
                PUBLISH_RETRIES.labels(service=self._name).inc()
                log.warning("publish_retried", subject=subject.pattern, error=str(error))
                self.waits_for = "bus"
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_WAIT_S_MAX)
            else:
                self.waits_for = ""
                self._send_off(subject)
                return

    def _send_off(self, subject: Subject) -> None:
        """Have what was published sent before anything else is done.

        Books and prices go out together while more inputs wait: to send each by itself takes a processor longer than to
        decide on it, and so does to read it. What must be kept has been answered by now.
        """
        may_wait = subject.kind in KEPT or (subject.kind is Kind.LATEST and len(self._inbox))
        if not may_wait:
            self._bus.send()

    async def _until_allowed(self) -> None:
        """Wait for the lease; where another replica takes it, the process ends and this never returns."""
        while not self._may_act():
            self.waits_for = "lease"
            await asyncio.sleep(STANDSTILL_WAIT_S)
        self.waits_for = ""

    async def _acknowledge(self, item: Input) -> None:
        assert item.acknowledge is not None
        try:
            await item.acknowledge()
        except Exception as error:  # noqa: BLE001 - whatever the client says, redelivery is harmless
            log.debug("acknowledgement_lost", error=f"{type(error).__name__}: {error}")


def published_on(outcome: Event) -> Subject | None:
    """Answer the subject an outcome is published on, None for one that concerns its own service alone."""
    return _published_on(type(outcome))


@cache
def _published_on(kind: type[Event]) -> Subject | None:
    try:
        return subject_of(kind)
    except KeyError:
        return None
