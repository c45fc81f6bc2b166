from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ParseError
from common.money import cents, floor_to, from_micro, is_on_tick, taker_fee, to_micro, walk, walk_fee

LEVELS = ((Decimal("0.50"), Decimal(10)), (Decimal("0.52"), Decimal(20)))


@pytest.mark.parametrize(
    ("price", "shares", "rate", "fee"),
    [  # fills seen on the chain
        ("0.31", "5", "0.05", "0.05347"),
        ("0.71", "7.042251", "0.05", "0.07249"),
        ("0.82", "1.219511", "0.07", "0.01259"),
        ("0.5", "100", "0.07", "1.75000"),
    ],
)
def test_a_fee_is_floored_to_five_decimals(price, shares, rate, fee):
    assert taker_fee(Decimal(price), Decimal(shares), Decimal(rate), 1) == Decimal(fee)


def test_the_exponent_of_older_schedules_counts():
    assert taker_fee(Decimal("0.5"), Decimal(100), Decimal("0.25"), 2) == Decimal("1.56250")


@given(st.integers(1, 99), st.integers(1, 10**9))
def test_a_fee_is_never_negative_and_never_more_than_the_formula(cents_, micro):
    price, shares = Decimal(cents_) / 100, from_micro(micro)
    fee = taker_fee(price, shares, Decimal("0.07"), 1)
    assert 0 <= fee <= shares * Decimal("0.07") * price * (1 - price)


@given(st.integers(0, 10**15))
def test_micro_amounts_come_back_as_they_went(micro):
    assert to_micro(from_micro(micro)) == micro


def test_an_amount_that_the_venue_cannot_hold_is_refused():
    with pytest.raises(ParseError, match="not_representable"):
        to_micro(Decimal("0.0000001"))


def test_walking_takes_the_best_level_first():
    assert walk(LEVELS, Decimal(15)) == (Decimal(15), Decimal("7.60"))


def test_a_thin_book_gives_what_it_has():
    assert walk(LEVELS, Decimal(50)) == (Decimal(30), Decimal("15.40"))
    assert walk((), Decimal(1)) == (Decimal(0), Decimal(0))


def test_the_fee_of_a_walk_is_floored_level_by_level():
    by_level = taker_fee(Decimal("0.50"), Decimal(10), Decimal("0.07"), 1) + taker_fee(
        Decimal("0.52"), Decimal(5), Decimal("0.07"), 1
    )
    assert walk_fee(LEVELS, Decimal(15), Decimal("0.07"), 1) == by_level


@pytest.mark.parametrize(
    ("price", "good"), [("0.01", True), ("0.99", True), ("0.505", False), ("0", False), ("1", False)]
)
def test_a_price_lies_on_the_tick_and_inside_the_edges(price, good):
    assert is_on_tick(Decimal(price), Decimal("0.01")) is good


def test_rounding_for_people_is_to_the_cent():
    assert cents(Decimal("1.005")) == Decimal("1.00")
    assert cents(Decimal("1.015")) == Decimal("1.02")
    assert floor_to(Decimal("5.129"), Decimal("0.01")) == Decimal("5.12")
