"""Which exchanges are believed, and what the price is then."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, after
from common.contracts.oracle import PriceUpdated
from oracle.core.judgement import Anchor, Quote, judge, median
from unit.oracle.oracle_builders import a_tick, an_oracle, limits, statuses, told, went_live

THREE = ("binance", "coinbase", "kraken")


def quotes(**prices):
    return [Quote(source, Decimal(str(price)), NOON, NOON) for source, price in prices.items()]


def believed(*args, **changes):
    return {quote.source for quote in judge(*args, limits(**changes)).believed}


def test_the_first_exchange_is_the_price_until_another_is_heard():
    price = told(an_oracle(), a_tick(price=65000))

    assert price == PriceUpdated(
        symbol="BTC", price=Decimal(65000), sources=("binance",), source_at=NOON, received_at=NOON
    )


def test_two_exchanges_that_agree_give_their_mean():
    oracle = an_oracle()
    told(oracle, a_tick("binance", 65000))

    price = told(oracle, a_tick("coinbase", 65010, seconds=0.1))

    assert (price.price, price.sources) == (Decimal(65005), ("binance", "coinbase"))
    assert (price.source_at, price.received_at) == (after(0.1), after(0.1))


def test_three_give_the_middle_one():
    oracle = an_oracle(exchanges=THREE)
    for source, price in zip(THREE, (65000, 65030, 65010), strict=True):
        outcome = told(oracle, a_tick(source, price))

    assert outcome.price == Decimal(65010)


def test_a_tick_that_changes_neither_price_nor_time_says_nothing():
    oracle = an_oracle()
    told(oracle, a_tick(price=65000))

    assert told(oracle, a_tick(price=65000)) is None


def test_the_same_price_at_a_later_time_is_news():
    oracle = an_oracle()
    told(oracle, a_tick(price=65000))

    assert told(oracle, a_tick(price=65000, seconds=1)).source_at == after(1)


def test_deciding_changes_nothing():
    oracle = an_oracle()
    tick = a_tick(price=65000)

    assert oracle.decide(tick, NOON) == oracle.decide(tick, NOON)
    assert oracle.not_ready(NOON).startswith("BTC: no exchange is believed")


def test_a_silent_exchange_does_not_count():
    oracle = an_oracle()
    told(oracle, a_tick("binance", 65000))

    price = told(oracle, a_tick("coinbase", 65010, seconds=3.1))

    assert (price.price, price.sources) == (Decimal(65010), ("coinbase",))


def test_age_counts_from_the_exchanges_own_time_so_that_a_delayed_feed_is_silent():
    oracle = an_oracle()
    late = a_tick("binance", 64000, received_at=after(5), source_at=NOON)

    assert told(oracle, late) is None
    assert told(oracle, a_tick("coinbase", 65000, seconds=5)).sources == ("coinbase",)


def test_a_clock_that_runs_ahead_makes_no_price_younger():
    oracle = an_oracle()
    told(oracle, a_tick("binance", 64000, source_at=after(0.9), received_at=NOON))

    assert told(oracle, a_tick("coinbase", 65000, seconds=3.1)).sources == ("coinbase",)


def test_a_time_far_ahead_is_refused():
    oracle = an_oracle()

    assert told(oracle, a_tick(source_at=after(1.1), received_at=NOON)) is None
    assert oracle.refused["from_the_future"] == 1


def test_an_exchange_whose_time_goes_backwards_is_ignored():
    oracle = an_oracle()
    told(oracle, a_tick(price=65000, seconds=1))

    assert told(oracle, a_tick(price=1, source_at=after(0.5), received_at=after(1.1))) is None
    assert oracle.refused["went_backwards"] == 1
    assert told(oracle, a_tick("coinbase", 65010, seconds=1.2)).price == Decimal(65005)


@pytest.mark.parametrize(
    ("change", "code"), [({"symbol": "DOGE"}, "unwanted_symbol"), ({"source": "x"}, "unknown_source")]
)
def test_what_nobody_asked_for_is_refused_by_name(change, code):
    oracle = an_oracle()

    assert told(oracle, a_tick(**change)) is None
    assert oracle.refused[code] == 1


def test_symbols_do_not_mix():
    oracle = an_oracle()
    told(oracle, a_tick(price=65000))

    assert told(oracle, a_tick("coinbase", 2600, symbol="ETH")).price == Decimal(2600)


def test_one_that_jumps_alone_is_wild_and_the_other_is_believed():
    oracle = an_oracle()
    told(oracle, a_tick("binance", 65000))
    told(oracle, a_tick("coinbase", 65000, seconds=0.1))

    price = told(oracle, a_tick("binance", 66000, seconds=0.2))

    assert price is None, "the price stays what the other says"
    [status] = [s for s in statuses(oracle, 0.2) if s.status == "wild"]
    assert (status.source, "jumped alone" in status.detail) == ("binance", True)
    assert told(oracle, a_tick("coinbase", 65001, seconds=0.3)).sources == ("coinbase",)


def test_a_jump_is_believed_as_soon_as_the_other_follows():
    oracle = an_oracle()
    told(oracle, a_tick("binance", 65000))
    told(oracle, a_tick("coinbase", 65000, seconds=0.1))
    told(oracle, a_tick("binance", 65300, seconds=0.2))

    price = told(oracle, a_tick("coinbase", 65290, seconds=0.3))

    assert (price.price, price.sources) == (Decimal(65295), ("binance", "coinbase"))


def test_of_two_that_disagree_neither_is_believed_and_both_are_said_so():
    oracle = an_oracle()
    told(oracle, a_tick("binance", 65000))

    assert told(oracle, a_tick("coinbase", 66000, seconds=0.1)) is None
    wild = {s.source: s.detail for s in statuses(oracle, 0.1) if s.status == "wild"}
    assert set(wild) == {"binance", "coinbase"}
    assert "two disagree" in wild["binance"]
    assert "BTC: no exchange is believed" in oracle.not_ready(after(0.1))


def test_a_jump_that_lasts_is_a_disagreement_like_any_other():
    oracle = an_oracle()
    told(oracle, a_tick("binance", 65000))
    told(oracle, a_tick("coinbase", 65000, seconds=0.1))
    for second in range(1, 4):
        told(oracle, a_tick("binance", 66000, seconds=second))
        told(oracle, a_tick("coinbase", 65000, seconds=second + 0.1))

    assert told(oracle, a_tick("binance", 66000, seconds=4)) is None
    assert told(oracle, a_tick("coinbase", 65000, seconds=4.1)) is None


def test_of_three_the_one_that_stands_apart_is_dropped():
    assert believed(quotes(a=65000, b=65010, c=66000), {}) == {"a", "b"}


def test_of_three_that_all_disagree_nobody_is_believed():
    assert believed(quotes(a=64000, b=65000, c=66000), {}) == set()


def test_a_move_that_all_make_is_no_jump():
    anchors = {source: Anchor(Decimal(65000), NOON) for source in ("a", "b")}

    assert believed(quotes(a=66000, b=66010), anchors) == {"a", "b"}


prices = st.decimals(1, 100_000, places=2)


@given(st.lists(st.tuples(st.sampled_from(THREE), prices, st.integers(0, 4000)), min_size=1, max_size=30))
def test_the_price_never_leaves_the_range_of_fresh_exchanges(ticks):
    oracle, now_ms, newest = an_oracle(exchanges=THREE), 0, {}
    for source, price, pause_ms in ticks:
        now_ms += pause_ms
        newest[source] = (price, now_ms)

        outcome = told(oracle, a_tick(source, price, seconds=now_ms / 1000))

        fresh = [each for each, at_ms in newest.values() if now_ms - at_ms <= 3000]
        assert outcome is None or min(fresh) <= outcome.price <= max(fresh)


@given(st.lists(prices, min_size=1, max_size=9))
def test_the_median_lies_between_least_and_most_and_ignores_order(found):
    assert min(found) <= median(found) <= max(found)
    assert median(found) == median(found[::-1])


def test_each_change_of_status_is_said_once_one_a_tick():
    oracle = an_oracle(symbols=("BTC",), settlement_topics=())
    went_live(oracle)
    told(oracle, a_tick("binance", 65000))
    told(oracle, a_tick("coinbase", 65000))

    assert [(s.source, s.status) for s in statuses(oracle, 0.1)] == [("binance", "fresh"), ("coinbase", "fresh")]
    assert statuses(oracle, 0.2) == []
    told(oracle, a_tick("coinbase", 65000, seconds=4))
    [silent] = statuses(oracle, 4)
    assert (silent.source, silent.symbol, silent.status, silent.detail) == (
        "binance",
        "BTC",
        "silent",
        "age_ms=4000 max=3000",
    )
    told(oracle, a_tick("binance", 65000, seconds=5))
    assert [(s.source, s.status) for s in statuses(oracle, 5)] == [("binance", "fresh")]


def test_an_exchange_that_was_never_heard_is_said_to_be_silent_only_after_it_had_time():
    oracle = an_oracle(symbols=("BTC",), settlement_topics=())
    went_live(oracle)

    assert statuses(oracle, 9) == []
    assert {s.status for s in statuses(oracle, 10.1)} == {"silent"}
