"""The alerter as a process, between a real NATS server under its permissions and a push service."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager

import pytest

from builders import a_fill, a_settlement
from common.clock import SystemClock
from integration.alerter_push import API_TOKEN, USER_KEY, PushService
from support.waiting import eventually


@pytest.fixture
async def service():
    service = PushService()
    await service.start()
    yield service
    await service.stop()


@asynccontextmanager
async def alerter(nats, service, output):
    environment = os.environ | {
        "NATS_URL": nats.url, "NATS_PASSWORD": nats.passwords["alerter"], "PUSHOVER_URL": service.url,
        "PUSHOVER_USER_KEY": USER_KEY, "PUSHOVER_API_TOKEN": API_TOKEN, "LOG_LEVEL": "debug", "HEARTBEAT_SILENCE_S": "5",
        "ALERT_BACKOFF_MS_MIN": "50",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "alerter",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = await asyncio.wait_for(process.communicate(), 20)
        output.append(said.decode())
    assert process.returncode == 0, output[-1]


def say_halt(nats):
    """The bare protocol line of somebody in a hurry, without a credential."""
    with socket.create_connection(("127.0.0.1", nats.port), timeout=5) as connection:
        connection.recv(65536)
        connection.sendall(b'CONNECT {"verbose":false}\r\nPUB control.halt 4\r\nnews\r\nPING\r\n')
        assert b"PONG" in connection.recv(65536)


async def test_people_are_told_within_five_seconds_and_once(nats, service):
    output, now = [], SystemClock().now()
    executor = await nats.bus("executor")
    async with alerter(nats, service, output):
        await executor.publish(a_fill(at=now))
        await eventually(lambda: service.accepted == ["Trade executed"], why="the fill is told")
        say_halt(nats)
        await eventually(lambda: service.accepted[1:] == ["TRADING HALTED"], within_s=5, why="the halt is told")
        await eventually(lambda: len(service.accepted) == 8, within_s=20, why="six silent services are told")
    assert set(service.accepted[2:]) == {
        f"{name} is silent" for name in ("oracle", "venue", "scanner", "risk", "executor", "ledger")
    }
    assert [f["priority"] for f in service.forms if "silent" in f["title"] or "HALT" in f["title"]] == ["2"] * 7

    service.answers = [500, 500]
    await executor.publish(a_settlement(at=SystemClock().now()))
    async with alerter(nats, service, output):
        await eventually(lambda: "Settled" in service.accepted, why="what was said between two runs is told")
    await executor.close()
    assert service.accepted.count("Trade executed") == 1
    assert "sesame" not in "".join(output)
    assert '"event": "alert_delivered"' in output[0]
