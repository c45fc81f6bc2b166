"""Posted orders: those of the official clients are taken, and every other one is refused in the exchange's words."""

import dataclasses

import orjson
import pytest
from py_clob_client_v2.order_utils.model.order_data_v1 import SignedOrderV1, order_to_json_v1

from simulator.exchange.intake.posted import Posted, read_order
from simulator.exchange.intake.refused import Refused
from simulator.exchange.settings import ExchangeSettings
from simulator.matching.values import Order, OrderType, Side
from unit.simulator.identity.signing import (
    API_KEY,
    CLIENTS,
    CONDITION,
    NOW_S,
    OWNER,
    STRANGER,
    TOKENS,
    ZEROS,
    HandMadeFloor,
    Terms,
    a_caller,
    deprecated_client_order,
    unified_client_body,
    wallet,
)

MARKETS = {"standard": {}, "neg_risk": {"is_neg_risk": True}, "v3": {"version": "v2"}}
OPEN = ExchangeSettings(allows_eoa=True)
CLOSED = ExchangeSettings()


def judged(body, floor=None, caller=None, settings=OPEN):
    """Judge a body as it arrives: through JSON."""
    read = orjson.loads(orjson.dumps(body))
    return read_order(read, caller or a_caller(), floor or HandMadeFloor(), settings)


def words(body, **about):
    refused = judged(body, **about)
    assert isinstance(refused, Refused), refused
    assert (refused.status, refused.order_id) == (400, "")
    return refused.words


def changed(body, **fields):
    """Change fields of an order after it was signed; `...` takes one away."""
    order = {name: value for name, value in (body["order"] | fields).items() if value is not ...}
    return body | {"order": order}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("exchange", MARKETS)
@pytest.mark.parametrize("signature_type", range(4))
def test_an_order_of_an_official_client_becomes_one_for_the_engine(client, exchange, signature_type):
    terms, floor = Terms(exchange, signature_type, post_only=True), HandMadeFloor(**MARKETS[exchange])
    posted = judged(CLIENTS[client](terms), floor)

    account = wallet(OWNER, signature_type).lower()
    _, order_hash = deprecated_client_order(terms)
    assert posted.order == Order(
        order_hash, account, API_KEY, CONDITION, TOKENS[0], Side.BUY, 4_200_000, 10_000_000, 4200, OrderType.GTC,
        post_only=True,
    )  # fmt: skip
    assert posted.wire.salt == terms.salt
    assert not posted.defer_exec
    assert floor.funded == [account]


@pytest.mark.parametrize("exchange", MARKETS)
@pytest.mark.parametrize("market", MARKETS)
def test_an_order_is_signed_for_its_markets_own_exchange(exchange, market):
    floor = HandMadeFloor(**MARKETS[market])
    found = judged(unified_client_body(Terms(exchange)), floor)
    if exchange == market:
        assert isinstance(found, Posted)
    else:
        assert found == Refused(400, "invalid signature")
        assert floor.funded == []


def test_a_sell_gives_shares_for_dollars():
    posted = judged(unified_client_body(Terms(side="SELL", maker_e6=10_000_000, taker_e6=4_200_000, token=TOKENS[1])))
    assert (posted.order.side, posted.order.price_e4, posted.order.shares_e6) == (Side.SELL, 4200, 10_000_000)
    assert posted.order.token == TOKENS[1]


@pytest.mark.parametrize("order_type", ["FAK", "FOK"])
def test_a_market_order_may_imply_a_price_between_two_ticks(order_type):
    terms = Terms(maker_e6=5_000_000, taker_e6=7_575_700, order_type=order_type)
    posted = judged(unified_client_body(terms))
    assert (posted.order.price_e4, posted.order.order_type) == (6600, OrderType(order_type))
    assert "breaks minimum tick size rule: 0.01" in words(
        unified_client_body(dataclasses.replace(terms, order_type="GTC", taker_e6=7_570_000))
    )


def test_what_may_be_left_out_stands_for_the_documented_default():
    body = changed(unified_client_body(Terms()), metadata="", builder="")
    for name in ("orderType", "deferExec"):
        del body[name]
    posted = judged(body)
    assert (posted.order.order_type, posted.order.post_only, posted.defer_exec) == (OrderType.GTC, False, False)
    assert judged(unified_client_body(Terms()) | {"deferExec": True}).defer_exec
    assert isinstance(judged(changed(body, metadata=...)), Posted)


