"""What Gamma and the exchange say of the markets: their shape, when they are listed and how they end."""

import itertools

import orjson
import pytest

from simulator.world import SeededWorld, WorldSettings
from simulator.world.instants import eastern_span, parse_iso, shifted

NS_PER_S = 1_000_000_000
QUARTER_S = 1_795_240_800
NOW_NS = (QUARTER_S + 100) * NS_PER_S
SLUG = f"btc-updown-5m-{QUARTER_S}"
WORLD = SeededWorld()
"""Shared, as a world has no state that could be told from outside."""


def test_markets_are_listed_five_three_and_two_ahead():
    open_slugs = [e["slug"] for e in WORLD.events(NOW_NS) if e["markets"][0]["acceptingOrders"]]
    counts = {
        (symbol, minutes): sum(slug.startswith(f"{symbol}-updown-{minutes}m-") for slug in open_slugs)
        for symbol, minutes in itertools.product(("btc", "eth"), (1, 5, 15))
    }

    assert counts == {("btc", 1): 6, ("btc", 5): 4, ("btc", 15): 3, ("eth", 1): 6, ("eth", 5): 4, ("eth", 15): 3}


def test_a_running_market_has_the_fields_that_settlement_and_fees_are_read_from():
    event = WORLD.event(SLUG, NOW_NS)
    market = event["markets"][0]

    assert orjson.loads(market["outcomes"]) == ["Up", "Down"]
    assert len(orjson.loads(market["clobTokenIds"])) == 2
    assert market["cryptoMarketConfig"] == {
        "id": "btc-5m-twap-60", "asset": "btc", "duration": "5m", "twapEnabled": True, "twapLookbackSeconds": 60,
    }  # fmt: skip
    assert market["feeSchedule"] == {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2}
    assert market["resolutionSource"] == "https://data.chain.link/streams/btc-usd-twap-60s-streams"
    assert "TWAP" in market["description"]
    assert "greater than or equal to" in market["description"]
    assert parse_iso(market["eventStartTime"]) == QUARTER_S
    assert parse_iso(market["endDate"]) == QUARTER_S + 300
    assert (market["acceptingOrders"], market["closed"], market["version"]) == (True, False, "v1")
    assert "eventMetadata" not in event
    assert event["series"][0]["slug"] == "btc-up-or-down-5m"


def test_an_ended_market_stops_trading_and_then_closes_with_its_outcome():
    end_ns = (QUARTER_S + 300) * NS_PER_S
    waiting = WORLD.event(SLUG, end_ns + 5 * NS_PER_S)["markets"][0]
    closed = WORLD.event(SLUG, end_ns + 26 * NS_PER_S)

    assert (waiting["acceptingOrders"], waiting["closed"]) == (False, False)
    up_price = "1" if WORLD.outcome(SLUG) == "Up" else "0"
    assert orjson.loads(closed["markets"][0]["outcomePrices"])[0] == up_price
    assert closed["markets"][0]["umaResolutionStatus"] == "resolved"
    metadata = closed["eventMetadata"]
    assert (metadata["finalPrice"] >= metadata["priceToBeat"]) == (up_price == "1")


def test_an_expired_market_is_still_found_by_its_slug_but_no_longer_listed():
    slug = f"eth-updown-15m-{QUARTER_S - 86_400}"

    assert WORLD.event(slug, NOW_NS)["closed"] is True
    assert slug not in [event["slug"] for event in WORLD.events(NOW_NS)]


@pytest.mark.parametrize(
    "slug",
    ["", "btc-updown-5m-1795240801", "sol-updown-5m-1795240800", "btc-updown-4m-1795240800",
     "btc-updown-5m-01795240800", "btc-updown-05m-1795240800", "BTC-updown-5m-1795240800", "btc-updown-5m-x",
     "btc-updown-5m-0", "btc-updown-5m-99999999900"],
)  # fmt: skip
def test_a_name_that_no_market_can_have_is_unknown(slug):

    assert WORLD.event(slug, NOW_NS) is None
    assert WORLD.outcome(slug) is None


