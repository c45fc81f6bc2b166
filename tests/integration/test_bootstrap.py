"""`python -m common.bootstrap --keep`: what it keeps in place, and what it says of itself."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from pydantic import SecretStr

from common.bootstrap.__main__ import EXIT_SETTINGS, EXIT_UNREACHED, BootstrapSettings, Keeper
from common.bootstrap.nats_config import BOOTSTRAP, password_variable
from common.contracts.subjects import CONSOLE, STREAMS
from support.nats_server import NatsServer, free_port
from support.waiting import eventually


@pytest.fixture
def bare():
    """A server on which nothing is set up."""
    server = NatsServer()
    server.start()
    yield server
    server.remove()


def answer(port, path):
    """Answer the status and what was said; 0 while nobody answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as told:
            return told.status, told.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


async def becomes(port, path, status):
    async def told():
        return (await asyncio.to_thread(answer, port, path))[0] == status

    await eventually(told, within_s=20, every_s=0.1, why=f"{path} answers {status}")


def started(server, *options, **told):
    environment = os.environ | {
        "NATS_URL": server.url, password_variable(BOOTSTRAP): server.passwords[BOOTSTRAP], "HTTP_PORT": str(free_port()),
        "NATS_MONITOR_URL": f"http://127.0.0.1:{server.monitor_port}",
    } | told  # fmt: skip
    command = [sys.executable, "-m", "common.bootstrap", *options]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True), int(environment["HTTP_PORT"])


async def streams_of(server):
    bus = await server.bus(CONSOLE)
    try:
        return {stream.name: await bus.last_sequence(stream.name) for stream in STREAMS}
    finally:
        await bus.close()


async def test_it_stays_and_sets_a_server_up_anew_that_was_restarted(bare):
    process, port = started(bare, "--keep")
    try:
        await becomes(port, "/ready", 200)
        assert set(await streams_of(bare)) == {stream.name for stream in STREAMS}

        bare.stop()
        await becomes(port, "/ready", 503)
        assert answer(port, "/live")[0] == 200, "without NATS it is alive: a restart would mend nothing"
        assert "waiting for NATS" in answer(port, "/ready")[1]

        bare.start()
        await becomes(port, "/ready", 200)
        assert set(await streams_of(bare)) == {stream.name for stream in STREAMS}, "those in memory too"
    finally:
        process.terminate()
        _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert said.count("are in place") == 2
    assert "Traceback" not in said


async def test_it_tells_of_nats_where_it_is_told_whom_to_ask_and_of_nothing_otherwise(bare):
    for monitor, expected in ((f"http://127.0.0.1:{bare.monitor_port}", 1), ("", 0)):
        process, port = started(bare, "--keep", NATS_MONITOR_URL=monitor)
        try:
            await becomes(port, "/ready", 200)
            status, told = await asyncio.to_thread(answer, port, "/metrics")
            assert status == 200
            assert told.count(f'pm_arb_nats_up{{server="127.0.0.1:{bare.monitor_port}"}} 1.0') == expected
        finally:
            process.terminate()
            process.communicate(timeout=10)


async def test_it_says_that_it_is_alive_while_nats_keeps_whoever_asks_for_figures_waiting(bare):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process, port = started(bare, "--keep", NATS_MONITOR_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
        try:
            await becomes(port, "/ready", 200)
            figures = asyncio.create_task(asyncio.to_thread(answer, port, "/metrics"))
            asked, _ = await asyncio.to_thread(silent.accept)
            with asked, socket.create_connection(("127.0.0.1", port)):  # and somebody who says nothing
                began = time.monotonic()
                assert (await asyncio.to_thread(answer, port, "/live"))[0] == 200
                took_s = time.monotonic() - began
            assert not figures.done()
            assert took_s < 1
            await figures
        finally:
            process.terminate()
            process.communicate(timeout=20)


async def test_a_loop_that_stands_still_is_not_alive():
    told = []

    def stand_still(_said):
        time.sleep(0.6)
        told.append(answer(keeper.port, "/live"))

    nowhere = BootstrapSettings(nats_url=f"nats://127.0.0.1:{free_port()}", bootstrap_nats_password=SecretStr("x"))
    keeper = Keeper(nowhere, stand_still, stuck_s=0.3)
    keeping = asyncio.create_task(keeper.run())
    await eventually(lambda: told, within_s=20, every_s=0.05, why="it said that it waits")
    await becomes(keeper.port, "/live", 200)
    keeping.cancel()
    await asyncio.wait({keeping})

    assert told[0][0] == 503
    assert "expected a turn within 0.3 s" in told[0][1]


def test_where_no_server_comes_up_it_gives_up_in_its_time_and_says_so(bare):
    bare.stop()
    began = time.monotonic()
    process, _ = started(bare, BOOTSTRAP_TIMEOUT_S="2")
    _, said = process.communicate(timeout=30)

    assert process.returncode == EXIT_UNREACHED
    assert 2 <= time.monotonic() - began < 15
    assert f"expected a server to set up within 2 s, found nats://127.0.0.1:{bare.port}" in said


def test_a_setting_that_is_wrong_ends_it_at_once_with_a_sentence(bare):
    process, _ = started(bare, "--keep", STREAM_REPLICAS="many")
    _, said = process.communicate(timeout=20)

    assert process.returncode == EXIT_SETTINGS
    assert "STREAM_REPLICAS" in said.upper()
    assert bare.passwords[BOOTSTRAP] not in said
