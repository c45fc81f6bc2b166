"""The executor's way to the venue: orders out, and all that becomes of them back in.

Nothing is waited for here: an order is signed and handed to its lane, and whatever is heard of it, through the post's
answer, the user channel or a poll, goes through one history into the inbox.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial

import structlog

from common.clock import MILLISECOND, SECOND, Clock, Instant, since
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import OrderRefused, OrderSubmitted, OrderUnknown
from common.contracts.risk import OrderApproved, TradingHalted
from common.contracts.runtime import BusLost, Tick, WentLive
from common.runtime.core import Inbox
from executor.adapters.attentive import AttentiveDesk
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.live.access import Access, Derive
from executor.adapters.live.accountant import Accountant
from executor.adapters.live.canceller import Canceller
from executor.adapters.live.heart import Heart
from executor.adapters.live.history import Followed, History
from executor.adapters.live.inquiries import Inquiries
from executor.adapters.live.naming import OrderNamer
from executor.adapters.live.news import Stage
from executor.adapters.live.outbox import Outbox
from executor.adapters.live.poller import Poller
from executor.adapters.live.poster import Poster
from executor.adapters.live.rules import LiveRules
from executor.adapters.live.stop import Stop
from executor.adapters.live.user_socket import UserSocket
from executor.adapters.live.warmth import Warmth
from executor.adapters.live.wire_user import Frame
from executor.adapters.live.writer import OrderWriter, Written
from executor.adapters.metrics import REFUSALS
from executor.adapters.signer import Signer
from executor.adapters.venue_errors import VenueError
from executor.core.inputs import (
    CancelAsked,
    FillAsked,
    GatewayAccepted,
    GatewayReport,
    RedemptionAsked,
)

Redeem = Callable[[RedemptionAsked], Awaitable[None]]

HALTED_WORDS = "halted: it was never posted"

log = structlog.get_logger()


class LiveGateway:
    """Carries out orders at the venue. It is the runtime's gateway, a source of reports, its alarm and its farewell."""

    def __init__(
        self, *, exchange: Exchange, desk: AttentiveDesk, namer: OrderNamer, clock: Clock, rules: LiveRules,
        derive: Derive, redeem: Redeem,
    ) -> None:  # fmt: skip
        """Take the parts. `namer` is the desk's too; `derive` fetches the API key anew; `redeem` pays a market out."""
        self._exchange, self._desk, self._clock, self._rules = exchange, desk, clock, rules
        self._redeem, self._namer, self._writer = redeem, namer, OrderWriter(exchange, namer)
        self.outbox = Outbox(clock)
        self.history = History(rules.orders_kept_max)
        self._access = Access(exchange, self.history, self.outbox, derive)
        self._poster = Poster(exchange, self._writer, self.history, self.outbox, access=self._access, clock=clock)
        self.canceller = Canceller(exchange, rules, self.history.may_be_open)
        self.heart = Heart(exchange, self.canceller, self.outbox, rules)
        self._warmth = Warmth(exchange, rules)
        exchange.refused = lambda: self._run(self._access.refused())
        self._socket = UserSocket(
            clock=clock, outbox=self.outbox, rules=rules, credentials=lambda: exchange.credentials, take=self._take,
            catch_up=self._catch_up, lost=self._stream_lost, refused=exchange.refused,
        )  # fmt: skip
        self.poller = Poller(exchange, self.history, clock, rules, report=self._report, told=self._socket.expect)
        self.accountant = Accountant(
            exchange, self.history, clock, rules, outbox=self.outbox, held=self._held_tokens,
            back_to=desk.desk.back_to, is_ready=lambda: self._is_live,
        )  # fmt: skip
        self._inquiries = Inquiries(desk=desk, namer=namer, history=self.history, poller=self.poller, rules=rules)
        self._stop = Stop()
        self._is_live = self._was_halted = False
        self._known_at = clock.now()
        """Up to when all that happened has been asked for."""
        self._heartbeat: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()

    @property
    def is_running(self) -> bool:
        """Whether reports find their way to the core."""
        return self.outbox.is_open

    def open(self, signer: Signer, credentials: Credentials) -> None:
        """Take the account to trade with, once it is known: before the service goes live."""
        self._writer.use(signer)
        self._exchange.use(credentials)
        self.history.api_key = credentials.api_key
        self.accountant.wallet = signer.wallet
        self._namer.use(signer.wallet)

    # --- the runtime's gateway ---

    def get_ready(self, event: Event) -> None:
        """Judge and write an order while its approval is being stored; what comes of it is thrown away or used then."""
        if self._is_live and isinstance(event, OrderApproved) and self._desk.would_submit(event, self._clock.now()):
            self._writer.write_ahead(event)

    async def carry_out(self, outcome: Event, now: Instant) -> None:
        match outcome:
            case OrderSubmitted():
                self._submit(outcome, now)
                await asyncio.sleep(0)  # the order's bytes are given to its connection before anything else is done
            case OrderUnknown():
                self._inquiries.ask(outcome.order_id)
            case OrderRefused():
                REFUSALS.labels(rule=outcome.rule).inc()
            case FillAsked():
                self._inquiries.ask_for_fill(outcome)
            case CancelAsked() | RedemptionAsked() if self._rules.is_dry_run:
                log.info("not_done", asked=outcome.type, why="dry run")
            case CancelAsked():
                self._run(self._cancel(outcome.venue_order_id))
            case RedemptionAsked():
                self._run(self._redeem_market(outcome))
            case _:
                pass

    async def react(self, event: Event, now: Instant) -> None:
        self._stop.heard(event)
        match event:
            case WentLive():
                self._is_live = True
                begun = (followed.approval.approved_at for followed in self._inquiries.follow_the_record(now))
                self._known_at = min([self._known_at, *begun])
            case Tick() if self._inquiries.are_waiting():
                self.outbox.put(Tick(at=now))  # the desk asks for one a tick
            case ResumeRequested():
                self._run(self._access.check())
            case _:
                pass
        if not self._is_live:
            return  # what is open at the venue is another replica's
        halted = self._desk.is_halted()
        told = isinstance(event, HaltRequested | TradingHalted | BusLost)
        if halted and (told or not self._was_halted):
            self.canceller.cancel_everything(f"{getattr(event, 'type', '')}: {', '.join(self._desk.desk.halted_by)}")
        self._was_halted = halted

    # --- the runtime's source ---

    async def run(self, inbox: Inbox) -> None:
        """Listen, ask, take stock, stay connected and beat, for ever. The heart beats until the farewell."""
        self.outbox.open(inbox)
        self._heartbeat = self._heartbeat or asyncio.get_running_loop().create_task(self.heart.run())
        endless = (self._socket, self.poller, self.accountant, self._warmth)
        parts = (*(each.run() for each in endless), self._watch_the_heart())
        tasks = [asyncio.get_running_loop().create_task(part) for part in parts]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- what stops everything ---

    def alarm(self, event: Event, now: Instant) -> None:  # noqa: ARG002 - the runtime tells the moment to everyone
        """Let nothing leave from this instant until the desk has heard of it too, and cancel what is open."""
        self._stop.alarmed(event)
        self.canceller.cancel_everything(f"alarm: {getattr(event, 'type', '')}")

    async def farewell(self) -> None:
        """Let nothing leave any more, have everything cancelled and told of, and only then stop the heartbeat."""
        self._stop.leave()
        self.canceller.cancel_everything("farewell")
        try:
            async with asyncio.timeout(self._rules.farewell_s_max):
                await asyncio.gather(*self._errands, return_exceptions=True)
                await self.canceller.finished()
                await self.poller.look(is_news=False)
        except (TimeoutError, VenueError) as error:
            log.exception("farewell_unanswered", within_s=self._rules.farewell_s_max, error=str(error))
        await self.close()

    async def close(self) -> None:
        """End what is under way, and the heartbeat."""
        await self.canceller.close()
        tasks = [*self._errands, *([self._heartbeat] if self._heartbeat else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._exchange.close()

    # --- orders out ---

    def _submit(self, submitted: OrderSubmitted, now: Instant) -> None:
        approval = self._desk.approval(submitted.order_id)
        assert approval is not None, f"order {submitted.order_id}: expected its approval, found none"
        followed = self._inquiries.follow(approval, submitted.venue_order_id, now)
        if self._stop.is_on:
            self._report(self.history.rejected(followed, "halted", HALTED_WORDS, now))
            return
        try:
            written = self._writer.write(approval)
        except ValueError as error:
            self._report(self.history.rejected(followed, "unwritable", str(error), now))
            return
        assert written.signed.order_id == submitted.venue_order_id, "expected the record's own hash, found another"
        if self._rules.is_dry_run:
            self._report(self._poster.withhold(followed, written, now))
        else:
            self._run(self._post(followed, written))

    async def _post(self, followed: Followed, written: Written) -> None:
        hindrance = partial(self._hindrance, followed.approval)
        self._report(await self._poster.post(followed, written, hindrance))
        self.poller.look_now()

    def _hindrance(self, approval: OrderApproved) -> str:
        """Say why an order may not leave any more: while it waited for a connection much can have happened."""
        if self._stop.is_on or self._desk.is_halted():
            return HALTED_WORDS
        late = since(self._clock.now(), approval.valid_until)
        return f"late by {late / MILLISECOND:.0f} ms: it was never posted" if late > 0 else ""

    async def _cancel(self, venue_order_id: str) -> None:
        try:
            await self._exchange.cancel((venue_order_id,))
        except (VenueError, ValueError) as error:
            log.warning("cancel_failed", venue_order_id=venue_order_id, error=str(error))
        self.accountant.look_now()

    async def _redeem_market(self, asked: RedemptionAsked) -> None:
        try:
            await self._redeem(asked)
        except Exception as error:  # noqa: BLE001 - whatever a chain says, the desk asks again
            log.warning("redemption_failed", market_id=asked.market_id, error=f"{type(error).__name__}")
        self.accountant.look_now()

    # --- what became of them ---

    def _take(self, frame: Frame) -> None:
        """Take what the user channel says. What could not be read may have been news: ask."""
        now = self._clock.now()
        for order in frame.orders:
            self._report(self.history.order(order))
            followed = self.history.of_hash(order.venue_order_id)
            if followed is not None and followed.stage is Stage.OVER and not followed.is_checked:
                self.poller.look_now()
        for trade in frame.trades:
            self._report(self.history.trade(trade, now))
        if frame.unreadable:
            self.poller.look_since(self._known_at)

    def _stream_lost(self) -> None:
        """Take it that what the user channel had to say was heard up to shortly before it was lost."""
        heard_until = self._clock.now() - int(self._rules.trades_overlap_s * SECOND)
        self._known_at = Instant(max(self._known_at, heard_until))

    async def _catch_up(self) -> None:
        """Ask for all that happened since everything was last known."""
        began = self._clock.now()
        self.poller.look_since(self._known_at)
        await self.poller.look(is_news=False)
        self._known_at = began
        self.accountant.look_now()

    def _report(self, reports: Iterable[GatewayReport]) -> None:
        for report in reports:
            self.outbox.put(report)
            is_there = isinstance(report, GatewayAccepted)
            if is_there and (self._stop.is_on or self._desk.is_halted()):
                self.canceller.cancel_everything(f"order {report.order_id} arrived after the halt")

    # --- errands ---

    async def _watch_the_heart(self) -> None:
        """End with the heart, should it ever stop by itself: that is a bug, and ends the process."""
        if self._heartbeat is not None:
            await asyncio.shield(self._heartbeat)

    def _held_tokens(self) -> Iterable[str]:
        return self._desk.desk.held_tokens()

    def _run(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
