"""What the outside world says, and the shape of a world: frames on wires, answers to questions, the truth."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]
"""A JSON object as it travels; made of what orjson can write."""

CHANNELS = ("clob", "rtds", "coinbase", "binance")
"""Every channel, in the order in which frames of the same instant are heard: the book is never behind."""

BACKLOG_S = 60
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame on one wire. `key` routes it: a stream, product, topic and symbol, token or condition."""

    at_ns: int
    channel: str
    key: str
    payload: Json


@dataclass(frozen=True, slots=True)
class Truth:
    """What settles markets, at an instant: integers scaled by 1e18 as the feed states them."""

    symbol: str
    at_ns: int
    price: float
    spot_e18: int
    twap_thirty_e18: int | None
    twap_sixty_e18: int | None


class World(Protocol):
    """Everything outside of the system, as a function of absolute time."""

    def frames(self, start_ns: int, end_ns: int, channels: Container[str] = CHANNELS) -> Iterator[Frame]:
        """Say what is heard in [start, end), ordered by time, the same whatever chunks are asked for."""

    def backlog(self, topic: str, symbol: str, now_ns: int, seconds: int = BACKLOG_S) -> Json | None:
        """Answer a subscription to a settlement topic: its points of the last so many seconds."""

    def snapshot(self, product: str, now_ns: int) -> Json | None:
        """Answer a subscription to a Coinbase product: the newest ticker."""

    def events(self, now_ns: int) -> list[Json]:
        """List Gamma events, each with its one market: running, ahead and recently closed."""

    def event(self, slug: str, now_ns: int) -> Json | None:
        """Find one Gamma event by its slug, long expired ones included."""

    def clob_market(self, condition_id: str, now_ns: int) -> Json | None: ...

    def tokens(self, condition_id: str, now_ns: int) -> tuple[str, str] | None:
        """Name the tokens of a condition: Up, Down."""

    def condition(self, token_id: str, now_ns: int) -> str | None:
        """Name the condition of a token."""

    def slug(self, condition_id: str, now_ns: int) -> str | None: ...

    def protocol_version(self, condition_id: str, now_ns: int) -> str | None:
        """Name the version of the protocol that a condition belongs to: v1 or v2."""

    def book(self, token_id: str, now_ns: int) -> Json | None: ...

    def outcome(self, slug: str) -> str | None:
        """Tell the true outcome, Up or Down, by the settlement rule."""

    def truth(self, symbol: str, at_ns: int) -> Truth | None: ...

    def ended(self, since_s: int, now_ns: int) -> list[Json]:
        """List markets that ended between an instant and now: slug, true outcome, fee schedule, end."""

    def next_listing(self, now_ns: int) -> str | None:
        """Name the next market that will be listed and is not yet."""
