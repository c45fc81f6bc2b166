"""The settling value at each market's start, exactly as the feed stamped it. One that was missed is never guessed."""

from collections import deque
from typing import NamedTuple

from common.clock import SECOND, Instant
from common.contracts.base import Symbol, UnderlyingPrice
from common.contracts.oracle import SettlementPriceObserved
from common.contracts.venue import SettlementRule

VALUES_KEPT_MAX = 4000


class Series(NamedTuple):
    """One settling value among several: a feed's spot, or its average over a window."""

    symbol: Symbol
    feed: str
    kind: str
    window_s: int


class Strikes:
    """The feeds' values by the second they are stamped with, for an hour or more. Old ones may come late."""

    def __init__(self) -> None:
        self._values: dict[Series, dict[int, UnderlyingPrice]] = {}
        self._order: dict[Series, deque[int]] = {}
        self.heard = 0
        """Values that changed what can be answered; as long as it stands still, every answer does."""

    def learn(self, event: SettlementPriceObserved) -> None:
        """Keep a value under the second it is of; the first one stands."""
        if event.source_at % SECOND:
            return
        series = Series(event.symbol, event.feed, "instant" if event.kind == "spot" else "twap", event.window_s)
        values = self._values.setdefault(series, {})
        second = event.source_at // SECOND
        if second in values:
            return
        order = self._order.setdefault(series, deque())
        self.heard += 1
        values[second] = event.value
        order.append(second)
        if len(order) > VALUES_KEPT_MAX:
            del values[order.popleft()]

    def at(self, symbol: Symbol, rule: SettlementRule, starts_at: Instant) -> UnderlyingPrice | None:
        """Answer the value that a market's end will be compared with, None when it was not heard."""
        window_s = rule.lookback_s if rule.kind == "twap" else 0
        values = self._values.get(Series(symbol, rule.feed, rule.kind, window_s))
        return values.get(starts_at // SECOND) if values else None