def test_a_session_key_trades_for_a_deposit_wallet():
    floor = HandMadeFloor()
    body = unified_client_body(Terms(), STRANGER, maker=wallet(OWNER, 3), signer_type="SESSION_KEY")
    posted = judged(body, floor, a_caller(STRANGER))
    assert posted.order.account == wallet(OWNER, 3).lower()
    assert words(body, caller=a_caller(OWNER)) == "invalid signature"


@pytest.mark.parametrize("payload", [None, [], "order", 1, {}, {"order": None}, {"order": []}, {"order": {}}])
def test_a_body_that_is_no_order_is_refused(payload):
    assert words(payload) == "Invalid order payload"


MALFORMED = [
    {"salt": "988340803730600"}, {"salt": 1.5}, {"salt": -1}, {"salt": True}, {"salt": ...},
    {"maker": OWNER.address.swapcase()}, {"maker": "0x12"}, {"maker": None}, {"maker": ...}, {"signer": ...},
    {"signer": ""}, {"tokenId": 1}, {"tokenId": "0x1f"}, {"tokenId": str(1 << 256)}, {"tokenId": ...},
    {"makerAmount": "4.2"}, {"makerAmount": 4200000}, {"makerAmount": "0"}, {"makerAmount": "-1"}, {"makerAmount": "1" * 30},
    {"takerAmount": "0"}, {"takerAmount": "010"}, {"takerAmount": ""}, {"takerAmount": ...}, {"takerAmount": "٤"},
    {"side": "buy"}, {"side": 0}, {"side": ...}, {"signatureType": 4}, {"signatureType": "0"}, {"signatureType": ...},
    {"timestamp": "0"}, {"timestamp": 1795229306028}, {"timestamp": ...}, {"expiration": 0}, {"expiration": ...},
    {"expiration": "soon"}, {"metadata": "0x00"}, {"metadata": 0}, {"builder": "builder"}, {"signature": "0x"},
    {"signature": "0x123"}, {"signature": "nothing"}, {"signature": ...}, {"signature": "0x" + "00" * 1025},
]  # fmt: skip


@pytest.mark.parametrize("fields", MALFORMED, ids=str)
def test_an_order_with_a_malformed_field_is_refused(fields):
    assert words(changed(unified_client_body(Terms()), **fields)) == "Invalid order payload"


@pytest.mark.parametrize(
    "fields", [{"orderType": "IOC"}, {"orderType": None}, {"orderType": []}, {"owner": None}, {"owner": 7},
               {"postOnly": "true"}, {"postOnly": None}, {"deferExec": 0}], ids=str,
)  # fmt: skip
def test_a_body_with_a_malformed_field_is_refused(fields):
    assert words(unified_client_body(Terms()) | fields) == "Invalid order payload"


def test_an_order_of_the_exchanges_first_version_is_told_so():
    order = SignedOrderV1(
        salt="1", maker=OWNER.address, signer=OWNER.address, taker="0x" + "00" * 20, tokenId=TOKENS[0],
        makerAmount="4200000", takerAmount="10000000", expiration="0", nonce="0", feeRateBps="0", side=0,
        signatureType=0, signature="0x" + "00" * 65,
    )  # fmt: skip
    assert words(order_to_json_v1(order, API_KEY, "GTC")) == "order_version_mismatch"


def test_the_owner_is_the_callers_api_key():
    assert (
        words(unified_client_body(Terms(), owner=OWNER.address)) == "the order owner has to be the owner of the API KEY"
    )


@pytest.mark.parametrize("signature_type", range(4))
def test_the_signer_is_the_callers_address_or_deposit_wallet(signature_type):
    body = unified_client_body(Terms(signature_type=signature_type), STRANGER)
    assert words(body) == "the order signer address has to be the address of the API KEY"


def test_the_maker_is_the_signers_own_wallet():
    for signature_type, kind in ((0, 1), (1, 2), (2, 1), (1, 0)):
        body = unified_client_body(Terms(signature_type=signature_type), maker=wallet(OWNER, kind))
        assert words(body) == "invalid signature"


