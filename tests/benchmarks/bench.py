"""Measures the real system and writes `build/bench.json`: `make bench`.

1. Frame in to paper order decided, a hop at a time: the whole system runs as processes against the seeded world, with
   limits wide enough that orders follow one another. Each event says when the exchange's frame that led to it came in
   and when it was decided on, by one machine's clock.
2. Frame in to an order's bytes out, with real signing, against the bare hops right before it (`tick_to_order.py`), and
   what hashing and signing an order takes (`signing.py`).
3. Replay: events a second through the same cores in one process, the median of several runs.
"""

import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.signing import sign_many
from benchmarks.tick_to_order import compared
from common.bus.nats import connect
from common.contracts.subjects import CONSOLE
from common.errors import BusError
from console.state import StateFolder, find_running, read_secrets

SECONDS = int(os.environ.get("BENCH_SECONDS", "90"))
REPLAYS = int(os.environ.get("BENCH_REPLAYS", "3"))
REPLAY_HOURS = os.environ.get("BENCH_REPLAY_HOURS", "1")
TARGET = Path("build/bench.json")
PM_ARB = [sys.executable, "-m", "console"]
WIDE = {
    "INITIAL_BANKROLL": "1000000", "TRADE_SIZE_USD": "5", "OPEN_ORDERS_MAX": "1000", "ORDERS_PER_MINUTE_MAX": "1000",
    "OPPORTUNITY_INTERVAL_MS": "50", "REPEAT_WINDOW_MS": "0", "REPEATED_TRADES_MAX": "1000", "REPEATED_TRADES_WINDOW_S": "1",
}  # fmt: skip
HOPS = {
    "opportunity_found": "frame in to opportunity found (oracle, scanner)",
    "order_approved": "frame in to order approved (and risk)",
    "order_submitted": "frame in to paper order decided (the journal's sync, and executor)",
}


def main():
    """Run all parts and write the figures down."""
    latencies = compared()
    signing = sign_many(signature_type=0)
    hops = asyncio.run(measure_hops())
    replays = [replay() for _ in range(REPLAYS)]
    speeds = [r["events_per_second"] for r in replays]
    report = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]},
        "tick_to_order_ms": latencies["tick_to_order_ms"],
        "floor_ms": latencies["floor_ms"],
        "tick_to_order": {name: latencies[name] for name in ("over_floor", "hops_p50_ms", "hops_share", "runs")},
        "signing_us": signing,
        "hops_ms": hops,
        "replay": {"events_per_second": statistics.median(speeds), "runs": speeds, "trades": replays[0]["trades"]},
    }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(report, indent=2) + "\n")
    show(report)


async def measure_hops():
    """Run the system for a while and collect, for each kind of event, how long after its frame it was decided."""
    state = Path(tempfile.mkdtemp(prefix="pm-arb-bench-"))
    command = [*PM_ARB, "up", "--seconds", str(SECONDS), "--world", "seeded", "--seed", "11", "--state", str(state)]
    process = subprocess.Popen(command, env=os.environ | WIDE, stdout=subprocess.DEVNULL)
    try:
        folder = StateFolder(state)
        while (running := find_running(folder)) is None or not read_secrets(folder):
            assert process.poll() is None, f"pm-arb up ended with {process.returncode}"
            await asyncio.sleep(0.2)
        bus = await connected(running.nats_url, read_secrets(folder)[CONSOLE])
        latencies = defaultdict(list)

        def take(message):
            latency = decided_after(message.event)
            if latency is not None:
                latencies[message.event.type].append(latency)

        for filter_ in ("scanner.opportunity.*", "risk.decision.*", "executor.order.*"):
            await bus.subscribe(filter_, take)
        await asyncio.to_thread(process.wait)
        return {name: summary(latencies[kind]) for kind, name in HOPS.items()}
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        shutil.rmtree(state, ignore_errors=True)


async def connected(url, password):
    while True:
        try:
            return await connect(url, user=CONSOLE, password=password)
        except BusError:  # the server may not be up yet
            await asyncio.sleep(0.2)


def decided_after(event):
    """Milliseconds from the frame coming in to the decision, None for events that are not on the way of a trade."""
    decided = {"opportunity_found": "found_at", "order_approved": "approved_at", "order_submitted": "at"}.get(
        event.type
    )
    return None if decided is None else (getattr(event, decided) - event.received_at) / 1e6


def summary(latencies):
    ordered = sorted(latencies)
    if not ordered:
        return {"count": 0}
    points = {f"p{q}": round(ordered[min(len(ordered) - 1, len(ordered) * q // 100)], 3) for q in (50, 95, 99)}
    return {"count": len(ordered)} | points


def replay():
    """One replay of a seeded world; its own JSON."""
    command = [*PM_ARB, "replay", "--json", "--seed", "11", "--hours", REPLAY_HOURS]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def show(report):
    for name in ("floor_ms", "tick_to_order_ms", "signing_us"):
        print(f"{name}: {report[name]}")
    print(
        f"over the bare hops: {report['tick_to_order']['over_floor']}, shares {report['tick_to_order']['hops_share']}"
    )
    for name, figures in report["hops_ms"].items():
        print(f"{name}: {figures}")
    print(
        f"replay: {report['replay']['events_per_second']:,.0f} events/s (median of {REPLAYS}), {report['replay']['trades']} trades"
    )
    print(f"written to {TARGET}")


if __name__ == "__main__":
    main()
