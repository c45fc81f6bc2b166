"""What can be made to go wrong, by name, and how often it did."""

from collections import Counter
from typing import Any

import orjson

from simulator.wall import Clock
from simulator.world import CHANNELS, Json

FAULT_SECONDS_MAX = 3600.0
FAULT_FRAMES_MAX = 10_000
SLUGS_MAX = 100
NS_PER_S = 1_000_000_000
PRICE_FIELDS = frozenset({
    "p", "q", "price", "size", "value", "full_accuracy_value", "best_bid", "best_ask", "last_trade_price",
})  # fmt: skip
VAGUE_RULE = (
    'This market resolves to "Up" or "Down" as a panel of observers sees fit after the time range in the '
    "title, having regard to the general impression of the price. The panel names no source."
)


class Faults:
    """The faults in force. Silences and outages run out by themselves, malformed frames are counted down."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._silent_until: dict[str, int] = {}
        self._malformed: Counter[str] = Counter()
        self._pushover_down_until = 0
        self._spoiled = 0
        self.missing_fee: set[str] = set()
        self.unknown_rule: set[str] = set()
        self.counts: Counter[str] = Counter()

    def silence(self, channel: str, seconds: float) -> None:
        self._silent_until[_known(channel)] = self._clock() + _duration_ns(seconds)
        self.counts["silence"] += 1

    def malform(self, channel: str, count: int) -> None:
        if not 1 <= count <= FAULT_FRAMES_MAX:
            raise ValueError(f"count must lie between 1 and {FAULT_FRAMES_MAX}, found {count}")
        self._malformed[_known(channel)] += count
        self.counts["malformed"] += 1

    def stop_pushover(self, seconds: float) -> None:
        self._pushover_down_until = self._clock() + _duration_ns(seconds)
        self.counts["pushover_down"] += 1

    def mark(self, name: str, slug: str) -> None:
        """Have one market listed without its fee schedule, or with a rule that nobody knows."""
        marked = self.missing_fee if name == "missing_fee" else self.unknown_rule
        if len(marked) >= SLUGS_MAX:
            raise ValueError(f"at most {SLUGS_MAX} markets can carry a fault")
        marked.add(slug)
        self.counts[name] += 1

    def is_silent(self, channel: str) -> bool:
        return self._clock() < self._silent_until.get(channel, 0)

    def pushover_is_down(self) -> bool:
        return self._clock() < self._pushover_down_until

    def spoil(self, channel: str, payload: Json) -> str | None:
        """Return a malformed text in the payload's place if one is due: cut off, or its prices are none."""
        if self._malformed[channel] <= 0:
            return None
        self._malformed[channel] -= 1
        self._spoiled += 1
        self.counts["malformed_frames"] += 1
        if self._spoiled % 3 == 1:
            text = orjson.dumps(payload).decode()
            return text[: len(text) * 2 // 3]
        return orjson.dumps(_with_prices(payload, "NaN" if self._spoiled % 3 == 2 else "")).decode()

    def listed(self, market: Json) -> Json:
        """Return a Gamma market as it is listed, with the faults that it carries."""
        if market["slug"] in self.missing_fee:
            market = {name: value for name, value in market.items() if name not in ("feeSchedule", "feeType")}
        if market["slug"] in self.unknown_rule:
            market = {name: value for name, value in market.items() if not name.startswith("cryptoMarketConfig")}
            market |= {"description": VAGUE_RULE, "resolutionSource": ""}
        return market

    def announced(self, payload: Json) -> Json:
        """Return a `new_market` frame with the faults that its market carries."""
        if payload["slug"] in self.missing_fee:
            payload = {name: value for name, value in payload.items() if name != "fee_schedule"}
        if payload["slug"] in self.unknown_rule:
            payload = payload | {"description": VAGUE_RULE}
        return payload


def _with_prices(value: Any, price: str) -> Any:
    if isinstance(value, dict):
        return {name: price if name in PRICE_FIELDS else _with_prices(inner, price) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_prices(inner, price) for inner in value]
    return value


def _known(channel: str) -> str:
    if channel not in CHANNELS:
        raise ValueError(f"channel must be one of {', '.join(CHANNELS)}, found {channel!r}")
    return channel


def _duration_ns(seconds: float) -> int:
    if not 0 < seconds <= FAULT_SECONDS_MAX:
        raise ValueError(f"seconds must lie above 0 and at most {FAULT_SECONDS_MAX:g}, found {seconds}")
    return int(seconds * NS_PER_S)
