"""What a placed order is answered with, down to the wire."""

import orjson
import pytest
from polymarket._internal.actions.orders.post import parse_order_response, parse_order_responses
from polymarket.models.clob.order_response import AcceptedOrder, RejectedOrder

from simulator.exchange.floor import Placement
from simulator.exchange.orders.order_answers import Declined, leg, not_taken, outcome, single, taken
from simulator.matching.events import OrderRefused, Refusal
from simulator.matching.values import (
    Instrument,
    Order,
    OrderStatus,
    OrderType,
    Side,
    Standing,
    Trade,
    TradeStatus,
)

NOW_NS = 1_795_240_800_000_000_000
ORDER_ID = "0x" + "ab" * 32
MARKET = Instrument("0xc0", ("up", "down"), ("Up", "Down"), 100, 5_000_000, 70_000, 1, 0)
FOK_WORDS = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_WORDS = "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."


def an_order(side=Side.BUY, order_type=OrderType.GTC):
    dollars, shares = 2_500_000, 5_000_000
    maker, taker = (dollars, shares) if side is Side.BUY else (shares, dollars)
    return Order(ORDER_ID, "0xwallet", "key", "0xc0", "up", side, maker, taker, 5000, order_type)


def a_trade(trade_id, shares_e6, usd_e6, side=Side.BUY, order_id=ORDER_ID):
    return Trade(
        trade_id, NOW_NS, "0xc0", order_id, "0xwallet", "key", "up", side, 5000, shares_e6, usd_e6, 0, (),
        TradeStatus.MATCHED, NOW_NS,
    )  # fmt: skip


def a_placement(order, status=None, trades=(), refusal=None, **more):
    standing = Standing(order, status, NOW_NS, 0, 0, 0, tuple(t.trade_id for t in trades)) if status else None
    refused = OrderRefused(NOW_NS, order, refusal, **more) if refusal else None
    return Placement((), standing, trades, refusal=refused)


def refused(refusal, order=None):
    order = order or an_order()
    return outcome(order, a_placement(order, refusal=refusal), MARKET)


def test_an_order_that_rests_is_live_and_has_no_amounts():
    order = an_order()
    assert outcome(order, a_placement(order, OrderStatus.LIVE), MARKET) == {
        "success": True, "errorMsg": "", "orderID": ORDER_ID, "status": "live", "makingAmount": "",
        "takingAmount": "", "transactionsHashes": [], "tradeIDs": [],
    }  # fmt: skip


def test_a_buy_makes_dollars_and_takes_shares_of_all_its_trades_in_decimal_text():
    order = an_order()
    trades = (a_trade("t1", 8_000_000, 4_880_000), a_trade("t2", 196_720, 119_999))
    found = outcome(order, a_placement(order, OrderStatus.MATCHED, trades), MARKET)
    assert (found["makingAmount"], found["takingAmount"]) == ("4.999999", "8.19672")
    assert (found["status"], found["tradeIDs"], found["transactionsHashes"]) == ("matched", ["t1", "t2"], [])


def test_a_sell_makes_shares_and_takes_dollars():
    order = an_order(Side.SELL)
    trades = (a_trade("t1", 5_000_000, 2_500_000, Side.SELL),)
    found = outcome(order, a_placement(order, OrderStatus.MATCHED, trades), MARKET)
    assert (found["makingAmount"], found["takingAmount"]) == ("5", "2.5")


def test_an_order_matched_in_part_is_matched_though_the_rest_of_it_rests():
    order = an_order()
    found = outcome(order, a_placement(order, OrderStatus.LIVE, (a_trade("t1", 1_000_000, 500_000),)), MARKET)
    assert (found["status"], found["takingAmount"]) == ("matched", "1")


def test_an_order_that_was_met_as_a_maker_since_its_hold_is_live():
    order = an_order()
    met = (a_trade("t1", 1_000_000, 500_000, order_id="0xanother"),)
    found = outcome(order, a_placement(order, OrderStatus.MATCHED, met), MARKET)
    assert (found["status"], found["makingAmount"], found["tradeIDs"]) == ("live", "", [])


