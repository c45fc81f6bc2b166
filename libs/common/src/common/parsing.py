"""The one way in for everything from outside: it gives a value or a named refusal, never a crash or a zero."""

import re
from decimal import Decimal, InvalidOperation
from typing import NewType

from common.clock import SECOND, Instant
from common.errors import ParseError
from common.money import Price, Shares, UnderlyingPrice

Symbol = NewType("Symbol", str)
"""A bare underlying such as `BTC`; never a pair such as `BTCUSDT`."""

QUOTE_SUFFIXES = ("USDT", "USDC", "BUSD", "FDUSD", "USD", "EUR")
_BARE = re.compile(r"[A-Z]{2,5}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DIGITS_MAX = 60
MAGNITUDE_MAX = 60
"""No power of ten beyond it, up or down, means anything: `1e999999` is short to write and ruinous to reckon with."""
MILLISECOND_DIGITS_MIN = 12
_WHOLE_MAX = 10 ** (DIGITS_MAX - 1)


def parse_decimal(value: object, where: str) -> Decimal:
    """Read a finite number from a string, integer or float of foreign JSON.

    Raises ParseError with the code `missing_number`, `empty_number`, `not_finite`, `not_a_number`,
    `number_out_of_range` or `wrong_type`.
    """
    if value is None:
        raise ParseError("missing_number", expected="a number", found=value, where=where)
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ParseError("wrong_type", expected="a number", found=value, where=where)
    text = str(value).strip()
    if not text:
        raise ParseError("empty_number", expected="a number", found=value, where=where)
    if not _NUMBER.fullmatch(text) or len(text) > DIGITS_MAX:
        code = "not_finite" if text.lower().lstrip("+-") in {"nan", "snan", "inf", "infinity"} else "not_a_number"
        raise ParseError(code, expected="a finite number", found=value, where=where)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ParseError("not_a_number", expected="a finite number", found=value, where=where) from None
    if abs(number.adjusted()) > MAGNITUDE_MAX:
        expected = f"a number within 1e-{MAGNITUDE_MAX} and 1e{MAGNITUDE_MAX}"
        raise ParseError("number_out_of_range", expected=expected, found=value, where=where)
    return number


def parse_price(value: object, where: str) -> Price:
    """Read a share's price, in [0, 1]."""
    number = parse_decimal(value, where)
    if not 0 <= number <= 1:
        raise ParseError("price_out_of_range", expected="a price in [0, 1]", found=value, where=where)
    return Price(number)


def parse_shares(value: object, where: str) -> Shares:
    """Read a number of shares, zero or more."""
    number = parse_decimal(value, where)
    if number < 0:
        raise ParseError("negative_size", expected="zero or more shares", found=value, where=where)
    return Shares(number)


def parse_underlying(value: object, where: str) -> UnderlyingPrice:
    """Read a coin's price, above zero."""
    number = parse_decimal(value, where)
    if number <= 0:
        raise ParseError("price_not_positive", expected="a price above zero", found=value, where=where)
    return UnderlyingPrice(number)


def parse_int(value: object, where: str) -> int:
    """Read a whole number."""
    if type(value) is int and -_WHOLE_MAX < value < _WHOLE_MAX:
        return value
    number = parse_decimal(value, where)
    if number != number.to_integral_value():
        raise ParseError("not_whole", expected="a whole number", found=value, where=where)
    return int(number)


def parse_unix(value: object, where: str) -> Instant:
    """Read a UNIX timestamp, in seconds or milliseconds as its length shows."""
    number = parse_int(value, where)
    if number <= 0:
        raise ParseError("bad_timestamp", expected="a UNIX timestamp", found=value, where=where)
    if number >= 10 ** (MILLISECOND_DIGITS_MIN - 1):
        return Instant(number * 1_000_000)
    return Instant(number * SECOND)


def parse_text(value: object, where: str) -> str:
    """Read a string that is not empty."""
    if not isinstance(value, str):
        raise ParseError("wrong_type", expected="a string", found=value, where=where)
    if not value.strip():
        raise ParseError("empty_text", expected="a string that is not empty", found=value, where=where)
    return value


def parse_flag(value: object, where: str) -> bool:
    """Read a true JSON boolean; a string such as "False" is refused, for it would count as true."""
    if not isinstance(value, bool):
        raise ParseError("wrong_type", expected="true or false", found=value, where=where)
    return value


def parse_symbol(value: object, where: str) -> Symbol:
    """Read a bare symbol; a pair such as `BTCUSDT` is refused by name."""
    text = parse_text(value, where)
    for suffix in QUOTE_SUFFIXES:
        if text.upper().endswith(suffix) and len(text) > len(suffix):
            raise ParseError("suffixed_symbol", expected="a bare symbol such as BTC", found=value, where=where)
    if not _BARE.fullmatch(text):
        raise ParseError("bad_symbol", expected="2 to 5 capital letters such as BTC", found=value, where=where)
    return Symbol(text)
