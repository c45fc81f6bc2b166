"""Prices from amounts: those of the official clients' own arithmetic, and those that are refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polymarket._internal.actions.orders.limit import _compute_limit_order_amounts
from polymarket._internal.actions.orders.market import _compute_market_order_amounts
from py_clob_client_v2.order_builder.builder import ROUNDING_CONFIG, OrderBuilder

from simulator.exchange.identity.signed_order import SignedOrder
from simulator.exchange.intake.amounts import Priced, priced
from simulator.matching.values import E4, TICKS_E4, OrderType, Side

ORDER_ID = "0xid"
TICKS = sorted(TICKS_E4)
BUY_WORDS = "invalid amounts, the market buy orders maker amount supports a max accuracy of 2 decimals, taker amount a max of 4 decimals"
SELL_WORDS = "invalid amounts, the sell orders maker amount supports a max accuracy of 2 decimals, taker amount a max of 4 decimals"
DEPRECATED = OrderBuilder(signer=None, funder="0x")


def an_order(side, maker_e6, taker_e6):
    return SignedOrder(
        1, "0xmaker", "0xsigner", "1", maker_e6, taker_e6, Side(side), 0, 1, bytes(32), bytes(32), b"",
    )  # fmt: skip


def price(side, maker_e6, taker_e6, order_type=OrderType.GTC, tick="0.01"):
    return priced(an_order(side, maker_e6, taker_e6), order_type, TICKS_E4[tick], ORDER_ID)


@st.composite
def prices(draw, ticks=TICKS):
    """Draw a tick, and a price on it in ten-thousandths."""
    tick = draw(st.sampled_from(ticks))
    return tick, draw(st.integers(1, E4 // TICKS_E4[tick] - 1)) * TICKS_E4[tick]


@given(prices(), st.integers(1, 10_000_000), st.sampled_from(["BUY", "SELL"]))
def test_a_limit_order_of_the_unified_client_has_exactly_the_price_that_was_meant(drawn, cents, side):
    tick, price_e4 = drawn
    amounts = _compute_limit_order_amounts(
        price=Decimal(price_e4) / E4, size=Decimal(cents) / 100, side=side, tick_size=Decimal(tick)
    )
    assert price(side, *amounts, tick=tick) == Priced(price_e4)


@given(prices(), st.integers(100, 1_000_000), st.sampled_from(["BUY", "SELL"]))
def test_a_limit_order_of_the_deprecated_client_has_exactly_the_price_that_was_meant(drawn, cents, side):
    tick, price_e4 = drawn
    _, *amounts = DEPRECATED.get_order_amounts(side, cents / 100, price_e4 / E4, ROUNDING_CONFIG[tick])
    assert price(side, *amounts, tick=tick) == Priced(price_e4)


@pytest.mark.parametrize("order_type", [OrderType.FAK, OrderType.FOK])
@given(prices(["0.1", "0.01"]), st.integers(100, 1_000_000), st.sampled_from(["BUY", "SELL"]))
def test_a_market_order_of_the_unified_client_counts_at_the_price_that_was_meant(order_type, drawn, cents, side):
    tick, price_e4 = drawn
    amounts = _compute_market_order_amounts(
        amount=Decimal(cents) / 100, price=Decimal(price_e4) / E4, side=side, tick_size=Decimal(tick)
    )
    assert price(side, *amounts, order_type, tick) == Priced(price_e4)


@given(prices(["0.01"]), st.integers(100, 1_000_000), st.sampled_from(["BUY", "SELL"]))
def test_a_market_order_of_the_deprecated_client_counts_on_the_tick_that_its_floats_say(drawn, cents, side):
    tick, price_e4 = drawn
    _, *amounts = DEPRECATED.get_market_order_amounts(side, cents / 100, price_e4 / E4, ROUNDING_CONFIG[tick])
    # The client cuts the price off after two decimals with floats, which turns 0.29 into 0.28.
    found = price(side, *amounts, OrderType.FAK, tick)
    assert found == Priced(int(price_e4 / E4 * 100) * 100)
    assert price_e4 - found.price_e4 in (0, 100)


@pytest.mark.parametrize(
    ("tick", "price_e4", "taker_e6"),
    [("0.001", 9850, 10_131_970), ("0.0025", 9850, 10_131_979), ("0.0001", 9850, 10_131_979)],
)
def test_a_market_buy_with_too_many_decimals_is_refused_on_every_tick_and_taken_once_clipped(tick, price_e4, taker_e6):
    assert price("BUY", 9_980_000, taker_e6, OrderType.FAK, tick).words == BUY_WORDS
    assert price("BUY", 9_980_000, taker_e6 // 100 * 100, OrderType.FAK, tick) == Priced(price_e4)


def test_a_market_sell_that_was_clipped_counts_on_the_tick_above():
    assert price("SELL", 5_050_000, 4_974_250, OrderType.FOK, "0.001").words == SELL_WORDS
    assert price("SELL", 5_050_000, 4_974_200, OrderType.FOK, "0.001") == Priced(9850)


def test_a_market_buy_whose_shares_were_clipped_up_stands_a_tick_lower():
    assert price("BUY", 5_000_000, 7_575_700, OrderType.FAK) == Priced(6600)
    assert price("BUY", 5_000_000, 7_575_800, OrderType.FAK) == Priced(6500)


@pytest.mark.parametrize(("side", "maker", "taker"), [("BUY", 4_200_100, 10_000_000), ("SELL", 10_000_000, 4_200_100)])
def test_a_limit_order_between_two_ticks_is_refused(side, maker, taker):
    assert (
        price(side, maker, taker).words == "order 0xid is invalid. Price (0.42001) breaks minimum tick size rule: 0.01"
    )


@pytest.mark.parametrize(("tick", "price_e4"), [("0.01", 4250), ("0.0025", 4240), ("0.1", 4200)])
def test_a_limit_order_on_a_tick_of_another_market_is_refused(tick, price_e4):
    found = price("BUY", price_e4 * 1000, 10_000_000, tick=tick)
    assert found.words == f"order 0xid is invalid. Price ({price_e4 / E4:g}) breaks minimum tick size rule: {tick}"


@pytest.mark.parametrize("order_type", OrderType)
@pytest.mark.parametrize(
    ("side", "maker", "taker"),
    [("BUY", 10_000_000, 10_000_000), ("SELL", 10_000_000, 10_000_000), ("BUY", 20_000_000, 10_000_000)],
)
def test_a_price_of_a_dollar_or_more_is_refused(order_type, side, maker, taker):
    assert "breaks minimum tick size rule" in price(side, maker, taker, order_type).words


@pytest.mark.parametrize("order_type", [OrderType.GTC, OrderType.FAK])
def test_a_price_below_the_first_tick_is_refused_of_a_buy(order_type):
    words = price("BUY", 20_000, 10_000_000, order_type).words
    assert words == "order 0xid is invalid. Price (0.002) breaks minimum tick size rule: 0.01"


@pytest.mark.parametrize(
    ("side", "maker", "taker", "words"),
    [
        ("BUY", 4_200_010, 10_000_000, "the buy orders maker amount supports a max accuracy of 4 decimals, taker amount a max of 2"),
        ("BUY", 4_200_000, 10_001_000, "the buy orders maker amount supports a max accuracy of 4 decimals, taker amount a max of 2"),
        ("SELL", 10_001_000, 4_200_000, "the sell orders maker amount supports a max accuracy of 2 decimals, taker amount a max of 4"),
    ],
)  # fmt: skip
def test_a_limit_order_has_no_more_decimals_than_its_tick_allows(side, maker, taker, words):
    assert words in price(side, maker, taker).words
