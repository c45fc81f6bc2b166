"""What was heard ahead of its delivery: it is read once, and delivered as the object that was made of it."""

from common.contracts.base import Event

KEPT_MAX = 16


class Foretold:
    """The last few, by their bytes. One that is not here any more, or never was, is read from its delivery."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, bytes], Event] = {}

    def keep(self, address: str, payload: bytes, event: Event) -> None:
        """Keep one; of more than a few the oldest goes: it was not delivered here, or never stored."""
        self._events[address, payload] = event
        if len(self._events) > KEPT_MAX:
            del self._events[next(iter(self._events))]

    def claim(self, address: str, payload: bytes) -> Event | None:
        """Answer one that is delivered now, and forget it."""
        return self._events.pop((address, payload), None)
