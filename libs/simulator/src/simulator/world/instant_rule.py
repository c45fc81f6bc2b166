"""The rule before averages: Up if the price at the end is at or above the price at the start."""

import math
from collections.abc import Mapping

from simulator.world.markets import Market
from simulator.world.recorded_underlying import RecordedUnderlying
from simulator.world.recording import E18, RecordedMarket
from simulator.world.rules import FAIR_UNKNOWN, phi


class InstantRule:
    """Outcomes are the official ones; the makers' formula is that of a binary option on the last price."""

    def __init__(self, underlying: RecordedUnderlying, lines: Mapping[str, RecordedMarket]) -> None:
        self._underlying = underlying
        self._lines = lines
        self._references: dict[str, float | None] = {}

    def wakes_ms(self, market: Market) -> int:
        return market.start_s * 1000

    def fair(self, market: Market, known_ms: int) -> float:
        if known_ms < market.start_s * 1000:
            return FAIR_UNKNOWN
        price, strike = self._underlying.settling(market.symbol, known_ms), self._reference(market)
        if price is None or strike is None:
            return FAIR_UNKNOWN
        left_s = market.end_s - known_ms / 1000
        if left_s <= 0:
            return 1.0 if price >= strike else 0.0
        sigma = self._underlying.volatility(market.symbol, known_ms)
        return phi(math.log(price / strike) / (sigma * math.sqrt(left_s)))

    def outcome(self, market: Market) -> str | None:
        return "Up" if self._lines[market.slug].up_won else "Down"

    def strike(self, market: Market) -> float | None:
        recorded = self._lines[market.slug].strike_e18
        return recorded / E18 if recorded is not None else None

    def final(self, market: Market) -> float | None:
        return self._underlying.settling(market.symbol, market.end_s * 1000)

    def _reference(self, market: Market) -> float | None:
        """Return the maker's strike: where none was recorded, the newest tick by the start."""
        if market.slug not in self._references:
            known = self.strike(market)
            if known is None:
                known = self._underlying.settling(market.symbol, market.start_s * 1000)
            self._references[market.slug] = known
        return self._references[market.slug]
