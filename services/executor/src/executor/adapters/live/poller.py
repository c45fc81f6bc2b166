"""Asks the venue what became of our orders, as long as one is not settled: by hash, and by the list of trades."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from common.clock import SECOND, Clock, Instant
from executor.adapters.exchange import Exchange
from executor.adapters.live.history import Followed, History
from executor.adapters.live.news import Stage, news_of
from executor.adapters.live.rules import LiveRules
from executor.adapters.venue_errors import UnknownError, VenueError
from executor.core.inputs import GatewayReport

Report = Callable[[list[GatewayReport]], None]
Told = Callable[[tuple[str, bool]], None]
"""Hears of each order and trade that was news here: `(id, whether it is an order that is over)`."""

LOOKS_AT_ONCE = 3
"""Fewer than there are connections for questions, so that nobody else's has to wait for one."""

log = structlog.get_logger()


class Poller:
    """One look at a time; asked for one meanwhile, it looks once more."""

    def __init__(
        self, exchange: Exchange, history: History, clock: Clock, rules: LiveRules, *, report: Report, told: Told
    ) -> None:  # fmt: skip
        self._exchange, self._history, self._clock, self._rules = exchange, history, clock, rules
        self._report, self._told = report, told
        self._wanted = asyncio.Event()
        self._looking = asyncio.Lock()
        self._since: Instant | None = None
        """Since when trades may have been missed, None where nothing was."""

    def look_now(self) -> None:
        """Look without waiting for the next turn."""
        self._wanted.set()

    def look_since(self, at: Instant) -> None:
        """List the trades since a moment with the next look, whether or not an order is open."""
        self._since = at if self._since is None else min(self._since, at)
        self._wanted.set()

    async def run(self) -> None:
        """Look every so often for ever, and when asked to."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rules.poll_ms / 1000):
                    await self._wanted.wait()
            try:
                await self.look(is_news=True)
            except VenueError as error:
                log.warning("look_failed", error=str(error))

    async def look(self, *, is_news: bool) -> None:
        """Ask for everything that is not settled. Raises VenueError where something was not answered."""
        async with self._looking:
            self._wanted.clear()
            unsettled, since = tuple(self._history.unsettled()), self._since
            if not unsettled and since is None:
                return
            failures = await self._look_up_all(unsettled, is_news=is_news)
            begun = [followed.approval.approved_at for followed in unsettled]
            await self._list_trades(min([*begun, *([] if since is None else [since])]), is_news=is_news)
            if self._since == since:
                self._since = None
            if failures:
                raise failures[0]

    async def _look_up_all(self, unsettled: tuple[Followed, ...], *, is_news: bool) -> list[VenueError]:
        """Ask for several orders at once; answer what went wrong."""
        room = asyncio.Semaphore(LOOKS_AT_ONCE)

        async def look_up(followed: Followed) -> VenueError | None:
            async with room:
                return await self._look_up(followed, is_news=is_news)

        found = await asyncio.gather(*(look_up(each) for each in unsettled))
        return [error for error in found if error is not None]

    async def _look_up(self, followed: Followed, *, is_news: bool) -> VenueError | None:
        """Ask for an order by its hash; one that is over was told of in full."""
        if followed.stage is Stage.OVER and followed.is_checked:
            return None
        try:
            record = await self._exchange.order(followed.venue_order_id)
        except VenueError as error:
            return error
        now = self._clock.now()
        if record is None:
            self._report(self._history.missing(followed, now))
            return None
        news = news_of(record, now)
        reports = self._history.looked_up(news)
        self._report(reports)
        if reports and is_news:
            self._told((news.venue_order_id, bool(news.end)))
        return None

    async def _list_trades(self, since: Instant, *, is_news: bool) -> None:
        after_s = max(0, int(since / SECOND - self._rules.trades_overlap_s))
        listing = await self._exchange.trades(after_s)
        now = self._clock.now()
        for trade in reversed(listing.rows):
            reports = self._history.trade(trade, now)
            self._report(reports)
            if reports and is_news:
                self._told((trade.trade_id, False))
        if listing.unreadable:
            raise UnknownError(
                "GET /data/trades", f"{len(listing.unreadable)} rows unreadable: {listing.unreadable[0]}"
            )
