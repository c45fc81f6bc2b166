"""What a soak comes to: slopes by least squares, quantiles of histograms, and the bounds that decide whether it passed."""

import math
from dataclasses import dataclass, field

from common.contracts.subjects import DURABLE_FILTERS, SERVICES

GROWTH_MB_PER_H_MAX = 5.0
NOISE_MB = 4.0
"""Growth of less than this within what was measured is none: an allocator takes memory by the megabyte."""
LAG_P99_S_MAX = 0.05
JOURNAL_LAG_MAX = 200
"""Messages by which a consumer may be behind in the median of the samples; a burst is not a lag."""
RATE_MIN = 0.95
"""The part of the changes that was asked for which the venue must have seen."""
HOUR_S = 3600
BOOK_LAG = "pm_arb_book_lag_seconds"
KEEPERS = ("nats", "postgres", "simulator")
"""What keeps an hour of market data, the journal, every trade on purpose: shown, and not judged by its memory."""


@dataclass(frozen=True)
class Sample:
    """How the system stood at one moment, in seconds since all was ready."""

    at_s: float
    rss_mb: dict[str, float]
    cpu_s: dict[str, float]
    series: dict[str, dict[tuple, float]] = field(default_factory=dict)
    """By service, then by a metric's name and labels."""
    behind: dict[str, int] = field(default_factory=dict)
    """By consumer, how many messages of the journal it has not acknowledged."""

    def total(self, service, name, **labels):
        """Add up a metric over the labels that were not named."""
        wanted = set(labels.items())
        found = self.series.get(service, {}).items()
        return sum(value for (metric, has), value in found if metric == name and wanted <= set(has))

    def buckets(self, service, name, **labels):
        """A histogram's cumulative counts by upper bound."""
        wanted, found = set(labels.items()), {}
        for (metric, has), value in self.series.get(service, {}).items():
            if metric == f"{name}_bucket" and wanted <= set(has):
                bound = float(dict(has)["le"])
                found[bound] = found.get(bound, 0) + value
        return found


def slope(points):
    """The line through (seconds, megabytes) by least squares: megabytes an hour, and twice its standard error."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if count < 3 or not spread:
        return 0.0, math.inf
    rise = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    error = math.sqrt(sum((y - mean_y - rise * (x - mean_x)) ** 2 for x, y in points) / (count - 2) / spread)
    return rise * HOUR_S, 2 * error * HOUR_S


def quantile(before, after, part):
    """A quantile in seconds of what a histogram counted between two looks, as Prometheus reckons it; 1 is the highest."""
    counts = [(bound, after[bound] - before.get(bound, 0)) for bound in sorted(after)]
    total = counts[-1][1] if counts else 0
    if not total:
        return None
    below_bound, below = 0.0, 0.0
    for bound, count in counts:
        if count >= part * total:
            within = 1.0 if part == 1 or count == below else (part * total - below) / (count - below)
            return below_bound if math.isinf(bound) else below_bound + (bound - below_bound) * within
        below_bound, below = bound, count
    return below_bound


def lags(first, last, service, name, **labels):
    """p50, p99 and the bucket of the greatest, in milliseconds."""
    before, after = first.buckets(service, name, **labels), last.buckets(service, name, **labels)
    found = [quantile(before, after, part) for part in (0.5, 0.99, 1)]
    return [None if each is None else round(each * 1000, 2) for each in found]


def memory(samples, name):
    """Of one process: megabytes after warm-up and at the end, the slope with its error, and the processor's share."""
    first, last = samples[0], samples[-1]
    rise, error = slope([(sample.at_s, sample.rss_mb[name]) for sample in samples if name in sample.rss_mb])
    seconds = last.at_s - first.at_s
    busy = last.cpu_s.get(name, 0) - first.cpu_s.get(name, 0)
    grows = rise - error > GROWTH_MB_PER_H_MAX and rise * seconds / HOUR_S > NOISE_MB
    return {
        "rss_mb_warm": round(first.rss_mb[name], 1), "rss_mb_end": round(last.rss_mb[name], 1),
        "mb_per_h": round(rise, 1), "mb_per_h_error": round(error, 1), "grows": grows, "cpu": round(busy / seconds, 3),
    }  # fmt: skip


