"""How often something may happen, in virtual time."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from simulator.exchange.limits.buckets import TokenBucket, Window
from simulator.exchange.limits.rate_table import DELAY_NS_MAX, PATHS, Throttle, limits_of
from simulator.exchange.limits.signer_limits import Purpose, SignerLimits

NS_PER_S = 1_000_000_000
T0_NS = 1_795_240_800 * NS_PER_S


def test_a_window_is_full_after_so_many_calls_and_empties_after_its_span():
    window = Window(3, 10)
    for _ in range(3):
        assert window.wait_ns(T0_NS) == 0
        window.count(T0_NS)

    assert 10 * NS_PER_S < window.wait_ns(T0_NS) <= 10.1 * NS_PER_S
    assert window.wait_ns(T0_NS + 9 * NS_PER_S) > NS_PER_S
    assert window.wait_ns(T0_NS + int(10.1 * NS_PER_S)) == 0


@given(st.lists(st.integers(0, 3 * NS_PER_S), max_size=60))
def test_no_span_ever_sees_more_calls_than_a_window_allows(gaps_ns):
    window, now_ns, passed = Window(4, 10), T0_NS, []
    for gap_ns in gaps_ns:
        now_ns += gap_ns
        wait_ns = window.wait_ns(now_ns)
        if wait_ns <= NS_PER_S:
            window.count(now_ns + wait_ns)
            passed.append(now_ns + wait_ns)

    assert passed == sorted(passed)
    for index, at_ns in enumerate(passed):
        assert bisect_left(passed, at_ns + 10 * NS_PER_S) - index <= 4


def test_a_call_too_many_waits_if_it_need_not_wait_long_and_is_refused_otherwise():
    throttle = Throttle()
    assert {throttle.delay_ns("1.2.3.4", "GET", "/clob/ok", T0_NS) for _ in range(100)} == {0}

    assert throttle.delay_ns("1.2.3.4", "GET", "/clob/ok", T0_NS) is None
    late_ns = T0_NS + int(9.5 * NS_PER_S)
    delay_ns = throttle.delay_ns("1.2.3.4", "GET", "/clob/ok", late_ns)
    assert 0 < delay_ns <= DELAY_NS_MAX
    assert late_ns + delay_ns >= T0_NS + 10 * NS_PER_S


def test_clients_and_paths_do_not_use_up_each_others_calls():
    throttle = Throttle()
    for _ in range(100):
        throttle.delay_ns("1.2.3.4", "GET", "/clob/ok", T0_NS)

    assert throttle.delay_ns("1.2.3.4", "GET", "/clob/ok", T0_NS) is None
    assert throttle.delay_ns("1.2.3.4", "GET", "/clob/time", T0_NS) == 0
    assert throttle.delay_ns("4.3.2.1", "GET", "/clob/ok", T0_NS) == 0


def test_what_is_sustained_has_a_limit_of_its_own():
    throttle, now_ns, passed = Throttle(), T0_NS, 0
    for _ in range(59):
        passed += sum(throttle.delay_ns("1.2.3.4", "DELETE", "/clob/cancel-all", now_ns) == 0 for _ in range(250))
        now_ns += 10 * NS_PER_S + NS_PER_S // 10

    assert passed == 6000


def test_a_path_below_another_counts_with_it_unless_it_has_a_limit_of_its_own():
    assert list(limits_of("GET", "/gamma/events/keyset")) == ["", "gamma", "GET /gamma/events"]
    assert list(limits_of("GET", "/clob/auth/derive-api-key")) == ["", "clob", "GET /clob/auth"]
    update = limits_of("GET", "/clob/balance-allowance/update")
    assert update["GET /clob/balance-allowance/update"][0].calls_max == 50
    assert list(limits_of("GET", "/clob/time")) == ["", "clob"]
    assert list(limits_of("DELETE", "/clob/book")) == ["", "clob"]
    assert limits_of("GET", "/sim/health") == {}
    assert limits_of("GET", "/") == {}


def test_placing_and_cancelling_is_limited_as_documented():
    documented = {
        ("POST", "/clob/order"): (5000, 120_000), ("DELETE", "/clob/order"): (5000, 120_000),
        ("POST", "/clob/orders"): (2000, 21_000), ("DELETE", "/clob/orders"): (2000, 15_000),
        ("DELETE", "/clob/cancel-all"): (250, 6000), ("DELETE", "/clob/cancel-market-orders"): (1500, 21_000),
    }  # fmt: skip
    for call, (in_ten_s, in_ten_minutes) in documented.items():
        assert [(limit.calls_max, limit.span_s) for limit in PATHS[call]] == [(in_ten_s, 10), (in_ten_minutes, 600)]


def test_tokens_come_back_at_their_rate_up_to_the_burst():
    bucket = TokenBucket(40, 60)
    assert bucket.draw(60, T0_NS).is_granted
    refused = bucket.draw(1, T0_NS)
    assert (refused.is_granted, refused.wait_ns) == (False, NS_PER_S // 40)
    assert bucket.draw(1, T0_NS + refused.wait_ns).remaining == 0
    assert bucket.draw(0, T0_NS + 100 * NS_PER_S).remaining == 60


def test_a_batch_is_paid_in_full_or_not_at_all_and_one_above_the_burst_never():
    bucket = TokenBucket(40, 60)
    bucket.draw(50, T0_NS)
    refused = bucket.draw(15, T0_NS)

    assert (refused.is_granted, refused.remaining, refused.wait_ns) == (False, 10, NS_PER_S // 8)
    assert not bucket.draw(61, T0_NS + 100 * NS_PER_S).is_granted
    assert bucket.draw(60, T0_NS + 100 * NS_PER_S).is_granted


def test_a_signer_who_exceeds_the_limit_is_warned_and_not_charged():
    limits = SignerLimits(enforces=False)
    kept = limits.spend("0xa", Purpose.ORDER, 60, T0_NS)
    warned = limits.spend("0xa", Purpose.ORDER, 2, T0_NS)

    assert kept.headers() == {
        "Poly-RateLimit-Remaining": "0", "Poly-RateLimit-Reset": "1795240800", "Poly-RateLimit-Tier": "Standard",
    }  # fmt: skip
    assert (warned.is_refused, warned.headers()["Poly-RateLimit-Warning"]) == (False, "true")
    assert warned.headers()["Poly-RateLimit-Reset"] == "1795240801"
    assert limits.spend("0xa", Purpose.CANCEL, 120, T0_NS).draw.is_granted
    assert limits.spend("0xb", Purpose.ORDER, 60, T0_NS).draw.is_granted


def test_where_it_is_enforced_a_signer_is_refused_and_told_when_to_come_back():
    limits = SignerLimits(enforces=True)
    limits.spend("0xa", Purpose.ORDER, 60, T0_NS)
    refused = limits.spend("0xa", Purpose.ORDER, 60, T0_NS)

    assert (refused.is_refused, refused.retry_after_s) == (True, 2)
    assert "Poly-RateLimit-Warning" not in refused.headers()
    assert not limits.spend("0xa", Purpose.ORDER, 60, T0_NS + 2 * NS_PER_S).is_refused
