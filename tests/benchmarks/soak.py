"""An hour of the whole system in a world as busy as asked for: `make soak` (SOAK_SECONDS=3600, SOAK_CHANGES=2000).

`pm-arb up` runs in a folder of its own, against the seeded world whose exchange changes so many levels of books a second,
each of which is said of both tokens of its market. Every ten seconds everything is looked at from outside: memory and
processor of each process, the metrics of each service, how far each consumer is with the journal. At the end it prints a
table, says PASS or FAIL by the bounds of `soak_figures.py`, and writes build/soak.json. A run of ten minutes says little of
memory: what is kept of a market is kept for a quarter of an hour, so the first third of a run is warm-up and not judged.
Of orders the newest are kept, however old: fewer of them here, so that their number is reached within the warm-up too.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import httpx
import psutil
from nats.aio.client import Client
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.soak_figures import KEEPERS, Sample, results
from common.contracts.subjects import CONSOLE, DURABLE_FILTERS, JOURNAL, SERVICES
from console.state import find_running, read_json
from end_to_end.running_system import RunningSystem, eventually

TARGET = Path("build/soak.json")
SECONDS = float(os.environ.get("SOAK_SECONDS", "3600"))
CHANGES = int(os.environ.get("SOAK_CHANGES", "2000"))
SAMPLE_S_MAX = 10.0
READY_WITHIN_S = 120
WARM_UP = 1 / 3
ORDERS_KEPT = "150"
MEBIBYTE = 2**20
KEPT = ("pm_arb_venue_level_changes", "pm_arb_book_lag_seconds", "pm_arb_outcomes", "pm_arb_inputs_shed", "pm_arb_inbox_waiting", "pm_arb_input_age_seconds", "pm_arb_event_loop_lag_seconds")  # fmt: skip
"""The metrics that are looked at."""


class Watch:
    """Looks at a running system from outside."""

    def __init__(self, system):
        self._system, self._running = system, find_running(system.folder)
        self._http, self._nats = httpx.AsyncClient(timeout=5, trust_env=False), Client()
        self._began = time.monotonic()

    async def open(self):
        password = read_json(self._system.folder.secrets)[CONSOLE]
        url = self._running.nats_url
        await self._nats.connect(url, user=CONSOLE, password=password, inbox_prefix=f"_INBOX.{CONSOLE}")

    async def close(self):
        await self._nats.close()
        await self._http.aclose()

    async def sample(self):
        processes = self._system.processes() | {"console": self._system.family()[0]}
        looks = {}
        for name, process in processes.items():
            with contextlib.suppress(psutil.Error):
                looks[name] = _look(process, with_children=name != "console")
        series = {name: await self._metrics(name) for name in SERVICES}
        behind = {name: await self._behind(name) for name in DURABLE_FILTERS}
        return Sample(
            at_s=time.monotonic() - self._began, rss_mb={name: look[0] for name, look in looks.items()},
            cpu_s={name: look[1] for name, look in looks.items()}, series=series, behind=behind,
        )  # fmt: skip

    async def _metrics(self, service):
        """What a service says of itself; nothing where it does not answer, which `results` counts against it."""
        try:
            answer = await self._http.get(f"http://127.0.0.1:{self._running.http_ports[service]}/metrics")
        except httpx.HTTPError:
            return {}
        families = text_string_to_metric_families(answer.text)
        return {
            (each.name, tuple(sorted(each.labels.items()))): each.value
            for family in families
            if family.name in KEPT
            for each in family.samples
        }

    async def _behind(self, durable):
        answer = await self._nats.request(f"$JS.API.CONSUMER.INFO.{JOURNAL.name}.{durable}", b"", timeout=5)
        told = json.loads(answer.data)
        return told["num_pending"] + told["num_ack_pending"]


def _look(process, *, with_children):
    """Resident megabytes, and seconds of the processor. Postgres' own processes share what counts once: their PSS."""
    family = [process, *(process.children(recursive=True) if with_children else ())]
    cpu = sum(sum(each.cpu_times()[:2]) for each in family)
    if len(family) == 1:
        return process.memory_info().rss / MEBIBYTE, cpu
    return sum(each.memory_full_info().pss for each in family) / MEBIBYTE, cpu


