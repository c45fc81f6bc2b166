"""A dictionary that keeps the newest: every memory in this service has an end."""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps the `size_max` entries that were put last; what is put again counts as new."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def get(self, key: K) -> V | None:
        return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size_max:
            self._entries.popitem(last=False)

    def values(self) -> tuple[V, ...]:
        return tuple(self._entries.values())

    def last(self, count: int) -> Iterator[V]:
        """Answer those that were put last, the newest first."""
        return islice(reversed(self._entries.values()), count)

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)
