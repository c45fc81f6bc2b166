"""How often something may happen: windows in which calls are counted, and buckets of tokens. Pure, in virtual time."""

from collections import deque
from dataclasses import dataclass

NS_PER_S = 1_000_000_000
SLOTS = 100


class Window:
    """At most so many calls within any span of time, however the span lies.

    Calls are counted by the hundredth of the span, and a hundredth counts until all of it is over: a window may
    refuse what an exact one would take, never the other way round.
    """

    def __init__(self, calls_max: int, span_s: int) -> None:
        self._calls_max = calls_max
        self._slot_ns = span_s * NS_PER_S // SLOTS
        self._slots: deque[list[int]] = deque()
        self._calls = 0

    def wait_ns(self, now_ns: int) -> int:
        """Tell how long the next call must wait: 0 where there is room for it."""
        while self._slots and self._over_ns(self._slots[0][0]) <= now_ns:
            self._calls -= self._slots.popleft()[1]
        excess = self._calls - self._calls_max + 1
        if excess <= 0:
            return 0
        for index, calls in self._slots:
            excess -= calls
            if excess <= 0:
                return self._over_ns(index) - now_ns
        return SLOTS * self._slot_ns

    def count(self, at_ns: int) -> None:
        """Count a call at an instant; one that is not after the newest is counted with it."""
        index = at_ns // self._slot_ns
        if self._slots and self._slots[-1][0] >= index:
            self._slots[-1][1] += 1
        else:
            self._slots.append([index, 1])
        self._calls += 1

    def _over_ns(self, index: int) -> int:
        """Tell when the calls of a hundredth count no more."""
        return (index + 1 + SLOTS) * self._slot_ns


@dataclass(frozen=True, slots=True)
class Draw:
    """What came of asking a bucket for tokens."""

    is_granted: bool
    remaining: float
    """Tokens left afterwards."""
    wait_ns: int
    """How long until so many are there; until the bucket is full where it never holds as many. 0 if granted."""


class TokenBucket:
    """Tokens that come back at a rate, up to a burst. A cost is paid in full or not at all."""

    def __init__(self, tokens_per_s: float, burst: int) -> None:
        self._tokens_per_s = tokens_per_s
        self._burst = burst
        self._tokens = float(burst)
        self._at_ns = 0

    def draw(self, cost: int, now_ns: int) -> Draw:
        """Take tokens, or none where there are too few."""
        if now_ns > self._at_ns:
            gained = (now_ns - self._at_ns) * self._tokens_per_s / NS_PER_S
            self._tokens = min(self._burst, self._tokens + gained)
            self._at_ns = now_ns
        if cost <= self._tokens:
            self._tokens -= cost
            return Draw(is_granted=True, remaining=self._tokens, wait_ns=0)
        missing = min(cost, self._burst) - self._tokens
        return Draw(is_granted=False, remaining=self._tokens, wait_ns=round(missing / self._tokens_per_s * NS_PER_S))
