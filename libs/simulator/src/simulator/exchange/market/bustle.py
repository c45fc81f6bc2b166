"""What makes a market busy: the house resizes levels far from the touch, so many times a second in all.

Real books change hundreds of times for each time that a price does. Here that is asked for: every change goes through
the engine like any other quote, so books on the wire and over HTTP stay the same. The three best levels of each side,
hence prices, edges and whatever can be matched near the touch, are as the makers want them: a level that comes near
gets its size back, and the makers' next word about any level counts as ever.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import NamedTuple

from simulator.exchange.floor import Floor
from simulator.matching.market import MarketStatus
from simulator.matching.operations import Quote
from simulator.matching.values import Level
from simulator.world.chance import mixed
from simulator.world.settings import WorldSettings

NS_PER_S = 1_000_000_000
TURN_S = 0.005
BEHIND_NS_MAX = 200_000_000
"""What could not be done for longer than this is left undone: a machine that was away begins anew, not with a storm."""
NEAR_LEVELS = 3
HUNDREDTH_E6 = 10_000


class _Resized(NamedTuple):
    """What a level had of its maker, and what it was given here."""

    makers_e6: int
    given_e6: int


class Bustle:
    """Changes books at a steady rate, spread evenly over the open markets that somebody listens to."""

    def __init__(
        self, floor: Floor, is_heard: Callable[[str], bool], changes_per_s: int, settings: WorldSettings
    ) -> None:
        self._floor, self._is_heard = floor, is_heard
        self._interval_ns = NS_PER_S // changes_per_s
        self._seed = settings.seed
        self._size_min = settings.depth_shares_min * 100
        self._size_span = (settings.depth_shares_max - settings.depth_shares_min) * 100 + 1
        self._due_ns = floor.now_ns()
        self._draws = 0
        self._resized: dict[str, dict[tuple[bool, int], _Resized]] = {}
        """By market, then by side and price."""
        self.changes = 0
        """How many were made, each of one level of one market, which is said of both its tokens."""

    async def run(self) -> None:
        """Keep the markets busy for ever."""
        while True:
            await asyncio.sleep(TURN_S)
            self.turn()

    def turn(self) -> None:
        """Make the changes that are due by now."""
        now_ns = self._floor.now_ns()
        self._due_ns = max(self._due_ns, now_ns - BEHIND_NS_MAX)
        for condition_id in self._markets():
            if self._due_ns > now_ns:
                return
            self._due_ns += self._interval_ns
            self._change(condition_id)

    def _markets(self) -> Iterator[str]:
        """Go round those that are open and heard, without end unless there is none with a level to change."""
        floor = self._floor
        heard = [
            condition_id
            for condition_id in floor.unresolved
            if floor.engine.market_status(condition_id) is MarketStatus.OPEN and self._is_heard(condition_id)
        ]
        self._resized = {condition_id: self._resized.get(condition_id, {}) for condition_id in heard}
        found = [condition_id for condition_id in heard if self._tidied(condition_id)]
        while found:
            yield found[self._draws % len(found)]

    def _tidied(self, condition_id: str) -> bool:
        """Give levels that have come near the touch their makers' size again. Say whether any is far from it."""
        levels, resized = self._levels(condition_id), self._resized[condition_id]
        for is_bid, level in _near(levels) if resized else ():
            before = resized.pop((is_bid, level.price_e4), None)
            if before is not None and before.given_e6 == level.shares_e6:
                self._resize(condition_id, is_bid, Level(level.price_e4, before.makers_e6))
        return any(len(side) > NEAR_LEVELS for side in levels)

    def _change(self, condition_id: str) -> None:
        """Give one level another size."""
        self._draws += 1
        draw = mixed(self._seed, self._draws)
        bids, asks = self._levels(condition_id)
        far = [*((True, level) for level in bids[NEAR_LEVELS:]), *((False, level) for level in asks[NEAR_LEVELS:])]
        is_bid, level = far[draw % len(far)]
        shares_e6 = (self._size_min + (draw >> 16) % self._size_span) * HUNDREDTH_E6
        if shares_e6 == level.shares_e6:
            shares_e6 += HUNDREDTH_E6
        key, resized = (is_bid, level.price_e4), self._resized[condition_id]
        before = resized.get(key)
        is_ours = before is not None and before.given_e6 == level.shares_e6
        resized[key] = _Resized(before.makers_e6 if is_ours and before else level.shares_e6, shares_e6)
        self._resize(condition_id, is_bid, Level(level.price_e4, shares_e6))
        self.changes += 1

    def _resize(self, condition_id: str, is_bid: bool, level: Level) -> None:
        wanted = (level,)
        self._floor.apply(Quote(self._floor.now_ns(), condition_id, wanted if is_bid else (), () if is_bid else wanted))

    def _levels(self, condition_id: str) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        return self._floor.engine.house_levels(condition_id)


def _near(levels: tuple[tuple[Level, ...], tuple[Level, ...]]) -> list[tuple[bool, Level]]:
    bids, asks = levels
    return [*((True, level) for level in bids[:NEAR_LEVELS]), *((False, level) for level in asks[:NEAR_LEVELS])]
