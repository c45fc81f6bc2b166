"""Settlement rules: who wins, and what the makers' own formula says that it is worth meanwhile.

Prices are treated as driftless and normal over a market's short life. Under the averaging rule both the
strike and the final price are means of one-second spots; the part already seen is known, and each
increment of the price that is still to come weighs in by the share of the spots that come after it.
"""

import math
from itertools import accumulate
from typing import Protocol

from simulator.world.markets import Market
from simulator.world.path import E8, PricePath
from simulator.world.underlying import SeededUnderlying

WINDOW_S = 60
FAIR_UNKNOWN = 0.5
STRIKES_KEPT_MAX = 500


def phi(x: float) -> float:
    return 0.5 * math.erfc(-x * math.sqrt(0.5))


_END_SHARES = [0.0, 0.0, *accumulate((j / WINDOW_S) ** 2 for j in range(1, WINDOW_S))]
"""[r]: the sum of squared weights of the increments between r future spots of the final average."""
_START_SHARES = [0.0, 0.0, *accumulate((1 - j / WINDOW_S) ** 2 for j in range(WINDOW_S - 1, 0, -1))]


class Rule(Protocol):
    """How markets of a world settle."""

    def wakes_ms(self, market: Market) -> int:
        """Return the instant until which nothing is known, and the market is worth a half."""

    def fair(self, market: Market, known_ms: int) -> float:
        """Return the probability of Up to one who knows the settling price until `known_ms`."""

    def outcome(self, market: Market) -> str | None: ...

    def strike(self, market: Market) -> float | None: ...

    def final(self, market: Market) -> float | None: ...


class TwapRule:
    """Up if the 60-second average at the end is at or above the one at the start."""

    def __init__(self, underlying: SeededUnderlying) -> None:
        self._underlying = underlying
        self._strikes: dict[str, float] = {}

    def wakes_ms(self, market: Market) -> int:
        return (market.start_s - WINDOW_S) * 1000

    def fair(self, market: Market, known_ms: int) -> float:
        if known_ms < self.wakes_ms(market):
            return FAIR_UNKNOWN
        path = self._underlying.path(market.symbol)
        price = path.price(known_ms)
        if known_ms < market.start_s * 1000:
            gap, variance_s = self._before(path, market, known_ms, price)
        else:
            gap, variance_s = self._running(path, market, known_ms, price)
        spread = price * path.volatility(known_ms) * math.sqrt(variance_s)
        if spread <= 0.0:
            return 1.0 if gap >= 0 else 0.0
        return phi(gap / spread)

    def outcome(self, market: Market) -> str | None:
        path = self._underlying.path(market.symbol)
        ends_at_or_above = path.twap_e18(market.end_s, WINDOW_S) >= path.twap_e18(market.start_s, WINDOW_S)
        return "Up" if ends_at_or_above else "Down"

    def strike(self, market: Market) -> float | None:
        return self._underlying.path(market.symbol).twap_e18(market.start_s, WINDOW_S) / 1e18

    def final(self, market: Market) -> float | None:
        return self._underlying.path(market.symbol).twap_e18(market.end_s, WINDOW_S) / 1e18

    def _running(self, path: PricePath, market: Market, known_ms: int, price: float) -> tuple[float, float]:
        """Return the expected gap between final and strike, and the seconds' worth of variance left in it."""
        strike = self._strikes.get(market.slug)
        if strike is None:
            if len(self._strikes) >= STRIKES_KEPT_MAX:
                self._strikes.clear()
            strike = self._strikes[market.slug] = path.twap_e18(market.start_s, WINDOW_S) / 1e18
        mean, left, until_s = _expected_mean(path, market.end_s, known_ms, price)
        return mean - strike, until_s * (left / WINDOW_S) ** 2 + _END_SHARES[left]

    def _before(self, path: PricePath, market: Market, known_ms: int, price: float) -> tuple[float, float]:
        """As above while the strike itself is still being averaged: what moves both of them cancels out."""
        strike, left, until_s = _expected_mean(path, market.start_s, known_ms, price)
        variance_s = until_s * (1 - left / WINDOW_S) ** 2
        variance_s += _START_SHARES[WINDOW_S] - _START_SHARES[WINDOW_S - left + 1]
        variance_s += market.duration_s - WINDOW_S + 1 + _END_SHARES[WINDOW_S]
        return price - strike, variance_s


def _expected_mean(path: PricePath, at_s: int, known_ms: int, price: float) -> tuple[float, int, float]:
    """Return a window's expected mean, its spots to come, and the seconds to the first of them."""
    first_s, known_s = at_s - WINDOW_S + 1, known_ms // 1000
    if known_s < first_s:
        return price, WINDOW_S, first_s - known_ms / 1000
    left = at_s - known_s
    known = path.sum_e8(first_s, known_s) / E8
    return (known + left * price) / WINDOW_S, left, known_s + 1 - known_ms / 1000
