"""A seeded price path: a pure function of (seed, symbol, absolute time) on a grid of 100 ms.

Hours are anchored by one gaussian increment each, summed from a fixed epoch, which is cheap to reach
from anywhere. Inside an hour a free path of 36,000 steps, with clustered volatility and an occasional
jump, is bent linearly so that it meets the next hour's anchor: a bridge, which keeps the whole path
continuous.
"""

import math
import random
from array import array
from itertools import accumulate

from simulator.world.chance import gaussian, generator, stream
from simulator.world.settings import WorldSettings

EPOCH_HOUR = 1_767_225_600 // 3600
"""2026-01-01T00:00:00Z, in hours since 1970."""
STEP_MS = 100
STEPS_PER_HOUR = 36_000
STEPS_PER_MINUTE = 600
MS_PER_HOUR = 3_600_000
SECONDS_PER_YEAR = 31_557_600
HOURS_KEPT_MAX = 6
E8 = 100_000_000
E18_PER_E8 = 10_000_000_000


class Hour:
    """One hour of one symbol: prices a step, spots a second in integers of 1e-8, their running sums."""

    __slots__ = ("multipliers", "prices", "spots", "sums")

    def __init__(self, prices: "array[float]", multipliers: list[float]) -> None:
        self.prices = prices
        self.multipliers = multipliers
        self.spots = array("q", [round(price * E8) for price in prices[::10]])
        self.sums = array("q", accumulate(self.spots, initial=0))


class PricePath:
    """The settling price of one symbol, anywhere in time. Keeps a few hours; any other takes some 30 ms."""

    def __init__(self, settings: WorldSettings, symbol: str) -> None:
        self._settings = settings
        self._symbol = symbol
        self._hourly = stream(settings.seed, "hour", symbol)
        self._anchor = math.log(settings.anchor_usd(symbol))
        self._sigma_hour = settings.volatility(symbol) * math.sqrt(3600 / SECONDS_PER_YEAR)
        self._anchors = {EPOCH_HOUR: self._anchor}
        self._reached = (EPOCH_HOUR, EPOCH_HOUR)
        self._hours: dict[int, Hour] = {}

    def price(self, at_ms: int) -> float:
        """Return the price of the step that holds at an instant."""
        hour, inside_ms = divmod(at_ms, MS_PER_HOUR)
        return self.hour(hour).prices[inside_ms // STEP_MS]

    def volatility(self, at_ms: int) -> float:
        """Return the volatility of log returns per square root of a second that rules at an instant."""
        hour, inside_ms = divmod(at_ms, MS_PER_HOUR)
        return self._sigma_hour / 60 * self.hour(hour).multipliers[inside_ms // 60_000]

    def spot_e8(self, second: int) -> int:
        hour, inside = divmod(second, 3600)
        return self.hour(hour).spots[inside]

    def sum_e8(self, first_s: int, last_s: int) -> int:
        """Add up the spots of whole seconds, both ends included, of a span shorter than an hour."""
        first_hour, first = divmod(first_s, 3600)
        last_hour, last = divmod(last_s, 3600)
        if first_hour == last_hour:
            sums = self.hour(first_hour).sums
            return sums[last + 1] - sums[first]
        before = self.hour(first_hour).sums
        return before[-1] - before[first] + self.hour(last_hour).sums[last + 1]

    def twap_e18(self, second: int, lookback_s: int) -> int:
        """Average the spots of the last `lookback_s` seconds, the given one included."""
        return self.sum_e8(second - lookback_s + 1, second) * E18_PER_E8 // lookback_s

    def anchor_price(self, hour: int) -> float:
        return math.exp(self._log_anchor(hour))

    def hour(self, hour: int) -> Hour:
        found = self._hours.get(hour)
        if found is None:
            while len(self._hours) >= HOURS_KEPT_MAX:
                del self._hours[next(iter(self._hours))]
            found = self._hours[hour] = self._make(hour)
        return found

    def _log_anchor(self, hour: int) -> float:
        first, last = self._reached
        while last < hour:
            step = self._sigma_hour * gaussian(self._hourly, last)
            self._anchors[last + 1] = self._anchors[last] + step
            last += 1
        while first > hour:
            step = self._sigma_hour * gaussian(self._hourly, first - 1)
            self._anchors[first - 1] = self._anchors[first] - step
            first -= 1
        self._reached = (first, last)
        return self._anchors[hour]

    def _make(self, hour: int) -> Hour:
        chance = generator(self._settings.seed, "steps", self._symbol, hour)
        multipliers = self._multipliers(chance)
        free = self._free_path(chance, multipliers)
        start, end = self._log_anchor(hour), self._log_anchor(hour + 1)
        bend = (end - start - free[-1]) / STEPS_PER_HOUR
        exp = math.exp
        prices = array("d", [exp(start + free[i] + bend * i) for i in range(STEPS_PER_HOUR)])
        return Hour(prices, multipliers)

    def _multipliers(self, chance: random.Random) -> list[float]:
        """Draw how lively each minute is: log-normal, mean square 1, remembering about ten minutes."""
        spread, memory = self._settings.volatility_clustering, math.exp(-1 / 10)
        fresh = spread * math.sqrt(1 - memory * memory)
        level, levels = chance.gauss(0.0, spread), []
        for _ in range(60):
            levels.append(math.exp(level - spread * spread))
            level = memory * level + chance.gauss(0.0, fresh)
        return levels

    def _free_path(self, chance: random.Random, multipliers: list[float]) -> list[float]:
        """Walk one hour from zero; the last of the 36,001 points is where it arrives."""
        jump = self._settings.jump_bps * 1e-4
        jump_variance = min(self._settings.jumps_per_hour * jump * jump, 0.5 * self._sigma_hour**2)
        sigma_step = math.sqrt((self._sigma_hour**2 - jump_variance) / STEPS_PER_HOUR)
        gauss, level, path = chance.gauss, 0.0, [0.0]
        jumps = self._jumps(chance, jump)
        for minute in range(60):
            sigma = sigma_step * multipliers[minute]
            for step in range(minute * STEPS_PER_MINUTE, (minute + 1) * STEPS_PER_MINUTE):
                level += gauss(0.0, sigma)
                if step in jumps:
                    level += jumps[step]
                path.append(level)
        return path

    def _jumps(self, chance: random.Random, size: float) -> dict[int, float]:
        jumps: dict[int, float] = {}
        if self._settings.jumps_per_hour <= 0:
            return jumps
        at_hours = chance.expovariate(self._settings.jumps_per_hour)
        while at_hours < 1:
            jumps[int(at_hours * STEPS_PER_HOUR)] = chance.gauss(0.0, size)
            at_hours += chance.expovariate(self._settings.jumps_per_hour)
        return jumps
