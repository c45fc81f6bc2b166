"""What the venue's answers mean: a yes, a no, or that nobody knows; and HTTP read strictly, however it comes in."""

from decimal import Decimal
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ParseError
from executor.adapters.answers import failure
from executor.adapters.http1 import Answer, AnswerReader, ProtocolError
from executor.adapters.venue_errors import (
    BlockedError,
    DuplicatedError,
    Mode,
    RateLimitedError,
    RefusalCode,
    RefusedError,
    RestrictedError,
    UnauthorizedError,
    UnknownError,
)
from executor.adapters.wire_access import expected_heartbeat_id, read_balance, read_credentials, read_heartbeat_id
from executor.adapters.wire_account import OrderStatus, TradeStatus, read_order, read_page, read_trade
from executor.adapters.wire_orders import PlacedStatus, cancel_body, order_body, read_cancelled, read_placed
from unit.executor.signing_builders import API_KEY, a_signer, terms

ORDER_ID, OTHER_ID = "0x" + "0e" * 32, "0x" + "77" * 32
FAK_WORDS = "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8,
)  # fmt: skip


def answered(body, status=200, **headers):
    return Answer(status, headers, body if isinstance(body, bytes) else orjson.dumps(body))


def taken(**changes):
    return {
        "errorMsg": "", "orderID": ORDER_ID, "takingAmount": "", "makingAmount": "", "status": "live",
        "transactionsHashes": [], "tradeIDs": [], "success": True,
    } | changes  # fmt: skip


def order_row(**changes):
    return {
        "id": ORDER_ID, "status": "ORDER_STATUS_LIVE", "owner": API_KEY, "maker_address": "0x1a", "market": "0xc0",
        "asset_id": "123", "side": "BUY", "original_size": "10", "size_matched": "0", "price": "0.42", "outcome": "Up",
        "expiration": "0", "order_type": "GTC", "associate_trades": [], "created_at": 1795229306,
    } | changes  # fmt: skip


def maker_row(**changes):
    return {
        "order_id": OTHER_ID, "owner": API_KEY, "maker_address": "0x1a", "matched_amount": "4", "price": "0.58",
        "fee_rate_bps": "0", "asset_id": "124", "outcome": "Down", "side": "BUY",
    } | changes  # fmt: skip


def trade_row(**changes):
    return {
        "id": "t1", "taker_order_id": ORDER_ID, "market": "0xc0", "asset_id": "123", "side": "BUY", "size": "8.19672",
        "fee_rate_bps": "0", "price": "0.61", "status": "TRADE_STATUS_MATCHED", "match_time": "1795229306",
        "last_update": "1795229307", "outcome": "Up", "bucket_index": 0, "owner": "another", "maker_address": "0x1a",
        "transaction_hash": "", "trader_side": "MAKER", "maker_orders": [maker_row(), maker_row(owner="third")],
    } | changes  # fmt: skip


def without(row, name):
    return {key: value for key, value in row.items() if key != name}


def outcome_of(answer):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the test says which one it is
        read_placed(answer, ORDER_ID)
    return raised.value


def test_an_order_that_was_matched_tells_what_it_gave_and_got():
    body = taken(status="matched", takingAmount="8.19672", makingAmount="4.999999", tradeIDs=["t1"])
    placed = read_placed(answered(without(body, "transactionsHashes")), ORDER_ID)

    assert (placed.status, placed.trade_ids, placed.transaction_hashes) == (PlacedStatus.MATCHED, ("t1",), ())
    assert (placed.making, placed.taking) == (Decimal("4.999999"), Decimal("8.19672"))


@pytest.mark.parametrize("status", list(PlacedStatus))
def test_empty_amounts_are_no_amounts(status):
    placed = read_placed(answered(taken(status=status.value)), ORDER_ID)
    assert (placed.order_id, placed.status, placed.making, placed.taking) == (ORDER_ID, status, None, None)


