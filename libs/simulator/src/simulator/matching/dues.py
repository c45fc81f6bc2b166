"""What is due when: the ends of holds, and expiries."""

from heapq import heapify, heappop, heappush

from simulator.matching.record import OrderRecord

STALE_MAX = 1024

Entry = tuple[int, int, OrderRecord]


class Dues:
    """A heap by instant, and by the order of entry. An entry whose order ended, or is due anew, is stale."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._entered = 0
        self._size_max = STALE_MAX

    def add(self, record: OrderRecord, at_ns: int) -> None:
        """Have an order looked at at an instant, and at no other."""
        record.due_ns = at_ns
        self._entered += 1
        heappush(self._heap, (at_ns, self._entered, record))
        if len(self._heap) > self._size_max:
            self._heap = [entry for entry in self._heap if not _is_stale(entry)]
            heapify(self._heap)
            self._size_max = 2 * len(self._heap) + STALE_MAX

    def next_ns(self) -> int | None:
        """Tell when the next thing is due."""
        while self._heap and _is_stale(self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self) -> OrderRecord:
        """Take what is due next; to be called only after `next_ns` has told when."""
        return heappop(self._heap)[2]


def _is_stale(entry: Entry) -> bool:
    at_ns, _, record = entry
    return record.due_ns != at_ns or not record.is_open
