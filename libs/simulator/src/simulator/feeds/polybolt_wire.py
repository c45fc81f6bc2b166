"""What the current price stream (PolyBolt) says and understands: its channels, codes and frames. Pure.

Its prices are those of the older settlement socket, rewritten: exact values are decimals, the history is two minutes.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from simulator.world import Json
from simulator.world.settlement import E18, SPOT_TOPIC

TWAP_CHANNEL = "price.crypto.twap"
TOPICS = {"price.crypto": SPOT_TOPIC, TWAP_CHANNEL: "crypto_prices_twap_sixty"}
"""The older socket's topic behind each channel. Of shares and currencies this world knows no price."""
WINDOW_S = 60
SOURCE = "chainlink"
PROVIDERS = ("chainlink", "pyth")
QUOTE = "usd"
HISTORY_S = 120
PLACES_MIN = 8


class Code(StrEnum):
    """Why a request was refused."""

    BAD_OP = "bad_op"
    BAD_CHANNEL = "bad_channel"
    BAD_FILTER = "bad_filter"
    SUBSCRIPTION_LIMIT = "sub_limit"
    RATE_LIMITED = "rate_limited"
    AUTH_REQUIRED = "auth_required"
    AUTH_INVALID = "auth_invalid"
    AUTH_EXPIRED = "auth_expired"
    AUTH_ATTEMPTS = "auth_attempts"


class Close(IntEnum):
    """Why a connection was closed."""

    AUTH = 4001
    SLOW = 4002
    DRAIN = 4003
    POLICY = 4008


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one subscription is for."""

    channel: str
    symbol: str

    @property
    def topic(self) -> str:
        return TOPICS[self.channel]

    @property
    def name(self) -> str:
        """The symbol as the older socket writes it."""
        return f"{self.symbol.removesuffix(QUOTE)}/{QUOTE}"

    @property
    def key(self) -> str:
        """What the world's frames of it are routed by."""
        return f"{self.topic}:{self.name}"


def read_wanted(channel: object, chosen: object, symbols: Sequence[str]) -> Wanted | Code:
    """Read a channel and its filter. An average over anything but 60 seconds is refused: there is none."""
    if not isinstance(channel, str) or channel not in TOPICS:
        return Code.BAD_CHANNEL
    if not isinstance(chosen, dict) or chosen.get("provider", SOURCE) not in PROVIDERS:
        return Code.BAD_FILTER
    symbol, window = chosen.get("symbol"), chosen.get("window_seconds")
    if symbol not in [f"{known.lower()}{QUOTE}" for known in symbols]:
        return Code.BAD_FILTER
    if channel == TWAP_CHANNEL and (isinstance(window, bool) or window != WINDOW_S):
        return Code.BAD_FILTER
    return Wanted(channel, symbol)


def read_items(message: Json) -> list[Json] | None:
    """List the subscriptions that a request is about: a batch, or the one it states. None where it is neither."""
    items = message.get("subscriptions", [message])
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        return None
    return items


def acknowledgement(op: str, message: Json, channel: object = None, code: Code | None = None) -> Json:
    """Answer a request, with the id and the channel that it stated."""
    said: Json = {"op": op}
    rid = message.get("rid")
    if code is not None:
        said["code"] = code.value
    if isinstance(channel, str):
        said["channel"] = channel
    if isinstance(rid, str):
        said["rid"] = rid
    return said


def update(wanted: Wanted, point: Json, numbered: tuple[int, int]) -> Json:
    """Write a price as it comes. `numbered` is its number, and how many were dropped before it."""
    sequence, dropped = numbered
    frame: Json = {"v": 1, "channel": wanted.channel, "seq": sequence, "ts": point["timestamp"]}
    if dropped:
        frame["dropped"] = dropped
    return frame | {"payload": {"symbol": wanted.symbol, **_point(point), **_about(wanted)}}


def snapshot(wanted: Wanted, points: Sequence[Json], numbered: tuple[int, int], now_ms: int) -> Json:
    """Write the prices of the last two minutes, the oldest first, in one frame."""
    sequence, dropped = numbered
    frame: Json = {"v": 1, "channel": wanted.channel, "seq": sequence, "ts": now_ms, "snapshot": True}
    if dropped:
        frame["dropped"] = dropped
    data = [_point(point) for point in points]
    return frame | {"payload": {"symbol": wanted.symbol, **_about(wanted), "data": data}}


def exact(value_e18: str) -> str:
    """Write an integer scaled by 1e18 as a decimal."""
    whole, rest = divmod(int(value_e18), E18)
    return f"{whole}.{f'{rest:018d}'.rstrip('0').ljust(PLACES_MIN, '0')}"


class Numbering:
    """Numbers the frames of each channel on one connection, and counts those that a slow client is not sent."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self.dropped_in_a_row = 0

    def sent(self, channel: str) -> tuple[int, int]:
        """Return the number of the next frame, from 1, and how many were dropped since the last."""
        self._sent[channel] += 1
        self.dropped_in_a_row = 0
        return self._sent[channel], self._dropped.pop(channel, 0)

    def dropped(self, channel: str) -> None:
        """Count a frame that is not sent. It takes no number."""
        self._dropped[channel] += 1
        self.dropped_in_a_row += 1


def _point(point: Json) -> Json:
    return {
        "value": point["value"], "full_accuracy_value": exact(point["full_accuracy_value"]),
        "timestamp": point["timestamp"],
    }  # fmt: skip


def _about(wanted: Wanted) -> Json:
    window: Json = {"window_seconds": WINDOW_S} if wanted.channel == TWAP_CHANNEL else {}
    return window | {"source": SOURCE}
