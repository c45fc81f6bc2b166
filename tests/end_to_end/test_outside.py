"""Looking for the public endpoints, on sockets of our own in their place."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from common.clock import SystemClock
from console.commands.up import up
from console.errors import EXIT_UNREACHABLE
from console.state import StateFolder, read_json
from console.up.plan import Plan
from console.up.ports import free_ports
from console.up.reach import Endpoint, reach
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """A port on which somebody listens and never says a word."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: held.append(writer), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    for writer in held:
        writer.close()
    server.close()


async def test_what_answers_is_reached_and_what_does_not_says_why(silent_port: int) -> None:
    (closed,) = free_ports(1)
    async with running(SeededWorld(WorldSettings())) as world:
        found = await reach(
            (
                Endpoint("page", f"{world.http}/clob/time", "http", "a"),
                Endpoint("socket", f"{world.ws}/rtds", "socket", "a"),
                Endpoint("missing", f"{world.http}/nothing", "http", "b"),
                Endpoint("no socket", f"{world.ws}/clob/time", "socket", "b"),
                Endpoint("closed", f"http://127.0.0.1:{closed}/", "http", "b"),
                Endpoint("closed socket", f"ws://127.0.0.1:{closed}/", "socket", "b"),
                Endpoint("silent", f"http://127.0.0.1:{silent_port}/", "http", "b"),
                Endpoint("silent socket", f"ws://127.0.0.1:{silent_port}/", "socket", "b"),
                Endpoint("unknown", "https://no-such-host.invalid/", "http", "b"),
            ),
            timeout_s=4.0,
        )
    why = {reached.endpoint.name: reached.reason for reached in found}
    assert (why["page"], why["socket"]) == ("", "")
    assert why["missing"] == "answered HTTP 404"
    assert "200" in why["no socket"]
    assert why["silent"] == why["silent socket"] == "no answer within 4 s"
    assert all(why[name] for name in ("closed", "closed socket", "unknown"))
    assert not any("Errno" in reason for reason in why.values())


async def test_where_the_public_endpoints_cannot_be_reached_nothing_is_started(tmp_path: Path) -> None:
    (closed,) = free_ports(1)
    endpoints = (
        Endpoint("binance", f"ws://127.0.0.1:{closed}", "socket", "exchanges"),
        Endpoint("gamma", "https://no-such-host.invalid/", "http", "gamma"),
    )
    folder, console, began = StateFolder(tmp_path), Console(width=100, record=True, quiet=False), time.monotonic()
    with console.capture() as said:
        code = await up(Plan(folder=folder, world="live"), console, SystemClock(), endpoints=endpoints)
    assert code == EXIT_UNREACHABLE
    assert time.monotonic() - began < 15
    for words in ("binance", f"127.0.0.1:{closed}", "gamma", "no-such-host.invalid", "nothing was traded"):
        assert words in said.get()
    report = read_json(folder.report)
    assert set(report["reachable"]) == {"binance", "gamma"}
    assert report["trades"] == 0
    assert not folder.pids.exists()
    assert not folder.postgres.exists()