def test_a_bare_address_trades_only_where_it_is_allowed():
    body = unified_client_body(Terms(signature_type=0))
    assert words(body, settings=CLOSED) == "maker address not allowed, please use the deposit wallet flow"
    assert isinstance(judged(body, settings=CLOSED, caller=a_caller(is_allowed_eoa=True)), Posted)
    assert isinstance(judged(unified_client_body(Terms(signature_type=3)), settings=CLOSED), Posted)


def test_an_account_in_closed_only_mode_sells_and_does_not_buy():
    caller = a_caller(is_closed_only=True)
    sell = Terms(side="SELL", maker_e6=10_000_000, taker_e6=4_200_000)
    assert words(unified_client_body(Terms()), caller=caller) == f"'{OWNER.address}' address in closed only mode"
    assert isinstance(judged(unified_client_body(sell), caller=caller), Posted)


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_banned_account_does_neither(side):
    body = unified_client_body(Terms(side=side, maker_e6=10_000_000, taker_e6=10_000_000))
    assert words(body, caller=a_caller(is_banned=True)) == f"'{OWNER.address}' address banned"


def test_a_token_that_nobody_trades_has_no_book():
    assert words(unified_client_body(Terms(token="123"))) == "the orderbook 123 does not exist"


@pytest.mark.parametrize("signature_type", range(4))
def test_an_order_that_was_changed_after_it_was_signed_is_refused_and_nobody_is_funded(signature_type):
    floor = HandMadeFloor()
    body = changed(unified_client_body(Terms(signature_type=signature_type)), salt=1)
    assert words(body, floor=floor) == "invalid signature"
    assert floor.funded == []


def test_a_price_off_the_markets_tick_of_now_is_refused_with_the_orders_id():
    terms = Terms(maker_e6=4_250_000)
    _, order_hash = deprecated_client_order(terms)
    assert words(unified_client_body(terms)) == (
        f"order {order_hash} is invalid. Price (0.425) breaks minimum tick size rule: 0.01"
    )
    assert judged(unified_client_body(terms), HandMadeFloor(tick_e4=10)).order.price_e4 == 4250


def test_amounts_with_too_many_decimals_are_refused():
    body = unified_client_body(Terms(maker_e6=9_980_000, taker_e6=10_131_979, order_type="FAK"))
    assert words(body) == (
        "invalid amounts, the market buy orders maker amount supports a max accuracy of 2 decimals, "
        "taker amount a max of 4 decimals"
    )


def test_a_gtd_ends_a_minute_before_the_instant_that_it_states():
    posted = judged(unified_client_body(Terms(order_type="GTD", expiration_s=NOW_S + 180)))
    assert posted.order.expires_ns == (NOW_S + 120) * 1_000_000_000
    assert posted.wire.expiration_s == NOW_S + 180


@pytest.mark.parametrize(
    ("order_type", "expiration_s"),
    [
        ("GTD", 0),
        ("GTD", NOW_S),
        ("GTD", NOW_S + 60),
        ("GTD", NOW_S + 179),
        ("GTC", NOW_S + 180),
        ("FAK", NOW_S + 180),
        ("FOK", 1),
    ],
)
def test_an_expiration_where_none_belongs_or_too_soon_is_refused(order_type, expiration_s):
    assert words(unified_client_body(Terms(order_type=order_type, expiration_s=expiration_s))) == "invalid expiration"


@pytest.mark.parametrize("order_type", ["FAK", "FOK"])
def test_an_order_that_never_rests_cannot_be_post_only(order_type):
    body = unified_client_body(Terms(order_type=order_type)) | {"postOnly": True}
    assert words(body) == "invalid post-only order: only GTC and GTD orders can be post-only"


def test_the_order_that_was_captured_from_the_unified_client_has_the_same_shape():
    body = unified_client_body(Terms())
    captured = {
        "builder", "expiration", "maker", "makerAmount", "metadata", "salt", "side", "signature", "signatureType",
        "signer", "takerAmount", "timestamp", "tokenId",
    }  # fmt: skip
    assert set(body["order"]) == captured
    assert body["order"]["builder"] == ZEROS
    assert isinstance(judged(body), Posted)
