"""Faults on demand: they last as long as they were ordered to, and are counted."""

import orjson
import pytest

from simulator.faults import Faults

NS_PER_S = 1_000_000_000
PAYLOAD = {"event_type": "book", "bids": [{"price": "0.5", "size": "10"}], "asset_id": "1"}


class Clock:
    def __init__(self):
        self.now_ns = 0

    def __call__(self):
        return self.now_ns


def test_a_silence_ends_by_itself_and_concerns_one_channel():
    clock = Clock()
    faults = Faults(clock)
    faults.silence("rtds", 2.0)

    assert faults.is_silent("rtds")
    assert not faults.is_silent("clob")
    clock.now_ns = 2 * NS_PER_S
    assert not faults.is_silent("rtds")
    assert faults.counts["silence"] == 1


def test_malformed_frames_are_cut_off_or_carry_prices_that_are_none_and_then_stop():
    faults = Faults(Clock())
    faults.malform("clob", 3)
    cut, not_a_number, empty = (faults.spoil("clob", PAYLOAD) for _ in range(3))

    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(cut)
    assert orjson.loads(not_a_number)["bids"] == [{"price": "NaN", "size": "NaN"}]
    assert orjson.loads(empty)["bids"] == [{"price": "", "size": ""}]
    assert faults.spoil("clob", PAYLOAD) is None
    assert faults.counts["malformed_frames"] == 3


def test_a_marked_market_loses_its_fee_schedule_or_its_rule_and_others_keep_theirs():
    faults = Faults(Clock())
    faults.mark("missing_fee", "a")
    faults.mark("unknown_rule", "b")
    market = {
        "feeSchedule": {"rate": 0.07}, "feeType": "crypto_fees_v2", "cryptoMarketConfig": {}, "description": "TWAP",
        "resolutionSource": "https://data.chain.link/streams/btc-usd-twap-60s-streams",
    }  # fmt: skip

    assert "feeSchedule" not in faults.listed(market | {"slug": "a"})
    vague = faults.listed(market | {"slug": "b"})
    assert "cryptoMarketConfig" not in vague
    assert "TWAP" not in vague["description"]
    assert faults.listed(market | {"slug": "c"}) == market | {"slug": "c"}


@pytest.mark.parametrize(
    "order",
    [
        lambda faults: faults.silence("nowhere", 1.0),
        lambda faults: faults.silence("rtds", 0.0),
        lambda faults: faults.silence("rtds", float("nan")),
        lambda faults: faults.malform("rtds", 0),
        lambda faults: faults.stop_pushover(1e9),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order):
    with pytest.raises(ValueError, match="must"):
        order(Faults(Clock()))
