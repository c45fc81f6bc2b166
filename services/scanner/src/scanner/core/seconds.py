"""One price a whole second, for the last hour or so: what the settling feed said, and our own stand-in until it has."""

from scanner.core.model import Real

SECONDS_KEPT = 4096
"""More than the longest window that a settlement rule may have."""


class SecondLog:
    """Prices at whole seconds without holes: a second of which nothing was heard holds the price before it, guessed."""

    def __init__(self) -> None:
        self._prices: list[Real] = [0.0] * SECONDS_KEPT
        self._guesses = bytearray(b"\x01" * SECONDS_KEPT)
        self._first = 0
        self.last = 0
        """The newest second of which the price is known or guessed; 0 when there is none."""

    def guess(self, second: int, price: Real) -> None:
        """Let `price` stand for all seconds after the last one, up to `second`."""
        if second > self.last:
            self._extend(second, price)

    def state(self, second: int, price: Real) -> bool:
        """Write down what is known of a second; answer whether that is new."""
        if second > self.last:
            if self.last:
                self._extend(second - 1, self._prices[self.last % SECONDS_KEPT])
            self._extend(second, price)
        elif second <= self.last - SECONDS_KEPT:
            return False
        elif second < self._first:
            self._prepend(second, price)
        place = second % SECONDS_KEPT
        is_new = bool(self._guesses[place])
        self._prices[place] = price
        self._guesses[place] = 0
        return is_new

    def stated(self, second: int) -> Real | None:
        """Answer what is known of a second, None when it is a guess or forgotten."""
        if not self._first <= second <= self.last or self._guesses[second % SECONDS_KEPT]:
            return None
        return self._prices[second % SECONDS_KEPT]

    def covers(self, second: int) -> bool:
        """Say whether the log reaches back to a second."""
        return 0 < self._first <= second

    def total(self, first: int, last: int) -> tuple[Real, int]:
        """Add up the prices of `first` to `last`, both included and both in the log; say how many are guesses."""
        start, end = first % SECONDS_KEPT, last % SECONDS_KEPT + 1
        if start < end:
            return sum(self._prices[start:end]), self._guesses.count(1, start, end)
        guesses = self._guesses.count(1, start) + self._guesses.count(1, 0, end)
        return sum(self._prices[start:]) + sum(self._prices[:end]), guesses

    def _extend(self, second: int, price: Real) -> None:
        if second <= self.last:
            return
        start = max(self.last + 1, second - SECONDS_KEPT + 1) if self.last else second
        for each in range(start, second + 1):
            self._prices[each % SECONDS_KEPT] = price
            self._guesses[each % SECONDS_KEPT] = 1
        self._first = max(self._first, second - SECONDS_KEPT + 1) if self.last else second
        self.last = second

    def _prepend(self, second: int, price: Real) -> None:
        for each in range(second, self._first):
            self._prices[each % SECONDS_KEPT] = price
            self._guesses[each % SECONDS_KEPT] = 1
        self._first = second
