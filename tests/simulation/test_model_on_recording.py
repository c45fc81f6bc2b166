"""The model against a recorded morning of the feed that settles: its volatility, its tails, its probabilities."""

import math
from functools import cache

import pytest

from common.settings import load
from console.replay.calibration import score
from scanner.core.model import Tails, annual
from scanner.core.underlying import Underlying
from scanner.service import build_core
from scanner.settings import Settings
from simulation.recording import RECORDING, needs_recording
from simulator.world.recording import read_markets, read_ticks

pytestmark = needs_recording
SAMPLE_S = 30
HOLD_S_MAX = 5


@cache
def prices() -> dict[int, float]:
    tape = read_ticks(RECORDING, 0)
    return {feed_ms // 1000: price for feed_ms, price in zip(tape.feed_ms, tape.prices, strict=True)}


@cache
def learnt() -> dict[int, float]:
    """The volatility that the model would have used after each second, a square root of a second."""
    underlying: Underlying = build_core(load(Settings, {})).valuer.underlyings["BTC"]
    volatility, log, sigmas = underlying.volatility, underlying._settling, {}
    for second, price in sorted(prices().items()):
        log.state(second, price)
        volatility.learn(second, log)
        sigmas[second] = volatility.sigma
    return sigmas


def standardised(horizon_s: int) -> list[float]:
    """Returns over a horizon in units of what was expected at their start."""
    sigmas, found = learnt(), []
    for second, price in prices().items():
        before = prices().get(second - horizon_s)
        if before is not None:
            found.append((price / before - 1) / (sigmas[second - horizon_s] * math.sqrt(horizon_s)))
    return found


def share_beyond(returns: list[float], deviations: float) -> float:
    return sum(abs(z) > deviations for z in returns) / len(returns)


def test_one_second_returns_hide_most_of_the_volatility_and_the_estimate_does_not():
    one_second = [prices()[s] / prices()[s - 1] - 1 for s in prices() if s - 1 in prices()]
    hidden = annual(math.sqrt(math.fsum(r * r for r in one_second) / len(one_second)))
    over_minutes = [prices()[s] / prices()[s - 300] - 1 for s in prices() if s - 300 in prices()]
    whole = annual(math.sqrt(math.fsum(r * r for r in over_minutes) / len(over_minutes) / 300))

    assert hidden < 0.7 * whole  # 0.17 against 0.27
    assert annual(list(learnt().values())[-1]) == pytest.approx(whole, rel=0.15)


@pytest.mark.parametrize("horizon_s", [60, 120, 240])
def test_the_tails_are_as_heavy_as_the_models_and_far_from_normal(horizon_s):
    returns, tails, normal = standardised(horizon_s), Tails(0.35), Tails(0.0)

    far = share_beyond(returns, 3)
    assert share_beyond(returns, 2) == pytest.approx(2 * tails.below(-2), abs=0.02)
    assert far == pytest.approx(2 * tails.below(-3), abs=0.006)
    assert abs(far - 2 * tails.below(-3)) < abs(far - 2 * normal.below(-3))


@pytest.mark.parametrize(("spread", "log_loss_max"), [(0.35, 0.525), (0.0, 0.530)])
def test_probabilities_of_the_official_outcomes_are_far_better_than_a_coin(spread, log_loss_max):
    found = score(list(chances(spread)))

    assert found.samples > 1000
    assert found.log_loss < log_loss_max  # a coin has 0.693
    assert found.brier < 0.18  # a coin has 0.250


def test_mixing_over_the_volatility_makes_the_probabilities_better():
    assert score(list(chances(0.35))).log_loss < score(list(chances(0.0))).log_loss


def chances(spread: float):
    """The probability that the model gave, every half minute, to what then happened."""
    tails, last = Tails(spread), sorted(prices())
    held = {}
    for second, following in zip(last, [*last[1:], last[-1] + 1], strict=True):
        held |= dict.fromkeys(range(second, min(following, second + HOLD_S_MAX + 1)), second)
    for market in read_markets(RECORDING):
        if market.strike_e18 is None:
            continue
        strike = market.strike_e18 / 10**18
        for now in range(market.start_s + SAMPLE_S, market.end_s, SAMPLE_S):
            if now not in held:
                continue
            price, sigma = prices()[held[now]], learnt()[held[now]]
            up = tails.below((price / strike - 1) / (sigma * math.sqrt(market.end_s - now)))
            yield up if market.up_won else 1 - up