def test_a_held_order_is_delayed():
    order = an_order()
    held = Placement((), Standing(order, OrderStatus.DELAYED, NOW_NS, 0, 0, 0, ()), (), None, is_held=True)
    found = outcome(order, held, MARKET)
    assert (found["status"], found["orderID"], found["success"]) == ("delayed", ORDER_ID, True)


@pytest.mark.parametrize("status", [OrderStatus.UNFUNDED, OrderStatus.RESOLVED, OrderStatus.EXPIRED])
def test_an_order_that_ended_while_it_was_held_is_unmatched(status):
    order = an_order()
    assert outcome(order, a_placement(order, status), MARKET)["status"] == "unmatched"


@pytest.mark.parametrize(
    ("order_type", "refusal", "words"),
    [(OrderType.FOK, Refusal.FOK_NOT_FILLED, FOK_WORDS), (OrderType.FAK, Refusal.FAK_NOT_FILLED, FAK_WORDS)],
)
def test_a_kill_is_http_400_with_the_orders_id_whether_at_once_or_after_a_hold(order_type, refusal, words):
    order = an_order(order_type=order_type)
    at_once = outcome(order, a_placement(order, OrderStatus.KILLED, refusal=refusal), MARKET)
    after_hold = outcome(order, a_placement(order, OrderStatus.KILLED), MARKET)
    assert at_once == after_hold
    response = single(at_once)
    assert response.status == 400
    assert orjson.loads(response.body) == {"error": words, "orderID": ORDER_ID}


def test_a_refusal_has_words_and_a_status_and_no_id():
    response = single(refused(Refusal.BALANCE))
    assert response.status == 400
    body = orjson.loads(response.body)
    assert body["error"].startswith("not enough balance / allowance")
    assert "orderID" not in body


def test_a_refusal_of_a_batch_succeeds_without_an_order():
    found = leg(refused(Refusal.BALANCE))
    assert (found["success"], found["orderID"], found["status"]) == (True, "", "")
    assert found["errorMsg"].startswith("not enough balance / allowance")


def test_a_post_only_order_that_crosses_fails_in_a_batch_with_null():
    assert leg(refused(Refusal.CROSSES)) == {
        "success": False, "orderID": None, "errorMsg": "invalid post-only order: order crosses book",
    }  # fmt: skip
    assert single(refused(Refusal.CROSSES)).status == 400


def test_a_mode_says_when_to_come_again_in_the_body_where_it_has_a_code_and_always_in_the_header():
    post_only = single(Declined(503, "post-only", code="post_only_mode", retry_after_s=79))
    assert orjson.loads(post_only.body) == {"error": "post-only", "code": "post_only_mode", "retry_after_seconds": 79}
    assert post_only.headers["Retry-After"] == "79"
    restarting = single(Declined(425, "restarting", retry_after_s=3))
    assert (restarting.status, restarting.headers["Retry-After"]) == (425, "3")
    assert orjson.loads(restarting.body) == {"error": "restarting"}


def test_the_official_client_understands_what_was_taken():
    order = an_order()
    live = parse_order_response(taken(order, "live"))
    matched = parse_order_response(taken(order, "matched", (a_trade("t1", 5_000_000, 2_500_000),)))
    assert isinstance(live, AcceptedOrder)
    assert isinstance(matched, AcceptedOrder)
    assert (live.status, live.making_amount) == ("live", 0)
    assert (str(matched.making_amount), str(matched.taking_amount), matched.trade_ids) == ("2.5", "5", ("t1",))


def test_the_official_client_understands_a_batch_with_a_refusal_and_an_order_that_came_to_nothing():
    order = an_order()
    found = parse_order_responses([
        taken(order, "live"), leg(refused(Refusal.BALANCE)), taken(order, "unmatched"), not_taken("whatever"),
    ])  # fmt: skip
    assert [response.ok for response in found] == [True, False, False, False]
    assert all(isinstance(response, RejectedOrder) for response in found[1:])
    assert [response.code for response in found[1:]] == ["not_enough_balance", "unmatched", "unknown"]
