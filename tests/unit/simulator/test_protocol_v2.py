"""Markets of the protocol's second version: their ids on every wire, and who understands them."""

from collections import Counter
from dataclasses import replace

import orjson
import pytest
from polymarket.models import Market as OfficialMarket

from simulator.world import SeededWorld, WorldSettings
from unit.venue.venue_builders import a_keeper, told
from venue.adapters.wire import parse_books, parse_clob_market, parse_events, parse_market_frame
from venue.core import BookSnapshot, ResolutionSeen

NS_PER_S = 1_000_000_000
QUARTER_S = 1_795_240_800
NOW_NS = (QUARTER_S + 100) * NS_PER_S
END_NS = (QUARTER_S + 300) * NS_PER_S
SLUG = f"btc-updown-5m-{QUARTER_S}"
SETTINGS = WorldSettings(silent_resolution_share=0.0)
FIRST = SeededWorld(SETTINGS)
SECOND = SeededWorld(replace(SETTINGS, version_two_share=1.0))
MIXED = SeededWorld(replace(SETTINGS, version_two_share=0.5))
"""Shared, as a world has no state that could be told from outside."""


def listed(world, now_ns=NOW_NS):
    return [event["markets"][0] for event in world.events(now_ns)]


def found(world, slug=SLUG, now_ns=NOW_NS):
    return world.event(slug, now_ns)["markets"][0]


def padded(condition):
    return condition.ljust(66, "0")


def frames_of(world, kind, start_ns, end_ns):
    return [f.payload for f in world.frames(start_ns, end_ns, ("clob",)) if f.payload["event_type"] == kind]


def a_venue_that_knows(world, slug=SLUG):
    """The venue service's own core after it has read both descriptions of a market; what it published of it."""
    keeper, market = a_keeper(), found(world, slug)
    [facts] = parse_clob_market(world.clob_market(padded(market["conditionId"]), NOW_NS), NOW_NS)
    told(keeper, facts)
    [listing] = parse_events([world.event(slug, NOW_NS)], NOW_NS)
    return keeper, told(keeper, listing)


def test_without_a_share_every_market_is_of_the_first_version_and_names_no_positions():
    markets = listed(FIRST)

    assert {market["version"] for market in markets} == {"v1"}
    assert not any("positionIds" in market for market in markets)
    assert FIRST.protocol_version(found(FIRST)["conditionId"], NOW_NS) == "v1"


def test_the_catalogue_names_consecutive_positions_in_a_real_array_and_no_tokens():
    market = found(SECOND)
    first, second = market["positionIds"]

    assert (market["version"], market["clobTokenIds"]) == ("v2", None)
    assert int(second) == int(first) + 1
    assert len(market["conditionId"]) == len("0x") + 62
    assert int(first) == int(padded(market["conditionId"]), 16)


def test_the_exchange_knows_a_condition_by_its_64_digits_alone():
    short = found(SECOND)["conditionId"]
    described = SECOND.clob_market(short + "00", NOW_NS)

    assert SECOND.clob_market(short, NOW_NS) is None
    assert (described["c"], described["v"]) == (short + "00", "v2")
    assert [token["t"] for token in described["t"]] == found(SECOND)["positionIds"]
    assert SECOND.protocol_version(short + "00", NOW_NS) == "v2"
    assert SECOND.protocol_version(short, NOW_NS) is None


def test_a_book_says_its_version_from_the_second_on():
    token = found(SECOND)["positionIds"][0]
    first_token = orjson.loads(found(FIRST)["clobTokenIds"])[0]

    assert SECOND.book(token, NOW_NS)["version"] == "v2"
    assert "version" not in FIRST.book(first_token, NOW_NS)


@pytest.mark.parametrize(("start_ns", "count"), [(NOW_NS - 100 * NS_PER_S, 2), (END_NS, 2)])
def test_books_on_the_socket_say_it_too_when_markets_are_listed_and_when_they_end(start_ns, count):
    books = frames_of(SECOND, "book", start_ns, start_ns + NS_PER_S)

    assert len(books) >= count
    assert all(book["version"] == "v2" and len(book["market"]) == 66 for book in books)


def test_an_announcement_is_as_it_was_with_the_positions_for_tokens():
    announced = frames_of(SECOND, "new_market", QUARTER_S * NS_PER_S, (QUARTER_S + 1) * NS_PER_S)
    before = frames_of(FIRST, "new_market", QUARTER_S * NS_PER_S, (QUARTER_S + 1) * NS_PER_S)

    assert announced
    for now, then in zip(announced, before, strict=True):
        assert list(now) == list(then)
        assert now["clob_token_ids"] == now["assets_ids"] == list(SECOND.tokens(now["market"], NOW_NS))


