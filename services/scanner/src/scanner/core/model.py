"""What Up is worth, and how sure the model is of it. The only place where numbers are not exact.

Over a market's few minutes the settling price is taken to have no drift and normal relative returns, of a volatility
that is itself known only roughly. What settles is one future price (`point_left`), or the mean of one price a second
over a window (`average_left`); either way there is a mean, and a variance in seconds' worth of the price's own.

The tails: a price whose volatility were known would be normal; ours is drawn from a log-normal around the estimate, of
a spread that is a setting (SIGMA_SPREAD). Three points stand for that draw (Gauss and Hermite's), scaled so that the
mean square stays what was estimated. At the default of 0.35 the kurtosis is 4.9; on a recorded morning of bitcoin,
returns over one to four minutes had between 5.2 and 6.3, and two and three sigma were passed about as often as the
mixture says, where a plain normal is too sure of itself (tests/simulation/test_model_on_recording.py).
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple, TypeAlias

Real: TypeAlias = float
"""A number inside the model. Never money: what leaves the model leaves through `exact`."""

SECONDS_PER_YEAR = 31_557_600
SIX_PLACES = Decimal("0.000001")
Z_MAX: Real = 1000.0
"""Deviations beyond which nothing is left of either tail, and squares still fit into a float."""
_ROOT_HALF = math.sqrt(0.5)
_DENSITY_AT_ZERO = 1 / math.sqrt(2 * math.pi)
_NODE = math.sqrt(3)


def real(number: Decimal) -> Real:
    """Take an exact number into the model."""
    return float(number)


def exact(number: Real) -> Decimal:
    """Let a number out of the model, to six decimals."""
    return Decimal(number).quantize(SIX_PLACES, rounding=ROUND_HALF_EVEN)


def per_root_second(annual: Real) -> Real:
    """Convert a volatility a year to one a square root of a second."""
    return annual / math.sqrt(SECONDS_PER_YEAR)


def annual(per_root_second: Real) -> Real:
    """Convert a volatility a square root of a second to one a year."""
    return per_root_second * math.sqrt(SECONDS_PER_YEAR)


class Tails:
    """The distribution of a standardised return whose volatility is uncertain by `spread` (a log's deviation)."""

    def __init__(self, spread: Real) -> None:
        self.spread = spread
        self._low = math.exp(_NODE * spread + spread * spread)
        self._middle = math.exp(spread * spread)
        self._high = math.exp(-_NODE * spread + spread * spread)

    @property
    def kurtosis(self) -> Real:
        """The fourth moment over the squared second, 3 for a normal."""
        return 3 * math.exp(4 * self.spread * self.spread)

    def below(self, z: Real) -> Real:
        """Say how likely a return below `z` deviations is."""
        x, erfc = -z * _ROOT_HALF, math.erfc
        return erfc(x * self._low) / 12 + erfc(x * self._middle) / 3 + erfc(x * self._high) / 12

    def density(self, z: Real) -> Real:
        """Say how fast `below` grows at `z`."""
        low, middle, high, x = self._low, self._middle, self._high, -0.5 * z * z
        exp = math.exp
        weighted = low * exp(x * low * low) + 4 * middle * exp(x * middle * middle) + high * exp(x * high * high)
        return _DENSITY_AT_ZERO * weighted / 6


class Left(NamedTuple):
    """What is left to happen until a market settles.

    `mean` is what the settling value is expected to be, `variance_s` how many seconds' worth of the price's variance
    are in it, and `open_share` the part of it that today's price stands for, rather than prices already known.
    """

    mean: Real
    variance_s: Real
    open_share: Real


def point_left(price: Real, seconds_left: Real) -> Left:
    """Look ahead to one price at the end."""
    return Left(price, max(seconds_left, 0.0), 1.0)


def average_left(price: Real, known_sum: Real, known: int, guessed: int, *, lookback_s: int, wait_s: Real) -> Left:
    """Look ahead to the mean of `lookback_s` prices, one a second, of which the first `known` have happened.

    `known_sum` adds these up; `guessed` of them are our own stand-ins, as uncertain as today's price. `wait_s` is how
    long it is until the next one happens. The increment of the price before each coming second weighs in by the share
    of the prices that come after it. With the wait before the window this is tau - 2L/3 in the limit of many prices a
    second, and r^3 / (3 L^2) with r seconds left inside.
    """
    left = lookback_s - known
    if left <= 0:
        return Left(known_sum / lookback_s, 0.0, guessed / lookback_s)
    share = left / lookback_s
    inside = (left - 1) * left * (2 * left - 1) / (6 * lookback_s * lookback_s)
    mean = (known_sum + left * price) / lookback_s
    return Left(mean, max(wait_s, 0.0) * share * share + inside, (left + guessed) / lookback_s)


@dataclass(frozen=True, slots=True)
class Doubts:
    """How well the model's inputs are known.

    `sigma` is the volatility a square root of a second and `sigma_error` its relative error; `basis` the relative
    deviation between trading and settling price; `price_age_s` how long ago the price was true.
    """

    sigma: Real
    sigma_error: Real
    basis: Real
    price_age_s: Real


class Estimate(NamedTuple):
    """The probability of Up, and one deviation of it from what is not known well."""

    fair: Real
    uncertainty: Real


class Outlook(NamedTuple):
    """Where a strike lies in the distribution of the settling value: `z` deviations below its mean.

    `unseen_share` is the part of the variance that comes from what is not known of today's price; None where nothing
    is left to happen.
    """

    z: Real
    unseen_share: Real | None

    def fair(self, tails: Tails) -> Real:
        """Say how likely the settling value is to end at or above the strike."""
        return tails.below(self.z) if self.unseen_share is not None else float(self.z >= 0)

    def uncertainty(self, doubts: Doubts, tails: Tails) -> Real:
        """Say how far the fair value may be off, by one deviation."""
        if self.unseen_share is None:
            return 0.0
        slack = math.sqrt((self.z * doubts.sigma_error) ** 2 + self.unseen_share)
        return min(tails.density(self.z) * slack, 1.0)


def look_ahead(left: Left, strike: Real, price: Real, doubts: Doubts) -> Outlook:
    """Place the strike in the distribution of the settling value.

    What is not known of today's price widens the distribution, and once more counts as uncertainty together with the
    volatility's own error: the first makes the value right on average, the second keeps us from trading on chance.
    """
    variance = doubts.sigma * doubts.sigma
    unseen = (doubts.basis * doubts.basis + variance * max(doubts.price_age_s, 0.0)) * left.open_share * left.open_share
    total = variance * left.variance_s + unseen
    gap = (left.mean - strike) / price
    if total <= 0:
        return Outlook(gap, None)
    return Outlook(max(-Z_MAX, min(Z_MAX, gap / math.sqrt(total))), unseen / total)


def value_up(left: Left, strike: Real, price: Real, doubts: Doubts, tails: Tails) -> Estimate:
    """Say how likely the settling value is to end at or above the strike, and how sure that is."""
    outlook = look_ahead(left, strike, price, doubts)
    return Estimate(outlook.fair(tails), outlook.uncertainty(doubts, tails))
