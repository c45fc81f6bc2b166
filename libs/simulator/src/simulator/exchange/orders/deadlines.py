"""Until when each API key must have sent its next heartbeat. A record, without a clock of its own."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

KEYS_MAX = 10_000
"""Above it the key that has been silent for longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat is answered with: the id to send next, whether or not it was accepted."""

    is_accepted: bool
    heartbeat_id: str


@dataclass(slots=True)
class _Watched:
    expected: str
    beats: int
    until_ns: int


class Heartbeats:
    """The keys that have sent a heartbeat. The first one that is accepted arms a key, and nothing disarms it."""

    def __init__(self, timeout_ns: int) -> None:
        self._timeout_ns = timeout_ns
        self._watched: OrderedDict[str, _Watched] = OrderedDict()

    def beat(self, key: str, heartbeat_id: str, now_ns: int) -> Beat:
        """Accept the id that is expected, at first an empty one, and expect a new one. Another id changes nothing."""
        watched = self._watched.get(key)
        expected = watched.expected if watched else ""
        if heartbeat_id != expected:
            return Beat(is_accepted=False, heartbeat_id=expected)
        watched = self._kept_alive(key, now_ns)
        watched.expected = _next_id(key, watched)
        return Beat(is_accepted=True, heartbeat_id=watched.expected)

    def keep_alive(self, key: str, now_ns: int) -> None:
        """Accept a heartbeat of the kind without an id. The next one that has ids begins with an empty one again."""
        self._kept_alive(key, now_ns).expected = ""

    def lose(self, key: str) -> None:
        """Expect another id than the one that was told, as an exchange does that has lost its state."""
        watched = self._watched.get(key)
        if watched is not None:
            watched.beats += 1
            watched.expected = _next_id(key, watched)

    def is_armed(self, key: str) -> bool:
        return key in self._watched

    def overdue(self, now_ns: int) -> tuple[str, ...]:
        """Return the keys whose deadline has passed, longest silent first."""
        return tuple(key for key, watched in self._watched.items() if now_ns >= watched.until_ns)

    def _kept_alive(self, key: str, now_ns: int) -> _Watched:
        watched = self._watched.setdefault(key, _Watched("", 0, 0))
        watched.beats += 1
        watched.until_ns = now_ns + self._timeout_ns
        self._watched.move_to_end(key)
        if len(self._watched) > KEYS_MAX:
            self._watched.popitem(last=False)
        return watched


def _next_id(key: str, watched: _Watched) -> str:
    """Derive an id from what it is for, in the shape of a random UUID."""
    digest = sha256(f"heartbeat:{key}:{watched.beats}:{watched.until_ns}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))