@pytest.mark.parametrize(
    "answer",
    [
        answered(taken(orderID=OTHER_ID)),
        answered(taken(status="resting")),
        answered(taken(status="")),
        answered(taken(errorMsg="something went wrong")),
        answered(taken(orderID="")),
        answered(taken(orderID="", status="", errorMsg="")),
        answered(taken(orderID="", status="matched", errorMsg="late")),
        answered(taken(orderID="", status="", errorMsg="late", tradeIDs=["t1"])),
        answered(taken(success=False, errorMsg="not enough balance / allowance")),
        answered(taken(success="False")),
        answered(without(taken(), "success")),
        answered(taken(makingAmount="NaN", status="matched")),
        answered(taken(makingAmount="-1", status="matched")),
        answered(taken(takingAmount=[], status="matched")),
        answered(taken(tradeIDs={"t1": 1})),
        answered(b""),
        answered(b"<html>"),
        answered([]),
        answered("OK"),
        answered({"error": "order timed out"}, 500),
        answered({"error": "order timed out"}, 400),
        answered({"error": "Bad Gateway"}, 502),
        answered({"error": "upstream is busy"}, 503),
        answered(b"<html>", 503),
        answered(b"<html>", 400),
        answered({}, 400),
        answered({"error": 5}, 400),
        answered({"error": "Request Timeout"}, 408),
        answered({"error": FAK_WORDS, "orderID": OTHER_ID}, 400),
        answered(b"", 302),
        answered(b"", 204),
    ],
)
def test_whatever_is_no_plain_yes_or_no_is_unknown(answer):
    assert type(outcome_of(answer)) is UnknownError


@given(JSON)
def test_no_answer_of_the_right_status_can_be_taken_for_a_refusal_by_its_form(body):
    error = outcome_of(answered(body))
    assert type(error) is UnknownError


@given(st.binary(max_size=60), st.sampled_from([200, 201, 204, 302, 400, 404, 408, 500, 502, 503, 504]))
def test_no_bytes_can_be_taken_for_a_yes_or_a_no(body, status):
    assert type(outcome_of(Answer(status, {}, b"<" + body))) is UnknownError


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (FAK_WORDS, RefusalCode.KILLED),
        ("order couldn't be fully filled. FOK orders are fully filled or killed.", RefusalCode.KILLED),
        ("order 0x11 is invalid. Price (0.505) breaks minimum tick size rule: 0.01", RefusalCode.TICK),
        ("order 0x11 is invalid. Size (4) lower than the minimum: 5", RefusalCode.SIZE),
        ("invalid amount for a marketable BUY order ($0.5), min size: $1", RefusalCode.AMOUNT),
        (
            "invalid amounts, the market buy orders maker amount supports a max accuracy of 2 decimals, taker amount a max of 4 decimals",
            RefusalCode.PRECISION,
        ),
        ("not enough balance / allowance: the balance is not enough", RefusalCode.BALANCE),
        ("invalid post-only order: order crosses book", RefusalCode.CROSSES),
        ("invalid expiration", RefusalCode.EXPIRATION),
        ("order_version_mismatch", RefusalCode.VERSION),
        ("maker address not allowed, please use the deposit wallet flow", RefusalCode.WALLET),
        ("the order signer address has to be the address of the API KEY", RefusalCode.OWNER),
        ("'0x1a' address in closed only mode", RefusalCode.CLOSED_ONLY),
        ("the orderbook 123 does not exist", RefusalCode.NO_BOOK),
        ("the market is not yet ready to process new orders", RefusalCode.NOT_READY),
        ("words that nobody has heard before", RefusalCode.OTHER),
    ],
)
def test_a_refusal_is_named_by_the_venues_words(words, code):
    refused = outcome_of(answered({"error": words, "orderID": ORDER_ID}, 400))
    assert (type(refused), refused.status, refused.words) == (RefusedError, 400, words)
    assert (refused.code, refused.order_id) == (code, ORDER_ID)


def test_success_without_an_order_but_with_words_is_a_refusal():
    refused = outcome_of(answered(taken(orderID="", status="", errorMsg="not enough balance / allowance: no")))
    assert (type(refused), refused.status, refused.code) == (RefusedError, 200, RefusalCode.BALANCE)


@pytest.mark.parametrize(("status", "key"), [(400, "error"), (400, "errorMsg")])
def test_a_duplicate_is_no_refusal_for_the_order_is_there(status, key):
    error = outcome_of(answered({key: f"order {ORDER_ID} is invalid. Duplicated."}, status))
    assert type(error) is DuplicatedError


