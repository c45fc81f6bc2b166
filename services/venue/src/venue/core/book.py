"""One token's order book, rebuilt from snapshots and changes. A book is a value: a change gives a new one."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.contracts.venue import Level
from common.money import Price, Shares
from venue.core.inputs import LevelChange


@dataclass(frozen=True, slots=True)
class Ladder:
    """One side of a book: its prices in rising order, and the shares at each."""

    prices: tuple[Price, ...] = ()
    sizes: tuple[Shares, ...] = ()

    def levels(self) -> tuple[Level, ...]:
        """Answer all levels, prices rising."""
        return tuple(zip(self.prices, self.sizes, strict=True))


def ladder(levels: Iterable[Level]) -> Ladder:
    """Build one side from levels in any order; empty ones are left out, the last one of a price counts."""
    kept = {price: size for price, size in levels if size > 0}
    prices = tuple(sorted(kept))
    return Ladder(prices, tuple(kept[price] for price in prices))


NO_LEVELS = Ladder()


@dataclass(frozen=True, slots=True)
class Book:
    """Both sides of one token's book."""

    bids: Ladder = NO_LEVELS
    asks: Ladder = NO_LEVELS

    @property
    def best_bid(self) -> Price | None:
        return self.bids.prices[-1] if self.bids.prices else None

    @property
    def best_ask(self) -> Price | None:
        return self.asks.prices[0] if self.asks.prices else None

    @property
    def is_crossed(self) -> bool:
        """Say whether a bid stands at or above an ask, which no book at rest does."""
        bid, ask = self.best_bid, self.best_ask
        return bid is not None and ask is not None and bid >= ask

    def changed(self, changes: Sequence[LevelChange]) -> "Book":
        """Answer the book after the changes, each an absolute size at a price."""
        bids = [(price, size) for side, price, size in changes if side == "BUY"]
        asks = [(price, size) for side, price, size in changes if side == "SELL"]
        return Book(_changed(self.bids, bids), _changed(self.asks, asks))

    def top(self, levels_max: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Answer bids and asks, best first, at most so many each."""
        bids, asks = self.bids, self.asks
        return (
            tuple(zip(bids.prices[: -levels_max - 1 : -1], bids.sizes[: -levels_max - 1 : -1], strict=True)),
            tuple(zip(asks.prices[:levels_max], asks.sizes[:levels_max], strict=True)),
        )


def _changed(side: Ladder, changes: Sequence[Level]) -> Ladder:
    if not changes:
        return side
    prices, sizes = list(side.prices), list(side.sizes)
    for price, size in changes:
        place = bisect_left(prices, price)
        found = place < len(prices) and prices[place] == price
        if size <= 0:
            if found:
                del prices[place], sizes[place]
        elif found:
            sizes[place] = size
        else:
            prices.insert(place, price)
            sizes.insert(place, size)
    return Ladder(tuple(prices), tuple(sizes))
