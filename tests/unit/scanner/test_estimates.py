"""What is learnt of an underlying: its seconds, its volatility, its basis, its strikes."""

import math
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import INSTANT, TWAP, a_price, a_settlement_price, after
from scanner.core.basis import Basis, BasisSettings
from scanner.core.model import Tails
from scanner.core.seconds import SECONDS_KEPT, SecondLog
from scanner.core.strikes import VALUES_KEPT_MAX, Strikes
from scanner.core.underlying import ModelSettings, Underlying
from scanner.core.volatility import Volatility, VolatilitySettings

VOLATILITY = VolatilitySettings(
    prior_annual=0.55, prior_observations=20.0, floor_annual=0.15, error_min=0.1, horizon_s=45, memory_s=21_600
)
BASIS = BasisSettings(memory_s=120, deviation_prior=2e-4, deviation_prior_observations=4.0, ratio_deviation_max=0.01)
SECOND = 1_800_014_400


def an_underlying() -> Underlying:
    return Underlying(ModelSettings(volatility=VOLATILITY, basis=BASIS, sigma_spread=0.35), Tails(0.35))


def a_walk(seconds: int, annual: float, seed: int) -> list[float]:
    chance, sigma = random.Random(seed), annual / math.sqrt(31_557_600)
    prices = [65_000.0]
    for _ in range(seconds):
        prices.append(prices[-1] * math.exp(chance.gauss(0, sigma)))
    return prices


def learnt(prices: list[float], settings: VolatilitySettings = VOLATILITY) -> Volatility:
    log, volatility = SecondLog(), Volatility(settings, 4.9)
    for second, price in enumerate(prices, start=SECOND):
        log.state(second, price)
        volatility.learn(second, log)
    return volatility


# Seconds


def test_a_second_of_which_nothing_was_heard_holds_the_price_before_it():
    log = SecondLog()
    log.state(SECOND, 100.0)
    log.state(SECOND + 3, 103.0)

    assert log.total(SECOND, SECOND + 3) == (100 + 100 + 100 + 103, 2)
    assert log.stated(SECOND + 1) is None


def test_what_is_stated_late_replaces_the_guess():
    log = SecondLog()
    log.state(SECOND, 100.0)
    log.guess(SECOND + 2, 105.0)

    assert log.state(SECOND + 1, 101.0)
    assert log.total(SECOND, SECOND + 2) == (100 + 101 + 105, 1)


def test_what_was_stated_already_is_not_new():
    log = SecondLog()

    assert log.state(SECOND, 100.0)
    assert not log.state(SECOND, 100.0)


def test_a_guess_never_replaces_what_is_known():
    log = SecondLog()
    log.state(SECOND, 100.0)
    log.guess(SECOND, 200.0)

    assert log.stated(SECOND) == 100.0


def test_a_backlog_reaches_back_before_the_first_second():
    log = SecondLog()
    log.guess(SECOND, 100.0)
    for second in range(SECOND - 5, SECOND):
        log.state(second, 90.0)

    assert log.covers(SECOND - 5)
    assert not log.covers(SECOND - 6)
    assert log.total(SECOND - 5, SECOND) == (5 * 90 + 100, 1)


def test_what_is_older_than_the_log_is_forgotten():
    log = SecondLog()
    log.state(SECOND, 100.0)
    log.guess(SECOND + SECONDS_KEPT + 10, 101.0)

    assert log.stated(SECOND) is None
    assert not log.state(SECOND, 100.0)
    assert not log.covers(SECOND + 10)


