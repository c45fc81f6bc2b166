"""Runs the simulator: `python -m simulator`."""

import argparse
import asyncio
import signal
import sys
from contextlib import suppress

import orjson

from simulator.exchange.settings import ExchangeSettings
from simulator.options import exchange_settings, parser
from simulator.scenario import Step, load, play
from simulator.server import Running, running
from simulator.wall import wall_ns
from simulator.world import RecordedWorld, SeededWorld, WorldSettings, shift_onto
from simulator.world.staged import StagedWorld

NS_PER_S = 1_000_000_000


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        exchange = exchange_settings(options)
        steps = load(options.scenario) if options.scenario else ()
        world = _world(options)
    except (ValueError, OverflowError, KeyError, OSError) as error:
        _complain(str(error))
        return 2
    return asyncio.run(_serve(world, exchange, steps, options))


def _world(options: argparse.Namespace) -> StagedWorld:
    settings = WorldSettings(seed=options.seed, lag_ms=round(options.lag * 1000), version_two_share=options.version_two)
    if options.world == "seeded":
        return SeededWorld(settings)
    if options.version_two:
        raise ValueError("--version-two needs --world seeded: what was recorded is of the first version")
    if options.recording is None:
        raise ValueError("--world recording needs --recording DIR")
    shift_s = shift_onto(options.recording, wall_ns() // NS_PER_S)
    return RecordedWorld(options.recording, settings, shift_s)


async def _serve(
    world: StagedWorld, exchange: ExchangeSettings, steps: tuple[Step, ...], options: argparse.Namespace
) -> int:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with running(
            world,
            options.world,
            options.host,
            options.port,
            exchange=exchange,
            keeps_log=options.keep_log,
            admin_anywhere=options.admin_anywhere,
        ) as server:
            await _until(stopped, server, steps, options)
    except (OSError, OverflowError) as error:
        _complain(f"cannot listen on {options.host}:{options.port}: {error}")
        return 1
    return 0


async def _until(stopped: asyncio.Event, server: Running, steps: tuple[Step, ...], options: argparse.Namespace) -> None:
    """Say that the server listens, and play the scenario until it is told to stop."""
    ready = {
        "event": "ready", "port": server.port, "host": server.host, "world": options.world,
        "seed": options.seed, "lag_s": options.lag,
    }  # fmt: skip
    sys.stdout.write(orjson.dumps(ready).decode() + "\n")
    sys.stdout.flush()
    played = asyncio.create_task(play(server.stage, steps, _complain))
    try:
        await stopped.wait()
    finally:
        played.cancel()
        with suppress(asyncio.CancelledError):
            await played


def _complain(words: str) -> None:
    sys.stderr.write(f"simulator: {words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
