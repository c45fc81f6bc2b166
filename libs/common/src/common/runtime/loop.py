"""The one message loop. Every service runs this and only this.

The order of its steps is the whole of the delivery guarantee:

1. The core decides. It has not yet seen the input, so deciding changes nothing.
2. The outcome is carried out where the service has a way to the world (the executor's gateway): what allows it, the
   approval, is already on record, and its id makes a second attempt recognisable.
3. The outcome is published under an id that derives from its cause: JetStream drops a second one.
4. The core observes the input, then the outcome.
5. Only now is the input acknowledged.

A crash anywhere leaves either an unanswered input, which is redelivered or found in the journal, or an answered one,
which the core recognises because recovery has observed the outcome.
"""

import asyncio
from collections.abc import Mapping
from functools import cache

import structlog

from common.bus.api import Bus
from common.clock import Clock, Instant
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

log = structlog.get_logger()


class Loop:
    """Feeds a core from an inbox, one input at a time."""

    def __init__(
        self, *, name: str, core: Core, bus: Bus, clock: Clock, inbox: Inbox, tracer: Tracer,
        gateway: Gateway | None = None, tape: Tape | None = None,
    ) -> None:  # fmt: skip
        self._name, self._core, self._bus, self._clock = name, core, bus, clock
        self._inbox, self._tracer, self._gateway, self._tape = inbox, tracer, gateway, tape
        self._meter = Meter(name)
        self.turned_at = clock.now()
        """When the loop last finished an input; `/live` watches it."""

    async def run(self) -> None:
        """Take inputs until cancelled."""
        while True:
            await self.turn(await self._inbox.get())

    async def turn(self, item: Input) -> None:
        """Take one input through all five steps."""
        event, now = item.event, self._clock.now()
        outcome = self._core.decide(event, now)
        if self._tape is not None:
            self._tape.record(event, now, outcome)
        if outcome is None:
            self._core.observe(event)
        else:
            with self._tracer.span(outcome, event, item.headers) as headers:
                await self._act(event, outcome, headers, now)
        if self._gateway is not None:
            await self._gateway.react(event, now)
        if item.acknowledge is not None:
            await self._acknowledge(item)
        self.turned_at = self._clock.now()
        self._meter.count(event, outcome, now, self.turned_at)

    async def _act(self, event: Event, outcome: Event, headers: Mapping[str, str], now: Instant) -> None:
        if self._gateway is not None:
            await self._gateway.carry_out(outcome, now)
        subject = published_on(outcome)
        if subject is not None:
            await self._publish(subject, outcome, headers)
        self._core.observe(event)
        self._core.observe(outcome)

    async def _publish(self, subject: Subject, outcome: Event, headers: Mapping[str, str]) -> None:
        """Publish; a durable outcome is tried until it is stored, and the service stands still meanwhile."""
        wait = RETRY_WAIT_S
        while True:
            try:
                await self._bus.publish(outcome, headers)
            except BusError as error:
                if subject.kind not in (Kind.DURABLE, Kind.STATE):
                    log.debug("publish_dropped", subject=subject.pattern, error=str(error))
                    return
                PUBLISH_RETRIES.labels(service=self._name).inc()
                log.warning("publish_retried", subject=subject.pattern, error=str(error))
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_WAIT_S_MAX)
            else:
                return

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
