"""The settling feed: each value said once, each topic judged alive by itself."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from builders import NOON, a_settlement_price, after
from common.contracts.runtime import Tick
from oracle.adapters.metrics import measure
from unit.oracle.oracle_builders import SPOT, TWAP, a_settlement_tick, a_tick, an_oracle, statuses, told, went_live

TWAP_FIELDS = {"topic": TWAP, "kind": "twap", "window_s": 60}


def test_a_value_is_passed_on_exactly_as_it_was_stamped():
    tick = a_settlement_tick(value=Decimal("64997.810000000000000001"), received_at=after(1.4), **TWAP_FIELDS)

    said = told(an_oracle(), tick)

    assert said == a_settlement_price(
        kind="twap", window_s=60, value=Decimal("64997.810000000000000001"), received_at=after(1.4)
    )


def test_a_value_that_comes_again_is_not_said_again():
    oracle = an_oracle()
    told(oracle, a_settlement_tick())

    assert told(oracle, a_settlement_tick(received_at=after(30))) is None
    assert oracle.refused["repeated"] == 1


def test_a_backlog_in_any_order_fills_gaps_and_repeats_nothing():
    oracle = an_oracle()
    told(oracle, a_settlement_tick(5))

    said = [told(oracle, a_settlement_tick(second, received_at=after(10))) for second in (3, 9, 5, 1)]

    assert [each and each.source_at for each in said] == [after(3), after(9), None, after(1)]


def test_spot_average_and_symbols_are_separate_series():
    oracle = an_oracle()

    said = [
        told(oracle, tick)
        for tick in (a_settlement_tick(), a_settlement_tick(**TWAP_FIELDS), a_settlement_tick(symbol="ETH"))
    ]

    assert None not in said


def test_what_the_process_before_said_is_not_said_again():
    oracle = an_oracle()
    oracle.observe(a_settlement_price())

    assert told(oracle, a_settlement_tick()) is None


def test_memory_is_bounded_and_what_lies_before_it_is_too_old():
    oracle = an_oracle(settlement_memory_max=3)
    for second in (1, 2, 3, 4):
        told(oracle, a_settlement_tick(second))

    assert told(oracle, a_settlement_tick(1, received_at=after(5))) is None
    assert told(oracle, a_settlement_tick(0, received_at=after(5))) is None
    assert oracle.refused["too_old"] == 2
    assert told(oracle, a_settlement_tick(2, received_at=after(5))) is None


@pytest.mark.parametrize(
    ("change", "code"), [({"symbol": "DOGE"}, "unwanted_symbol"), ({"source_at": after(1.5)}, "from_the_future")]
)
def test_what_cannot_be_is_refused_by_name(change, code):
    oracle = an_oracle()

    assert told(oracle, a_settlement_tick(**change)) is None
    assert oracle.refused[code] == 1


def test_a_value_from_the_future_does_not_make_its_topic_live():
    oracle = an_oracle(symbols=("BTC",))
    told(oracle, a_settlement_tick(source_at=after(3600), received_at=NOON))

    assert "crypto_prices_chainlink BTC silent (never heard)" in oracle.not_ready(NOON)


def test_each_topic_is_judged_by_itself_with_its_own_age():
    oracle = an_oracle(symbols=("BTC",))
    told(oracle, a_tick(seconds=12))
    told(oracle, a_settlement_tick(0, **TWAP_FIELDS))
    told(oracle, a_settlement_tick(11))

    assert oracle.not_ready(after(12)) == f"chainlink {TWAP} BTC silent (age_ms=12000 max=10000)"
    assert oracle.figures(after(12))[f"age_ms_{SPOT}_BTC"] == "1000"
    assert oracle.figures(after(12))[f"age_ms_{TWAP}_BTC"] == "12000"


def test_the_gauges_tell_the_age_of_each_feed_and_of_one_never_heard_that_it_is_infinite():
    oracle = an_oracle(symbols=("BTC",))
    told(oracle, a_tick(seconds=11))
    told(oracle, a_settlement_tick(11))

    measure(oracle.feeds(after(12)), oracle.refused)

    def age(source, topic):
        return REGISTRY.get_sample_value("pm_arb_feed_age_seconds", {"source": source, "topic": topic, "symbol": "BTC"})

    assert age("binance", "trades") == 1
    assert age("chainlink", SPOT) == 1
    assert math.isinf(age("coinbase", "trades"))
    assert math.isinf(age("chainlink", TWAP))


def test_a_live_spot_topic_does_not_vouch_for_the_average():
    oracle = an_oracle(symbols=("BTC",), exchanges=("binance",))
    went_live(oracle)
    told(oracle, a_tick(seconds=11))
    told(oracle, a_settlement_tick(11))

    said = {s.topic: s.status for s in statuses(oracle, 11)}

    assert said == {"trades": "fresh", SPOT: "fresh", TWAP: "silent"}


def test_an_oracle_without_anything_is_not_ready_and_names_all_of_it():
    missing = an_oracle().not_ready(NOON)

    for words in ("BTC: no exchange", "ETH: no exchange", f"{SPOT} BTC silent", f"{TWAP} ETH silent"):
        assert words in missing


def test_an_oracle_that_hears_everything_is_ready():
    oracle = an_oracle(symbols=("BTC",))
    for event in (a_tick(), a_tick("coinbase"), a_settlement_tick(), a_settlement_tick(**TWAP_FIELDS)):
        told(oracle, event)

    assert oracle.not_ready(after(1)) == ""
    assert oracle.missing(after(1)) == []
    assert told(oracle, Tick(at=after(1))) is not None


@given(st.lists(st.integers(0, 20), max_size=60))
def test_no_order_of_values_makes_one_be_said_twice_or_lost(seconds):
    oracle = an_oracle()

    said = [told(oracle, a_settlement_tick(second, received_at=after(30))) for second in seconds]

    assert sorted(each.source_at for each in said if each) == sorted({after(second) for second in seconds})