def results(begun, samples, wanted_per_s, trades):
    """All figures of a soak: of its samples after warm-up, and of what was shed since it had begun."""
    first, last = samples[0], samples[-1]
    seconds = last.at_s - first.at_s
    found = {"seconds": round(last.at_s), "measured_seconds": round(seconds), "trades": trades}
    levels = (last.total("venue", "pm_arb_venue_level_changes_total") - first.total("venue", "pm_arb_venue_level_changes_total")) / seconds  # fmt: skip
    published = [each.total("venue", "pm_arb_outcomes_total", type="book_updated") for each in (first, last)]
    found["changes_wanted_per_s"] = wanted_per_s
    found["changes_per_s"] = round(levels / 2)
    found["books_published_per_s"] = round((published[1] - published[0]) / seconds)
    found["processes"] = {name: memory(samples, name) for name in first.rss_mb if name in last.rss_mb}
    found["lag_ms"] = {
        name: lags(first, last, name, "pm_arb_input_age_seconds", type="book_updated")
        for name in ("scanner", "risk", "executor")
    }
    found["exchange_lag_ms"] = _exchange_lag(samples)
    found["price_lag_ms"] = lags(first, last, "scanner", "pm_arb_input_age_seconds", type="price_updated")
    found["services"] = {name: _service(begun, samples, name) for name in SERVICES}
    found["silent"] = {name: sum(not sample.series.get(name) for sample in samples) for name in SERVICES}
    found["journal_behind"] = {name: _journal(samples, name) for name in DURABLE_FILTERS}
    found["failures"] = failures(found)
    found["passed"] = not found["failures"]
    return found


def _exchange_lag(samples):
    """How late the youngest change came in by the exchange's own clock, which is this machine's: median and greatest.

    A venue that reads its socket late would look quick if only what it has read were looked at.
    """
    found = sorted(
        max(
            (value for (metric, _), value in sample.series.get("venue", {}).items() if metric == BOOK_LAG),
            default=math.inf,
        )
        for sample in samples
    )
    return [round(each * 1000, 2) for each in (found[len(found) // 2], found[-1])]


def _service(begun, samples, name):
    first, last = samples[0], samples[-1]
    waiting = [sample.total(name, "pm_arb_inbox_waiting") for sample in samples]
    shed = {
        why: round(last.total(name, "pm_arb_inputs_shed_total", why=label) - begun.total(name, "pm_arb_inputs_shed_total", why=label))
        for why, label in (("dropped", "inbox full"), ("replaced", "replaced by newer"))
    }  # fmt: skip
    return {
        "inbox_median": sorted(waiting)[len(waiting) // 2], "inbox_max": max(waiting), **shed,
        "loop_lag_ms": lags(first, last, name, "pm_arb_event_loop_lag_seconds"),
    }  # fmt: skip


def _journal(samples, name):
    behind = sorted(sample.behind.get(name, 0) for sample in samples)
    return {"median": behind[len(behind) // 2], "max": behind[-1]}


def failures(found):
    """Name every bound that did not hold."""
    said = []
    if found["changes_per_s"] < RATE_MIN * found["changes_wanted_per_s"]:
        said.append(f"expected {found['changes_wanted_per_s']} book changes a second, found {found['changes_per_s']}")
    for name, figures in found["processes"].items():
        if figures["grows"] and name not in KEEPERS:
            said.append(f"{name}: grows by {figures['mb_per_h']} ± {figures['mb_per_h_error']} MB an hour")
    return [*said, *_late(found), *_lost(found)]


def _late(found):
    bound_ms = LAG_P99_S_MAX * 1000
    for name, (_, p99, _) in found["lag_ms"].items():
        if p99 is None or p99 > bound_ms:
            yield f"{name}: expected books within {bound_ms:g} ms (p99), found {p99} ms"
    median, _ = found["exchange_lag_ms"]
    if median > bound_ms:
        yield f"venue: expected books within {bound_ms:g} ms of the exchange (median), found {median} ms"
    for name, figures in found["journal_behind"].items():
        if figures["median"] > JOURNAL_LAG_MAX:
            yield f"{name}: expected at most {JOURNAL_LAG_MAX} of the journal waiting, found {figures['median']}"


def _lost(found):
    for name, count in found["silent"].items():
        if count:
            yield f"{name}: expected an answer whenever it was asked, found none {count} times"
    for name, figures in found["services"].items():
        if figures["dropped"]:
            yield f"{name}: expected nothing shed, found {figures['dropped']} inputs"
