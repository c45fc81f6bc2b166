"""The simulator as a program: how it starts, stops and explains itself, and that every process sees the same world."""

import asyncio
import os
import signal
import sys

import aiohttp
import orjson
import pytest

TIMEOUT_S = 20.0
DIGEST = """
import hashlib, orjson
from simulator.world import SeededWorld
start_ns = 1_795_240_795 * 10**9
frames = SeededWorld().frames(start_ns, start_ns + 10 * 10**9)
print(hashlib.sha256(orjson.dumps([[f.at_ns, f.key, f.payload] for f in frames])).hexdigest())
"""


async def start(*arguments, **environment):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )


async def finish(process):
    async with asyncio.timeout(TIMEOUT_S):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_when_it_listens_serves_and_leaves_quickly_when_told_to(number):
    process = await start("-m", "simulator", "--seed", "5", "--lag", "0.5")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            ready = orjson.loads(await process.stdout.readline())
            async with (
                aiohttp.ClientSession(f"http://127.0.0.1:{ready['port']}") as http,
                http.ws_connect("/binance/stream?streams=btcusdt@trade") as socket,
                http.get("/sim/settings") as response,
            ):
                settings = await response.json()
                await socket.receive_str()
                process.send_signal(number)
                assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
        await finish(process)

    assert ready["event"] == "ready"
    assert (settings["seed"], settings["lag_ms"], settings["world"]) == (5, 500, "seeded")


async def test_help_tells_a_stranger_what_it_is_for():
    status, out, _ = await finish(await start("-m", "simulator", "--help"))

    assert status == 0
    for word in ("--seed", "--lag", "--recording", "Binance", "settlement", "/sim/health"):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--world", "recording"], "needs --recording"),
        (["--world", "recording", "--recording", "/nonexistent"], "no btcusd-chainlink"),
        (["--lag", "-1"], "negative"),
        (["--lag", "inf"], "infinity"),
        (["--port", "x"], "invalid int"),
    ],
)
async def test_a_command_line_that_makes_no_sense_is_refused_with_the_reason(arguments, words):
    status, _, err = await finish(await start("-m", "simulator", *arguments))

    assert status == 2
    assert words in err


async def test_a_port_that_cannot_be_had_is_refused_with_the_reason():
    status, _, err = await finish(await start("-m", "simulator", "--port", "99999"))

    assert status == 1
    assert "cannot listen" in err


async def test_every_process_sees_the_same_world_whatever_its_hash_seed():
    digests = [(await finish(await start("-c", DIGEST, PYTHONHASHSEED=seed)))[1].strip() for seed in ("1", "2")]

    assert len(digests[0]) == 64
    assert digests[0] == digests[1]
