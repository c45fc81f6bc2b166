"""Cancels everything, and does not rest until the venue has answered that nothing is left.

A cancel may be asked for as often as one likes: what is gone is gone. What the venue declines is being matched or held,
and is asked for again.

Everything means what the account has open, whoever placed it: that may be said only while no other replica can be
acting. A process that was stopped and goes on does not know whether it was replaced meanwhile, and what its successor
has open is none of its business: it then cancels the orders that it knows to be its own, by their names.
"""

import asyncio
from collections.abc import Callable

import structlog

from executor.adapters.exchange import Exchange
from executor.adapters.live.rules import LiveRules
from executor.adapters.venue_errors import RateLimitedError, VenueError
from executor.adapters.wire_orders import CANCELS_MAX, Cancelled

NOTHING = Cancelled((), (), ())

log = structlog.get_logger()


class Canceller:
    """Asked to cancel everything it does so in a task of its own, at once."""

    def __init__(self, exchange: Exchange, rules: LiveRules, own: Callable[[], tuple[str, ...]]) -> None:
        """Take the way to the venue, and what lists our own orders that may be open."""
        self._exchange, self._rules, self._own = exchange, rules, own
        self._is_alone: Callable[[], bool] = lambda: True
        self._task: asyncio.Task[None] | None = None
        self._asked = 0
        self.answered = 0
        """How often the venue has said that it cancelled what there was."""

    def watch_lease(self, is_alone: Callable[[], bool]) -> None:
        """Take what says whether no other replica can be acting; it is asked before each request."""
        self._is_alone = is_alone

    @property
    def is_busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def cancel_everything(self, why: str) -> None:
        """Begin to cancel all that is open; asked again meanwhile, it is done once more after."""
        if self._rules.is_dry_run:
            log.info("nothing_to_cancel", cause=why, why="dry run: nothing was posted")
            return
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
                found = await self._cancel()
            except VenueError as error:
                log.warning("cancel_retried", error=str(error))
                told_s = error.retry_after_s if isinstance(error, RateLimitedError) else None
                await asyncio.sleep(max(wait_s, min(told_s or 0.0, self._rules.cancel_retry_s_max)))
                wait_s = min(wait_s * 2, self._rules.cancel_retry_s_max)
                continue
            log.info("cancelled", canceled=len(found.canceled), declined=len(found.not_canceled))
            if found.not_canceled:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, self._rules.cancel_retry_s_max)
                continue
            done, wait_s = asked, self._rules.cancel_retry_s_min
            self.answered += 1

    async def _cancel(self) -> Cancelled:
        """Cancel everything, or what is surely ours where another replica may have placed the rest."""
        if self._is_alone():
            return await self._exchange.cancel_all()
        own = self._own()[:CANCELS_MAX]
        return await self._exchange.cancel(own) if own else NOTHING
