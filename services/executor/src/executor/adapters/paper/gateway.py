"""The executor's way to the paper venue: it drives virtual time by the clock and hands reports to the inbox."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from common.clock import SECOND, Clock, Instant, since
from common.contracts.base import Event
from common.contracts.control import HaltRequested
from common.contracts.executor import OrderRefused, OrderSubmitted, OrderUnknown
from common.contracts.risk import OrderApproved, TradingHalted
from common.contracts.runtime import BusLost, WentLive
from common.contracts.venue import BookUpdated, MarketUpdated
from common.runtime.core import Inbox
from executor.adapters.metrics import REFUSALS, REPORTS
from executor.adapters.paper.venue import PaperVenue
from executor.core.inputs import FillAsked, GatewayReport

log = structlog.get_logger()


class PaperGateway:
    """Carries out orders on paper. It is the runtime's gateway and a source of reports in one."""

    def __init__(
        self,
        venue: PaperVenue,
        clock: Clock,
        *,
        approval: Callable[[str], OrderApproved | None],
        is_halted: Callable[[], bool],
        reconcile_s: float = 10.0,
    ) -> None:
        self._venue, self._clock = venue, clock
        self._approval, self._is_halted = approval, is_halted
        self._was_halted = False
        self._reconcile_s = reconcile_s
        self._began_at = clock.now()
        """What was matched before is of another process, and not listed."""
        self._looked_at: Instant | None = None
        self._inbox: Inbox | None = None
        self._waiting: list[GatewayReport] = []
        self._news = asyncio.Event()

    @property
    def is_running(self) -> bool:
        """Whether reports find their way to the core."""
        return self._inbox is not None

    async def carry_out(self, outcome: Event, now: Instant) -> None:
        match outcome:
            case OrderSubmitted():
                approval = self._approval(outcome.order_id)
                assert approval is not None, f"order {outcome.order_id}: expected its approval, found none"
                self._venue.submit(approval, now)
            case OrderUnknown():
                self._hand_in(self._venue.look_up(outcome.order_id))
            case OrderRefused():
                REFUSALS.labels(rule=outcome.rule).inc()
            case FillAsked():
                self._venue.look_up_fill(outcome.order_id, outcome.fill_id, outcome.matched_at, now)
            case _:
                return
        self._news.set()

    async def react(self, event: Event, now: Instant) -> None:
        match event:
            case BookUpdated():
                self._venue.on_book(event)
            case MarketUpdated():
                self._venue.on_market(event)
            case WentLive():
                self._begin(now)
            case _:
                self._cancel_when_halted(event, now)
        self._pump(now)

    def alarm(self, event: Event, now: Instant) -> None:
        """Cancel everything at once, before the desk has heard why."""
        log.warning("cancelling_everything", cause=getattr(event, "type", ""), working=self._venue.working)
        self._venue.cancel_all(now)
        self._news.set()

    async def run(self, inbox: Inbox) -> None:
        """Hand in each report when it is due, for ever."""
        self._inbox = inbox
        while True:
            self._news.clear()
            now = self._clock.now()
            self._pump(now)
            if self._looked_at is None or since(now, self._looked_at) >= self._reconcile_s * SECOND:
                self._look(now)
            due = self._venue.next_due()
            next_look = Instant((self._looked_at or now) + int(self._reconcile_s * SECOND))
            wait = max(0.0, since(next_look if due is None else min(due, next_look), self._clock.now()) / SECOND)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    def _begin(self, now: Instant) -> None:
        """Start the account at the moment of going live: a standby's process is older than its turn."""
        self._began_at, self._looked_at = now, None
        if self._inbox is not None:
            self._look(now)

    def _look(self, now: Instant) -> None:
        """Tell of the account, behind all that was reported before."""
        assert self._inbox is not None, "expected to run, found no inbox"
        self._pump(now)
        self._inbox.put(self._venue.snapshot(self._began_at, now))
        self._looked_at = now

    def _cancel_when_halted(self, event: Event, now: Instant) -> None:
        """Cancel everything on each word of halt, and when the desk halts by itself."""
        halted = self._is_halted()
        told = isinstance(event, HaltRequested | TradingHalted | BusLost)
        if halted and (told or not self._was_halted):
            log.warning("cancelling_everything", cause=getattr(event, "type", ""), working=self._venue.working)
            self._venue.cancel_all(now)
            self._news.set()
        self._was_halted = halted

    def _pump(self, now: Instant) -> None:
        self._hand_in(self._venue.due(now))

    def _hand_in(self, reports: list[GatewayReport]) -> None:
        """Put reports into the inbox; before there is one they wait."""
        self._waiting += reports
        if self._inbox is None:
            return
        for report in self._waiting:
            kind = str(getattr(report, "type", ""))
            log.debug("reported", type=kind, order_id=report.order_id)
            REPORTS.labels(type=kind).inc()
            self._inbox.put(report)
        self._waiting = []