@pytest.mark.parametrize(
    ("answer", "mode", "retry_after_s"),
    [
        (answered({"error": "the matching engine is restarting"}, 425, **{"retry-after": "7"}), Mode.RESTARTING, 7),
        (answered(b"", 425), Mode.RESTARTING, None),
        (
            answered({"error": "post-only mode: only", "code": "post_only_mode", "retry_after_seconds": 79}, 503),
            Mode.POST_ONLY,
            79,
        ),
        (answered({"error": "trading is disabled"}, 503), Mode.DISABLED, None),
        (
            answered({"error": "Trading is currently cancel-only. New orders are not accepted"}, 503),
            Mode.CANCEL_ONLY,
            None,
        ),
        (answered({"error": "trading is disabled"}, 503, **{"retry-after": "soon"}), Mode.DISABLED, None),
        (answered({"error": "trading is disabled"}, 503, **{"retry-after": "NaN"}), Mode.DISABLED, None),
        (answered({"error": "trading is disabled"}, 503, **{"retry-after": "1e9"}), Mode.DISABLED, None),
    ],
)
def test_the_modes_of_the_venue_are_told_with_how_long_they_last(answer, mode, retry_after_s):
    error = outcome_of(answer)
    assert (type(error), error.mode, error.retry_after_s) == (RestrictedError, mode, retry_after_s)


def test_the_gateway_in_front_is_told_from_the_venue():
    blocked = outcome_of(answered(b"<!DOCTYPE html><p>error code: 1010</p>", 403, **{"content-type": "text/html"}))
    assert (type(blocked), "text/html" in str(blocked)) == (BlockedError, True)
    assert type(outcome_of(answered({"error": "address banned"}, 403))) is RefusedError
    assert type(outcome_of(answered({"error": "Unauthorized/Invalid api key"}, 401))) is UnauthorizedError
    limited = outcome_of(answered(b"error code: 1015", 429, **{"retry-after": "1.5"}))
    assert (type(limited), limited.retry_after_s) == (RateLimitedError, 1.5)
    assert type(failure("GET /x", answered({"error": "no"}, 404))) is RefusedError


def test_cancels_tell_what_is_gone_what_is_not_and_what_was_passed_over():
    body = {"canceled": [ORDER_ID], "not_canceled": {OTHER_ID: "already canceled or matched"}}
    found = read_cancelled("DELETE", answered(body), (ORDER_ID, OTHER_ID, "0x3"))

    assert (found.canceled, found.unmentioned) == ((ORDER_ID,), ("0x3",))
    assert found.not_canceled == ((OTHER_ID, "already canceled or matched"),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        [],
        {},
        {"canceled": [ORDER_ID]},
        {"canceled": "x", "not_canceled": {}},
        {"canceled": [None], "not_canceled": {}},
    ],
)
def test_cancels_that_cannot_be_read_are_unknown(body):
    with pytest.raises(UnknownError):
        read_cancelled("DELETE", answered(body))


def test_no_more_cancels_are_written_than_the_venue_takes():
    assert cancel_body((ORDER_ID,)) == f'["{ORDER_ID}"]'.encode()
    for order_ids in ((), ("0x1",) * 3001):
        with pytest.raises(ValueError, match="order ids: expected 1 to 3000"):
            cancel_body(order_ids)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"order_type": "FAK", "post_only": True}, "post-only: expected one of GTC, GTD, found FAK"),
        ({"order_type": "GTD"}, "expiration: expected one for GTD"),
        ({"order_type": "GTC", "expiration_s": 1795229999}, "expiration: expected one for GTD"),
        ({"order_type": "IOC"}, "order type: expected one of FAK, FOK, GTC, GTD"),
    ],
)
def test_no_order_is_written_that_the_venue_takes_in_no_case(fields, words):
    with pytest.raises(ValueError, match=words):
        order_body(a_signer().sign(terms()), api_key=API_KEY, **fields)


def test_an_order_is_read_whatever_became_of_it():
    assert read_order(order_row()).status is OrderStatus.LIVE
    found = read_order(order_row(status="CANCELED_MARKET_RESOLVED", size_matched="2.5", associate_trades=["t1"]))
    assert (found.status, found.status_words) == (OrderStatus.CANCELED, "CANCELED_MARKET_RESOLVED")
    assert (found.size_matched, found.trade_ids) == (Decimal("2.5"), ("t1",))


def test_a_trade_has_a_takers_part_and_makers_parts_and_tells_which_are_whose():
    trade = read_trade(trade_row())
    own, taker = trade.parts_of(API_KEY), trade.parts_of("another")

    assert (trade.status, trade.is_taker, trade.transaction_hash) == (TradeStatus.MATCHED, False, "")
    assert [(part.order_id, part.token_id, part.price, part.quantity) for part in own] == [
        (OTHER_ID, "124", Decimal("0.58"), Decimal(4))
    ]
    assert [(part.order_id, part.quantity) for part in taker] == [(ORDER_ID, Decimal("8.19672"))]
    assert trade.parts_of("nobody") == ()


