"""The frames of the current price stream: the older socket's prices rewritten, and what is refused."""

from decimal import Decimal

import pytest
from polymarket._internal.streams.realtime.protocol import parse_price_event

from simulator.feeds.polybolt_wire import (
    Code,
    Numbering,
    Wanted,
    acknowledgement,
    exact,
    read_items,
    read_wanted,
    snapshot,
    update,
)
from simulator.world import SeededWorld, WorldSettings

NS_PER_S = 1_000_000_000
E18 = Decimal(10) ** 18
NOW_NS = 1_795_240_900 * NS_PER_S
WORLD = SeededWorld(WorldSettings(symbols=("BTC", "ETH")))
SPOT, TWAP = Wanted("price.crypto", "btcusd"), Wanted("price.crypto.twap", "btcusd")
SYMBOLS = ("BTC", "ETH")


def points(wanted, seconds=120):
    return WORLD.backlog(wanted.topic, wanted.name, NOW_NS, seconds)["payload"]["data"]


def truth(wanted, timestamp_ms):
    known = WORLD.truth("BTC", timestamp_ms * 1_000_000)
    return Decimal(known.spot_e18 if wanted == SPOT else known.twap_sixty_e18) / E18


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("64126000000000000000000", "64126.00000000"),
        ("78803715200000000000001", "78803.715200000000000001"),
        ("70000000000000000", "0.07000000"),
        ("64997810000000000", "0.06499781"),
    ],
)
def test_an_integer_scaled_by_18_places_becomes_the_same_decimal(value, text):
    assert exact(value) == text
    assert Decimal(text) == Decimal(value) / E18


@pytest.mark.parametrize("wanted", [SPOT, TWAP])
def test_the_official_client_reads_a_snapshot_of_two_minutes_as_the_truth(wanted):
    event = parse_price_event(snapshot(wanted, points(wanted), (1, 0), NOW_NS // 10**6))
    seconds = [point.timestamp.timestamp() for point in event.payload.data]

    assert (event.type, event.seq, event.dropped, event.payload.symbol) == ("subscribe", 1, None, "btcusd")
    assert 110 <= len(seconds) <= 120
    assert seconds == sorted(seconds)
    assert seconds[0] >= NOW_NS / NS_PER_S - 120
    assert all(p.value == truth(wanted, int(p.timestamp.timestamp() * 1000)) for p in event.payload.data)


@pytest.mark.parametrize("wanted", [SPOT, TWAP])
def test_the_official_client_reads_an_update_as_the_truth(wanted):
    [frame] = [f for f in WORLD.frames(NOW_NS, NOW_NS + NS_PER_S, ("rtds",)) if f.key == wanted.key][:1]
    point = frame.payload["payload"]
    written = update(wanted, point, (7, 3))
    event = parse_price_event(written)

    assert (event.type, event.seq, event.dropped, event.payload.source) == ("update", 7, 3, "chainlink")
    assert event.payload.value == truth(wanted, point["timestamp"])
    assert isinstance(written["payload"]["value"], float)
    assert written["ts"] == point["timestamp"]


def test_only_an_average_states_its_window():
    assert update(TWAP, points(TWAP)[-1], (1, 0))["payload"]["window_seconds"] == 60
    assert "window_seconds" not in update(SPOT, points(SPOT)[-1], (1, 0))["payload"]


def test_what_was_not_dropped_is_not_mentioned():
    assert "dropped" not in update(SPOT, points(SPOT)[-1], (1, 0))
    assert "dropped" not in snapshot(SPOT, [], (1, 0), 0)


@pytest.mark.parametrize(
    ("channel", "chosen", "expected"),
    [
        ("price.crypto", {"symbol": "ethusd"}, Wanted("price.crypto", "ethusd")),
        ("price.crypto", {"symbol": "btcusd", "provider": "pyth"}, SPOT),
        ("price.crypto.twap", {"symbol": "btcusd", "window_seconds": 60}, TWAP),
        ("price.crypto.twap", {"symbol": "btcusd", "window_seconds": 30}, Code.BAD_FILTER),
        ("price.crypto.twap", {"symbol": "btcusd", "window_seconds": "60"}, Code.BAD_FILTER),
        ("price.crypto.twap", {"symbol": "btcusd"}, Code.BAD_FILTER),
        ("price.crypto", {"symbol": "BTCUSD"}, Code.BAD_FILTER),
        ("price.crypto", {"symbol": "btc/usd"}, Code.BAD_FILTER),
        ("price.crypto", {"symbol": "btcusdt"}, Code.BAD_FILTER),
        ("price.crypto", {"symbol": "solusd"}, Code.BAD_FILTER),
        ("price.crypto", {"symbol": ["btcusd"]}, Code.BAD_FILTER),
        ("price.crypto", {"symbol": "btcusd", "provider": "massive"}, Code.BAD_FILTER),
        ("price.crypto", {"symbol": "btcusd", "provider": []}, Code.BAD_FILTER),
        ("price.crypto", None, Code.BAD_FILTER),
        ("price.crypto.thirty", {"symbol": "btcusd"}, Code.BAD_CHANNEL),
        (7, {"symbol": "btcusd"}, Code.BAD_CHANNEL),
    ],
)
def test_a_subscription_is_read_strictly(channel, chosen, expected):
    assert read_wanted(channel, chosen, SYMBOLS) == expected


def test_a_request_states_a_batch_or_itself():
    one = {"op": "subscribe", "channel": "price.crypto", "filter": {"symbol": "btcusd"}}

    assert read_items(one) == [one]
    assert read_items({"subscriptions": [one, one]}) == [one, one]
    for wrong in ([], {}, None, "price.crypto", [one, 1]):
        assert read_items({"subscriptions": wrong}) is None


def test_an_acknowledgement_echoes_the_id_and_the_channel_that_were_stated():
    assert acknowledgement("authed", {"rid": "a1"}) == {"op": "authed", "rid": "a1"}
    assert acknowledgement("pong", {}) == {"op": "pong"}
    assert acknowledgement("error", {"rid": "s1"}, "price.crypto", Code.AUTH_REQUIRED) == {
        "op": "error", "code": "auth_required", "channel": "price.crypto", "rid": "s1",
    }  # fmt: skip
    assert acknowledgement("error", {"rid": 5}, 5, Code.BAD_CHANNEL) == {"op": "error", "code": "bad_channel"}


def test_frames_are_numbered_by_channel_and_those_dropped_take_no_number():
    numbering = Numbering()
    first = [numbering.sent("a"), numbering.sent("a"), numbering.sent("b")]
    numbering.dropped("a")
    numbering.dropped("a")
    lost = numbering.dropped_in_a_row

    assert first == [(1, 0), (2, 0), (1, 0)]
    assert lost == 2
    assert [numbering.sent("b"), numbering.sent("a"), numbering.sent("a")] == [(2, 0), (3, 2), (4, 0)]
    assert numbering.dropped_in_a_row == 0
