"""Runs the simulator: `python -m simulator`."""

import argparse
import asyncio
import signal
import sys
import traceback

import orjson

from simulator.breakdown import BrokenError
from simulator.exchange.memory import Memory
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
    return asyncio.run(serve(world, exchange, steps, options))


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


async def serve(
    world: StagedWorld, exchange: ExchangeSettings, steps: tuple[Step, ...], options: argparse.Namespace
) -> int:
    """Serve until told to stop: 0. Where it cannot listen, or something in it has broken, say so: 1."""
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
            memory=_memory(options),
        ) as server:
            await _until(stopped, server, steps, options)
    except ValueError as error:
        _complain(str(error))
        return 2
    except BrokenError as error:
        traceback.print_exception(error.__cause__)
        _complain(f"{error}; it cannot go on")
        return 1
    except (OSError, OverflowError) as error:
        _complain(f"cannot listen on {options.host}:{options.port}: {error}")
        return 1
    return 0


def _memory(options: argparse.Namespace) -> Memory | None:
    """Answer where the exchange is remembered, and of which world it is: another's memory is refused."""
    if options.memory is None:
        return None
    return Memory(options.memory, {name: getattr(options, name) for name in ("world", "seed", "version_two")})


async def _until(stopped: asyncio.Event, server: Running, steps: tuple[Step, ...], options: argparse.Namespace) -> None:
    """Say that the server listens, and play the scenario until it is told to stop or something has broken."""
    ready = {
        "event": "ready", "port": server.port, "host": server.host, "world": options.world,
        "seed": options.seed, "lag_s": options.lag,
    }  # fmt: skip
    sys.stdout.write(orjson.dumps(ready).decode() + "\n")
    sys.stdout.flush()
    played = asyncio.create_task(_played(server, steps))
    ends = [asyncio.create_task(stopped.wait()), asyncio.create_task(server.breakdown.wait())]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (played, *ends):
            task.cancel()
        await asyncio.gather(played, *ends, return_exceptions=True)


async def _played(server: Running, steps: tuple[Step, ...]) -> None:
    try:
        await play(server.stage, steps, _complain)
    except Exception as error:  # noqa: BLE001 - told here, since nobody waits for a scenario's end
        server.breakdown.report("scenario", error)


def _complain(words: str) -> None:
    sys.stderr.write(f"simulator: {words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
