"""What exchanges and the settling feed send: read exactly, or refused by name, never a crash and never a zero."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, after
from common.errors import ParseError
from oracle.adapters.wire import parse_binance, parse_coinbase, parse_rtds, read_binance, read_coinbase, read_rtds
from unit.oracle.oracle_builders import (
    SPOT,
    TWAP,
    a_backlog_frame,
    a_point,
    a_ticker_frame,
    a_trade_frame,
    an_update_frame,
)

BAD_PRICES = {
    "missing_number": None, "empty_number": "", "not_finite": "NaN", "not_a_number": "12,5", "wrong_type": True,
    "price_not_positive": "-1", "price_out_of_range": "1e30",
}  # fmt: skip
GARBAGE = [b"", b"\xef\xbb\xbf{}", b"{", b"nan", b"\xff\xfe", b"<html>403</html>", b"[1,", b'{"p":NaN}']


def refusals(parse, payload):
    codes = []
    return parse(payload, NOON, lambda error: codes.append(error.code)), codes


def test_a_binance_trade_becomes_a_tick_of_the_bare_symbol():
    [tick] = parse_binance(a_trade_frame(), NOON)

    assert (tick.source, tick.symbol, tick.price) == ("binance", "BTC", Decimal("65026.40"))
    assert (tick.source_at, tick.received_at) == (NOON, NOON)


def test_a_bare_binance_trade_and_an_aggregate_are_read_too():
    assert parse_binance(a_trade_frame()["data"], NOON)
    assert parse_binance(a_trade_frame(e="aggTrade"), NOON)


def test_the_answer_to_a_subscription_holds_no_tick():
    assert parse_binance({"result": None, "id": 1}, NOON) == []
    assert parse_coinbase({"type": "subscriptions", "channels": []}, NOON) == []
    assert parse_coinbase({"type": "heartbeat", "product_id": "BTC-USD"}, NOON) == []


def test_a_coinbase_ticker_becomes_a_tick_with_its_microseconds():
    [tick] = parse_coinbase(a_ticker_frame(), NOON)

    assert (tick.source, tick.symbol, tick.price) == ("coinbase", "BTC", Decimal("65026.41"))
    assert tick.source_at == after(0.123456)


@pytest.mark.parametrize(("code", "price"), BAD_PRICES.items())
def test_a_price_that_is_none_is_refused_by_name_by_every_parser(code, price):
    assert refusals(parse_binance, a_trade_frame(p=price)) == ([], [code])
    assert refusals(parse_coinbase, a_ticker_frame(price=price)) == ([], [code])
    assert refusals(parse_rtds, an_update_frame(full_accuracy_value=None, value=price)) == ([], [code])


@pytest.mark.parametrize("payload", [None, 1, "text", [], [{}], True])
@pytest.mark.parametrize("parse", [parse_binance, parse_coinbase, parse_rtds])
def test_what_is_no_object_is_refused(parse, payload):
    assert refusals(parse, payload) == ([], ["not_an_object"])


@pytest.mark.parametrize("read", [read_binance, read_coinbase])
@pytest.mark.parametrize("frame", GARBAGE)
def test_a_frame_that_is_not_json_is_refused(read, frame):
    assert refusals(read, frame) == ([], ["not_json"])


@pytest.mark.parametrize("frame", GARBAGE[1:])
def test_the_settling_feeds_garbage_is_refused_but_its_empty_greeting_is_not(frame):
    assert refusals(read_rtds, frame) == ([], ["not_json"])
    assert refusals(read_rtds, "") == ([], [])


@pytest.mark.parametrize(
    ("parse", "frame", "code"),
    [
        (parse_binance, {}, "unknown_message"),
        (parse_binance, {"error": {"code": 2, "msg": "Invalid request"}}, "feed_error"),
        (parse_binance, a_trade_frame(s=None), "wrong_type"),
        (parse_binance, a_trade_frame(s="BTCEUR"), "unknown_pair"),
        (parse_binance, a_trade_frame(s="USDT"), "empty_text"),
        (parse_binance, a_trade_frame(s="BTCUSDTUSDT"), "suffixed_symbol"),
        (parse_binance, a_trade_frame(T=None), "missing_number"),
        (parse_binance, a_trade_frame(T="1e99999"), "bad_timestamp"),
        (parse_binance, a_trade_frame(T=-1), "bad_timestamp"),
        (parse_binance, {"stream": "btcusdt@trade", "data": []}, "not_an_object"),
        (parse_coinbase, {"type": "error", "message": "Failed to subscribe"}, "feed_error"),
        (parse_coinbase, {"type": "l2update"}, "unknown_message"),
        (parse_coinbase, a_ticker_frame(product_id="BTC-EUR"), "unknown_pair"),
        (parse_coinbase, a_ticker_frame(time="yesterday"), "bad_timestamp"),
        (parse_coinbase, a_ticker_frame(time="2027-01-15T12:00:00"), "no_time_zone"),
        (parse_coinbase, a_ticker_frame(time=1), "wrong_type"),
        (parse_rtds, {"body": {"message": "topic not found"}, "statusCode": 401}, "subscription_refused"),
        (parse_rtds, an_update_frame(topic="crypto_prices_twap_ninety"), "unknown_topic"),
        (parse_rtds, an_update_frame(symbol="btcusd"), "unknown_pair"),
        (parse_rtds, an_update_frame(window_s=30), "windows_disagree"),
        (parse_rtds, an_update_frame(full_accuracy_value="64997.81"), "not_an_integer"),
        (parse_rtds, an_update_frame(full_accuracy_value=64997), "not_an_integer"),
        (parse_rtds, an_update_frame(full_accuracy_value="NaN"), "not_finite"),
        (parse_rtds, an_update_frame(value=1.0), "values_disagree"),
        (parse_rtds, an_update_frame(data={}), "wrong_type"),
        (parse_rtds, {"topic": TWAP, "payload": None}, "not_an_object"),
    ],
)
def test_each_other_defect_has_its_own_name(parse, frame, code):
    assert refusals(parse, frame) == ([], [code])


def test_a_defect_is_raised_where_nobody_takes_it():
    with pytest.raises(ParseError, match="not_an_object"):
        parse_binance([], NOON)


def test_the_exact_value_is_taken_digit_by_digit():
    [tick] = parse_rtds(an_update_frame(), NOON)

    assert tick.value == Decimal("64997.810000000000000001")
    assert (tick.kind, tick.window_s, tick.feed, tick.topic) == ("twap", 60, "chainlink", TWAP)


@pytest.mark.parametrize("exact", [None, ""])
def test_without_an_exact_value_the_rounded_one_counts(exact):
    [tick] = parse_rtds(an_update_frame(full_accuracy_value=exact), NOON)

    assert tick.value == Decimal("64997.81")


def test_a_backlog_gives_every_point_and_a_bad_one_costs_only_itself():
    points = [a_point(0), {"timestamp": None, "value": 1.0}, "x", a_point(2)]

    ticks, codes = refusals(parse_rtds, a_backlog_frame(points))

    assert [tick.source_at for tick in ticks] == [after(0), after(2)]
    assert codes == ["missing_number", "not_an_object"]


def test_the_spot_backlog_travels_under_the_exchanges_topic_and_is_recognised_by_its_pair():
    [tick] = parse_rtds(a_backlog_frame([a_point()], topic="crypto_prices"), NOON)

    assert (tick.kind, tick.window_s, tick.topic) == ("spot", 0, SPOT)
    assert parse_rtds(a_backlog_frame([a_point()], topic="crypto_prices", symbol="btcusdt"), NOON) == []


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(["p", "s", "T", "e"]), json_values)
def test_no_value_in_a_trade_can_do_more_than_be_refused(field, value):
    ticks, codes = refusals(parse_binance, orjson.loads(orjson.dumps(a_trade_frame(**{field: value}))))

    assert len(ticks) + len(codes) == 1
    assert all(tick.price > 0 for tick in ticks)


@given(st.sampled_from(["symbol", "timestamp", "value", "full_accuracy_value", "window_s"]), json_values)
def test_no_value_in_a_settlement_update_can_do_more_than_be_refused(field, value):
    ticks, codes = refusals(parse_rtds, orjson.loads(orjson.dumps(an_update_frame(**{field: value}))))

    assert len(ticks) + len(codes) == 1
    assert all(tick.value > 0 for tick in ticks)
