"""Between the desk and a channel: takes alerts without waiting, and sends them for as long as the service runs."""

import asyncio

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential

from alerter.adapters import metrics
from alerter.adapters.channel import Channel, RefusedError, UnreachableError
from alerter.adapters.queue import AlertQueue
from alerter.core import AlertOutcome, AlertRaised, AlertSuppressed
from alerter.core.alerts import Priority
from alerter.settings import Settings
from common.clock import SECOND, Clock, Instant, since
from common.contracts.base import Event
from common.runtime.core import Inbox

log = structlog.get_logger()


class Outbox:
    """The service's way out (it only queues) and, as a source, the senders behind the queue."""

    def __init__(self, channel: Channel, settings: Settings, clock: Clock) -> None:
        self._channel = channel
        self._settings = settings
        self._clock = clock
        self._queue = AlertQueue(settings.alert_queue_max)
        self.trouble = ""
        """Why the last alert could not be delivered, or empty."""

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def channel(self) -> str:
        return self._channel.name

    async def react(self, event: Event, now: Instant) -> None:
        """Do nothing: inputs concern the desk alone."""

    async def carry_out(self, outcome: Event, now: Instant) -> None:  # noqa: ARG002 - the protocol's form
        """Queue an alert, or count one that was held back. Never waits, whatever the channel does."""
        match outcome:
            case AlertRaised():
                log.info("alert_raised", kind=outcome.kind, title=outcome.title, priority=outcome.priority)
                dropped = self._queue.put(outcome)
                if dropped is not None:
                    log.error("alert_dropped", kind=dropped.kind, title=dropped.title, queued=len(self._queue))
                    _count(dropped, "dropped")
                metrics.QUEUED.set(len(self._queue))
            case AlertSuppressed():
                log.info("alert_suppressed", kind=outcome.kind, about=outcome.about, reason=outcome.reason)
                _count(outcome, "suppressed" if outcome.reason == "rate" else "stale")
            case _:
                pass

    async def run(self, inbox: Inbox) -> None:  # noqa: ARG002 - the protocol's form; nothing comes in this way
        """Send for ever. Emergencies have a sender of their own, so that they wait for no lesser one's next try."""
        try:
            async with asyncio.TaskGroup() as senders:
                senders.create_task(self._send(Priority.EMERGENCY))
                senders.create_task(self._send(Priority.LOWEST))
        finally:
            await self._drain()
            await self._channel.close()

    async def _send(self, priority_min: Priority) -> None:
        while True:
            alert = await self._queue.take(priority_min)
            metrics.QUEUED.set(len(self._queue))
            try:
                await self._deliver(alert, self._settings.alert_tries_max)
            except asyncio.CancelledError:
                self._queue.put_back(alert)
                raise

    async def _drain(self) -> None:
        """Give what is still queued one try each, for as long as a stop may take."""
        try:
            async with asyncio.timeout(self._settings.alert_drain_s):
                while (alert := self._queue.pop(Priority.LOWEST)) is not None:
                    await self._deliver(alert, 1)
        except TimeoutError:
            log.warning("alerts_left_behind", queued=len(self._queue))

    async def _deliver(self, alert: AlertRaised, tries: int) -> None:
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(UnreachableError), stop=stop_after_attempt(tries), reraise=True,
            wait=wait_exponential(
                multiplier=self._settings.alert_backoff_ms_min / 1000, max=self._settings.alert_backoff_ms_max / 1000
            ),
            before_sleep=self._note_retry,
        )  # fmt: skip
        try:
            await attempts(self._channel.deliver, alert)
        except (RefusedError, UnreachableError) as error:
            self._note_failure(alert, error)
        else:
            self.trouble = ""
            _count(alert, self._channel.result)
            latency_s = since(self._clock.now(), alert.occurred_at) / SECOND
            metrics.LATENCY_SECONDS.observe(max(0.0, latency_s))
            log.info("alert_delivered", kind=alert.kind, title=alert.title, latency_s=round(latency_s, 3))

    def _note_retry(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, UnreachableError):
            metrics.ERRORS.labels(self._channel.name, error.code).inc()
            self.trouble = f"{self._channel.name}: {error.code}"
            log.warning("alert_retried", channel=self._channel.name, error=str(error), tries=state.attempt_number)

    def _note_failure(self, alert: AlertRaised, error: RefusedError | UnreachableError) -> None:
        metrics.ERRORS.labels(self._channel.name, error.code).inc()
        result = "refused" if isinstance(error, RefusedError) else "failed"
        self.trouble = f"{self._channel.name}: {error.code}"
        _count(alert, result)
        log.error("alert_lost", result=result, channel=self._channel.name, title=alert.title, error=str(error))


def _count(alert: AlertOutcome, result: str) -> None:
    metrics.ALERTS.labels(str(alert.priority), result).inc()
