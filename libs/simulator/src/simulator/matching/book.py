"""One side of a market's book, in the first token's prices, by price and then by time."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from simulator.matching.record import OrderRecord
from simulator.matching.values import Level


class BookSide:
    """Resting orders of one side. Prices are kept sorted with the best one last."""

    __slots__ = ("_changed", "_is_bid", "_keys", "_queues", "_sizes")

    def __init__(self, is_bid: bool) -> None:
        self._is_bid = is_bid
        self._keys: list[int] = []
        self._queues: dict[int, dict[int, OrderRecord]] = {}
        self._sizes: dict[int, int] = {}
        self._changed: dict[int, int] = {}

    @property
    def best_e4(self) -> int | None:
        return abs(self._keys[-1]) if self._keys else None

    def prices(self) -> Iterator[int]:
        """Go through the prices, the best first."""
        return (abs(key) for key in reversed(self._keys))

    def queue(self, price_e4: int) -> Iterator[OrderRecord]:
        """Go through the orders at a price, the first come first."""
        return iter(self._queues[price_e4].values())

    def levels(self) -> tuple[Level, ...]:
        return tuple(Level(price_e4, self._sizes[price_e4]) for price_e4 in self.prices())

    def records(self) -> Iterator[OrderRecord]:
        for price_e4 in self.prices():
            yield from self.queue(price_e4)

    def add(self, record: OrderRecord) -> None:
        """Put an order behind all others at its price."""
        price_e4 = record.book_e4
        queue = self._queues.get(price_e4)
        if queue is None:
            insort(self._keys, self._key(price_e4))
            queue = self._queues[price_e4] = {}
        queue[record.sequence] = record
        self._resize(price_e4, record.open_e6)

    def remove(self, record: OrderRecord) -> None:
        """Take an order away, with what it can still trade."""
        price_e4 = record.book_e4
        queue = self._queues[price_e4]
        del queue[record.sequence]
        self._resize(price_e4, -record.open_e6)
        if not queue:
            del self._queues[price_e4], self._sizes[price_e4]
            del self._keys[bisect_left(self._keys, self._key(price_e4))]

    def shrink(self, record: OrderRecord, by_e6: int) -> None:
        """Note that an order in the queue can trade less than before."""
        self._resize(record.book_e4, -by_e6)

    def take_changes(self) -> tuple[Level, ...]:
        """Return the levels that differ from when this was last asked, those that are gone first."""
        found = [
            Level(price_e4, now_e6)
            for price_e4, before_e6 in self._changed.items()
            if (now_e6 := self._sizes.get(price_e4, 0)) != before_e6
        ]
        self._changed.clear()
        found.sort(key=lambda level: (level.shares_e6 > 0, -self._key(level.price_e4)))
        return tuple(found)

    def _resize(self, price_e4: int, by_e6: int) -> None:
        before_e6 = self._sizes.get(price_e4, 0)
        self._changed.setdefault(price_e4, before_e6)
        self._sizes[price_e4] = before_e6 + by_e6

    def _key(self, price_e4: int) -> int:
        return price_e4 if self._is_bid else -price_e4
