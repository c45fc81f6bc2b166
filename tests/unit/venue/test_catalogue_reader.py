"""How the catalogue is read: what is asked for, what is told, and how ended markets are followed."""

import asyncio
import contextlib
import itertools

import orjson
import pytest

from builders import NOON, a_market, after
from common.clock import SECOND, VirtualClock
from support.waiting import eventually
from unit.venue.venue_builders import SLUG, a_clob_market, a_gamma_market, an_event
from venue.adapters.catalogue import CatalogueLimits, CatalogueReader
from venue.adapters.http import NotFoundError, TransientError
from venue.core import CatalogueRead, ClobFactsRead, MarketListed

START_S = NOON // SECOND


class Venue:
    """Answers as the venue would, and remembers what it was asked."""

    def __init__(self):
        self.pages, self.by_slug, self.clob, self.asked, self.closed = [[an_event()]], {}, a_clob_market(), [], False

    async def get(self, what, url, query=()):
        self.asked.append((what, url, dict(query)))
        if what == "events":
            number = int(dict(query).get("after_cursor", "0"))
            more = {"next_cursor": str(number + 1)} if number + 1 < len(self.pages) else {}
            return orjson.dumps({"events": self.pages[number]} | more)
        if what == "events_by_slug":
            slugs = [value for name, value in query if name == "slug"]
            return orjson.dumps([self.by_slug[slug] for slug in slugs if slug in self.by_slug])
        if isinstance(self.clob, Exception):
            raise self.clob
        return orjson.dumps(self.clob)

    async def close(self):
        self.closed = True

    def count(self, what):
        return sum(asked == what for asked, _, _ in self.asked)


class Box:
    def __init__(self):
        self.events = []

    def put(self, event):
        self.events.append(event)

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def a_reader(venue, clock=None, **changes):
    fields = {
        "gamma_url": "http://gamma", "clob_url": "http://clob", "symbols": ("BTC",), "durations_s": (300,),
        "discovery_interval_s": 0.02, "resolution_interval_s": 0.02, "listing_ahead_s": 1800, "pages_max": 3,
        "requests_at_once_max": 4, "markets_max": 10,
    }  # fmt: skip
    return CatalogueReader(CatalogueLimits(**(fields | changes)), venue, clock or VirtualClock(after(1)))


@contextlib.asynccontextmanager
async def reading(reader):
    box = Box()
    task = asyncio.create_task(reader.run(box))
    try:
        yield box
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def rounds(box, count):
    await eventually(lambda: len(box.of(CatalogueRead)) >= count, why="rounds")


async def test_the_order_books_part_is_told_first_and_what_has_not_changed_only_once():
    venue = Venue()
    async with reading(a_reader(venue)) as box:
        await rounds(box, 3)

    assert [type(event) for event in box.events[:3]] == [ClobFactsRead, MarketListed, CatalogueRead]
    assert (len(box.of(MarketListed)), venue.count("clob_market")) == (1, 1)
    assert venue.closed


async def test_a_change_is_told_with_the_order_books_part_anew():
    venue = Venue()
    async with reading(a_reader(venue)) as box:
        await rounds(box, 1)
        venue.pages = [[an_event(a_gamma_market(acceptingOrders=False))]]
        await eventually(lambda: len(box.of(MarketListed)) == 2, why="the change")

    assert venue.count("clob_market") == 2


async def test_the_catalogue_is_asked_for_what_ends_soon_page_by_page():
    venue = Venue()
    venue.pages = [[], [an_event()], [], [an_event()]]
    async with reading(a_reader(venue)) as box:
        await rounds(box, 1)

    query = venue.asked[0][2]
    assert (query["tag_slug"], query["closed"], query["limit"]) == ("up-or-down", "false", "100")
    assert (query["end_date_min"], query["end_date_max"]) == ("2027-01-15T11:59:01Z", "2027-01-15T12:30:01Z")
    first_round = [query.get("after_cursor") for what, _, query in venue.asked if what == "events"][:3]
    assert first_round == [None, "1", "2"], "and no further than the bound"


async def test_what_the_pages_lack_is_asked_for_by_its_name():
    venue = Venue()
    venue.pages, venue.by_slug = [[]], {SLUG: an_event()}
    async with reading(a_reader(venue)) as box:
        await eventually(lambda: box.of(MarketListed), why="found by name")

    assert box.of(MarketListed)[0].facts.slug == SLUG


@pytest.mark.parametrize(
    "problem", [NotFoundError("clob_market", "404"), TransientError("clob_market", "503"), {"c": "x"}]
)
async def test_a_market_that_the_order_book_does_not_know_yet_is_told_and_asked_about_again(problem):
    venue = Venue()
    venue.clob = problem
    async with reading(a_reader(venue)) as box:
        await rounds(box, 2)
        assert box.of(ClobFactsRead) == []
        assert box.of(MarketListed)
        venue.clob = a_clob_market()
        await eventually(lambda: box.of(ClobFactsRead), why="the order book's part")


async def test_an_ended_market_is_followed_until_it_is_decided_without_asking_the_order_book():
    venue, clock = Venue(), VirtualClock(after(310))
    venue.pages = [[]]
    reader = a_reader(venue, clock)
    reader.follow([a_market(slug=SLUG)])
    venue.by_slug = {SLUG: an_event(a_gamma_market(closed=True, acceptingOrders=False, outcomePrices='["1", "0"]'))}
    async with reading(reader) as box:
        await eventually(lambda: box.of(MarketListed), why="decided")

    assert box.of(MarketListed)[0].facts.closed
    assert venue.count("clob_market") == 0


def test_an_undecided_market_is_asked_about_ever_more_seldom():
    reader = a_reader(Venue(), resolution_interval_s=3)
    reader.follow([a_market(slug=SLUG)])

    asked = [second for second in range(300, 700) if reader._due(after(second))]

    pauses = [later - sooner for sooner, later in itertools.pairwise(asked)]
    assert pauses[0] == 3
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 30
    reader.follow([])
    assert reader._due(after(10_000)) == []


@pytest.mark.parametrize(
    ("slug", "is_near"),
    [
        (SLUG, True),
        (f"btc-updown-5m-{START_S + 1200}", True),
        (f"btc-updown-5m-{START_S + 86_400}", False),
        (f"eth-updown-5m-{START_S}", False),
        (f"btc-updown-4h-{START_S}", False),
        ("will-it-rain", False),
    ],
)
def test_an_announcement_is_looked_at_when_it_is_ours_and_near(slug, is_near):
    reader = a_reader(Venue())

    reader.look_at(slug)

    assert reader._announced == ({slug} if is_near else set())


async def test_a_catalogue_that_cannot_be_read_is_tried_again_and_never_called_read():
    tries = []

    class Garbage(Venue):
        async def get(self, what, url, query=()):
            tries.append(what)
            return b"<html>"

    async with reading(a_reader(Garbage())) as box:
        await eventually(lambda: len(tries) > 3, why="tries")

    assert box.events == []