async def watched(system, seconds, say):
    """Sample a run until its time is over."""
    watch, every_s, samples = Watch(system), min(SAMPLE_S_MAX, seconds / 20), []
    await watch.open()
    try:
        while not samples or samples[-1].at_s < seconds:
            samples.append(await watch.sample())
            say(samples)
            await asyncio.sleep(every_s)
    finally:
        await watch.close()
    return samples


def soak(seconds=SECONDS, changes=CHANGES, say=lambda _samples: None):
    """Run the system for so long, and answer what was found."""
    system = RunningSystem()
    options = f"--book-changes {changes}"
    try:
        system.start(PM_ARB_SIMULATOR_OPTIONS=options, INITIAL_BANKROLL="20000", ORDERS_KEPT_MAX=ORDERS_KEPT)
        eventually(lambda: all(map(system.is_ready, SERVICES)), READY_WITHIN_S, "every service ready")
        samples = asyncio.run(watched(system, seconds, say))
        code, report = system.stop(), system.report()
    finally:
        system.abandon()
    warm = [sample for sample in samples if sample.at_s >= seconds * WARM_UP]
    found = results(samples[0], warm, changes, report["trades"])
    if code or not report["agrees"]:
        found["failures"].append(f"the run ended with {code}: {'; '.join(report['differences'])}")
        found["passed"] = False
    return found


def page(found, console):
    """Print the tables and the verdict."""
    title = (
        f"{found['seconds']} s, the last {found['measured_seconds']} s measured: {found['changes_per_s']} book changes a second "
        f"of {found['changes_wanted_per_s']} asked for, {found['books_published_per_s']} books published a second, {found['trades']} trades"
    )
    columns = ("process", "MB warm", "MB end", "MB an hour", "CPU", "inbox max", "dropped", "replaced", "loop lag p99 ms", "journal behind")  # fmt: skip
    table = Table(*columns, title=title)
    for name, figures in found["processes"].items():
        service, behind = found["services"].get(name, {}), found["journal_behind"].get(name, {})
        grows = f"{figures['mb_per_h']:+.1f} ± {figures['mb_per_h_error']:.1f}{' (keeps)' if name in KEEPERS else ''}"
        row = (
            name, figures["rss_mb_warm"], figures["rss_mb_end"], grows, f"{figures['cpu']:.0%}", service.get("inbox_max", ""),
            service.get("dropped", ""), service.get("replaced", ""), service.get("loop_lag_ms", ("", "", ""))[1],
            f"{behind['median']}, at most {behind['max']}" if behind else "",
        )  # fmt: skip
        table.add_row(*map(str, row))
    console.print(table)
    for name, (p50, p99, most) in found["lag_ms"].items():
        console.print(f"books at {name}: p50 {p50} ms, p99 {p99} ms, all within {most} ms of their frame coming in")
    median, most = found["exchange_lag_ms"]
    console.print(
        f"books at venue: {median} ms after the exchange's own timestamp in the median of the samples, at most {most} ms"
    )
    p50, p99, most = found["price_lag_ms"]
    console.print(f"prices at scanner: p50 {p50} ms, p99 {p99} ms, all within {most} ms of their frame coming in")
    for failure in found["failures"]:
        console.print(f"- {failure}")
    console.print("PASS" if found["passed"] else "FAIL")


def _progress(samples):
    last = samples[-1]
    megabytes = ", ".join(f"{name} {round(last.rss_mb.get(name, 0))}" for name in SERVICES)
    print(f"{last.at_s:6.0f} s  MB: {megabytes}", flush=True)


def main():
    found = soak(say=_progress)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(found, indent=2) + "\n")
    page(found, Console(width=180))
    print(f"written to {TARGET}")
    return 0 if found["passed"] else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it ends the system with it
    sys.exit(main())
