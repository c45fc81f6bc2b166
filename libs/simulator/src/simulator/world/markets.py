"""Which markets exist: their names, ids, times and makers' habits, derived from the slug and the seed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from simulator.world.chance import stream, uniform
from simulator.world.settings import WorldSettings
from simulator.world.versions import FIRST, identity_of

SLUG = re.compile(r"(?P<symbol>[a-z0-9]{2,10})-updown-(?P<minutes>[1-9][0-9]{0,3})m-(?P<start>[0-9]{1,11})")
MARKETS_KEPT_MAX = 4000
FIRST_START_S, LAST_START_S = 1_640_995_200, 2_398_377_600
"""2022 to 2045: a name from outside of these years costs too long a walk from the price path's anchor."""


@dataclass(frozen=True, slots=True)
class Market:
    """One up/down market, and how its maker will quote it."""

    slug: str
    symbol: str
    duration_s: int
    start_s: int
    end_s: int
    listed_s: int
    resolves_ms: int
    announced: bool
    condition_id: str
    up_token: str
    down_token: str
    market_id: str
    event_id: str
    chance: int
    half_spread: float
    levels: int
    version: str = FIRST
    position_ids: tuple[str, ...] = ()

    def is_quoted(self, at_ms: int) -> bool:
        return self.listed_s * 1000 <= at_ms < self.end_s * 1000

    def is_resolved(self, at_ms: int) -> bool:
        return at_ms >= self.resolves_ms


class Catalogue(Protocol):
    """The markets of a world."""

    def find(self, slug: str) -> Market | None:
        """Find a market by name, whether or not it is listed now."""

    def active(self, minute: int) -> Sequence[Market]:
        """List the markets that say something within a minute: listed and not yet resolved before it."""

    def listed(self, now_s: int) -> Sequence[Market]:
        """List what the listing shows: running, ahead and recently closed, the oldest start first."""

    def by_token(self, token_id: str, now_s: int) -> Market | None: ...

    def by_condition(self, condition_id: str, now_s: int) -> Market | None: ...

    def ended(self, since_s: int, now_s: int) -> Sequence[Market]:
        """List the markets that ended in (since, now]."""

    def next_listing(self, now_s: int) -> Market | None: ...


def habits(settings: WorldSettings, slug: str) -> tuple[int, float, int]:
    """Draw a market's stream of chance, its maker's half-spread in dollars and its levels a side."""
    chance = stream(settings.seed, "market", slug)
    spread_cents = settings.half_spread_cents_max - settings.half_spread_cents_min
    half_spread = (settings.half_spread_cents_min + uniform(chance, 1) * spread_cents) / 100
    levels = settings.levels_min + int(uniform(chance, 2) * (settings.levels_max - settings.levels_min + 1))
    return chance, half_spread, levels


def name_of(symbol: str, duration_s: int, start_s: int) -> str:
    return f"{symbol.lower()}-updown-{duration_s // 60}m-{start_s}"


