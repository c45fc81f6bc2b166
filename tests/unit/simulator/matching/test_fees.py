"""The taker's fee, against fills as they stand on the chain."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.matching.fees import fee_e6
from simulator.matching.values import CROWD, E4, E6, FEES
from unit.simulator.matching.venue import ALICE, BOB, BUY, SELL, Venue


@pytest.mark.parametrize(
    ("shares_e6", "price_e4", "rate_e6", "expected_e6"),
    [
        (5_000_000, 3100, 50_000, 53_470),
        (7_042_251, 7100, 50_000, 72_490),
        (1_219_511, 8200, 70_000, 12_590),
        (100_000_000, 5000, 70_000, 1_750_000),
        (100_000_000, 5000, 40_000, 1_000_000),
        (25_000_000, 1300, 50_000, 141_370),
        (100_000_000, 5000, 0, 0),
    ],
)
def test_a_fee_is_floored_to_five_decimals(shares_e6, price_e4, rate_e6, expected_e6):
    assert fee_e6(shares_e6, price_e4, rate_e6, 1) == expected_e6


def test_an_exponent_of_two_squares_the_spread_of_the_price():
    assert fee_e6(100_000_000, 5000, 250_000, 2) == 1_562_500


@given(st.integers(1, 10**12), st.integers(1, E4 - 1), st.integers(0, E6), st.integers(0, 3))
def test_a_fee_is_the_exact_formula_floored(shares_e6, price_e4, rate_e6, exponent):
    price = Fraction(price_e4, E4)
    exact_e6 = shares_e6 * Fraction(rate_e6, E6) * (price * (1 - price)) ** exponent
    charged_e6 = fee_e6(shares_e6, price_e4, rate_e6, exponent)

    assert charged_e6 % 10 == 0
    assert charged_e6 <= exact_e6 < charged_e6 + 10


def test_a_buyer_pays_the_fee_on_top_and_a_maker_pays_none():
    venue = Venue(fee_rate_e6=70_000)
    venue.rest(BUY, 6000, 10, by=BOB, token="down")
    venue.place(BUY, 4000, 10)

    assert venue.dollars(ALICE).total_e6 == 1000 * E6 - 4_000_000 - 168_000
    assert venue.dollars(BOB).total_e6 == 1000 * E6 - 6_000_000
    assert venue.dollars(FEES).total_e6 == 168_000
    assert venue.engine.recent_trades()[0].fee_e6 == 168_000


def test_a_seller_pays_the_fee_out_of_the_proceeds():
    venue = Venue(fee_rate_e6=50_000)
    venue.rest(BUY, 3100, 5, by=BOB)
    venue.crowd(SELL, 3100, 5)
    trade = venue.engine.recent_trades()[0]

    assert (trade.account, trade.usd_e6, trade.fee_e6) == (CROWD, 1_550_000, 53_470)
    assert venue.dollars(CROWD).total_e6 == 1_550_000 - 53_470
    assert venue.dollars(FEES).total_e6 == 53_470


def test_a_fee_is_floored_fill_by_fill_and_then_summed():
    venue = Venue(fee_rate_e6=70_000)
    for number, by in enumerate((BOB, "0xcc")):
        if by != BOB:
            venue.quote(bids=[(8100, 0)], asks=[(8200, 7.13)])
        else:
            venue.rest(BUY, 1800, 7.13, by=BOB, token="down", order_id=f"m{number}")
    venue.place(BUY, 8200, 14.26)
    [trade] = venue.engine.recent_trades()

    one = fee_e6(7_130_000, 8200, 70_000, 1)
    assert len(trade.fills) == 2
    assert trade.fee_e6 == 2 * one
    assert 2 * one < fee_e6(14_260_000, 8200, 70_000, 1)
