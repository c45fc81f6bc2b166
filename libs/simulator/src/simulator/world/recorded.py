"""A world that replays a recorded morning: its ticks, its markets and their official outcomes.

The rule is the one of that day: Up if the last tick at or before the end is at or above the tick at the
start. Exchanges print around the newest tick and never know a later one; where the recording has a gap
they fall silent.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from simulator.world import gamma
from simulator.world.chance import stream, uniform
from simulator.world.frame import NS_PER_S, Json
from simulator.world.instant_rule import InstantRule
from simulator.world.instants import parse_iso, shifted
from simulator.world.markets import Market, habits, name_of
from simulator.world.recorded_underlying import RecordedUnderlying
from simulator.world.recording import RecordedMarket, first_second, read_markets, read_ticks
from simulator.world.settings import WorldSettings
from simulator.world.staged import StagedWorld

SYMBOL = "BTC"
DURATION_S = 300
SHIFT_GRID_S = 900
LIVE_TICK = 0.01
HINDSIGHT = (
    "closedTime", "umaEndDate", "umaResolutionStatus", "automaticallyResolved", "outcomePrices", "bestBid",
    "bestAsk", "spread", "lastTradePrice", "competitive", "oneHourPriceChange", "oneDayPriceChange",
)  # fmt: skip
HINDSIGHT_PREFIXES = ("volume", "liquidity")
INSTANTS = (
    "endDate", "startDate", "createdAt", "updatedAt", "closedTime", "umaEndDate", "eventStartTime",
    "endDateIso", "startDateIso", "acceptingOrdersTimestamp",
)  # fmt: skip


def shift_onto(directory: Path, now_s: int) -> int:
    """Find the shift that lets a recording begin within the last quarter of an hour."""
    return (now_s - first_second(directory)) // SHIFT_GRID_S * SHIFT_GRID_S


class RecordedCatalogue:
    """The markets of a recording, moved in time."""

    def __init__(self, recorded: Sequence[RecordedMarket], settings: WorldSettings, shift_s: int) -> None:
        self._settings = settings
        self._shift_s = shift_s
        self.lines: dict[str, RecordedMarket] = {}
        self._markets: dict[str, Market] = {}
        for line in recorded:
            market = self._market(line)
            self._markets[market.slug] = market
            self.lines[market.slug] = line
        self._active: tuple[int, Sequence[Market]] = (-1, ())

    def find(self, slug: str) -> Market | None:
        return self._markets.get(slug)

    def active(self, minute: int) -> Sequence[Market]:
        if self._active[0] != minute:
            live = [m for m in self._listed_by(minute * 60 + 59) if m.resolves_ms >= minute * 60_000]
            self._active = (minute, live)
        return self._active[1]

    def listed(self, now_s: int) -> Sequence[Market]:
        oldest_end_s = now_s - self._settings.closed_listed_s
        return [m for m in self._listed_by(now_s) if m.end_s >= oldest_end_s]

    def by_token(self, token_id: str, now_s: int) -> Market | None:
        return next((m for m in self.listed(now_s) if token_id in (m.up_token, m.down_token)), None)

    def by_condition(self, condition_id: str, now_s: int) -> Market | None:
        return next((m for m in self.listed(now_s) if m.condition_id == condition_id), None)

    def ended(self, since_s: int, now_s: int) -> Sequence[Market]:
        return [m for m in self._markets.values() if since_s < m.end_s <= now_s]

    def next_listing(self, now_s: int) -> Market | None:
        return next((m for m in self._markets.values() if m.listed_s > now_s), None)

    def _listed_by(self, second: int) -> list[Market]:
        return [m for m in self._markets.values() if m.listed_s <= second]

    def _market(self, line: RecordedMarket) -> Market:
        settings, start_s = self._settings, line.start_s + self._shift_s
        slug = name_of(SYMBOL, line.end_s - line.start_s, start_s)
        chance, half_spread, levels = habits(settings, slug)
        return Market(
            slug=slug,
            symbol=SYMBOL,
            duration_s=line.end_s - line.start_s,
            start_s=start_s,
            end_s=line.end_s + self._shift_s,
            listed_s=start_s - settings.ahead(DURATION_S) * DURATION_S,
            resolves_ms=(parse_iso(line.raw["closedTime"]) + self._shift_s) * 1000,
            announced=uniform(chance, 4) >= settings.silent_resolution_share,
            condition_id=line.condition_id,
            up_token=line.up_token,
            down_token=line.down_token,
            market_id=line.raw["id"],
            event_id=str(700_000 + stream(line.slug, "event") % 90_000_000),
            chance=chance,
            half_spread=half_spread,
            levels=levels,
        )


def _narrowed(settings: WorldSettings) -> WorldSettings:
    """Keep to what was recorded: one symbol, one duration, and no market of a version that came later."""
    return replace(settings, symbols=(SYMBOL,), durations_s=(DURATION_S,), version_two_share=0.0)


class RecordedWorld(StagedWorld):
    """A recording behind the same wires as the seeded world. `shift_s` moves it by whole quarter hours."""

    def __init__(self, directory: Path | str, settings: WorldSettings | None = None, shift_s: int = 0) -> None:
        if shift_s % SHIFT_GRID_S:
            raise ValueError(f"a recording moves by multiples of {SHIFT_GRID_S} s, found {shift_s}")
        settings = _narrowed(settings or WorldSettings())
        tape = read_ticks(Path(directory), shift_s)
        catalogue = RecordedCatalogue(read_markets(Path(directory)), settings, shift_s)
        underlying = RecordedUnderlying(tape, SYMBOL, settings)
        super().__init__(settings, underlying, catalogue, InstantRule(underlying, catalogue.lines))
        self._lines = catalogue.lines
        self._shift_s = shift_s
        self.start_ns = tape.feed_ms[0] // 1000 * NS_PER_S
        self.end_ns = (tape.arrivals_ms[-1] // 1000 + 1) * NS_PER_S

    def describe(self, market: Market, now_ns: int) -> Json:
        """Describe a market as it was returned that day, without what could only be known later."""
        described = dict(self._lines[market.slug].raw)
        if self._shift_s:
            described |= self._moved(market, described)
        standing = self._standing(market, now_ns)
        if standing.resolved:
            return described
        for name in list(described):
            if name in HINDSIGHT or name.startswith(HINDSIGHT_PREFIXES):
                del described[name]
        described |= {"orderPriceMinTickSize": LIVE_TICK, "updatedAt": described["createdAt"]}
        return described | gamma.quoted(standing) | gamma.closing(market, standing)

    def _moved(self, market: Market, described: Json) -> Json:
        instants = {name: shifted(described[name], self._shift_s) for name in INSTANTS if name in described}
        return instants | {"slug": market.slug, "question": gamma.title(market)}
