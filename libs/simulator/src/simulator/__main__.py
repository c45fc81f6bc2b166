"""Runs the simulator: `python -m simulator`."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import orjson

from simulator.server import running
from simulator.wall import wall_ns
from simulator.world import RecordedWorld, SeededWorld, WorldSettings, shift_onto
from simulator.world.staged import StagedWorld

NS_PER_S = 1_000_000_000
DESCRIPTION = """\
Simulates the outside world that pm-arb trades in, on one local port and in real time: the price streams
of Binance and Coinbase, Polymarket's settlement feed (RTDS), its catalogue (Gamma), order books (CLOB) and
market socket, and the Pushover gateway. Nothing it says is real and nothing it receives goes anywhere.
"""
EPILOG = """\
When it listens it prints one line of JSON to stdout, {"event":"ready","port":N,...}. The makers of the
simulated markets know prices with --lag seconds of delay: that is the edge there is to find; at --lag 0
there is none.
The same --seed makes the same prices, markets and books at the same instants, whenever it is started.
GET /sim/health tells how it is, GET /sim/outcomes who truly won, POST /sim/faults makes something go wrong.
"""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        world = _world(options)
    except (ValueError, OverflowError, KeyError, OSError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2
    return asyncio.run(_serve(world, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on, 0 for a free one (default: 0)")
    parser.add_argument("--seed", type=int, default=1, help="which of the possible worlds (default: 1)")
    parser.add_argument(
        "--lag",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="how old the makers' prices are (default: 2)",
    )
    parser.add_argument(
        "--world",
        choices=("seeded", "recording"),
        default="seeded",
        help="make prices from the seed, or replay a recorded morning as if it were now (default: seeded)",
    )
    parser.add_argument(
        "--recording",
        type=Path,
        metavar="DIR",
        help="folder with btcusd-chainlink*.csv.gz and btc-5m-markets*.jsonl.gz, for --world recording",
    )
    return parser


def _world(options: argparse.Namespace) -> StagedWorld:
    settings = WorldSettings(seed=options.seed, lag_ms=round(options.lag * 1000))
    if options.world == "seeded":
        return SeededWorld(settings)
    if options.recording is None:
        raise ValueError("--world recording needs --recording DIR")
    shift_s = shift_onto(options.recording, wall_ns() // NS_PER_S)
    return RecordedWorld(options.recording, settings, shift_s)


async def _serve(world: StagedWorld, options: argparse.Namespace) -> int:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with running(world, options.world, options.host, options.port) as server:
            ready = {
                "event": "ready", "port": server.port, "host": server.host, "world": options.world,
                "seed": options.seed, "lag_s": options.lag,
            }  # fmt: skip
            sys.stdout.write(orjson.dumps(ready).decode() + "\n")
            sys.stdout.flush()
            await stopped.wait()
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"simulator: cannot listen on {options.host}:{options.port}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
