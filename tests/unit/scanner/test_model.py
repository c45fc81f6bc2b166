"""The model against closed forms, limits, and chance."""

import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.core.model import Doubts, Left, Tails, average_left, point_left, value_up

NORMAL = Tails(0.0)
PRICE, SIGMA = 65_000.0, 1e-4
CERTAIN = Doubts(SIGMA, 0.0, 0.0, 0.0)
PATHS = 20_000


def phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def up(left: Left, strike: float, doubts: Doubts = CERTAIN, tails: Tails = NORMAL) -> float:
    return value_up(left, strike, PRICE, doubts, tails).fair


def simulated(strike: float, wait_s: float, spots: int, known: list[float], seed: int) -> float:
    """How often the mean of what is known and of `spots` prices to come ends at or above the strike."""
    chance, wins, lookback = random.Random(seed), 0, len(known) + spots
    for _ in range(PATHS):
        price = PRICE * (1 + chance.gauss(0, SIGMA * math.sqrt(wait_s)))
        total = sum(known) + price
        for _ in range(spots - 1):
            price += PRICE * chance.gauss(0, SIGMA)
            total += price
        wins += total / lookback >= strike
    return wins / PATHS


def tolerance(probability: float) -> float:
    """Four standard errors of a simulation."""
    return 4 * math.sqrt(probability * (1 - probability) / PATHS) + 1e-9


def test_one_price_at_the_end_is_worth_the_normal_tail_of_its_distance():
    strike = 65_050.0
    z = (PRICE - strike) / PRICE / (SIGMA * math.sqrt(120))

    assert up(point_left(PRICE, 120), strike) == pytest.approx(phi(z), abs=1e-12)


def test_one_price_at_the_end_agrees_with_chance():
    strike = 65_040.0
    expected = simulated(strike, wait_s=60, spots=1, known=[], seed=1)

    assert up(point_left(PRICE, 60), strike) == pytest.approx(expected, abs=tolerance(expected))


def test_an_average_still_wholly_ahead_agrees_with_chance():
    strike = 65_060.0
    expected = simulated(strike, wait_s=100, spots=60, known=[], seed=2)
    left = average_left(PRICE, 0.0, 0, 0, lookback_s=60, wait_s=100)

    assert up(left, strike) == pytest.approx(expected, abs=tolerance(expected))


def test_an_average_half_known_agrees_with_chance():
    known = [PRICE * (1 + 2e-4)] * 30
    strike = 65_010.0
    expected = simulated(strike, wait_s=0.5, spots=30, known=known, seed=3)
    left = average_left(PRICE, sum(known), 30, 0, lookback_s=60, wait_s=0.5)

    assert up(left, strike) == pytest.approx(expected, abs=tolerance(expected))


@pytest.mark.parametrize("tau", [61.0, 120.0, 300.0, 900.0])
def test_before_the_window_the_variance_is_that_of_the_continuous_average(tau):
    left = average_left(PRICE, 0.0, 0, 0, lookback_s=60, wait_s=tau - 59)

    assert left.variance_s == pytest.approx(tau - 2 * 60 / 3, abs=0.6)
    assert left.mean == PRICE
    assert left.open_share == 1.0


@pytest.mark.parametrize("seconds_left", [10, 20, 40, 59])
def test_inside_the_window_the_variance_shrinks_with_the_cube_of_what_is_left(seconds_left):
    known = 60 - seconds_left
    left = average_left(PRICE, known * PRICE, known, 0, lookback_s=60, wait_s=0.5)

    assert left.variance_s == pytest.approx(seconds_left**3 / (3 * 60**2), rel=0.02)


def test_inside_the_window_the_mean_is_what_is_known_and_todays_price_for_the_rest():
    left = average_left(100.0, 45 * 90.0, 45, 0, lookback_s=60, wait_s=0)

    assert left.mean == pytest.approx((45 * 90 + 15 * 100) / 60)
    assert left.open_share == pytest.approx(15 / 60)


def test_an_average_that_is_complete_is_certain():
    left = average_left(100.0, 60 * 99.0, 60, 0, lookback_s=60, wait_s=-1)

    assert value_up(left, 99.0, 100.0, CERTAIN, NORMAL) == (1.0, 0.0)
    assert value_up(left, 99.01, 100.0, CERTAIN, NORMAL) == (0.0, 0.0)


@pytest.mark.parametrize("seconds_left", [0.0, -5.0])
def test_with_no_time_left_the_price_itself_decides(seconds_left):
    left = point_left(PRICE, seconds_left)

    assert up(left, PRICE) == 1.0
    assert up(left, PRICE + 0.01) == 0.0


