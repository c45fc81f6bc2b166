"""The recorded world: official outcomes, no look into the future, silence where the recording is silent."""

import csv
import gzip
import os
from pathlib import Path

import orjson
import pytest

from simulator.world import RecordedWorld, WorldSettings, shift_onto

NS_PER_S = 1_000_000_000
START_S = 1_784_851_200
DATA = Path(os.environ.get("PM_ARB_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
NO_DATA = f"the recorded morning is not in {DATA}: set PM_ARB_DATA to its folder"
EXCHANGES = ("binance", "coinbase", "rtds")
needs_data = pytest.mark.skipif(not list(DATA.glob("btc-5m-markets*.jsonl.gz")), reason=NO_DATA)


def a_recording(folder, seconds=900, missing=range(0), until=None):
    """Write a rising price, a tick a second, and the three markets over it."""
    folder.mkdir(exist_ok=True)
    with gzip.open(folder / "btcusd-chainlink-test.csv.gz", "wt", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["feed_ts_ms", "value", "full_accuracy_value", "server_ts_ms", "recv_ms"])
        for second in range(seconds if until is None else until):
            if second not in missing:
                at_ms, price = (START_S + second) * 1000, 65_000 + second % 37 + second // 10
                rows.writerow([at_ms, price, price * 10**18, at_ms + 1200, at_ms + 1500])
    with gzip.open(folder / "btc-5m-markets-test.jsonl.gz", "wb") as file:
        for start_s in range(START_S, START_S + seconds, 300):
            file.write(orjson.dumps(a_market(start_s)) + b"\n")
    return folder


def a_market(start_s):
    raw = {
        "id": str(start_s), "slug": f"btc-updown-5m-{start_s}", "question": "Bitcoin Up or Down - then",
        "description": "Up if the price at the end is at or above the price at the start.", "closed": True,
        "resolutionSource": "https://data.chain.link/streams/btc-usd", "endDate": "2026-07-24T00:05:00Z",
        "startDate": "2026-07-23T00:00:00Z", "createdAt": "2026-07-23T00:00:00Z", "acceptingOrders": False,
        "updatedAt": "2026-07-24T00:06:00Z", "image": "i", "icon": "i", "outcomes": '["Up", "Down"]',
        "closedTime": f"2026-07-24 00:{(start_s - START_S) // 60 + 5:02d}:20+00", "volume": "5", "volumeNum": 5,
        "bestBid": 0.99, "outcomePrices": '["1", "0"]', "orderPriceMinTickSize": 0.001,
        "acceptingOrdersTimestamp": "2026-07-23T00:00:00Z", "umaResolutionStatus": "resolved",
        "conditionId": f"0x{start_s}",
        "feeSchedule": {"rate": 0.07, "exponent": 1, "takerOnly": True, "rebateRate": 0.2},
    }  # fmt: skip
    return {
        "slug": raw["slug"], "condition_id": raw["conditionId"], "token_ids": [f"1{start_s}", f"2{start_s}"],
        "start_sec": start_s, "end_sec": start_s + 300, "outcome_prices": ["1", "0"], "strike_value": None,
        "raw": raw,
    }  # fmt: skip


def heard(world, start_s, end_s, channels):
    return list(world.frames(start_s * NS_PER_S, end_s * NS_PER_S, channels))


def test_what_exchanges_say_does_not_depend_on_ticks_that_come_later(tmp_path):
    whole = RecordedWorld(a_recording(tmp_path / "whole"))
    cut = RecordedWorld(a_recording(tmp_path / "cut", until=500))

    assert heard(cut, START_S, START_S + 500, EXCHANGES) == heard(whole, START_S, START_S + 500, EXCHANGES)


def test_exchanges_fall_silent_five_seconds_into_a_gap_and_return_with_the_next_tick(tmp_path):
    world = RecordedWorld(a_recording(tmp_path, missing=range(101, 130)))
    frames = heard(world, START_S + 90, START_S + 140, ("binance",))
    traded_s = {frame.payload["data"]["T"] / 1000 - START_S for frame in frames}

    assert max(t for t in traded_s if t < 120) == pytest.approx(105, abs=0.2)
    assert min(t for t in traded_s if t > 110) == pytest.approx(130, abs=0.2)


def test_a_price_holds_until_the_next_tick_and_is_never_interpolated(tmp_path):
    world = RecordedWorld(a_recording(tmp_path), WorldSettings(exchange_noise_bps=0.0, basis_bps=0.0))

    for frame in heard(world, START_S + 50, START_S + 60, ("binance",)):
        second = frame.payload["data"]["T"] // 1000 - START_S
        assert float(frame.payload["data"]["p"]) == 65_000 + second % 37 + second // 10


def test_ticks_are_delivered_when_the_collector_had_them(tmp_path):
    frames = heard(RecordedWorld(a_recording(tmp_path)), START_S + 50, START_S + 60, ("rtds",))
    ticks = [frame for frame in frames if frame.key == "crypto_prices_chainlink:btc/usd"]

    assert len(ticks) == 10
    for frame in ticks:
        assert frame.at_ns // 1_000_000 == frame.payload["payload"]["timestamp"] + 1500


def test_a_live_market_shows_nothing_of_its_end_and_a_closed_one_is_as_recorded(tmp_path):
    world = RecordedWorld(a_recording(tmp_path))
    slug = f"btc-updown-5m-{START_S}"
    live = world.event(slug, (START_S + 60) * NS_PER_S)["markets"][0]
    closed = world.event(slug, (START_S + 321) * NS_PER_S)["markets"][0]

    assert not {"closedTime", "umaResolutionStatus"} & set(live)
    assert (live["closed"], live["acceptingOrders"], live["orderPriceMinTickSize"]) == (False, True, 0.01)
    assert (live["volume"], live["updatedAt"]) == ("0", live["createdAt"])
    assert "cryptoMarketConfig" not in live
    assert closed == a_market(START_S)["raw"]


def test_a_shifted_recording_says_the_same_later(tmp_path):
    folder, shift_s = a_recording(tmp_path), 900 * 100
    there, here = RecordedWorld(folder), RecordedWorld(folder, shift_s=shift_s)
    slug = f"btc-updown-5m-{START_S + shift_s}"
    event = here.event(slug, (START_S + shift_s + 10) * NS_PER_S)

    assert here.start_ns - there.start_ns == shift_s * NS_PER_S
    assert event["markets"][0]["endDate"] == "2026-07-25T01:05:00Z"
    assert here.outcome(slug) == "Up"
    old = here.truth("BTC", (START_S + shift_s + 77) * NS_PER_S)
    assert old.spot_e18 == there.truth("BTC", (START_S + 77) * NS_PER_S).spot_e18
    assert shift_onto(folder, START_S + shift_s + 899) == shift_s
    with pytest.raises(ValueError, match="multiples of 900"):
        RecordedWorld(folder, shift_s=60)


def test_a_folder_without_a_recording_is_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="btcusd-chainlink"):
        RecordedWorld(tmp_path)


@needs_data
def test_the_official_outcomes_are_what_the_recorded_ticks_say():
    world, checked = RecordedWorld(DATA), 0
    with gzip.open(next(DATA.glob("btcusd-chainlink*.csv.gz")), "rt", newline="") as file:
        ticks = {int(row[0]) // 1000: int(row[2]) for row in list(csv.reader(file))[1:]}
    for market in world.ended(world.start_ns // NS_PER_S, world.end_ns):
        start_s, end_s = int(market["slug"].rsplit("-", 1)[1]), market["end_s"]
        if start_s in ticks and end_s in ticks:
            assert market["outcome"] == ("Up" if ticks[end_s] >= ticks[start_s] else "Down")
            checked += 1
    assert checked > 100