@given(
    st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 1000)), min_size=1, max_size=60),
    st.integers(0, 6000),
    st.integers(0, 120),
)
def test_sums_are_those_of_a_plain_list(statements, first, length):
    log, plain = SecondLog(), {}
    base = SECOND - SECOND % SECONDS_KEPT + SECONDS_KEPT - 3000  # so that windows wrap around
    for offset, price in sorted(statements):
        log.state(base + offset, float(price))
        plain[offset] = float(price)
    held, filled = 0.0, {}
    for offset in range(min(plain), max(plain) + 1):
        held = plain.get(offset, held)
        filled[offset] = held
    last = first + length
    if not log.covers(base + first) or base + last > log.last:
        return

    total, guesses = log.total(base + first, base + last)

    assert total == pytest.approx(sum(filled[offset] for offset in range(first, last + 1)))
    assert guesses == sum(offset not in plain for offset in range(first, last + 1))


# Volatility


def test_before_anything_was_seen_volatility_is_the_prior_and_says_how_unsure_it_is():
    volatility = Volatility(VOLATILITY, 4.9)

    assert volatility.annual == pytest.approx(0.55)
    assert volatility.error == pytest.approx(math.sqrt(3.9 / 80 + 0.01))


def test_volatility_is_learnt_from_what_happens():
    volatility = learnt(a_walk(20_000, annual=0.30, seed=1))

    assert volatility.annual == pytest.approx(0.30, rel=0.15)
    assert volatility.error < 0.12


def test_a_smoothed_feed_does_not_hide_volatility():
    raw = a_walk(20_000, annual=0.50, seed=2)
    smoothed = [sum(raw[i - 5 : i]) / 5 for i in range(5, len(raw))]
    one_second = VolatilitySettings(
        prior_annual=0.5, prior_observations=1.0, floor_annual=0.01, error_min=0.0, horizon_s=1, memory_s=21_600
    )

    assert learnt(smoothed).annual == pytest.approx(0.50, rel=0.15)
    assert learnt(smoothed, one_second).annual < 0.30


def test_a_feed_that_stands_still_leaves_volatility_at_its_floor():
    volatility = learnt([65_000.0] * 15_000, VolatilitySettings(
        prior_annual=0.55, prior_observations=1.0, floor_annual=0.15, error_min=0.1, horizon_s=45, memory_s=21_600))  # fmt: skip

    assert volatility.annual == pytest.approx(0.15)


def test_returns_across_a_gap_are_not_measured():
    log, volatility = SecondLog(), Volatility(VOLATILITY, 4.9)
    log.state(SECOND, 65_000.0)
    log.state(SECOND + 50, 70_000.0)
    volatility.learn(SECOND + 50, log)

    assert volatility.observations == 0.0


# Basis


def test_the_basis_is_the_mean_ratio_of_both_prices():
    basis = Basis(BASIS)
    for _ in range(500):
        basis.learn(65_013.0, 65_000.0)

    assert basis.ratio == pytest.approx(1.0002)
    assert basis.deviation == pytest.approx(2e-4 * math.sqrt(4 / 124), rel=0.05)


def test_a_basis_that_wanders_says_so():
    chance, basis = random.Random(3), Basis(BASIS)
    for _ in range(500):
        basis.learn(65_000.0 * (1 + chance.gauss(0, 3e-4)), 65_000.0)

    assert basis.deviation == pytest.approx(3e-4, rel=0.2)


def test_the_basis_follows_slowly():
    basis = Basis(BASIS)
    for _ in range(500):
        basis.learn(65_000.0, 65_000.0)
    basis.learn(65_065.0, 65_000.0)

    assert 1.0 < basis.ratio < 1.00002


def test_prices_that_cannot_be_of_the_same_thing_are_not_compared():
    basis = Basis(BASIS)
    basis.learn(70_000.0, 65_000.0)

    assert basis.ratio == 1.0


# Strikes


def test_a_strike_is_the_value_stamped_with_the_start():
    strikes = Strikes()
    strikes.learn(a_settlement_price(value=Decimal("65000.5"), source_at=after(0), received_at=after(1.4)))

    assert strikes.at("BTC", INSTANT, after(0)) == Decimal("65000.5")
    assert strikes.at("BTC", INSTANT, after(1)) is None
    assert strikes.at("ETH", INSTANT, after(0)) is None


