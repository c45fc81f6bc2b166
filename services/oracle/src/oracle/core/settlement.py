"""The settling feed's values: each is said once, however often and in whatever order it comes."""

from collections import OrderedDict

from common.clock import MILLISECOND, Instant
from common.contracts.oracle import SettlementPriceObserved
from common.parsing import Symbol
from oracle.core.inputs import SettlementTick
from oracle.core.limits import OracleLimits

Series = tuple[str, str, str, int]
"""Feed, symbol, kind and window: what has one value a second."""


class SettlementLog:
    """Remembers, within bounds, which values were said, and how old each topic's newest is."""

    def __init__(self, limits: OracleLimits) -> None:
        self._limits = limits
        self._said: dict[Series, OrderedDict[Instant, None]] = {}
        self._forgotten: dict[Series, Instant] = {}
        self._newest: dict[tuple[str, Symbol], Instant] = {}

    def defect(self, tick: SettlementTick) -> str:
        """Name what is wrong with a value, or nothing; a repeat is the usual case after a reconnect."""
        if tick.symbol not in self._limits.symbols:
            return "unwanted_symbol"
        if tick.source_at - tick.received_at > self._limits.clock_skew_max:
            return "from_the_future"
        series = _series(tick)
        if tick.source_at in self._said.get(series, ()):
            return "repeated"
        return "too_old" if tick.source_at <= self._forgotten.get(series, 0) else ""

    def observation(self, tick: SettlementTick) -> SettlementPriceObserved:
        return SettlementPriceObserved(
            symbol=tick.symbol, feed=tick.feed, kind=tick.kind, window_s=tick.window_s, value=tick.value,
            source_at=tick.source_at, received_at=tick.received_at,
        )  # fmt: skip

    def observe_tick(self, tick: SettlementTick) -> None:
        """Note that a topic lives. A value from the future proves nothing."""
        key = (tick.topic, tick.symbol)
        if tick.source_at - tick.received_at <= self._limits.clock_skew_max:
            self._newest[key] = max(self._newest.get(key, Instant(0)), min(tick.source_at, tick.received_at))

    def observe_said(self, said: SettlementPriceObserved) -> None:
        """Remember a value that was published, by this process or the one before."""
        series = _series(said)
        memory = self._said.setdefault(series, OrderedDict())
        memory[said.source_at] = None
        if len(memory) > self._limits.settlement_memory_max:
            oldest = min(memory)
            del memory[oldest]
            self._forgotten[series] = max(oldest, self._forgotten.get(series, Instant(0)))

    def age_ms(self, topic: str, symbol: Symbol, now: Instant) -> int | None:
        """Say how old a topic's newest value is, None when there is none."""
        newest = self._newest.get((topic, symbol))
        return None if newest is None else (now - newest) // MILLISECOND


def _series(value: SettlementTick | SettlementPriceObserved) -> Series:
    return value.feed, value.symbol, value.kind, value.window_s