def test_the_version_follows_from_seed_and_slug_at_about_the_share_that_was_asked_for():
    names = [f"{symbol}-updown-1m-{QUARTER_S + i * 60}" for symbol in ("btc", "eth") for i in range(150)]
    now_ns = (QUARTER_S + 150 * 60) * NS_PER_S
    again = SeededWorld(MIXED.settings)
    versions = {name: found(MIXED, name, now_ns)["version"] for name in names}

    assert versions == {name: found(again, name, now_ns)["version"] for name in reversed(names)}
    assert 110 <= Counter(versions.values())["v2"] <= 190


def test_a_larger_share_leaves_markets_of_the_second_version_what_they_were():
    fewer = SeededWorld(replace(SETTINGS, version_two_share=0.2))
    second = {m["slug"]: m["positionIds"] for m in listed(fewer) if m["version"] == "v2"}

    assert second
    assert second.items() <= {m["slug"]: m.get("positionIds") for m in listed(MIXED) if m["version"] == "v2"}.items()


def test_about_a_third_of_the_first_version_names_positions_that_nobody_can_trade():
    seeds = [SeededWorld(replace(MIXED.settings, seed=seed, version_two_share=0.01)) for seed in range(8)]
    first = [(world, market) for world in seeds for market in listed(world) if market["version"] == "v1"]
    carrying = [(world, market) for world, market in first if "positionIds" in market]

    assert 0.25 < len(carrying) / len(first) < 0.45
    for world, market in carrying:
        assert not set(market["positionIds"]) & set(orjson.loads(market["clobTokenIds"]))
        assert all(world.condition(position, NOW_NS) is None for position in market["positionIds"])


def test_prices_and_outcomes_do_not_depend_on_versions():
    assert SECOND.outcome(SLUG) == FIRST.outcome(SLUG)
    second, first = (
        world.book(world.tokens(padded(found(world)["conditionId"]), NOW_NS)[0], NOW_NS) for world in (SECOND, FIRST)
    )
    assert (second["bids"], second["asks"]) == (first["bids"], first["asks"])


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="version_two_share must lie between 0 and 1"):
        WorldSettings(version_two_share=share)


@pytest.mark.parametrize("world", [FIRST, SECOND, MIXED], ids=["first", "second", "mixed"])
def test_the_official_client_reads_every_market(world):
    for market in listed(world):
        read = OfficialMarket.parse_response(market)

        assert (read.version, read.condition_id) == (market["version"], market["conditionId"])
        outcomes = (read.outcomes.yes, read.outcomes.no)
        assert [outcome.position_id for outcome in outcomes] == market.get("positionIds", [None, None])
        assert all((outcome.token_id is None) == (market["version"] == "v2") for outcome in outcomes)


def test_the_venue_service_joins_both_spellings_of_a_condition_into_a_tradable_market():
    _, market = a_venue_that_knows(SECOND)

    assert (market.market_id, market.protocol_version) == (padded(found(SECOND)["conditionId"]), "v2")
    assert [market.up_token_id, market.down_token_id] == found(SECOND)["positionIds"]
    assert (market.untradable_reason, market.accepting_orders) == ("", True)


def test_the_venue_service_trades_the_tokens_of_a_market_that_only_carries_positions():
    world = SeededWorld(replace(SETTINGS, version_two_share=0.01))
    carrying = [m for m in listed(world) if m["version"] == "v1" and "positionIds" in m and m["acceptingOrders"]]

    assert carrying
    for market in carrying:
        _, published = a_venue_that_knows(world, market["slug"])
        tokens = [published.up_token_id, published.down_token_id]
        assert (tokens, published.untradable_reason) == (orjson.loads(market["clobTokenIds"]), "")


def test_the_venue_service_believes_books_and_resolutions_of_such_a_market():
    keeper, market = a_venue_that_knows(SECOND)
    asked = SECOND.book(market.up_token_id, NOW_NS)
    [snapshot] = parse_books(asked | {"min_order_size": "5", "neg_risk": False}, NOW_NS)
    book = told(keeper, snapshot)
    [heard] = parse_market_frame(asked, NOW_NS)
    resolved = [
        each
        for payload in frames_of(SECOND, "market_resolved", END_NS, END_NS + 30 * NS_PER_S)
        for each in parse_market_frame(payload, END_NS + 30 * NS_PER_S)
        if isinstance(each, ResolutionSeen) and each.market_id == market.market_id
    ]

    assert isinstance(heard, BookSnapshot)
    assert (book.market_id, book.token_id) == (market.market_id, market.up_token_id)
    assert told(keeper, resolved[0]).winner == SECOND.outcome(SLUG)
