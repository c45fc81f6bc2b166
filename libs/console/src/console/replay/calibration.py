"""How good the model's probabilities are: sampled through each market's life, and scored by what came of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from common.clock import SECOND, Instant
from common.contracts.venue import Outcome
from scanner.core import EdgeScanner

SAMPLE_INTERVAL_S = 30
COIN = 0.5
PROBABILITY_MIN = 1e-6
"""A probability of nothing would cost infinitely much when it comes true; the model's are to six decimals."""


@dataclass(frozen=True, slots=True)
class Score:
    """Mean squared and mean logarithmic error of probabilities; None without a sample."""

    samples: int
    brier: float | None
    log_loss: float | None


class Calibration:
    """Asks the scanner's model every so often what each running market is worth."""

    def __init__(self, scanner: EdgeScanner) -> None:
        self._scanner = scanner
        self._samples: list[tuple[str, float]] = []

    def sample(self, now: Instant) -> None:
        """Note what the model says of each market that is a whole number of intervals old, and running."""
        valuer = self._scanner.valuer
        for symbol in valuer.underlyings:
            spot = valuer.spot(symbol, now)
            for market in self._scanner.markets.on(symbol):
                age_s, beside = divmod(now - market.event.starts_at, SECOND)
                if beside or age_s <= 0 or age_s % SAMPLE_INTERVAL_S or not market.runs(now):
                    continue
                estimate = None if valuer.staleness(symbol, spot, now) else valuer.estimate(market, spot, now)
                if estimate is not None:
                    self._samples.append((market.event.market_id, estimate.fair))

    def score(self, winner: Callable[[str], Outcome | None]) -> Score:
        """Compare with the official outcomes; a market without one does not count."""
        known = [(fair, winner(market_id)) for market_id, fair in self._samples]
        chances = [fair if outcome == "Up" else 1 - fair for fair, outcome in known if outcome is not None]
        return score(chances)


def score(chances: list[float]) -> Score:
    """Score the probabilities that were given to what then happened."""
    if not chances:
        return Score(0, None, None)
    brier = math.fsum((1 - chance) ** 2 for chance in chances) / len(chances)
    log_loss = -math.fsum(math.log(max(chance, PROBABILITY_MIN)) for chance in chances) / len(chances)
    return Score(len(chances), brier, log_loss)
