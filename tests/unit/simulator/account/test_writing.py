"""Orders and trades on the wire: exact decimal text, and what the official clients make of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polymarket.models.clob.account import ClobTrade, OpenOrder

from simulator.exchange.account.writing import (
    address_text,
    amount_text,
    expiration,
    original_size,
    outcome_of,
    owner_text,
    price_text,
    rest_order,
    rest_trade,
)
from simulator.matching.values import CROWD, HOUSE, OrderStatus, OrderType, Side, TradeStatus
from support.account_records import (
    AT_NS,
    CONDITION,
    DOWN,
    INSTRUMENT,
    MAKER_KEY,
    MAKER_WALLET,
    NS_PER_S,
    TAKER_KEY,
    UP,
    a_fill,
    a_standing,
    a_trade,
    an_order,
)


@pytest.mark.parametrize(
    ("amount_e6", "text"), [(0, "0"), (10_000_000, "10"), (5_051_020, "5.05102"), (1, "0.000001"), (-500_000, "-0.5")]
)
def test_an_amount_is_written_without_idle_zeros(amount_e6, text):
    assert amount_text(amount_e6) == text


@given(st.integers(-(10**15), 10**15))
def test_no_amount_loses_anything_when_it_is_written(amount_e6):
    assert Decimal(amount_text(amount_e6)).scaleb(6) == amount_e6
    assert "E" not in amount_text(amount_e6)


@pytest.mark.parametrize(("price_e4", "text"), [(5700, "0.57"), (9900, "0.99"), (10, "0.001"), (1, "0.0001")])
def test_a_price_is_written_as_its_tick_has_it(price_e4, text):
    assert price_text(price_e4) == text


def test_the_size_of_a_market_buy_is_its_dollars_and_of_anything_else_its_shares():
    assert original_size(an_order(order_type=OrderType.FOK)) == "5.7"
    assert original_size(an_order()) == "10"
    sold = an_order(side=Side.SELL, maker_e6=8_000_000, taker_e6=4_000_000, order_type=OrderType.FAK)
    assert original_size(sold) == "8"


def test_a_gtd_states_the_instant_that_was_signed_and_others_state_none():
    assert expiration(an_order(order_type=OrderType.GTD, expires_ns=AT_NS)) == str(AT_NS // NS_PER_S + 60)
    assert expiration(an_order()) == "0"


def test_whoever_has_neither_wallet_nor_key_is_shown_ones_that_stay_the_same():
    assert address_text(HOUSE) == address_text(HOUSE) != address_text(CROWD)
    assert len(address_text(HOUSE)) == 42
    assert [len(part) for part in owner_text(HOUSE).split("-")] == [8, 4, 4, 4, 12]
    assert owner_text(TAKER_KEY) == TAKER_KEY


def test_a_wallet_is_written_with_its_checksum():
    assert address_text("0xe111180000d2663c0091e4f400237545b87b996b") == "0xE111180000d2663C0091e4f400237545B87B996B"


def test_an_outcome_has_no_name_once_its_market_is_forgotten():
    assert (outcome_of(INSTRUMENT, DOWN), outcome_of(None, DOWN), outcome_of(INSTRUMENT, "1")) == ("Down", "", "")


def test_the_official_client_reads_an_order_as_it_stands():
    standing = a_standing(matched_e6=2_500_000, trades=("t1",))
    read = OpenOrder.parse_response(rest_order(standing, INSTRUMENT))

    assert (read.id, read.owner, read.condition_id, read.asset_id) == (
        standing.order.order_id,
        TAKER_KEY,
        CONDITION,
        UP,
    )
    assert (read.price, read.original_size, read.size_matched) == (Decimal("0.57"), Decimal(10), Decimal("2.5"))
    assert (read.status, read.order_type, read.outcome) == ("ORDER_STATUS_LIVE", "GTC", "Up")
    assert (read.associate_trades, read.expires_at) == (("t1",), None)
    assert read.created_at == datetime.fromtimestamp(AT_NS // NS_PER_S, UTC)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (OrderStatus.MATCHED, "ORDER_STATUS_MATCHED"),
        (OrderStatus.CANCELED, "ORDER_STATUS_CANCELED"),
        (OrderStatus.KILLED, "ORDER_STATUS_CANCELED"),
        (OrderStatus.RESOLVED, "ORDER_STATUS_CANCELED_MARKET_RESOLVED"),
        (OrderStatus.EXPIRED, "ORDER_STATUS_CANCELED_EXPIRED_ORDER"),
        (OrderStatus.INVALID, "ORDER_STATUS_INVALID"),
    ],
)
def test_every_status_of_an_order_is_written_with_its_prefix(status, word):
    assert rest_order(a_standing(status=status), INSTRUMENT)["status"] == word


def test_a_maker_reads_the_takers_side_on_top_and_its_own_below():
    read = ClobTrade.parse_response(rest_trade(a_trade(), MAKER_KEY, INSTRUMENT))

    assert (read.trader_side, read.side, read.asset_id, read.outcome) == ("MAKER", "BUY", UP, "Up")
    assert (read.owner, read.price, read.size) == (TAKER_KEY, Decimal("0.57"), Decimal(10))
    (own,) = read.maker_orders
    assert (own.owner, own.asset_id, own.outcome, own.price) == (MAKER_KEY, DOWN, "Down", Decimal("0.43"))
    assert own.matched_amount == Decimal(10)
    assert own.maker_address.lower() == MAKER_WALLET


def test_a_taker_reads_every_maker_that_was_met():
    written = rest_trade(a_trade(fills=(a_fill(), a_fill(order_id="0x01"))), TAKER_KEY, INSTRUMENT)

    assert ClobTrade.parse_response(written).trader_side == "TAKER"
    assert len(written["maker_orders"]) == 2


def test_a_trade_has_no_hash_before_it_is_mined_and_no_fee_rate_ever():
    matched = rest_trade(a_trade(), TAKER_KEY, INSTRUMENT)
    assert (matched["transaction_hash"], matched["fee_rate_bps"], matched["status"]) == (
        "",
        "0",
        "TRADE_STATUS_MATCHED",
    )

    mined = a_trade(status=TradeStatus.MINED, transaction_hash="0x" + "cd" * 32, changed_ns=AT_NS + 2 * NS_PER_S)
    read = ClobTrade.parse_response(rest_trade(mined, TAKER_KEY, INSTRUMENT))
    assert (read.status, read.transaction_hash) == ("MINED", "0x" + "cd" * 32)
    assert (read.updated_at - read.matched_at).total_seconds() == 2
