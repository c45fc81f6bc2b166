"""Reads the catalogue: what is listed ahead, what the order book adds to it, and how ended markets were decided."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from common.clock import SECOND, Clock, Instant
from common.contracts.venue import MarketUpdated
from common.errors import ParseError
from common.runtime.core import Inbox
from venue.adapters.http import Http, NotFoundError, RequestError
from venue.adapters.metrics import Refusals
from venue.adapters.wire import family_of, next_cursor, parse_events, read_clob_market, slug_of
from venue.adapters.wire.fields import decoded
from venue.core import CatalogueRead, ClobFactsRead, MarketFacts, MarketListed

TAG = "up-or-down"
PAGE_SIZE = 100
SLUGS_A_REQUEST = 20
ANNOUNCEMENTS_GATHER_S = 0.2
"""Announcements come several at a time; one round serves them all."""
ENDED_S = 60
"""How far back the catalogue is listed, so that a market which has just ended is seen once more."""
PATIENCE_SHARE = 0.1
"""An undecided market is asked about again after this share of the time that it has been waiting."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueLimits:
    """What is looked for, how often and how far ahead."""

    gamma_url: str
    clob_url: str
    symbols: tuple[str, ...]
    durations_s: tuple[int, ...]
    discovery_interval_s: float
    resolution_interval_s: float
    listing_ahead_s: int
    pages_max: int
    requests_at_once_max: int
    markets_max: int


