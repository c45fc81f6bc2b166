"""A counter that follows a tally."""

from prometheus_client import CollectorRegistry, Counter

from common.telemetry.metrics import LATENCY_BUCKETS_S, Following


def test_a_counter_grows_by_what_was_added_and_never_falls():
    registry = CollectorRegistry()
    following = Following(Counter("refused_total", "Refused", ["reason"], registry=registry))

    for tally in ({"late": 2}, {"late": 5, "odd": 1}, {"late": 5, "odd": 1}, {"late": 1}):
        following.follow(tally)

    assert registry.get_sample_value("refused_total", {"reason": "late"}) == 6
    assert registry.get_sample_value("refused_total", {"reason": "odd"}) == 1


def test_a_tenth_of_a_millisecond_can_be_told_apart_below_one():
    below = [bound for bound in LATENCY_BUCKETS_S if bound <= 0.001]

    assert below == [n / 10_000 for n in range(1, 11)]
    assert list(LATENCY_BUCKETS_S) == sorted(LATENCY_BUCKETS_S)
