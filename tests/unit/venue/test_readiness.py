"""When the venue service can do its job, and what it says when it cannot."""

import math

import pytest
from prometheus_client import REGISTRY

from builders import after
from common.errors import SettingsError
from common.settings import load
from unit.venue.venue_builders import CONDITION, DOWN, UP, a_change, a_keeper, a_running_market, a_snapshot, told
from venue.adapters.metrics import measure
from venue.core import AccessChecked, CatalogueRead, ChangesJoined
from venue.service import assemble
from venue.settings import Settings


def access(seconds=0.0, **changes):
    fields = {"blocked": False, "country": "IE", "skew_ms": 12, "observed_at": after(seconds)}
    return AccessChecked(**(fields | changes))


def a_ready_keeper(**changes):
    keeper = a_running_market(a_keeper(symbols=("BTC",), **changes))
    for event in (access(), CatalogueRead(markets=1, observed_at=after(0)), a_snapshot(), a_snapshot(token_id=DOWN)):
        told(keeper, event)
    return keeper


def test_a_keeper_that_knows_markets_and_books_is_ready():
    assert a_ready_keeper().not_ready(after(1)) == ""


def test_a_keeper_that_knows_nothing_names_all_of_it():
    missing = a_keeper().not_ready(after(0))

    assert (
        missing == "access not checked; catalogue not read; BTC: no tradable market runs; ETH: no tradable market runs"
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (access(blocked=True, country="US"), "the venue blocks this address (US)"),
        (access(skew_ms=-2500), "clock skew -2500 ms, max 2000"),
        (access(skew_ms=2500), "clock skew 2500 ms, max 2000"),
    ],
)
def test_an_address_or_a_clock_that_the_venue_will_not_take_is_named(event, words):
    keeper = a_ready_keeper()

    told(keeper, event)

    assert keeper.not_ready(after(1)) == words


def test_a_catalogue_that_is_no_longer_read_is_named_with_its_age():
    assert "catalogue read 16 s ago" in a_ready_keeper().not_ready(after(16))


def test_a_check_of_access_grows_old():
    assert "access not checked" in a_ready_keeper().not_ready(after(601))


def test_each_silent_book_is_named_with_its_age():
    keeper = a_ready_keeper()
    told(keeper, a_snapshot(3))

    assert keeper.not_ready(after(4.5)) == "btc-updown-5m-1800014400 Down: book 4500 ms old"


def test_figures_tell_ages_and_counts_as_text():
    figures = a_ready_keeper().figures(after(1))

    assert (figures["markets"], figures["books"], figures["book_age_ms_worst"]) == ("1", "2", "1000")
    assert all(isinstance(value, str) for value in figures.values())


def test_the_gauges_tell_the_worst_book_of_each_symbol():
    keeper = a_ready_keeper()

    measure(keeper, ("BTC", "ETH"), after(1))

    assert REGISTRY.get_sample_value("pm_arb_venue_books", {"symbol": "BTC"}) == 2
    assert REGISTRY.get_sample_value("pm_arb_book_age_seconds", {"symbol": "BTC"}) == 1
    assert REGISTRY.get_sample_value("pm_arb_venue_books", {"symbol": "ETH"}) == 0
    assert REGISTRY.get_sample_value("pm_arb_venue_markets", {"state": "known"}) == 1


def test_the_lag_of_books_is_what_the_youngest_change_took_however_long_others_waited_for_it():
    keeper = a_ready_keeper()
    changes = [a_change(1 + ms / 1000, ("BUY", 0.40, 1), received_at=after(1 + (ms + 30) / 1000)) for ms in (0, 15)]
    joined = ChangesJoined(market_id=CONDITION, token_id=UP, changes=tuple(changes), received_at=changes[0].received_at)

    told(keeper, joined)
    measure(keeper, ("BTC",), after(2))

    assert REGISTRY.get_sample_value("pm_arb_book_lag_seconds", {"symbol": "BTC"}) == pytest.approx(0.03, abs=1e-6)


def test_a_book_that_was_never_seen_is_infinitely_old():
    keeper = a_running_market(a_keeper(symbols=("BTC",)))

    measure(keeper, ("BTC",), after(1))

    assert math.isinf(REGISTRY.get_sample_value("pm_arb_book_age_seconds", {"symbol": "BTC"}))
    assert math.isinf(REGISTRY.get_sample_value("pm_arb_venue_catalogue_age_seconds"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SYMBOLS", "BTCUSDT"), ("SYMBOLS", ""), ("DURATIONS_S", "90"), ("DURATIONS_S", ""), ("DURATIONS_S", "5m"),
        ("GAMMA_URL", "ftp://x"), ("GAMMA_URL", "https://gamma-api.polymarket.com/"), ("CLOB_WS_URL", "https://x"),
        ("EXPECTED_FEE_RATE", "NaN"), ("EXPECTED_FEE_RATE", "7"), ("BOOK_LEVELS_MAX", "0"), ("CLOCK_SKEW_MS_MAX", "1"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(variable, value):
    with pytest.raises(SettingsError, match=variable):
        load(Settings, {variable: value})


def test_lengths_of_markets_are_read_from_a_list():
    assert load(Settings, {"DURATIONS_S": "300, 900"}).durations_s == (300, 900)


async def test_the_service_follows_ended_markets_over_a_restart():
    assembly = assemble(load(Settings, {}))

    assert [(part.stream, part.filter, part.how) for part in assembly.recovery] == [
        ("CATALOGUE", "venue.market.>", "last")
    ]
    assert len(assembly.sources) == 4
    assert assembly.gateway is not None
