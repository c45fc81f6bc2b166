"""The prices of a recording: each tick holds until the next, and nobody knows a later one."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from simulator.world.frame import NS_PER_MS, Truth
from simulator.world.recording import TickTape
from simulator.world.settings import WorldSettings
from simulator.world.underlying import Delivery


class RecordedUnderlying:
    """One symbol's recorded ticks."""

    def __init__(self, tape: TickTape, symbol: str, settings: WorldSettings) -> None:
        self._tape = tape
        self._symbol = symbol
        self._age_ms_max = settings.tick_age_ms_max
        self._sigma = tape.volatility()
        self._lows = list(accumulate(tape.prices, min))
        self._highs = list(accumulate(tape.prices, max))

    def settling(self, symbol: str, at_ms: int) -> float | None:
        index = bisect_right(self._tape.feed_ms, at_ms) - 1
        return self._tape.prices[index] if index >= 0 and symbol == self._symbol else None

    def traded(self, symbol: str, at_ms: int) -> float | None:
        tape = self._tape
        index = bisect_right(tape.feed_ms, at_ms) - 1
        if index < 0 or at_ms - tape.feed_ms[index] > self._age_ms_max or symbol != self._symbol:
            return None
        return tape.prices[index]

    def volatility(self, symbol: str, at_ms: int) -> float:  # noqa: ARG002
        """Return that of the whole recording, which its makers are granted to know."""
        return self._sigma

    def day_range(self, symbol: str, second: int) -> tuple[float, float, float]:  # noqa: ARG002
        """Use the recording so far as the day before."""
        index = max(bisect_right(self._tape.feed_ms, second * 1000) - 1, 0)
        return self._tape.prices[0], self._lows[index], self._highs[index]

    def deliveries(self, symbol: str, second: int) -> Sequence[Delivery]:
        if symbol != self._symbol:
            return ()
        arrivals = self._tape.arrivals_ms
        first, end = bisect_left(arrivals, second * 1000), bisect_left(arrivals, (second + 1) * 1000)
        return [self._delivery(index) for index in self._tape.arrivals[first:end]]

    def delivered(self, symbol: str, now_ms: int, seconds: int) -> Sequence[Delivery]:
        if symbol != self._symbol:
            return ()
        tape = self._tape
        first = bisect_left(tape.feed_ms, now_ms - seconds * 1000)
        end = bisect_right(tape.feed_ms, now_ms)
        return [self._delivery(index) for index in range(first, end) if tape.received_ms[index] <= now_ms]

    def truth(self, symbol: str, at_ns: int) -> Truth | None:
        index = bisect_right(self._tape.feed_ms, at_ns // NS_PER_MS) - 1
        if index < 0 or symbol != self._symbol:
            return None
        return Truth(
            symbol=symbol,
            at_ns=at_ns,
            price=self._tape.prices[index],
            spot_e18=self._tape.values_e18[index],
            twap_thirty_e18=None,
            twap_sixty_e18=None,
        )

    def _delivery(self, index: int) -> Delivery:
        tape = self._tape
        return Delivery(
            at_ns=tape.received_ms[index] * NS_PER_MS,
            sent_ms=tape.sent_ms[index],
            feed_ms=tape.feed_ms[index],
            spot_e18=tape.values_e18[index],
            twap_thirty_e18=None,
            twap_sixty_e18=None,
        )
