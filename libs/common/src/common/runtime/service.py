"""The life of a service: start, connect, recover, go live, drain, stop."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TypeVar, get_args

import structlog
import uvloop

from common.bus.api import Bus, Message
from common.bus.nats import connect
from common.clock import SECOND, Clock, SystemClock, since
from common.contracts.control import HeartbeatSent
from common.contracts.runtime import BusLost, BusRestored, Tick, WentLive
from common.contracts.subjects import DURABLE_FILTERS, Kind, subscribed_by
from common.errors import BusError, PmArbError, SettingsError
from common.runtime import vitals
from common.runtime.assembly import Assembly
from common.runtime.health import HealthServer
from common.runtime.inbox import Inbox, Input
from common.runtime.loop import Loop
from common.runtime.projection import project
from common.runtime.recovery import hears_commands, last_command, missed, observe_record
from common.runtime.tape import Tape
from common.settings import ServiceSettings, load
from common.telemetry import logs, traces
from common.telemetry.metrics import FIGURE, READY, STATE

EXIT_SETTINGS = 78
"""EX_CONFIG of sysexits.h: restarting will not help."""
CONNECT_WAIT_S = 0.25
STUCK_S = 10
COLLECTOR_THRESHOLDS = (20_000, 20, 20)
"""Objects made before the collector looks for cycles, and how often that before it looks at older ones as well."""

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
log = structlog.get_logger()


def main(settings: type[SettingsT], assemble: Callable[[SettingsT], Assembly]) -> None:
    """Run a service as a process until it is told to stop; a wrong setting ends it with code 78 and a line each."""
    try:
        assembly = assemble(load(settings))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_SETTINGS) from None
    logs.configure(assembly.name, form=assembly.settings.log_format, level=assembly.settings.log_level)
    uvloop.run(Service(assembly).run())


class Service:
    """One service in one process."""

    def __init__(self, assembly: Assembly, clock: Clock | None = None) -> None:
        self._assembly, self._settings = assembly, assembly.settings
        self._name = assembly.name
        self._clock: Clock = clock or SystemClock()
        self._inbox = Inbox(self._name, self._settings.inbox_max)
        self._started_at, self._sequence = self._clock.now(), 0
        self._state = "starting"
        self._stopping = asyncio.Event()
        self._tape = self._open_tape()
        self._loop: Loop | None = None
        self._bus: Bus | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._failure = ""

    async def run(self) -> None:
        """Live the whole life; return after a graceful drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        health = HealthServer(
            self._settings.http_host, self._settings.http_port, live=self._not_live, ready=self._not_ready
        )
        health.start()
        log.info("service_started", http_port=health.port, pid=os.getpid())
        try:
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
        """Begin to drain, as SIGTERM does."""
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
                    await asyncio.wait_for(self._stopping.wait(), CONNECT_WAIT_S)
        return None

    async def _live(self, bus: Bus) -> None:
        tracer = traces.open_tracer(self._name, self._settings.otel_exporter_otlp_endpoint)
        assembly = self._assembly
        self._loop = Loop(
            name=self._name, core=assembly.core, bus=bus, clock=self._clock, inbox=self._inbox,
            tracer=tracer, gateway=assembly.gateway, tape=self._tape,
        )  # fmt: skip
        beating = asyncio.create_task(self._beat(bus))
        tasks = [beating, asyncio.create_task(vitals.watch(self._name, self._inbox), name="vitals")]
        try:
            await self._subscribe(bus)
            await self._until_stopped(self._recover(bus))
            if not self._stopping.is_set():
                tasks += await self._go_live(bus, tracer)
                await self._wait(tasks)
        finally:
            await self._drain(bus, tasks)
            tracer.close()

    async def _until_stopped(self, work: Coroutine[None, None, None]) -> None:
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            task.cancel()
            return
        task.result()

    async def _subscribe(self, bus: Bus) -> None:
        for subject in subscribed_by(self._name):
            latest = subject.kind is Kind.LATEST

            def take(message: Message, latest: bool = latest) -> None:
                if latest:
                    self._inbox.put_latest(message.subject, message.event)
                else:
                    self._inbox.put_input(Input(message.event, message.headers))

            await bus.subscribe(subject.filter, take)

    async def _recover(self, bus: Bus) -> None:
        """Observe what happened before, then hear the operator's last word."""
        self._state, began = "recovering", self._clock.now()
        count = await observe_record(bus, self._assembly, self._clock, self._tape)
        if hears_commands(self._name):
            self._inbox.put(await last_command(bus, self._clock.now()))
        log.info("recovered", events=count, seconds=round(since(self._clock.now(), began) / SECOND, 3))

    async def _go_live(self, bus: Bus, tracer: traces.Tracer) -> list["asyncio.Task[None]"]:
        assembly = self._assembly
        if assembly.projector is not None:
            tasks = [asyncio.create_task(project(bus, self._name, assembly.projector, assembly.core, tracer))]
        else:
            tasks = []
            if self._name in DURABLE_FILTERS:
                await bus.consume(
                    self._name,
                    lambda message, ack: self._inbox.put_input(Input(message.event, message.headers, ack)),
                )
        self._inbox.put(WentLive(at=self._clock.now()))
        self._state, self._failure = "live", ""
        assert self._loop is not None
        tasks += [asyncio.create_task(self._loop.run(), name="loop"), asyncio.create_task(self._tick(), name="tick")]
        tasks += [
            asyncio.create_task(source.run(self._inbox), name=type(source).__name__) for source in assembly.sources
        ]
        _spare_what_stays()
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
        """Stop taking in, finish what is in hand, say goodbye."""
        self._state = "draining"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty_inbox(), self._settings.drain_timeout_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(bus.close(), self._settings.drain_timeout_s)

    async def _empty_inbox(self) -> None:
        while len(self._inbox) and self._loop is not None:
            await asyncio.sleep(0.01)
            if len(self._inbox) and since(self._clock.now(), self._loop.turned_at) > SECOND:
                return

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._settings.tick_ms / 1000)
            self._inbox.put_latest("tick", Tick(at=self._clock.now()))

    async def _beat(self, bus: Bus) -> None:
        while True:
            await self._say_alive(bus)
            await asyncio.sleep(self._settings.heartbeat_ms / 1000)

    async def _say_alive(self, bus: Bus) -> None:
        now, detail = self._clock.now(), self._not_ready()
        self._assembly.measure(now)
        figures = self._assembly.figures(now)
        for name, value in figures.items():
            with contextlib.suppress(ValueError):
                FIGURE.labels(service=self._name, name=name).set(float(value))
        READY.labels(service=self._name).set(0 if detail else 1)
        for state in get_args(HeartbeatSent.model_fields["state"].annotation):
            STATE.labels(service=self._name, state=state).set(state == self._state)
        self._sequence += 1
        beat = HeartbeatSent(
            service=self._name, state=self._state, ready=not detail, detail=detail, started_at=self._started_at,  # type: ignore[arg-type]
            sequence=self._sequence, figures=figures, at=now, shard=self._settings.shard,
        )  # fmt: skip
        with contextlib.suppress(BusError):
            await bus.publish(beat)

    def _bus_changed(self, connected: bool) -> None:
        if self._state == "draining":
            return
        now = self._clock.now()
        log.warning("bus_restored" if connected else "bus_lost")
        if not connected:
            self._inbox.put(BusLost(at=now))
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
        if self._state != "live" or self._loop is None:
            return ""
        age = since(self._clock.now(), self._loop.turned_at)
        return (
            f"expected an input within {STUCK_S} s, found none for {age // SECOND} s" if age > STUCK_S * SECOND else ""
        )

    def _not_ready(self) -> str:
        if self._state != "live":
            return f"{self._state}{': ' + self._failure if self._failure else ''}"
        return self._assembly.not_ready(self._clock.now())

    def _open_tape(self) -> Tape | None:
        if self._settings.tape_dir is None:
            return None
        return Tape(
            self._settings.tape_dir, self._name, self._settings.model_dump(mode="json", exclude={"nats_password"}),
            bytes_max=self._settings.tape_bytes_max, files_max=self._settings.tape_files_max,
        )  # fmt: skip


def _spare_what_stays() -> None:
    """Keep the collector of cycles away from all that was imported and recovered, and from pausing at every message."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
