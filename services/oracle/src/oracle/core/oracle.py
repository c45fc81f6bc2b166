"""The oracle: folds what exchanges and the settling feed say, and publishes what can be believed of it."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved, SourceStatusChanged
from common.contracts.runtime import Tick, WentLive
from common.parsing import Symbol
from oracle.core.inputs import SettlementTick, SourceTick
from oracle.core.limits import OracleLimits
from oracle.core.panel import UNHEARD, Panel
from oracle.core.settlement import SettlementLog

TRADES = "trades"
"""The topic under which an exchange's status is said."""
SETTLEMENT_FEED = "chainlink"

Place = tuple[str, Symbol, str]
"""A source, a symbol and a topic: what has a status."""


class Feed(NamedTuple):
    """How one source or topic stands: milliseconds, None where nothing was heard or nothing is known."""

    source: str
    topic: str
    symbol: Symbol
    age_ms: int | None
    lag_ms: int | None


class PriceOracle:
    """Judges each source by itself and publishes the median of those it believes."""

    def __init__(self, limits: OracleLimits) -> None:
        self._limits = limits
        self._panels = {symbol: Panel(symbol, limits) for symbol in limits.symbols}
        self._settlement = SettlementLog(limits)
        self._statuses: dict[Place, str] = {}
        self._live_since: Instant | None = None
        self.refused: Counter[str] = Counter()
        """Inputs that were understood and not used, by reason."""

    def observe(self, event: Event) -> None:
        """Fold a fact; each of our own publications is one too."""
        match event:
            case SourceTick():
                self._observe_source(event)
            case PriceUpdated() if event.symbol in self._panels:
                self._panels[event.symbol].observe_price(event)
            case SettlementTick():
                defect = self._settlement.defect(event)
                if defect:
                    self.refused[defect] += 1
                self._settlement.observe_tick(event)
            case SettlementPriceObserved():
                self._settlement.observe_said(event)
            case SourceStatusChanged():
                self._statuses[(event.source, event.symbol, event.topic)] = event.status
            case WentLive():
                self._live_since = event.at
            case _:
                pass

    def decide(self, event: Event, now: Instant) -> Event | None:
        """Answer the new price, a settlement value not said before, or on a tick one change of a source's status."""
        match event:
            case SourceTick():
                panel = self._panels.get(event.symbol)
                return None if panel is None or panel.defect(event) else panel.price_after(event, now)
            case SettlementTick():
                return None if self._settlement.defect(event) else self._settlement.observation(event)
            case Tick():
                return self._changed_status(now)
            case _:
                return None

    def missing(self, now: Instant) -> list[str]:
        """Name everything that is not as it should be, each source and topic with its own age."""
        return [
            f"{source} {topic} {symbol} {status} ({detail})"
            for (source, symbol, topic), status, detail in self._standings(now)
            if status != "fresh"
        ]

    def not_ready(self, now: Instant) -> str:
        """Name what keeps prices from being published or markets from being valued; empty when nothing does."""
        lacking = [
            f"{symbol}: no exchange is believed"
            for symbol, panel in self._panels.items()
            if not panel.verdict(now).believed
        ]
        return "; ".join(lacking + [each for each in self.missing(now) if each.startswith(SETTLEMENT_FEED)])

    def figures(self, now: Instant) -> dict[str, str]:
        """Answer the age of each source and topic in milliseconds, and how much was refused."""
        figures = {"inputs_refused": str(self.refused.total())}
        for symbol, panel in self._panels.items():
            for source in self._limits.exchanges:
                figures[f"age_ms_{source}_{symbol}"] = str(_known(panel.age_ms(source, now)))
            for topic in self._limits.settlement_topics:
                figures[f"age_ms_{topic}_{symbol}"] = str(_known(self._settlement.age_ms(topic, symbol, now)))
        return figures

    def feeds(self, now: Instant) -> Iterator[Feed]:
        """Answer every source and topic, with its age and what it last took to get here."""
        for symbol, panel in self._panels.items():
            for source in self._limits.exchanges:
                yield Feed(source, TRADES, symbol, panel.age_ms(source, now), panel.lag_ms(source))
            for topic in self._limits.settlement_topics:
                yield Feed(SETTLEMENT_FEED, topic, symbol, self._settlement.age_ms(topic, symbol, now), None)

    def _observe_source(self, tick: SourceTick) -> None:
        panel = self._panels.get(tick.symbol)
        defect = "unwanted_symbol" if panel is None else panel.defect(tick)
        if defect:
            self.refused[defect] += 1
        elif panel is not None:
            panel.observe_tick(tick)

    def _changed_status(self, now: Instant) -> SourceStatusChanged | None:
        for (source, symbol, topic), status, detail in self._standings(now):
            said = self._statuses.get((source, symbol, topic))
            if status == said or (detail == UNHEARD and not self._had_time(now)):
                continue
            return SourceStatusChanged.model_validate(
                {"source": source, "symbol": symbol, "topic": topic, "status": status, "detail": detail, "at": now}
            )
        return None

    def _standings(self, now: Instant) -> Iterator[tuple[Place, str, str]]:
        """Say of every source, symbol and topic how it stands and why."""
        for symbol, panel in self._panels.items():
            verdict = panel.verdict(now)
            for source in self._limits.exchanges:
                yield (source, symbol, TRADES), *panel.status(source, verdict, now)
            for topic in self._limits.settlement_topics:
                age_ms, most = self._settlement.age_ms(topic, symbol, now), self._limits.settlement_age_ms_max
                detail = UNHEARD if age_ms is None else f"age_ms={age_ms} max={most}"
                fresh = age_ms is not None and age_ms <= most
                yield (SETTLEMENT_FEED, symbol, topic), "fresh" if fresh else "silent", "" if fresh else detail

    def _had_time(self, now: Instant) -> bool:
        """Say whether a source that was never heard should have been by now."""
        grace = max(self._limits.source_age_max, self._limits.settlement_age_max)
        return self._live_since is not None and now - self._live_since > grace


def _known(age_ms: int | None) -> int:
    return -1 if age_ms is None else age_ms
