"""The oracle's settings: what is wrong is refused at the start, by name."""

from decimal import Decimal

import pytest

from common.errors import SettingsError
from common.settings import load
from oracle.adapters.rtds import rtds
from oracle.adapters.socket import SocketLimits, backoff_s
from oracle.service import assemble
from oracle.settings import Settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SYMBOLS", "BTCUSDT"), ("SYMBOLS", "BTC,BTC"), ("SYMBOLS", ""), ("SYMBOLS", "btc"), ("EXCHANGES", "mtgox"),
        ("SETTLEMENT_TOPICS", "crypto_prices"), ("BINANCE_WS_URL", "https://stream.binance.com"),
        ("SOURCE_AGE_MS_MAX", "0"), ("SOURCE_DEVIATION_BPS_MAX", "NaN"), ("CLOCK_SKEW_MS_MAX", "a second"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(variable, value):
    with pytest.raises(SettingsError, match=variable):
        load(Settings, {variable: value})


def test_the_defaults_are_the_documented_ones():
    settings = load(Settings, {})

    assert settings.bare_symbols == ("BTC", "ETH")
    assert (settings.source_age_ms_max, settings.source_deviation_bps_max) == (3000, Decimal(50))


def test_the_service_has_one_socket_an_exchange_and_one_for_the_settling_feed():
    assembly = assemble(load(Settings, {"EXCHANGES": "coinbase", "SYMBOLS": "BTC"}))

    assert assembly.name == "oracle"
    assert len(assembly.sources) == 2
    assert [part.filter for part in assembly.recovery] == ["oracle.settlement.>"]


def test_the_settling_feed_is_asked_one_topic_and_symbol_at_a_time_without_white_space():
    feed = rtds("ws://x", ("BTC", "ETH"), ("crypto_prices_chainlink",), SocketLimits(), clock=None)._feed

    assert len(feed.greetings) == 2
    assert not any(letter.isspace() for greeting in feed.greetings for letter in greeting)
    assert r'"filters":"{\"symbol\":\"btc/usd\"}"' in feed.greetings[0]


def test_dialling_again_slows_down_by_the_same_steps_every_time():
    limits = SocketLimits(backoff_s_min=0.25, backoff_s_max=3)

    assert [backoff_s(failures, limits) for failures in range(7)] == [0.25, 0.25, 0.5, 1, 2, 3, 3]
    assert backoff_s(10**6, limits) == 3