def test_a_market_that_is_not_listed_yet_is_not_found():
    assert WORLD.event(f"btc-updown-5m-{QUARTER_S + 3000}", NOW_NS) is None


def test_a_new_market_is_announced_with_numbers_as_strings_when_it_is_listed():
    frames = list(WORLD.frames(NOW_NS, NOW_NS + 25 * NS_PER_S, ("clob",)))
    announced = [frame for frame in frames if frame.payload["event_type"] == "new_market"]

    assert {frame.payload["slug"] for frame in announced} == {
        f"{symbol}-updown-1m-{QUARTER_S + 120 + 300}" for symbol in ("btc", "eth")
    }
    assert announced[0].payload["fee_schedule"]["rate"] == "0.07"
    assert WORLD.next_listing(NOW_NS) in {frame.payload["slug"] for frame in announced}


def test_resolutions_are_told_late_and_a_few_never():
    world, told, delays_s = SeededWorld(WorldSettings(silent_resolution_share=0.1)), set(), []
    start_ns, end_ns = QUARTER_S * NS_PER_S, (QUARTER_S + 900) * NS_PER_S
    for minute_ns in range(start_ns, end_ns + 60 * NS_PER_S, 60 * NS_PER_S):
        for frame in world.frames(minute_ns + 12 * NS_PER_S, minute_ns + 26 * NS_PER_S, ("clob",)):
            if frame.payload["event_type"] == "market_resolved":
                slug = world.slug(frame.key, frame.at_ns)
                told.add(slug)
                delays_s.append(frame.at_ns / NS_PER_S % 60)
                up, _ = world.tokens(frame.key, frame.at_ns)
                won = frame.payload["winning_asset_id"] == up
                assert world.outcome(slug) == ("Up" if won else "Down")
    ended = {market["slug"] for market in world.ended(QUARTER_S, end_ns)}

    assert all(12 <= delay <= 25.001 for delay in delays_s)
    assert 1 <= len(ended - told) <= 12
    assert len(ended) == 2 * (15 + 3 + 1)


def test_the_exchanges_own_description_names_the_same_tokens_and_fee():
    market = WORLD.event(SLUG, NOW_NS)["markets"][0]
    described = WORLD.clob_market(market["conditionId"], NOW_NS)

    assert [token["t"] for token in described["t"]] == orjson.loads(market["clobTokenIds"])
    assert described["fd"] == {"r": 0.07, "e": 1, "to": True}
    assert (described["ao"], described["v"], described["itode"]) == (True, "v1", True)
    assert WORLD.clob_market("0x00", NOW_NS) is None


@pytest.mark.parametrize(
    ("start_s", "text"),
    [
        (parse_iso("2026-10-05T23:00:00Z"), "October 5, 7:00PM-7:15PM ET"),
        (parse_iso("2026-01-01T04:55:00Z"), "December 31, 11:55PM-12:10AM ET"),
        (parse_iso("2026-03-08T06:45:00Z"), "March 8, 1:45AM-3:00AM ET"),
        (parse_iso("2026-11-01T05:45:00Z"), "November 1, 1:45AM-1:00AM ET"),
    ],
)
def test_titles_are_in_new_york_time_with_its_summers(start_s, text):
    assert eastern_span(start_s, start_s + 900) == text


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("2026-07-24T00:00:00Z", "2026-07-25T00:15:00Z"),
        ("2026-07-23T02:48:35.302901Z", "2026-07-24T03:03:35Z"),
        ("2026-07-24 00:00:16+00", "2026-07-25 00:15:16+00"),
        ("2026-07-24", "2026-07-25"),
    ],
)
def test_an_instant_is_moved_in_the_way_it_was_written(text, moved):
    assert shifted(text, 86_400 + 900) == moved