def test_an_averaged_strike_comes_from_the_average_over_the_markets_own_window():
    strikes = Strikes()
    strikes.learn(a_settlement_price(value=Decimal(1), source_at=after(0)))
    strikes.learn(a_settlement_price(kind="twap", window_s=30, value=Decimal(2), source_at=after(0)))

    assert strikes.at("BTC", TWAP, after(0)) is None

    strikes.learn(a_settlement_price(kind="twap", window_s=60, value=Decimal(3), source_at=after(0)))

    assert strikes.at("BTC", TWAP, after(0)) == 3


def test_a_strike_of_another_feed_is_not_used():
    strikes = Strikes()
    strikes.learn(a_settlement_price(feed="another", source_at=after(0)))

    assert strikes.at("BTC", INSTANT, after(0)) is None


def test_the_first_value_of_a_second_stands():
    strikes = Strikes()
    strikes.learn(a_settlement_price(value=Decimal(1), source_at=after(0)))
    strikes.learn(a_settlement_price(value=Decimal(2), source_at=after(0)))

    assert strikes.at("BTC", INSTANT, after(0)) == 1


def test_a_value_between_seconds_is_no_strike():
    strikes = Strikes()
    strikes.learn(a_settlement_price(source_at=after(0.5)))

    assert strikes.at("BTC", INSTANT, after(0)) is None


def test_old_strikes_make_way():
    strikes = Strikes()
    for second in range(VALUES_KEPT_MAX + 1):
        strikes.learn(a_settlement_price(source_at=after(second)))

    assert strikes.at("BTC", INSTANT, after(0)) is None
    assert strikes.at("BTC", INSTANT, after(1)) is not None


# All together


def test_the_trading_price_is_corrected_into_settling_terms():
    underlying = an_underlying()
    for second in range(300):
        at = after(second + 0.95)
        underlying.learn_price(a_price(price=Decimal("65006.5"), source_at=at, received_at=at))
        underlying.learn_spot(a_settlement_price(source_at=after(second - 1), received_at=after(second + 0.3)))
    price = a_price(price=Decimal("65071.5065"), source_at=after(300), received_at=after(300))

    spot = underlying.spot(price, after(300.1))

    assert spot.price == pytest.approx(65_065.0, rel=1e-7)
    assert spot.doubts.price_age_s == pytest.approx(0.1)


def test_a_window_that_began_before_our_record_cannot_be_valued():
    underlying = an_underlying()
    underlying.learn_spot(a_settlement_price(source_at=after(270), received_at=after(271)))

    assert underlying.left(TWAP, after(300), 65_000.0, after(272)) is None
    assert underlying.left(TWAP, after(400), 65_000.0, after(272)) is not None


def test_a_settling_value_that_is_heard_twice_counts_once():
    once, twice = an_underlying(), an_underlying()
    for second in range(200):
        tick = a_settlement_price(value=Decimal(65_000 + second % 7), source_at=after(second))
        once.learn_spot(tick)
        twice.learn_spot(tick)
        twice.learn_spot(tick)

    assert once.volatility.sigma == twice.volatility.sigma
    assert once.volatility.observations == twice.volatility.observations


def test_the_seconds_of_a_window_are_the_feeds_own_and_the_trading_price_where_they_are_still_out():
    underlying = an_underlying()
    for second in range(240, 281):
        underlying.learn_spot(a_settlement_price(value=Decimal(65_000), source_at=after(second)))
    for second in (280.5, 283.5):
        at = after(second)
        underlying.learn_price(a_price(price=Decimal(65_100), source_at=at, received_at=at))

    left = underlying.left(TWAP, after(300), 65_100.0, after(283.5))

    assert left is not None
    assert left.mean == pytest.approx((40 * 65_000 + 20 * 65_100) / 60)  # seconds 241 to 280, and 281 to 300
    assert left.open_share == pytest.approx((3 + 17) / 60)
