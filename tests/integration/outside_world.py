"""What the tests of `oracle` and `venue` stand on: a simulated outside world, and a service run without a bus."""

import asyncio
import contextlib
import os
import signal
import sys

import httpx
import orjson
from prometheus_client import REGISTRY

from common.contracts.runtime import Tick, WentLive
from common.runtime.tape import Reader, Tape, play
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings
from support.nats_server import NatsServer
from support.waiting import eventually

READY_WITHIN_S = 30.0
TICK_S = 0.05
OUTPUT_SHOWN = 5000


class Outside:
    """The addresses of a simulated world, and its faults."""

    def __init__(self, port):
        self.http, self.ws = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"

    def oracle(self, **changes):
        return {
            "BINANCE_WS_URL": f"{self.ws}/binance", "COINBASE_WS_URL": f"{self.ws}/coinbase", "RTDS_WS_URL": f"{self.ws}/rtds",
        } | changes  # fmt: skip

    def venue(self, **changes):
        return {
            "GAMMA_URL": f"{self.http}/gamma", "CLOB_URL": f"{self.http}/clob", "CLOB_WS_URL": f"{self.ws}/ws/market",
            "GEOBLOCK_URL": f"{self.http}/geoblock", "DISCOVERY_INTERVAL_S": "0.5", "RESOLUTION_INTERVAL_S": "0.3",
        } | changes  # fmt: skip

    async def fault(self, name, **order):
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self.http}/sim/faults", json={"name": name, **order})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def connections(self, channel):
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self.http}/sim/health")).json()["connections"][channel]


@contextlib.asynccontextmanager
async def simulator_process(*arguments):
    """The simulator as a program of its own, as an operator runs it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", "0", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            ready = orjson.loads(await process.stdout.readline())
        yield Outside(ready["port"])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@contextlib.asynccontextmanager
async def simulated(clock, **world):
    """The simulator in this process, in a world and at a time that the test chooses."""
    async with running(SeededWorld(WorldSettings(**world)), clock=clock.now) as server:
        yield Outside(server.port)


class Shell:
    """Runs an assembly's sources, core and gateway as the runtime does, and remembers what came of it."""

    def __init__(self, assembly, clock):
        self.assembly, self.clock = assembly, clock
        self.inputs, self.outcomes, self.told = [], [], []
        self._waiting = asyncio.Queue()

    def put(self, event):
        self._waiting.put_nowait(event)

    def put_latest(self, key, event):
        self.put(event)

    @contextlib.asynccontextmanager
    async def live(self):
        self.put(WentLive(at=self.clock.now()))
        tasks = [asyncio.create_task(work) for work in (self._loop(), self._tick())]
        tasks += [asyncio.create_task(source.run(self)) for source in self.assembly.sources]
        try:
            yield self
            for task in tasks:
                if task.done():
                    task.result()
            assert not any(task.done() for task in tasks), "a source ended by itself"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, is_wanted, why, within_s=20.0):
        """Wait for an outcome; answer the first one that is wanted."""
        return await eventually(lambda: next(filter(is_wanted, self.outcomes), None), within_s=within_s, why=why)

    async def ready(self, within_s=20.0):
        await eventually(lambda: not self.not_ready(), within_s=within_s, why="ready")

    def not_ready(self):
        return self.assembly.not_ready(self.clock.now())

    def played_back(self, core, folder):
        """Tape all that was told and play it into a fresh core; answer the number of inputs and the first difference."""
        tape = Tape(folder, self.assembly.name, {}, bytes_max=1 << 30, files_max=1)
        for event, now, outcome in self.told:
            tape.record(event, now, outcome)
        tape.close()
        [path] = folder.iterdir()
        return play(iter(Reader.open(path)), core)

    async def _loop(self):
        core, gateway = self.assembly.core, self.assembly.gateway
        while True:
            event, now = await self._waiting.get(), self.clock.now()
            outcome = core.decide(event, now)
            self.told.append((event, now, outcome))
            if outcome is not None and gateway is not None:
                await gateway.carry_out(outcome, now)
            core.observe(event)
            self.inputs.append(event)
            if outcome is not None:
                core.observe(outcome)
                self.outcomes.append(outcome)
            if gateway is not None:
                await gateway.react(event, now)

    async def _tick(self):
        while True:
            await asyncio.sleep(TICK_S)
            self.put(Tick(at=self.clock.now()))


class ShiftedClock:
    """The wall clock, moved so that it shows a chosen instant now."""

    def __init__(self, wall, now_ns):
        self._wall, self._shift = wall, now_ns - wall.now()

    def now(self):
        return self._wall.now() + self._shift


def counted(metric, **labels):
    """What a counter stands at."""
    return REGISTRY.get_sample_value(metric, labels) or 0.0


@contextlib.asynccontextmanager
async def service_process(name, nats, environment):
    """A service as its own program on a real bus; it must leave with 0 when told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", name,
        env=os.environ | environment | {"NATS_URL": nats.url, "NATS_PASSWORD": nats.passwords[name], "HTTP_PORT": "0"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 20)
        sys.stdout.write(output.decode()[-OUTPUT_SHOWN:])  # shown when the test fails
    assert process.returncode == 0


class Ear:
    """What the console hears on the bus."""

    def __init__(self, bus):
        self.bus, self.events = bus, []

    async def listen(self, *filters):
        for each in filters:
            await self.bus.subscribe(each, lambda message: self.events.append(message.event))

    def of(self, kind, /, **wanted):
        return [
            e
            for e in self.events
            if isinstance(e, kind) and all(getattr(e, name) == value for name, value in wanted.items())
        ]

    async def hear(self, kind, why, /, within_s=30.0, **wanted):
        try:
            return (await eventually(lambda: self.of(kind, **wanted), within_s=within_s, why=why))[0]
        except AssertionError as error:
            raise AssertionError(f"{error}; the last of its kind was {self.of(kind)[-1:]}") from None


@contextlib.asynccontextmanager
async def a_bus():
    """A NATS server with its streams, and an ear on it."""
    nats = NatsServer()
    nats.start()
    try:
        await nats.bootstrap()
        ear = Ear(await nats.bus("console"))
        yield nats, ear
        await ear.bus.close()
    finally:
        nats.remove()


@contextlib.asynccontextmanager
async def http_server(answer):
    """Serve each connection with `answer(reader, writer)`; every one of them is over before the block is left."""
    serving = set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        try:
            await answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        await asyncio.gather(*serving, return_exceptions=True)
