"""What a maker shows: a ladder around its quote, on the one-cent tick, of sizes that only slowly change."""

import math
from typing import NamedTuple

from simulator.world.chance import mixed
from simulator.world.markets import Market
from simulator.world.settings import WorldSettings

NO_BID = 0
NO_ASK = 100
EPOCH_MS = 10_000
"""This often the maker quotes afresh whatever came before, so its state is reachable from anywhere."""
EPOCHS_PER_SIZE = 6
ROUNDING = 1e-7
PRICES = [f"{tick / 100:.2f}".rstrip("0").rstrip(".") for tick in range(101)]
"""Ticks as the wire writes prices; an empty side's best is 0 or 1, as production has it."""


class Quote(NamedTuple):
    """Best bid and ask in ticks, since when, and the generation of sizes behind them."""

    at_ms: int
    bid: int
    ask: int
    epoch: int


class Change(NamedTuple):
    """One level of the Up book that is different now; a size of "0" removes it."""

    tick: int
    is_bid: bool
    size: str


def quote_of(market: Market, at_ms: int, fair: float) -> Quote:
    """Quote a fair value: a half-spread to each side, rounded away from it, nothing outside 0.01 to 0.99."""
    bid = math.floor((fair - market.half_spread) * 100 + ROUNDING)
    ask = math.ceil((fair + market.half_spread) * 100 - ROUNDING)
    return Quote(at_ms, max(bid, NO_BID), min(ask, NO_ASK), at_ms // EPOCH_MS)


class Ladder:
    """The levels of one market's book for any quote."""

    def __init__(self, market: Market, settings: WorldSettings) -> None:
        self._levels = market.levels
        self._chance = market.chance
        self._size_min = settings.depth_shares_min * 100
        self._size_span = (settings.depth_shares_max - settings.depth_shares_min) * 100 + 1
        self._sizes: dict[int, tuple[int, str]] = {}

    def bids(self, quote: Quote) -> range:
        """List bid ticks, best first."""
        return range(quote.bid, max(quote.bid - self._levels, NO_BID), -1)

    def asks(self, quote: Quote) -> range:
        """List ask ticks, best first."""
        return range(quote.ask, min(quote.ask + self._levels, NO_ASK))

    def size(self, tick: int, is_bid: bool, epoch: int) -> str:
        """Return the shares at a level. Each level is resized once a minute, not all in the same epoch."""
        key = tick * 2 + is_bid
        generation = (epoch + tick) // EPOCHS_PER_SIZE
        known = self._sizes.get(key)
        if known is not None and known[0] == generation:
            return known[1]
        hundredths = self._size_min + mixed(self._chance, generation * 256 + key) % self._size_span
        whole, rest = divmod(hundredths, 100)
        size = f"{whole}.{rest:02d}" if rest else str(whole)
        self._sizes[key] = (generation, size)
        return size

    def changes(self, before: Quote, after: Quote) -> list[Change]:
        """List the levels that differ: removals first, so that no step in between crosses the book."""
        changes: list[Change] = []
        old_bids, new_bids = self.bids(before), self.bids(after)
        old_asks, new_asks = self.asks(before), self.asks(after)
        if before.bid != after.bid:
            changes += [Change(t, True, "0") for t in old_bids if t not in new_bids]
        if before.ask != after.ask:
            changes += [Change(t, False, "0") for t in old_asks if t not in new_asks]
        if before.bid != after.bid or before.epoch != after.epoch:
            changes += self._fresh(old_bids, new_bids, True, before.epoch, after.epoch)
        if before.ask != after.ask or before.epoch != after.epoch:
            changes += self._fresh(old_asks, new_asks, False, before.epoch, after.epoch)
        return changes

    def _fresh(self, old: range, new: range, is_bid: bool, before: int, after: int) -> list[Change]:
        return [
            Change(tick, is_bid, self.size(tick, is_bid, after))
            for tick in new
            if tick not in old or (before + tick) // EPOCHS_PER_SIZE != (after + tick) // EPOCHS_PER_SIZE
        ]