def test_as_the_end_comes_near_the_value_goes_to_one_or_nothing():
    assert up(point_left(PRICE, 0.01), PRICE * (1 - 1e-4)) > 0.999999
    assert up(point_left(PRICE, 0.01), PRICE * (1 + 1e-4)) < 0.000001


@given(
    low=st.floats(64_000, 66_000),
    step=st.floats(0, 500),
    tau=st.floats(0.1, 900),
    spread=st.floats(0, 0.6),
)
def test_a_higher_price_never_makes_up_cheaper(low, step, tau, spread):
    tails = Tails(spread)
    values = [value_up(point_left(price, tau), 65_000.0, 65_000.0, CERTAIN, tails).fair for price in (low, low + step)]

    assert values[0] <= values[1] + 1e-12


@given(z=st.floats(-8, 8), spread=st.floats(0, 0.6))
def test_the_tails_are_a_distribution_that_is_even_and_whose_density_is_its_slope(z, spread):
    tails, step = Tails(spread), 1e-5

    assert tails.below(z) + tails.below(-z) == pytest.approx(1.0, abs=1e-12)
    slope = (tails.below(z + step) - tails.below(z - step)) / (2 * step)
    assert tails.density(z) == pytest.approx(slope, abs=1e-6)


def test_the_tails_have_the_variance_that_was_estimated_and_the_kurtosis_that_is_claimed():
    tails, step = Tails(0.35), 0.01
    grid = [i * step for i in range(-3000, 3001)]
    second = sum(z * z * tails.density(z) * step for z in grid)
    fourth = sum(z**4 * tails.density(z) * step for z in grid)

    assert second == pytest.approx(1.0, abs=0.01)
    assert fourth / second**2 == pytest.approx(tails.kurtosis, rel=0.05)


def test_without_a_spread_the_tails_are_normal():
    assert Tails(0.0).below(-2.0) == pytest.approx(phi(-2.0), abs=1e-15)


def test_a_volatility_that_is_not_known_well_makes_the_value_uncertain_away_from_the_strike():
    vague = Doubts(SIGMA, 0.2, 0.0, 0.0)
    at_strike = value_up(point_left(PRICE, 100), PRICE, PRICE, vague, NORMAL)
    one_off = value_up(point_left(PRICE, 100), PRICE * (1 - SIGMA * 10), PRICE, vague, NORMAL)

    assert at_strike.uncertainty == pytest.approx(0.0, abs=1e-12)
    assert one_off.uncertainty == pytest.approx(0.2 * 0.24197, rel=1e-3)  # the density at one deviation


@pytest.mark.parametrize("doubts", [Doubts(SIGMA, 0.0, 1e-4, 0.0), Doubts(SIGMA, 0.0, 0.0, 1.0)])
def test_a_basis_that_wanders_and_a_price_that_is_old_make_the_value_uncertain(doubts):
    sure = value_up(point_left(PRICE, 100), PRICE, PRICE, CERTAIN, NORMAL)
    unsure = value_up(point_left(PRICE, 100), PRICE, PRICE, doubts, NORMAL)

    assert sure.uncertainty == 0.0
    assert unsure.uncertainty > 0.03


def test_what_is_not_known_of_the_price_counts_only_for_the_part_that_is_open():
    doubts = Doubts(SIGMA, 0.0, 1e-4, 0.0)
    open_left, known_left = Left(PRICE, 20.0, 1.0), Left(PRICE, 20.0, 0.1)

    assert (
        value_up(known_left, PRICE, PRICE, doubts, NORMAL).uncertainty
        < value_up(open_left, PRICE, PRICE, doubts, NORMAL).uncertainty / 5
    )


@given(
    gap=st.floats(-0.05, 0.05),
    tau=st.floats(-10, 900),
    error=st.floats(0, 1),
    basis=st.floats(0, 0.01),
    age=st.floats(-5, 60),
)
@example(gap=0.03125, tau=0.0, error=1.0, basis=0.0, age=2.2250738585e-313)
def test_a_value_and_its_uncertainty_are_always_probabilities(gap, tau, error, basis, age):
    estimate = value_up(point_left(PRICE, tau), PRICE * (1 + gap), PRICE, Doubts(SIGMA, error, basis, age), Tails(0.35))

    assert 0 <= estimate.fair <= 1
    assert 0 <= estimate.uncertainty <= 1
