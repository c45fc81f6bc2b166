"""Who wins, recomputed from what the world says on its wires."""

import pytest

from simulator.world import SeededWorld, WorldSettings

NS_PER_S = 1_000_000_000
QUARTER_S = 1_795_240_800
SMALL = WorldSettings(symbols=("BTC",))
WORLD = SeededWorld(SMALL)
"""Shared, as a world has no state that could be told from outside."""


def spot_e18(world, second):
    return world.truth("BTC", second * NS_PER_S).spot_e18


def average_e18(world, second):
    return sum(spot_e18(world, s) for s in range(second - 59, second + 1)) // 60


def test_the_average_is_that_of_the_last_sixty_spots():

    for second in (QUARTER_S, QUARTER_S + 30, QUARTER_S // 3600 * 3600 + 5):
        assert WORLD.truth("BTC", second * NS_PER_S).twap_sixty_e18 == average_e18(WORLD, second)


@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_up_wins_exactly_when_the_average_at_the_end_is_at_or_above_the_one_at_the_start(minutes):
    ups = 0
    for i in range(12):
        start_s = QUARTER_S + i * minutes * 60
        is_up = average_e18(WORLD, start_s + minutes * 60) >= average_e18(WORLD, start_s)
        assert WORLD.outcome(f"btc-updown-{minutes}m-{start_s}") == ("Up" if is_up else "Down")
        ups += is_up
    assert 0 < ups < 12


@pytest.mark.parametrize("start_s", [1_795_243_560, 1_795_255_980, 1_795_260_720, 1_795_261_740, 1_795_323_420])
def test_a_close_call_is_decided_by_exactly_the_sixty_spots_of_each_end(start_s):
    """In these markets one spot more or less, or one second earlier or later, would have decided otherwise."""
    is_up = average_e18(WORLD, start_s + 60) >= average_e18(WORLD, start_s)

    assert WORLD.outcome(f"btc-updown-1m-{start_s}") == ("Up" if is_up else "Down")


def test_a_tie_goes_to_up():
    still = SeededWorld(WorldSettings(symbols=("BTC",), annual_volatility=(("BTC", 0.0),), jumps_per_hour=0.0))
    slug = f"btc-updown-5m-{QUARTER_S}"

    assert still.outcome(slug) == "Up"
    assert still.fair(slug, (QUARTER_S + 200) * NS_PER_S) == 1.0


def test_the_settlement_frames_carry_the_values_that_decide():
    told = {}
    for frame in WORLD.frames(QUARTER_S * NS_PER_S, (QUARTER_S + 320) * NS_PER_S, ("rtds",)):
        if frame.key == "crypto_prices_twap_sixty:btc/usd":
            point = frame.payload["payload"]
            told[point["timestamp"] // 1000] = int(point["full_accuracy_value"])
            assert point["value"] == pytest.approx(int(point["full_accuracy_value"]) / 1e18)
            assert 1000 <= frame.at_ns // 1_000_000 - point["timestamp"] <= 1600
    starts = [s for s in range(QUARTER_S, QUARTER_S + 300, 60) if s in told and s + 60 in told]

    assert len(starts) >= 3
    for start_s in starts:
        is_up = told[start_s + 60] >= told[start_s]
        assert WORLD.outcome(f"btc-updown-1m-{start_s}") == ("Up" if is_up else "Down")


def test_about_one_second_in_a_hundred_is_never_delivered():
    frames = WORLD.frames(QUARTER_S * NS_PER_S, (QUARTER_S + 1000) * NS_PER_S, ("rtds",))
    delivered = sum(frame.key == "crypto_prices_chainlink:btc/usd" for frame in frames)

    assert 970 <= delivered <= 998


@pytest.mark.parametrize("topic", ["crypto_prices_chainlink", "crypto_prices_twap_thirty", "crypto_prices_twap_sixty"])
def test_a_backlog_holds_only_what_had_been_delivered(topic):
    now_ns = QUARTER_S * NS_PER_S + 345_678_901
    backlog = WORLD.backlog(topic, "BTC/USD", now_ns)
    newest_ms = backlog["payload"]["data"][-1]["timestamp"]
    heard = [
        frame.payload["payload"]["timestamp"]
        for frame in WORLD.frames(now_ns - 70 * NS_PER_S, now_ns + 1, ("rtds",))
        if frame.key == f"{topic}:btc/usd"
    ]

    assert newest_ms == heard[-1]
    assert 50 <= len(backlog["payload"]["data"]) <= 60
    assert backlog["topic"] == ("crypto_prices" if topic == "crypto_prices_chainlink" else topic)
    assert backlog["type"] == "subscribe"
    assert "connection_id" not in backlog


def test_the_binance_backlog_has_two_minutes_of_plain_values():
    backlog = WORLD.backlog("crypto_prices", "btcusdt", QUARTER_S * NS_PER_S)

    assert len(backlog["payload"]["data"]) == 120
    assert all(set(point) == {"timestamp", "value"} for point in backlog["payload"]["data"])


@pytest.mark.parametrize("name", ["btcusdt", "sol/usd", "btc", ""])
def test_a_symbol_that_a_topic_does_not_know_has_no_backlog(name):
    assert WORLD.backlog("crypto_prices_chainlink", name, QUARTER_S * NS_PER_S) is None
