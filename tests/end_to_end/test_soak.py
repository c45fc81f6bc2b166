"""The soak of `make soak`, for a few seconds: what it looks at is there, and it judges by what it found."""

import pytest

from benchmarks.soak import soak
from benchmarks.soak_figures import Sample, failures, slope
from common.contracts.subjects import DURABLE_FILTERS, SERVICES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    # It listens from a loop of its own, whose last connections are left to the garbage collector, which complains.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SECONDS, CHANGES = 12, 500
SEEN_MIN = 0.5
"""Of what was asked for: the tests that run beside this one take what they want of the machine."""


def test_the_whole_system_is_watched_in_a_busy_world():
    found = soak(SECONDS, CHANGES)
    assert found["changes_per_s"] >= SEEN_MIN * CHANGES
    assert found["books_published_per_s"] > 0
    assert {*SERVICES, "nats", "postgres", "simulator", "console"} <= set(found["processes"])
    assert all(figures["rss_mb_end"] > 10 for name, figures in found["processes"].items() if name in SERVICES)
    assert all(figures["dropped"] == 0 for figures in found["services"].values())
    assert set(found["journal_behind"]) == set(DURABLE_FILTERS)
    assert all(p50 is not None and p50 <= p99 <= most for p50, p99, most in found["lag_ms"].values())
    assert found["failures"] == failures(found)
    assert found["passed"] == (not found["failures"])


def test_a_process_that_grows_fails_the_soak_and_one_that_breathes_does_not():
    growing = [(second, 60 + second * 0.01) for second in range(0, 3600, 10)]
    breathing = [(second, 60 + second % 40 / 10) for second in range(0, 3600, 10)]
    rise, error = slope(growing)
    assert rise == pytest.approx(36)
    assert error < 1
    assert abs(slope(breathing)[0]) < 1


def test_every_bound_that_does_not_hold_is_named():
    found = {
        "changes_per_s": 100, "changes_wanted_per_s": 2000,
        "processes": {
            "risk": {"grows": True, "mb_per_h": 36.0, "mb_per_h_error": 1.0},
            "nats": {"grows": True, "mb_per_h": 36.0, "mb_per_h_error": 1.0},
        },
        "lag_ms": {"scanner": [1.0, 51.0, 60.0]}, "exchange_lag_ms": [51.0, 60.0], "silent": {"risk": 2}, "services": {"venue": {"dropped": 3}},
        "journal_behind": {"ledger": {"median": 201, "max": 300}},
    }  # fmt: skip
    assert failures(found) == [
        "expected 2000 book changes a second, found 100",
        "risk: grows by 36.0 ± 1.0 MB an hour",
        "scanner: expected books within 50 ms (p99), found 51.0 ms",
        "venue: expected books within 50 ms of the exchange (median), found 51.0 ms",
        "ledger: expected at most 200 of the journal waiting, found 201",
        "risk: expected an answer whenever it was asked, found none 2 times",
        "venue: expected nothing shed, found 3 inputs",
    ]


def test_a_sample_adds_up_over_the_labels_that_were_not_named():
    series = {
        "venue": {("shed", (("service", "venue"), ("why", why))): count for why, count in (("full", 2.0), ("old", 3.0))}
    }
    sample = Sample(at_s=0, rss_mb={}, cpu_s={}, series=series)
    assert sample.total("venue", "shed") == 5
    assert sample.total("venue", "shed", why="old") == 3
