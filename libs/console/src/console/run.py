"""One `pm-arb up`, from the first process to the report."""

import asyncio
import os
from typing import Any

import psutil
from rich.console import Console

from common.bus.nats import NatsBus
from common.clock import SECOND, Clock, Instant, since
from common.contracts.subjects import SERVICES
from common.runtime.last_duties import ended
from common.settings import load
from console.report.build import build_report
from console.report.figures import RunFigures
from console.state import Running, write_running
from console.up.drain import drain
from console.up.plan import Plan
from console.up.signals import Stop
from console.up.system import System
from console.view.board import Board
from console.view.feed import Feed, open_feed
from console.view.frames import Situation
from console.view.present import Presenter, presenter
from risk.settings import Settings as RiskSettings

READY_WITHIN_S = 60.0
"""After this the clock of a bounded run starts though something is still not ready; the view says what."""

ENDED_WITHIN_S = 5.0


class Run:
    """The life of one run. Whatever ends it, no process of it is left."""

    def __init__(self, plan: Plan, console: Console, clock: Clock) -> None:
        self._plan, self._clock = plan, clock
        self._bankroll = load(RiskSettings).initial_bankroll
        self._system = System(plan, os.environ, clock, self._bankroll)
        self._board = Board()
        self._view: Presenter = presenter(console, self._board, clock, self._situation)
        self._stop = Stop()
        self._phase = "starting"
        self._started_at = clock.now()
        self._ready_at: Instant | None = None
        self._ran_s = 0.0

    async def run(self) -> dict[str, Any] | None:
        """Run until told or until the time is up; answer the report, None when there was no time for one."""
        with self._stop.heeded():
            showing = asyncio.create_task(self._view.run(), name="view")
            try:
                return await self._work(showing)
            finally:
                self._phase = "stopping"
                await self._system.stop(SERVICES)
                await self._system.stop_ground()
                await ended(ENDED_WITHIN_S, [showing])

    async def _work(self, showing: "asyncio.Task[None]") -> dict[str, Any] | None:
        if not await self._stop.unless(self._system.start_ground()):
            return None
        bus, feed = await open_feed(
            self._system.addresses.nats_url, self._system.console_password, self._board, self._clock, self._view.heard
        )
        tailing = asyncio.create_task(feed.tail(), name="tail")
        try:
            self._announce()
            self._system.start_services()
            await self._trade(showing, tailing)
            self._phase = "stopping"
            return await self._finish(feed, tailing)
        finally:
            await _end(tailing, bus)

    async def _trade(self, showing: "asyncio.Task[None]", tailing: "asyncio.Task[None]") -> None:
        """Wait until all is ready, then until the time is up. A view that fails ends the run."""
        if not await self._stop.unless(self._get_ready()):
            return
        self._phase = "running"
        began = self._clock.now()
        asked = asyncio.create_task(self._stop.asked.wait())
        done, _ = await asyncio.wait(
            {asked, showing, tailing}, timeout=self._plan.seconds, return_when=asyncio.FIRST_COMPLETED
        )
        asked.cancel()
        self._ran_s = since(self._clock.now(), began) / SECOND
        for task in done - {asked}:
            task.result()

    async def _get_ready(self) -> None:
        try:
            await asyncio.wait_for(self._system.wait_until_ready(), READY_WITHIN_S)
        except TimeoutError:
            return
        self._ready_at = self._clock.now()

    async def _finish(self, feed: Feed, tailing: "asyncio.Task[None]") -> dict[str, Any] | None:
        drained = await drain(self._system, feed, self._board, self._clock, self._stop.hurry, bankroll=self._bankroll)
        tailing.cancel()
        if self._stop.hurry.is_set():
            return None
        figures, since_sequence = self._figures(), feed.began_at_sequence
        report = await build_report(
            self._plan.folder, self._system, figures, since_sequence, self._clock, were_at_rest=drained.was_at_rest
        )
        if not drained.is_stored:
            report["differences"].append(f"the ledger: expected to have stored up to {feed.sequence}, found less")
            report["agrees"] = False
        return report

    def _announce(self) -> None:
        """Let other commands find this run."""
        addresses = self._system.addresses
        running = Running(
            pid=os.getpid(), created=psutil.Process().create_time(), started_at=self._started_at,
            world=self._plan.title, nats_url=addresses.nats_url, database_url=addresses.database_url,
            simulator_url=self._system.simulator_url, http_ports=addresses.http_ports,
        )  # fmt: skip
        write_running(self._plan.folder, running)

    def _situation(self) -> Situation:
        return Situation(
            title=self._plan.title, started_at=self._started_at, ready_at=self._ready_at,
            seconds=self._plan.seconds, bus=self._system.addresses.nats_url, phase=self._phase,
            processes=self._system.health,
        )  # fmt: skip

    def _figures(self) -> RunFigures:
        board = self._board
        ready_s = None if self._ready_at is None else round(since(self._ready_at, self._started_at) / SECOND, 3)
        return RunFigures(
            world=self._plan.world_in_words, seconds=self._ran_s, ready_seconds=ready_s, ready_ns=self._ready_at,
            markets_seen=board.markets_seen(self._clock.now()), refusals=dict(board.refusals.most_common()),
            restarts={process.name: process.restarts for process in self._system.health},
            equity=board.risk.equity if board.risk else None, bankroll=self._bankroll,
            risk_state=board.risk.state if board.risk else "", cash=board.risk.cash if board.risk else None,
            mode="paper" if self._plan.money == "paper" else "live",
        )  # fmt: skip


async def _end(tailing: "asyncio.Task[None]", bus: NatsBus) -> None:
    await ended(ENDED_WITHIN_S, [tailing])
    await bus.close()
