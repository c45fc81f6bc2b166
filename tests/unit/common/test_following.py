"""A counter that follows a tally."""

from prometheus_client import CollectorRegistry, Counter

from common.telemetry.metrics import HOP_BUCKETS_S, LATENCY_BUCKETS_S, Following


def test_a_counter_grows_by_what_was_added_and_never_falls():
    registry = CollectorRegistry()
    following = Following(Counter("refused_total", "Refused", ["reason"], registry=registry))

    for tally in ({"late": 2}, {"late": 5, "odd": 1}, {"late": 5, "odd": 1}, {"late": 1}):
        following.follow(tally)

    assert registry.get_sample_value("refused_total", {"reason": "late"}) == 6
    assert registry.get_sample_value("refused_total", {"reason": "odd"}) == 1


def test_a_tenth_of_a_millisecond_can_be_told_apart_below_one_and_of_a_hop_below_ten():
    for bounds, up_to_ms in ((LATENCY_BUCKETS_S, 1), (HOP_BUCKETS_S, 10)):
        below = [bound for bound in bounds if bound <= up_to_ms / 1000]

        assert below == [n / 10_000 for n in range(1, 10 * up_to_ms + 1)]
        assert list(bounds) == sorted(bounds)
