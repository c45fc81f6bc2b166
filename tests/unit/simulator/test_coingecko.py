"""CoinGecko's public prices: what is answered, how old it is, and how often it may be asked for."""

from dataclasses import replace

import pytest

from simulator.feeds.coingecko_prices import Calls, MissingParameterError, Prices, read, renewed_s
from simulator.world import SeededWorld, WorldSettings

NS_PER_S = 1_000_000_000
NOW_S = 1_795_240_917
SEED = 1
ANCHORS = (("BTC", 78_000.0), ("ETH", 2_600.0), ("DOGE", 0.2))
WORLD = SeededWorld(WorldSettings(symbols=("BTC", "ETH", "DOGE"), anchor_price_usd=ANCHORS, seed=SEED))


def listed(now_s=NOW_S, ids="bitcoin", vs_currencies="usd", **more):
    return Prices(WORLD, SEED).listed(read({"ids": ids, "vs_currencies": vs_currencies} | more), now_s)


def worth(symbol, at_s):
    return WORLD.truth(symbol, at_s * NS_PER_S).price


def test_many_coins_are_quoted_in_many_currencies_at_once():
    found = listed(ids="bitcoin, Ethereum,dogecoin", vs_currencies="usd,btc")

    assert list(found) == ["bitcoin", "ethereum", "dogecoin"]
    assert all(list(quoted) == ["usd", "btc"] for quoted in found.values())
    assert found["bitcoin"]["btc"] == 1
    at_s = renewed_s("ethereum", SEED, NOW_S)
    assert found["ethereum"]["btc"] == pytest.approx(worth("ETH", at_s) / worth("BTC", at_s), abs=1e-8)


def test_a_price_is_that_of_the_last_renewal():
    at_s = renewed_s("bitcoin", SEED, NOW_S)

    assert listed()["bitcoin"]["usd"] == round(worth("BTC", at_s), 2)
    assert 0 <= NOW_S - at_s < 60


def test_a_price_stands_for_a_minute_and_then_changes():
    at_s = renewed_s("bitcoin", SEED, NOW_S)

    assert listed(at_s) == listed(at_s + 59)
    assert listed(at_s + 60) != listed(at_s)
    assert listed(at_s + 60, include_last_updated_at="true")["bitcoin"]["last_updated_at"] == at_s + 60


def test_coins_are_renewed_at_seconds_of_their_own():
    names = ("bitcoin", "ethereum", "dogecoin", "solana")

    assert len({renewed_s(name, SEED, NOW_S) % 60 for name in names}) > 1


def test_the_time_and_the_change_of_a_day_are_told_when_asked_for():
    at_s = renewed_s("bitcoin", SEED, NOW_S)
    found = listed(include_24hr_change="true", include_last_updated_at="true")["bitcoin"]

    assert list(found) == ["usd", "usd_24h_change", "last_updated_at"]
    assert found["last_updated_at"] == at_s
    assert found["usd_24h_change"] == pytest.approx((worth("BTC", at_s) / worth("BTC", at_s - 86_400) - 1) * 100)
    assert list(listed(include_24hr_change="false")["bitcoin"]) == ["usd"]


def test_unknown_coins_and_currencies_are_left_out():
    assert list(listed(ids="bitcoin,nonsense,solana")) == ["bitcoin"]
    assert listed(vs_currencies="xyz") == {"bitcoin": {}}
    assert listed(ids="nonsense") == {}


def test_prices_are_rounded_as_asked_for():
    at_s = renewed_s("bitcoin", SEED, NOW_S)

    assert listed(precision="0")["bitcoin"]["usd"] == round(worth("BTC", at_s))
    assert listed(precision="full")["bitcoin"]["usd"] == pytest.approx(worth("BTC", at_s), abs=1e-11)
    assert listed(ids="dogecoin")["dogecoin"]["usd"] == round(worth("DOGE", renewed_s("dogecoin", SEED, NOW_S)), 8)


@pytest.mark.parametrize(
    ("query", "words"),
    [({"vs_currencies": "usd"}, "Missing parameter ids"), ({"ids": "bitcoin"}, "Missing parameter vs_currencies")],
)
def test_what_must_be_there_is_named(query, words):
    with pytest.raises(MissingParameterError, match=words):
        read(query)


@pytest.mark.parametrize("wrong", [{"precision": "19"}, {"precision": "-1"}, {"include_24hr_change": "perhaps"}])
def test_what_cannot_be_read_is_refused(wrong):
    with pytest.raises(ValueError, match=r"precision|true or false"):
        read({"ids": "bitcoin", "vs_currencies": "usd"} | wrong)


def test_another_world_has_other_prices():
    other = SeededWorld(replace(WORLD.settings, seed=2))
    asked = read({"ids": "bitcoin", "vs_currencies": "usd"})

    assert Prices(other, SEED).listed(asked, NOW_S) != listed()


def test_each_address_may_call_thirty_times_a_minute():
    calls, now_ns = Calls(), NOW_S * NS_PER_S
    waits = [calls.wait_ns("a", now_ns) for _ in range(31)]

    assert waits[:30] == [0] * 30
    assert 0 < waits[30] <= 61 * NS_PER_S
    assert calls.wait_ns("b", now_ns) == 0
    assert calls.wait_ns("a", now_ns + waits[30]) == 0
