"""How much the settling price moves, from its returns over the horizon that matters.

The settling feed is smoothed, and its returns over one second understate what it does in minutes: on a recorded
morning 0.17 a year against 0.27, so returns over three quarters of a minute are used. Overlapping returns count in
part, so that an observation is one horizon's worth. The memory is hours long and exponential.
"""

import math
from dataclasses import dataclass

from scanner.core.model import Real, annual, per_root_second
from scanner.core.seconds import SecondLog


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilitySettings:
    """A prior and how many observations it counts for; volatilities are a year, as fractions."""

    prior_annual: Real
    prior_observations: Real
    floor_annual: Real
    error_min: Real
    """Relative: what is not known of a volatility that changes, however long it was watched."""
    horizon_s: int
    memory_s: int


class Volatility:
    """An exponentially forgetting mean square of returns, shrunk to a prior."""

    def __init__(self, settings: VolatilitySettings, kurtosis: Real) -> None:
        self._settings = settings
        self._kurtosis = kurtosis
        self._prior = per_root_second(settings.prior_annual) ** 2
        self._floor = per_root_second(settings.floor_annual)
        self._fade = 1 - 1 / settings.memory_s
        self._share = 1 / settings.horizon_s
        self._weighted = 0.0
        self.observations = 0.0
        self.sigma = 0.0
        """A square root of a second."""
        self.error = 0.0
        """Relative, from how few observations there are, how heavy the tails, and that volatility itself changes."""
        self._summarise()

    @property
    def annual(self) -> Real:
        return annual(self.sigma)

    def learn(self, second: int, log: SecondLog) -> None:
        """Take in the return that ends at a second which the settling feed has just stated."""
        end, start = log.stated(second), log.stated(second - self._settings.horizon_s)
        if end is None or start is None:
            return
        change = (end - start) / start
        self._weighted = self._weighted * self._fade + change * change * self._share * self._share
        self.observations = self.observations * self._fade + self._share
        self._summarise()

    def _summarise(self) -> None:
        settings = self._settings
        weight = self.observations + settings.prior_observations
        square = (self._weighted + settings.prior_observations * self._prior) / weight
        self.sigma = max(math.sqrt(square), self._floor)
        self.error = math.sqrt((self._kurtosis - 1) / (4 * weight) + settings.error_min**2)
