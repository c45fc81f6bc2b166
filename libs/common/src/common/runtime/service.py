"""The life of a service: start, connect, recover, stand by where only one may act, go live, drain, stop."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
import uvloop

from common.bus.api import Bus, Message
from common.bus.nats import connect
from common.clock import SECOND, Clock, SystemClock, since
from common.contracts.runtime import BusLost, BusRestored, StopRequested, Tick, WentLive
from common.contracts.subjects import DURABLE_FILTERS, Kind, foretold_to, subscribed_by
from common.errors import BusError, PmArbError, SettingsError
from common.runtime import vitals
from common.runtime.alarms import Alarms
from common.runtime.assembly import Assembly
from common.runtime.heart import Condition, Heart
from common.runtime.inbox import Acknowledge, Inbox, Input
from common.runtime.last_duties import ended, within
from common.runtime.loop import Loop
from common.runtime.projection import project
from common.runtime.recovery import hears_commands, last_command, missed
from common.runtime.rehearsal import rehearsals
from common.runtime.standby import Follower
from common.runtime.tape import open_tape
from common.runtime.tenure import Tenure
from common.settings import ServiceSettings, load
from common.telemetry import logs, traces
from common.telemetry.health import HealthServer

EXIT_FAILURE = 1
"""Whoever watches over the process starts it anew, and that is recovering."""
EXIT_SETTINGS = 78
"""EX_CONFIG of sysexits.h: restarting will not help."""
CONNECT_WAIT_S = 0.25
STUCK_S = 10

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
log = structlog.get_logger()


def main(settings: type[SettingsT], assemble: Callable[[SettingsT], Assembly]) -> None:
    """Run a service as a process until it is told to stop.

    A wrong setting ends it with code 78 and a line each, another failure that has a name with code 1 and a line.
    """
    try:
        assembly = assemble(load(settings))
        logs.configure(assembly.name, form=assembly.settings.log_format, level=assembly.settings.log_level)
        uvloop.run(Service(assembly).run())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_SETTINGS) from None
    except PmArbError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_FAILURE) from None


class Service:
    """One service in one process."""

    def __init__(self, assembly: Assembly, clock: Clock | None = None) -> None:
        self._assembly, self._settings = assembly, assembly.settings
        self._name = assembly.name
        self._clock: Clock = clock or SystemClock()
        self._inbox = Inbox(self._name, self._settings.inbox_max)
        self._heart, self._alarms = Heart(assembly, self._clock), Alarms(assembly, self._clock)
        self._state, self._note, self._failure = "starting", "", ""
        self._stopping = asyncio.Event()
        self._tape = open_tape(self._name, self._settings)
        self._loop: Loop | None = None
        self._bus: Bus | None = None
        self._tenure: Tenure | None = None
        self._catching_up: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Live the whole life; return after a graceful drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        health = HealthServer(
            self._settings.http_host, self._settings.http_port, live=self._not_live, ready=self._not_ready,
            note=lambda: self._note,
        )  # fmt: skip
        health.start()
        log.info("service_started", http_port=health.port, pid=os.getpid())
        try:
            await self._until_stopped(self._assembly.prepare())
            bus = await self._connect()
            if bus is not None:
                self._bus = bus
                await self._live(bus)
        finally:
            health.stop()
            if self._tape is not None:
                self._tape.close()
            log.info("service_stopped")

    def stop(self) -> None:
        """Begin to drain, as SIGTERM does; first of all nothing leaves any more."""
        event = StopRequested(at=self._clock.now())
        self._alarms.ring(event)
        self._inbox.put(event)
        self._stopping.set()

    async def _connect(self) -> Bus | None:
        """Connect to the bus, however long it takes; None when told to stop before."""
        while not self._stopping.is_set():
            try:
                return await connect(
                    self._settings.nats_url, user=self._name, password=self._settings.nats_password.get_secret_value(),
                    clock=self._clock, listener=self._bus_changed,
                )  # fmt: skip
            except BusError as error:
                self._failure = str(error)
                log.warning("bus_not_reached", error=str(error))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CONNECT_WAIT_S):
                        await self._stopping.wait()
        return None

    async def _live(self, bus: Bus) -> None:
        tracer = traces.open_tracer(self._name, self._settings.otel_exporter_otlp_endpoint)
        assembly = self._assembly
        if assembly.is_single:
            self._tenure = Tenure(
                bus, self._clock, self._inbox, self._alarms, service=self._name, settings=self._settings
            )
            assembly.watch_lease(self._tenure.is_alone)
        self._loop = Loop(
            name=self._name, core=assembly.core, bus=bus, clock=self._clock, inbox=self._inbox,
            tracer=tracer, gateway=assembly.gateway, tape=self._tape, may_act=self._may_act,
            get_ready=assembly.get_ready,
        )  # fmt: skip
        tasks = [
            asyncio.create_task(self._heart.run(bus, self._condition), name="heart"),
            asyncio.create_task(vitals.watch(self._name, self._inbox), name="vitals"),
        ]
        try:
            await self._subscribe(bus, self._loop)
            await self._until_stopped(self._become_active(bus, self._loop, tasks))
            if not self._stopping.is_set():
                tasks += await self._go_live(bus, tracer)
                await self._wait(tasks)
        finally:
            await self._drain(bus, tasks)
            tracer.close()

    async def _until_stopped(self, work: Awaitable[None]) -> None:
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            await ended(self._settings.drain_timeout_s, [task])
            return
        task.result()

    async def _subscribe(self, bus: Bus, loop: Loop) -> None:
        for subject in subscribed_by(self._name):
            await bus.subscribe(subject.filter, self._take_latest if subject.kind is Kind.LATEST else self._take)
        for subject in foretold_to(self._name):
            await bus.foretell(subject.filter, loop.get_ready)

    def _take_latest(self, message: Message) -> None:
        self._inbox.put_latest(message.subject, message.event)

    def _take(self, message: Message, acknowledge: Acknowledge | None = None) -> None:
        self._alarms.heed(message)
        self._inbox.put_input(Input(message.event, message.headers, acknowledge))

    async def _become_active(self, bus: Bus, loop: Loop, tasks: list["asyncio.Task[None]"]) -> None:
        """Observe what happened before, get the lease where there is one, hear the operator's last word."""
        self._state, began = "recovering", self._clock.now()
        if self._tenure is not None:
            await self._tenure.look()
        follower = Follower(bus, self._assembly, self._clock, self._inbox, self._tape)
        count = await follower.recover()
        log.info("recovered", events=count, seconds=round(since(self._clock.now(), began) / SECOND, 3))
        if self._tenure is not None:
            self._note = "standing by"
            tasks.append(await self._tenure.begin(loop, follower))
            self._note = ""
        if hears_commands(self._name):
            self._inbox.put(await last_command(bus, self._clock.now()))

    async def _go_live(self, bus: Bus, tracer: traces.Tracer) -> list["asyncio.Task[None]"]:
        assembly = self._assembly
        self._alarms.arm()
        self._inbox.put(WentLive(at=self._clock.now()))
        tasks = []
        if assembly.projector is not None:
            tasks.append(asyncio.create_task(project(bus, self._name, assembly.projector, assembly.core, tracer)))
        elif self._name in DURABLE_FILTERS:
            await bus.consume(self._name, self._take)
        self._state, self._failure = "live", ""
        assert self._loop is not None
        tasks += [asyncio.create_task(self._loop.run(), name="loop"), asyncio.create_task(self._tick(), name="tick")]
        tasks += [asyncio.create_task(each.run(self._inbox), name=type(each).__name__) for each in assembly.sources]
        tasks += rehearsals(assembly, self._loop, self._clock)
        vitals.spare_what_stays()
        vitals.put_the_loop_first()
        log.info("live")
        return tasks

    async def _wait(self, tasks: list["asyncio.Task[None]"]) -> None:
        """Wait for the word to stop; a task that ends by itself is a bug, and ends the process."""
        stop = asyncio.create_task(self._stopping.wait())
        done, _ = await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        for task in done - {stop}:
            task.result()
            raise PmArbError(f"{task.get_name()}: expected to run until stopped, found it ended")

    async def _drain(self, bus: Bus, tasks: list["asyncio.Task[None]"]) -> None:
        """Finish what is in hand, have what is open ended, stop, let go of the lease, say goodbye."""
        self._state, limit_s = "draining", self._settings.drain_timeout_s
        await within(limit_s, self._finish())
        await ended(limit_s, tasks)
        if self._tenure is not None:
            await within(limit_s, self._tenure.end())
        await within(limit_s, bus.close())

    async def _finish(self) -> None:
        """Empty the inbox, then say farewell to the world and take in what comes of it.

        Not where nothing was begun, nor after another replica took over: what is open then is no longer ours to end.
        """
        await within(self._settings.drain_timeout_s / 4, self._empty_inbox())
        is_replaced = self._tenure is not None and self._tenure.is_replaced
        if self._alarms.is_armed and not is_replaced:
            await self._assembly.farewell()
            await self._empty_inbox()

    async def _empty_inbox(self) -> None:
        """Let all be dealt with that may not be left undone; market data that still comes is no reason to wait."""
        while self._inbox.owes and self._loop is not None:
            await asyncio.sleep(0.01)
            if since(self._clock.now(), self._loop.turned_at) > SECOND:
                return

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._settings.tick_ms / 1000)
            self._inbox.put_latest("tick", Tick(at=self._clock.now()))

    def _may_act(self) -> bool:
        return self._tenure is None or self._tenure.is_held

    def _condition(self) -> Condition:
        return Condition(self._state, self._not_ready(), is_spoken_for=self._may_act())

    def _bus_changed(self, connected: bool) -> None:
        if self._state == "draining":
            return
        log.warning("bus_restored" if connected else "bus_lost")
        if not connected:
            lost = BusLost(at=self._clock.now())
            self._alarms.ring(lost)
            self._inbox.put(lost)
        elif self._bus is not None:
            self._catching_up = asyncio.create_task(self._catch_up(self._bus))

    async def _catch_up(self, bus: Bus) -> None:
        """After a loss, learn what was said meanwhile, an operator's halt before all else; only then go on."""
        while True:
            try:
                for event in await missed(bus, self._assembly, self._clock.now()):
                    self._inbox.put(event)
            except BusError as error:
                log.warning("catching_up_retried", error=str(error))
                await asyncio.sleep(CONNECT_WAIT_S)
            else:
                self._inbox.put(BusRestored(at=self._clock.now()))
                return

    def _not_live(self) -> str:
        """Say what is wrong with the loop; waiting for others is no fault of ours."""
        if self._state != "live" or self._loop is None or self._loop.waits_for:
            return ""
        age = since(self._clock.now(), self._loop.turned_at)
        is_stuck = age > STUCK_S * SECOND
        return f"expected an input within {STUCK_S} s, found none for {age // SECOND} s" if is_stuck else ""

    def _not_ready(self) -> str:
        if self._note:
            return ""
        if self._state != "live":
            return f"{self._state}{': ' + self._failure if self._failure else ''}"
        return self._assembly.not_ready(self._clock.now())