class SeededCatalogue:
    """Back-to-back markets of each symbol and duration, listed a few ahead."""

    def __init__(self, settings: WorldSettings) -> None:
        self._settings = settings
        self._markets: dict[str, Market] = {}
        self._active: tuple[int, Sequence[Market]] = (-1, ())
        self._index: tuple[int, dict[str, Market]] = (-1, {})

    def find(self, slug: str) -> Market | None:
        known = self._markets.get(slug)
        if known is not None:
            return known
        match = SLUG.fullmatch(slug)
        if match is None:
            return None
        symbol, duration_s = match["symbol"].upper(), int(match["minutes"]) * 60
        start_s = int(match["start"])
        if symbol not in self._settings.symbols or duration_s not in self._settings.durations_s:
            return None
        if not FIRST_START_S <= start_s <= LAST_START_S:
            return None
        if start_s % duration_s or name_of(symbol, duration_s, start_s) != slug:
            return None
        return self._remember(self._market(slug, symbol, duration_s, start_s))

    def active(self, minute: int) -> Sequence[Market]:
        if self._active[0] != minute:
            tail_s = int(self._settings.resolution_delay_s_max) + 1
            first_s = minute * 60
            markets = self._spanning(first_s - tail_s, first_s + 59)
            live = tuple(m for m in markets if m.resolves_ms >= first_s * 1000)
            self._active = (minute, live)
        return self._active[1]

    def listed(self, now_s: int) -> Sequence[Market]:
        return self._spanning(now_s - self._settings.closed_listed_s, now_s)

    def by_token(self, token_id: str, now_s: int) -> Market | None:
        return self._indexed(now_s).get(token_id)

    def by_condition(self, condition_id: str, now_s: int) -> Market | None:
        return self._indexed(now_s).get(condition_id)

    def ended(self, since_s: int, now_s: int) -> Sequence[Market]:
        return [m for m in self._spanning(since_s, now_s) if since_s < m.end_s <= now_s]

    def next_listing(self, now_s: int) -> Market | None:
        upcoming = []
        for symbol in self._settings.symbols:
            for duration_s in self._settings.durations_s:
                ahead = self._settings.ahead(duration_s)
                start_s = (now_s // duration_s + 1 + ahead) * duration_s
                upcoming.append(self.find(name_of(symbol, duration_s, start_s)))
        return min((m for m in upcoming if m is not None), key=lambda m: m.listed_s, default=None)

    def _spanning(self, oldest_end_s: int, newest_listed_s: int) -> list[Market]:
        found: list[Market] = []
        for duration_s in self._settings.durations_s:
            first = oldest_end_s // duration_s * duration_s - duration_s
            last = (newest_listed_s // duration_s + self._settings.ahead(duration_s)) * duration_s
            for start_s in range(first, last + 1, duration_s):
                if start_s + duration_s < oldest_end_s:
                    continue
                for symbol in self._settings.symbols:
                    market = self.find(name_of(symbol, duration_s, start_s))
                    if market is not None:
                        found.append(market)
        found.sort(key=lambda m: (m.start_s, m.slug))
        return found

    def _indexed(self, now_s: int) -> dict[str, Market]:
        minute = now_s // 60
        if self._index[0] != minute:
            index: dict[str, Market] = {}
            for market in self.listed(minute * 60 + 59):
                for key in (market.up_token, market.down_token, market.condition_id):
                    index[key] = market
            self._index = (minute, index)
        return self._index[1]

    def _market(self, slug: str, symbol: str, duration_s: int, start_s: int) -> Market:
        settings, end_s = self._settings, start_s + duration_s
        chance, half_spread, levels = habits(settings, slug)
        spread_s = settings.resolution_delay_s_max - settings.resolution_delay_s_min
        delay_s = settings.resolution_delay_s_min + uniform(chance, 3) * spread_s
        name, identity = f"{settings.seed}:{slug}", identity_of(settings, slug)
        return Market(
            slug=slug,
            symbol=symbol,
            duration_s=duration_s,
            start_s=start_s,
            end_s=end_s,
            listed_s=start_s - settings.ahead(duration_s) * duration_s,
            resolves_ms=end_s * 1000 + int(delay_s * 1000),
            announced=uniform(chance, 4) >= settings.silent_resolution_share,
            condition_id=identity.condition_id,
            up_token=identity.tokens[0],
            down_token=identity.tokens[1],
            market_id=str(5_000_000 + stream(name, "id") % 900_000_000),
            event_id=str(700_000 + stream(name, "event") % 90_000_000),
            chance=chance,
            half_spread=half_spread,
            levels=levels,
            version=identity.version,
            position_ids=identity.position_ids,
        )

    def _remember(self, market: Market) -> Market:
        if len(self._markets) >= MARKETS_KEPT_MAX:
            for slug in list(self._markets)[: MARKETS_KEPT_MAX // 2]:
                del self._markets[slug]
        self._markets[market.slug] = market
        return market
