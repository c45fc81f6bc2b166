"""Creates the streams and consumers on a NATS server: `python -m common.bootstrap`.

It keeps trying while the server is still starting, and ends when everything is in place. With `--keep` it stays, and
sets the server up anew whenever that has restarted: a stream in memory does not outlive its server, and the services
may not create one. Meanwhile it answers /live, /ready (everything is in place) and /metrics (of NATS).
"""

import argparse
import asyncio
import contextlib
import math
import signal
import sys
import time
from collections.abc import Callable
from typing import Annotated

from nats import errors as nats_errors
from nats.aio.client import Client
from nats.js import errors as js_errors
from prometheus_client import CollectorRegistry
from pydantic import Field, SecretStr

from common.bootstrap import streams
from common.bootstrap.nats_config import BOOTSTRAP
from common.bootstrap.nats_metrics import NatsCollector
from common.contracts.subjects import DURABLE_FILTERS, LEASES, STREAMS
from common.errors import BusError, SettingsError
from common.settings import Settings, load
from common.telemetry.health import HealthServer

EXIT_SETTINGS = 78
"""EX_CONFIG of sysexits.h: trying again will not help."""
EXIT_UNREACHED = 1
CONNECT_TIMEOUT_S = 2
PING_INTERVAL_S = 2
RETRY_WAIT_S = 0.5
TURN_S = 1.0
STUCK_S = 30.0
"""Without a turn of the loop for that long it is not alive."""
FAILURES = (nats_errors.Error, js_errors.Error, TimeoutError, OSError)

Say = Callable[[str], object]


class BootstrapSettings(Settings):
    """Where the server is and how to be let in."""

    nats_url: str = "nats://127.0.0.1:4222"
    bootstrap_nats_password: SecretStr
    stream_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    """On how many servers of a cluster each stream is kept; with three, one server may be lost."""
    bootstrap_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """How long to keep trying before giving up, when not staying."""
    nats_monitor_url: str = ""
    """Where the server says how it is, or with commas each of several; with `--keep` only, no metrics when empty."""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where it answers while it stays; 0 is any port that is free."""


def main() -> int:
    """Set up the server that the environment names; answer the exit code."""
    parser = argparse.ArgumentParser(prog="python -m common.bootstrap", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="stay, and set the server up anew whenever it restarts")
    options = parser.parse_args()
    try:
        settings = load(BootstrapSettings)
        if options.keep:
            asyncio.run(Keeper(settings, sys.stderr.write).run())
        else:
            asyncio.run(_once(settings, sys.stderr.write))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS
    except BusError as error:
        sys.stderr.write(f"bootstrap: {error}\n")
        return EXIT_UNREACHED
    return 0


class Keeper:
    """Sets the server up, waits until it is gone, begins again; tells meanwhile how it is."""

    def __init__(self, settings: BootstrapSettings, say: Say, stuck_s: float = STUCK_S) -> None:
        self._settings, self._say, self._stuck_s = settings, say, stuck_s
        self._is_in_place, self._turned_at = False, time.monotonic()
        metrics = CollectorRegistry()
        if settings.nats_monitor_url:
            metrics.register(NatsCollector(settings.nats_monitor_url))
        self._health = HealthServer(
            settings.http_host, settings.http_port, live=self._not_live, ready=self._not_ready, metrics=metrics
        )
        self.port = self._health.port

    async def run(self) -> None:
        """Stay until SIGTERM."""
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._turn())]
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, tasks[0].cancel)
        self._health.start()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await tasks[0]
        finally:
            tasks[1].cancel()
            self._health.stop()

    async def _keep(self) -> None:
        while True:
            client, lost = await set_up(self._settings, self._say, math.inf)
            self._is_in_place = True
            try:
                await lost.wait()
            finally:
                self._is_in_place = False
                await _close(client)

    async def _turn(self) -> None:
        while True:
            self._turned_at = time.monotonic()
            await asyncio.sleep(TURN_S)

    def _not_live(self) -> str:
        age_s = time.monotonic() - self._turned_at
        return (
            f"expected a turn within {self._stuck_s:g} s, found none for {age_s:.0f} s" if age_s > self._stuck_s else ""
        )

    def _not_ready(self) -> str:
        return "" if self._is_in_place else "waiting for NATS"


async def set_up(settings: BootstrapSettings, say: Say, timeout_s: float) -> tuple[Client, asyncio.Event]:
    """Ensure streams and consumers, again and again until it works; raises BusError when the time is up.

    Answers the connection, and what is set once that is lost.
    """
    loop, said = asyncio.get_running_loop(), ""
    give_up_at = loop.time() + timeout_s
    while True:
        client, lost = Client(), asyncio.Event()
        try:
            await _connect(client, settings, lost)
            await streams.ensure(client, settings.stream_replicas)
        except FAILURES as error:
            await _close(client)
            text = f"{settings.nats_url.rpartition('@')[2]}: {error or type(error).__name__}"
            if loop.time() + RETRY_WAIT_S > give_up_at:
                raise BusError(f"expected a server to set up within {timeout_s:g} s, found {text}") from None
        else:
            names = ", ".join(stream.name for stream in (*STREAMS, LEASES))
            say(f"bootstrap: streams {names} and consumers {', '.join(DURABLE_FILTERS)} are in place\n")
            return client, lost
        if text != said:
            say(f"bootstrap: waiting for {text}\n")
            said = text
        await asyncio.sleep(RETRY_WAIT_S)


async def _once(settings: BootstrapSettings, say: Say) -> None:
    client, _ = await set_up(settings, say, settings.bootstrap_timeout_s)
    await _close(client)


async def _connect(client: Client, settings: BootstrapSettings, lost: asyncio.Event) -> None:
    async def gone() -> None:
        lost.set()

    await client.connect(
        settings.nats_url.split(","), user=BOOTSTRAP, password=settings.bootstrap_nats_password.get_secret_value(),
        name=BOOTSTRAP, inbox_prefix=f"_INBOX.{BOOTSTRAP}", connect_timeout=CONNECT_TIMEOUT_S,
        allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0,
        ping_interval=PING_INTERVAL_S, error_cb=_quietly, closed_cb=gone,
    )  # fmt: skip


async def _close(client: Client) -> None:
    with contextlib.suppress(*FAILURES):
        await client.close()


async def _quietly(_error: Exception) -> None:
    """Swallow the client's own words about a failed try: the caller says it in one line."""


if __name__ == "__main__":
    raise SystemExit(main())
