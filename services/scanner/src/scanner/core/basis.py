"""How far the price that moves first lies from the one that settles."""

import math
from dataclasses import dataclass

from scanner.core.model import Real


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisSettings:
    """How long the basis is remembered, and what its deviation is taken to be before it has been seen."""

    memory_s: int
    deviation_prior: Real
    deviation_prior_observations: Real
    ratio_deviation_max: Real
    """Beyond this from one, two prices are not of the same thing and are not compared."""


class Basis:
    """The ratio of the trading price to the settling one at the same second: a slow mean, and the deviation from it."""

    def __init__(self, settings: BasisSettings) -> None:
        self._settings = settings
        self._fade = 1 - 1 / settings.memory_s
        self._weight = 0.0
        self._squares = 0.0
        self.ratio = 1.0
        self.deviation = settings.deviation_prior

    def learn(self, trading: Real, settling: Real) -> None:
        """Take in both prices of one second."""
        settings = self._settings
        found = trading / settling
        if abs(found - 1) > settings.ratio_deviation_max:
            return
        self._weight = self._weight * self._fade + 1
        surprise = found - self.ratio
        self.ratio += surprise / self._weight
        self._squares = self._squares * self._fade + surprise * (found - self.ratio)
        prior = settings.deviation_prior**2 * settings.deviation_prior_observations
        weight = self._weight + settings.deviation_prior_observations
        self.deviation = math.sqrt((self._squares + prior) / weight)