class CatalogueReader:
    """Tells the core of every market of ours, once when it is new and again whenever it has changed."""

    def __init__(self, limits: CatalogueLimits, http: Http, clock: Clock) -> None:
        self._limits, self._http, self._clock = limits, http, clock
        self._refuse = Refusals("catalogue")
        self._told: OrderedDict[str, MarketFacts] = OrderedDict()
        self._undecided: dict[str, Instant] = {}
        self._asked_at: dict[str, Instant] = {}
        self._announced: set[str] = set()
        self._nudged = asyncio.Event()
        self._at_once = asyncio.Semaphore(limits.requests_at_once_max)

    def follow(self, markets: Sequence[MarketUpdated]) -> None:
        """Ask about these ended markets until they are decided."""
        self._undecided = {market.slug: market.ends_at for market in markets}

    def look_at(self, slug: str) -> None:
        """Look at a market that was just announced, without waiting for the next round, unless it is far ahead."""
        family = family_of(slug)
        if family is None or not self._is_ours(family.symbol, family.duration_s):
            return
        near = family.start_s + family.duration_s <= self._clock.now() // SECOND + self._limits.listing_ahead_s
        if near and len(self._announced) < self._limits.markets_max:
            self._announced.add(slug)
            self._nudged.set()

    async def run(self, inbox: Inbox) -> None:
        """Discover and follow for ever."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._discover(inbox))
                tasks.create_task(self._follow(inbox))
        finally:
            await self._http.close()

    async def _discover(self, inbox: Inbox) -> None:
        while True:
            try:
                await self._round(inbox)
            except (RequestError, ParseError) as error:
                log.warning("catalogue_not_read", error=str(error))
            try:
                await asyncio.wait_for(self._nudged.wait(), self._limits.discovery_interval_s)
            except TimeoutError:
                continue
            await asyncio.sleep(ANNOUNCEMENTS_GATHER_S)
            self._nudged.clear()

    async def _round(self, inbox: Inbox) -> None:
        """Read what is listed, by page and then by the names that the pages lack."""
        found = await self._pages()
        known = {each.facts.slug for each in found} | {facts.slug for facts in self._told.values()}
        announced, self._announced = self._announced, set()
        missing = sorted((announced | set(self._expected_slugs())) - known)
        for start in range(0, len(missing), SLUGS_A_REQUEST):
            found += await self._by_slug(missing[start : start + SLUGS_A_REQUEST])
        found.sort(key=lambda each: each.facts.ends_at)
        async with asyncio.TaskGroup() as tasks:
            for each in found:
                tasks.create_task(self._tell(each, inbox))
        inbox.put(CatalogueRead(markets=len(found), observed_at=self._clock.now()))

    async def _pages(self) -> list[MarketListed]:
        now_s = self._clock.now() // SECOND
        query = [
            ("tag_slug", TAG), ("closed", "false"), ("limit", str(PAGE_SIZE)),
            ("end_date_min", _iso(now_s - ENDED_S)), ("end_date_max", _iso(now_s + self._limits.listing_ahead_s)),
        ]  # fmt: skip
        found: list[MarketListed] = []
        cursor = ""
        for _ in range(self._limits.pages_max):
            more = [*query, ("after_cursor", cursor)] if cursor else query
            page = decoded(await self._http.get("events", f"{self._limits.gamma_url}/events/keyset", more), "events")
            found += parse_events(page, self._clock.now(), self._refuse)
            cursor = next_cursor(page)
            if not cursor:
                return found
        log.warning("catalogue_cut", pages=self._limits.pages_max)
        return found

    async def _by_slug(self, slugs: Sequence[str]) -> list[MarketListed]:
        query = [("slug", slug) for slug in slugs]
        answer = await self._http.get("events_by_slug", f"{self._limits.gamma_url}/events", query)
        return parse_events(decoded(answer, "events"), self._clock.now(), self._refuse)

    def _expected_slugs(self) -> list[str]:
        """Name the markets that run now and that come next; their names follow from the clock."""
        now_s = self._clock.now() // SECOND
        return [
            slug_of(symbol, duration_s, now_s // duration_s * duration_s + ahead)
            for symbol in self._limits.symbols
            for duration_s in self._limits.durations_s
            for ahead in (0, duration_s)
        ]

    async def _tell(self, listed: MarketListed, inbox: Inbox) -> None:
        """Tell of a market that is new or has changed, the order book's part first so that the whole is known."""
        facts = listed.facts
        if not self._is_ours(facts.symbol, facts.duration_s) or self._told.get(facts.market_id) == facts:
            return
        complete = True
        if self._clock.now() < facts.ends_at:
            read = await self._clob_facts(facts.market_id)
            for each in read:
                inbox.put(each)
            complete = bool(read)
        inbox.put(listed)
        if complete:
            self._told[facts.market_id] = facts
            if len(self._told) > self._limits.markets_max:
                self._told.popitem(last=False)

    def _is_ours(self, symbol: str, duration_s: int) -> bool:
        return symbol in self._limits.symbols and duration_s in self._limits.durations_s

    async def _clob_facts(self, market_id: str) -> list[ClobFactsRead]:
        """Ask the order book about a market; a new one may not be known there for minutes."""
        url = f"{self._limits.clob_url}/clob-markets/{market_id}"
        async with self._at_once:
            try:
                return read_clob_market(await self._http.get("clob_market", url), self._clock.now(), self._refuse)
            except NotFoundError:
                return []
            except RequestError as error:
                log.warning("clob_market_not_read", market_id=market_id, error=str(error))
                return []

    async def _follow(self, inbox: Inbox) -> None:
        """Ask how ended markets were decided; the market channel does not always say."""
        while True:
            await asyncio.sleep(self._limits.resolution_interval_s)
            due = self._due(self._clock.now())
            try:
                for start in range(0, len(due), SLUGS_A_REQUEST):
                    for each in await self._by_slug(due[start : start + SLUGS_A_REQUEST]):
                        await self._tell(each, inbox)
            except (RequestError, ParseError) as error:
                log.warning("resolution_not_read", error=str(error))

    def _due(self, now: Instant) -> list[str]:
        """Name the undecided markets to ask about now, ever more seldom the longer they wait."""
        due = []
        for slug, ended_at in self._undecided.items():
            pause = max(self._limits.resolution_interval_s * SECOND, (now - ended_at) * PATIENCE_SHARE)
            if now - self._asked_at.get(slug, Instant(0)) >= pause:
                due.append(slug)
        asked = {slug: at for slug, at in self._asked_at.items() if slug in self._undecided}
        self._asked_at = asked | dict.fromkeys(due, now)
        return due


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
