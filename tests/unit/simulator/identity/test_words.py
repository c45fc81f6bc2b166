"""How the engine's refusals are worded."""

import pytest
from polymarket.models.clob.order_response import RawOrderResponse, normalize_order_response

from simulator.exchange.intake.words import words
from simulator.matching.events import OrderRefused, Refusal
from simulator.matching.values import Order, OrderType, Side
from unit.simulator.identity.signing import CONDITION, TOKENS, an_instrument

ID = "0x" + "ab" * 32
PLACING = frozenset(Refusal) - {
    Refusal.UNKNOWN_ORDER, Refusal.HELD, Refusal.ENDED, Refusal.NOT_RESOLVED, Refusal.UNKNOWN_TRADE, Refusal.TRADE_FINAL,
}  # fmt: skip


def refused(refusal, maker_e6=2_000_000, taker_e6=4_000_000, price_e4=5000, **amounts):
    order = Order(
        ID, "0xa", "key", CONDITION, TOKENS[0], Side.BUY, maker_e6, taker_e6, price_e4, OrderType.GTC
    )  # fmt: skip
    return OrderRefused(1, order, refusal, **amounts)


def said(refusal, **about):
    return words(refused(refusal, **about), an_instrument()).words


def test_amounts_and_prices_are_named():
    assert said(Refusal.TOO_SMALL) == f"order {ID} is invalid. Size (4) lower than the minimum: 5"
    assert (
        said(Refusal.OFF_TICK, price_e4=5050)
        == f"order {ID} is invalid. Price (0.505) breaks minimum tick size rule: 0.01"
    )
    assert (
        said(Refusal.TOO_LITTLE_NOTIONAL, maker_e6=500_000)
        == "invalid amount for a marketable BUY order ($0.5), min size: $1"
    )
    assert said(Refusal.BALANCE, needed_e6=10_000_000) == (
        "not enough balance / allowance: the balance is not enough -> balance: 0, order amount: 10000000"
    )
    assert said(Refusal.ALLOWANCE, needed_e6=10, found_e6=3) == (
        "not enough balance / allowance: the allowance is not enough -> "
        "spender: 0xE111180000d2663C0091e4f400237545B87B996B, allowance: 3, order amount: 10"
    )


def test_what_is_always_the_same_is_said_in_the_same_words():
    assert said(Refusal.DUPLICATE) == f"order {ID} is invalid. Duplicated."
    assert said(Refusal.CROSSES) == "invalid post-only order: order crosses book"
    assert said(Refusal.EXPIRED) == "invalid expiration"
    assert said(Refusal.UNKNOWN_MARKET) == said(Refusal.NOT_ACCEPTING) == f"the orderbook {TOKENS[0]} does not exist"


@pytest.mark.parametrize("refusal", sorted(PLACING))
def test_every_refusal_of_placing_is_worded_even_of_a_market_that_is_not_known(refusal):
    for instrument in (None, an_instrument()):
        worded = words(refused(refusal), instrument)
        is_kill = refusal in (Refusal.FOK_NOT_FILLED, Refusal.FAK_NOT_FILLED)
        assert worded.status == 400
        assert worded.words
        assert worded.order_id == (ID if is_kill else "")


@pytest.mark.parametrize("refusal", sorted(frozenset(Refusal) - PLACING))
def test_a_refusal_of_something_else_is_no_answer_to_an_order(refusal):
    with pytest.raises(ValueError, match=refusal.value):
        words(refused(refusal), an_instrument())


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal.BALANCE, "not_enough_balance"), (Refusal.ALLOWANCE, "not_enough_balance"),
        (Refusal.CROSSES, "post_only_would_cross"), (Refusal.EXPIRED, "invalid_expiration"),
        (Refusal.FOK_NOT_FILLED, "fok_not_filled"), (Refusal.FAK_NOT_FILLED, "fak_not_filled"),
    ],
)  # fmt: skip
def test_the_official_client_knows_a_refusal_by_its_words(refusal, code):
    raw = RawOrderResponse.parse_response({
        "errorMsg": said(refusal), "orderID": "", "success": True, "status": "", "makingAmount": "", "takingAmount": "",
    })  # fmt: skip
    assert normalize_order_response(raw).code == code
