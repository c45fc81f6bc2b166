"""The frames of the user channel, as the venue really writes them."""

from decimal import Decimal

import orjson
import pytest

from builders import NOON
from executor.adapters.live.news import Stage
from executor.adapters.live.wire_user import read_frame

ORDER = {
    "event_type": "order", "type": "PLACEMENT", "id": "0xFF35", "owner": "key", "order_owner": "key",
    "market": "0xbd31", "asset_id": "5211", "side": "SELL", "original_size": "10", "size_matched": "0",
    "price": "0.57", "associate_trades": None, "outcome": "YES", "created_at": "1672290687", "expiration": "1234567",
    "order_type": "GTD", "status": "LIVE", "maker_address": "0x1234", "timestamp": "1672290687",
}  # fmt: skip
KILLED = ORDER | {
    "type": "CANCELLATION", "original_size": "1.01", "size_matched": "", "associate_trades": [], "outcome": "",
    "created_at": "", "order_type": "FOK", "timestamp": "1786179997002",
    "status": "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed.",
}  # fmt: skip
TRADE = {
    "event_type": "trade", "type": "TRADE", "id": "28c4", "taker_order_id": "0x06bc", "market": "0xbd31",
    "asset_id": "5211", "side": "BUY", "size": "10", "price": "0.57", "fee_rate_bps": "0", "status": "MATCHED",
    "match_time": "1672290701", "last_update": "1672290701", "outcome": "YES", "owner": "key", "trade_owner": "key",
    "maker_address": "0x1234", "transaction_hash": "", "bucket_index": 0, "trader_side": "TAKER",
    "maker_orders": [{
        "order_id": "0xff35", "owner": "other", "maker_address": "0x5678", "matched_amount": "10", "price": "0.57",
        "fee_rate_bps": "0", "asset_id": "5211", "outcome": "YES", "side": "SELL",
    }], "timestamp": "1672290701",
}  # fmt: skip


def read(*items):
    return read_frame(orjson.dumps(list(items) if len(items) > 1 else items[0]), NOON)


def stood(**changes):
    (order,) = read(ORDER | changes).orders
    return order.stage, order.end


def test_a_frame_holds_one_or_a_list():
    frame = read(ORDER, TRADE, KILLED)

    assert (len(frame.orders), len(frame.trades), frame.unreadable) == (2, 1, ())
    assert frame.orders[0].venue_order_id == "0xff35"
    assert len(read(TRADE).trades) == 1


def test_a_kill_with_empty_numbers_and_a_free_text_status_is_an_end():
    (order,) = read(KILLED).orders

    assert (order.stage, order.end, order.filled) == (Stage.OVER, "cancelled", 0)
    assert order.words.startswith("CANCELED_order couldn't")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Stage.LIVE, "")),
        ({"status": "DELAYED"}, (Stage.DELAYED, "")),
        ({"type": "UPDATE", "size_matched": "4"}, (Stage.LIVE, "")),
        ({"type": "UPDATE", "size_matched": "4", "status": "MATCHED"}, (Stage.LIVE, "")),
        ({"type": "UPDATE", "size_matched": "10", "status": "MATCHED"}, (Stage.OVER, "completed")),
        ({"type": "UPDATE", "size_matched": "4", "status": "MATCHED", "order_type": "FAK"}, (Stage.OVER, "completed")),
        ({"type": "CANCELLATION", "status": "CANCELED"}, (Stage.OVER, "cancelled")),
        ({"type": "CANCELLATION", "status": "INVALID"}, (Stage.OVER, "cancelled")),
        ({"type": "CANCELLATION", "status": "CANCELED_EXPIRED_ORDER"}, (Stage.OVER, "expired")),
        ({"type": "CANCELLATION", "status": "CANCELED_MARKET_RESOLVED"}, (Stage.OVER, "cancelled")),
    ],
    ids=str,
)
def test_an_order_stands_where_its_type_and_status_say(changes, expected):
    assert stood(**changes) == expected


def test_moments_are_seconds_or_milliseconds():
    seconds, millis = read(TRADE).trades[0], read(TRADE | {"match_time": "1672290701000"}).trades[0]

    assert seconds.matched_at == millis.matched_at


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"{", b"null", b'"text"', b"[null]", b'{"event_type":"other"}', orjson.dumps(ORDER | {"status": ""}),
        orjson.dumps(ORDER | {"size_matched": "NaN"}), orjson.dumps(ORDER | {"id": None}),
        orjson.dumps(ORDER | {"associate_trades": "t"}), orjson.dumps(TRADE | {"size": ""}),
        orjson.dumps(TRADE | {"status": "SETTLED"}), orjson.dumps(TRADE | {"maker_orders": None}),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_read_is_told_of_and_hides_nothing(frame):
    found = read_frame(frame, NOON)

    assert (found.orders, found.trades, len(found.unreadable)) == ((), (), 1)


def test_an_item_that_cannot_be_read_does_not_hide_the_others():
    frame = read(ORDER | {"size_matched": "NaN"}, TRADE)

    assert (len(frame.trades), len(frame.unreadable)) == (1, 1)
    assert frame.trades[0].quantity == Decimal(10)
