from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import SECOND
from common.errors import ParseError
from common.parsing import (
    parse_decimal,
    parse_flag,
    parse_int,
    parse_price,
    parse_shares,
    parse_symbol,
    parse_underlying,
    parse_unix,
)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "missing_number"),
        ("", "empty_number"),
        ("   ", "empty_number"),
        ("NaN", "not_finite"),
        ("-nan", "not_finite"),
        ("Infinity", "not_finite"),
        (float("inf"), "not_finite"),
        (float("nan"), "not_finite"),
        ("twelve", "not_a_number"),
        ("1,000", "not_a_number"),
        ("0x10", "not_a_number"),
        ("9" * 61, "not_a_number"),
        ("1e999999", "number_out_of_range"),
        ("-1e61", "number_out_of_range"),
        ("1e-999999", "number_out_of_range"),
        (True, "wrong_type"),
        ([], "wrong_type"),
        ({"price": 1}, "wrong_type"),
    ],
)
def test_what_is_not_a_number_is_refused_by_name(value, code):
    with pytest.raises(ParseError) as refused:
        parse_decimal(value, "ticker price")

    assert refused.value.code == code
    assert "ticker price" in str(refused.value)


@given(st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.booleans(), st.lists(st.integers())))
def test_nothing_from_outside_crashes_the_parser_or_becomes_zero_by_accident(value):
    try:
        number = parse_decimal(value, "x")
    except ParseError:
        return
    assert number.is_finite()
    assert number == Decimal(str(value).strip())


@pytest.mark.parametrize("value", ["65026.45", 65026.45, Decimal("65026.45")])
def test_a_number_keeps_every_digit(value):
    assert parse_decimal(value, "x") == Decimal("65026.45")


@pytest.mark.parametrize("value", ["-0.01", "1.01", 2])
def test_a_share_price_lies_between_nothing_and_a_dollar(value):
    with pytest.raises(ParseError, match="price_out_of_range"):
        parse_price(value, "level")


def test_sizes_are_not_negative_and_coins_are_not_free():
    with pytest.raises(ParseError, match="negative_size"):
        parse_shares("-1", "level")
    with pytest.raises(ParseError, match="price_not_positive"):
        parse_underlying("0", "tick")


@pytest.mark.parametrize("pair", ["BTCUSDT", "ETHUSD", "BTC-USD", "btcusdt", "BTCEUR"])
def test_a_suffixed_symbol_is_refused(pair):
    with pytest.raises(ParseError, match=r"suffixed_symbol|bad_symbol"):
        parse_symbol(pair, "SYMBOLS")


def test_a_bare_symbol_is_a_symbol():
    assert parse_symbol("BTC", "SYMBOLS") == "BTC"


def test_a_timestamp_is_read_in_seconds_or_milliseconds():
    assert parse_unix("1790658674035", "t") == 1790658674035 * 1_000_000
    assert parse_unix("1790658674", "t") == 1790658674 * SECOND
    with pytest.raises(ParseError, match="bad_timestamp"):
        parse_unix("0", "t")


def test_a_boolean_that_travels_as_text_is_refused():
    with pytest.raises(ParseError, match="wrong_type"):
        parse_flag("False", "acceptingOrders")
    assert parse_flag(False, "acceptingOrders") is False


def test_a_fraction_is_not_a_whole_number():
    with pytest.raises(ParseError, match="not_whole"):
        parse_int("1.5", "sequence")
