"""Cancels everything, and does not rest until the venue has answered that nothing is left.

A cancel may be asked for as often as one likes: what is gone is gone. What the venue declines is being matched or held,
and is asked for again.
"""

import asyncio

import structlog

from executor.adapters.exchange import Exchange
from executor.adapters.live.rules import LiveRules
from executor.adapters.venue_errors import RateLimitedError, VenueError

log = structlog.get_logger()


class Canceller:
    """Asked to cancel everything it does so in a task of its own, at once."""

    def __init__(self, exchange: Exchange, rules: LiveRules) -> None:
        self._exchange, self._rules = exchange, rules
        self._task: asyncio.Task[None] | None = None
        self._asked = 0
        self.answered = 0
        """How often the venue has said that it cancelled what there was."""

    @property
    def is_busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def cancel_everything(self, why: str) -> None:
        """Begin to cancel all that is open; asked again meanwhile, it is done once more after."""
        self._asked += 1
        log.warning("cancelling_everything", cause=why)
        if not self.is_busy:
            self._task = asyncio.get_running_loop().create_task(self._until_nothing_is_left())

    async def finished(self) -> None:
        """Wait until everything asked for was answered."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Give up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _until_nothing_is_left(self) -> None:
        done, wait_s = 0, self._rules.cancel_retry_s_min
        while done < self._asked:
            asked = self._asked
            try:
                found = await self._exchange.cancel_all()
            except VenueError as error:
                log.warning("cancel_retried", error=str(error))
                told_s = error.retry_after_s if isinstance(error, RateLimitedError) else None
                await asyncio.sleep(max(wait_s, min(told_s or 0.0, self._rules.cancel_retry_s_max)))
                wait_s = min(wait_s * 2, self._rules.cancel_retry_s_max)
                continue
            log.info("cancelled", canceled=len(found.canceled), declined=len(found.not_canceled))
            if found.not_canceled:
                await asyncio.sleep(wait_s)
                continue
            done, wait_s = asked, self._rules.cancel_retry_s_min
            self.answered += 1