@pytest.mark.parametrize(
    ("read", "row", "name", "value", "code"),
    [
        (read_order, order_row, "size_matched", "", "empty_number"),
        (read_order, order_row, "size_matched", None, "missing_number"),
        (read_order, order_row, "price", "NaN", "not_finite"),
        (read_order, order_row, "price", "1.5", "price_out_of_range"),
        (read_order, order_row, "status", "ORDER_STATUS_ODD", "unknown_status"),
        (read_order, order_row, "side", "buy", "unknown_side"),
        (read_order, order_row, "id", "", "empty_text"),
        (read_order, order_row, "created_at", 0, "bad_timestamp"),
        (read_trade, trade_row, "size", "NaN", "not_finite"),
        (read_trade, trade_row, "status", "SETTLED", "unknown_status"),
        (read_trade, trade_row, "trader_side", None, "unknown_side"),
        (read_trade, trade_row, "maker_orders", None, "wrong_type"),
        (read_trade, trade_row, "maker_orders", [maker_row(matched_amount="")], "empty_number"),
        (read_trade, trade_row, "transaction_hash", 5, "wrong_type"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused_by_name(read, row, name, value, code):
    with pytest.raises(ParseError) as refused:
        read(row(**{name: value}))
    assert refused.value.code == code


@given(JSON)
def test_whatever_comes_is_a_record_or_a_named_refusal(found):
    for read in (
        read_order,
        read_trade,
        read_balance,
        read_heartbeat_id,
        lambda each: read_page(each, "x", read_order),
    ):
        with pytest.raises(ParseError):
            read(found)
    assert isinstance(expected_heartbeat_id(found), str)


def test_a_row_that_cannot_be_read_hides_no_other_and_is_told():
    body = {"limit": 100, "count": 2, "next_cursor": "LTE=", "data": [order_row(), order_row(price="NaN")]}
    page = read_page(body, "GET /data/orders", read_order)

    assert ([each.order_id for each in page.listing.rows], page.next_cursor) == ([ORDER_ID], "")
    assert len(page.listing.unreadable) == 1
    assert page.listing.unreadable[0].startswith("not_finite in order price")
    assert read_page(body | {"next_cursor": "MTAw"}, "x", read_order).next_cursor == "MTAw"


@pytest.mark.parametrize("cursor", [None, "", 5, "x" * 600])
def test_a_page_that_does_not_say_whether_it_is_the_last_is_refused(cursor):
    with pytest.raises(ParseError):
        read_page({"data": [], "next_cursor": cursor}, "x", read_order)


def test_a_balance_is_read_with_an_allowance_without_bound():
    unbounded = str((1 << 256) - 1)
    found = read_balance({"balance": "1000000000", "allowances": {"0xE1": unbounded, "0xe2": "0"}})
    assert (found.balance, found.allowances) == (1_000_000_000, (("0xE1", (1 << 256) - 1), ("0xe2", 0)))
    assert read_balance({"balance": "5", "allowance": "7"}).allowances == (("", 7),)
    for balance in ("", None, "NaN", "1.5", "-1", "9" * 79):
        with pytest.raises(ParseError):
            read_balance({"balance": balance, "allowance": "7"})


def test_an_api_key_that_cannot_be_read_is_not_shown():
    for found in (
        {"apiKey": "k", "secret": "hush hush"},
        {"apiKey": "k", "secret": "hush hush", "passphrase": "p"},
        ["hush hush"],
    ):
        with pytest.raises(ParseError) as refused:
            read_credentials(found, "0x1a")
        assert "hush" not in str(refused.value)


WHOLE = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\n{"a":1}'
)
CHUNKED = b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n'


@given(st.sampled_from([WHOLE, CHUNKED]), st.lists(st.integers(1, 120), max_size=12))
def test_an_answer_is_the_same_however_it_is_cut(raw, cuts):
    reader, places = AnswerReader(1000), sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    found = [reader.feed(raw[start:end]) for start, end in pairwise(places)]

    assert found[:-1] == [None] * (len(found) - 1)
    assert found[-1].body == b'{"a":1}'
    assert found[-1].status in (200, 400)
    assert found[-1].keeps_alive


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 2OO OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 300,
        b"x" * 33_000,
    ],
)
def test_bytes_that_are_no_answer_are_refused(raw):
    with pytest.raises(ProtocolError):
        AnswerReader(1000).feed(raw)
