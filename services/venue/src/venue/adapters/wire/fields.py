"""Single fields of the venue's JSON: each gives a value or a named refusal."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import orjson

from common.clock import Instant
from common.contracts.venue import FeeSchedule
from common.errors import ParseError
from common.money import Price, Shares
from common.parsing import parse_decimal, parse_flag, parse_int, parse_price, parse_shares, parse_text, parse_unix

Refuse = Callable[[ParseError], None]
T = TypeVar("T")

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND = timedelta(microseconds=1)
UNIX_DIGITS_MAX = 16
SIZE_MAX = Decimal(10) ** 12
FEE_EXPONENT_MAX = 8
CONDITION_DIGITS = 64
CACHE_MAX = 8192
UNIX_CACHE_MAX = 64
"""Frames of one moment bear the same timestamp, and no other frame ever does again."""
EMPTY_BID = ("0", "0.0", "0.00", "0.000", 0)
EMPTY_ASK = (*EMPTY_BID, "1", "1.0", "1.00", "1.000", 1)
_CONDITION = re.compile(r"0x([0-9a-f]{62}|[0-9a-f]{64})")
_TOKEN = re.compile(r"[0-9]{1,80}")


def strictly(error: ParseError) -> None:
    """Refuse by raising: the default, for callers that expect no defect."""
    raise error


def decoded(text: str | bytes, where: str) -> object:
    """Decode JSON; raises ParseError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ParseError("not_json", expected="JSON", found=text[:200], where=where) from None


def an_object(value: object, where: str) -> dict[str, Any]:
    """Read a JSON object."""
    if not isinstance(value, dict):
        raise ParseError("not_an_object", expected="a JSON object", found=value, where=where)
    return value


def a_list(value: object, where: str) -> list[Any]:
    """Read a JSON array."""
    if not isinstance(value, list):
        raise ParseError("not_a_list", expected="a JSON array", found=value, where=where)
    return value


def packed_list(value: object, where: str) -> list[Any]:
    """Read an array, or one that travels inside a string; None is an empty one."""
    if value is None:
        return []
    return a_list(decoded(value, where) if isinstance(value, str) else value, where)


def condition_id(value: object, where: str) -> str:
    """Read a condition id as the order book spells it: the catalogue leaves two zeros off those of version 2."""
    return _condition_id(parse_text(value, where), where)


def token_id(value: object, where: str) -> str:
    """Read a token id, a long decimal number in a string."""
    if not isinstance(value, str):
        raise ParseError("bad_token_id", expected="1 to 80 digits", found=value, where=where)
    return _token_id(value, where)


def level_price(value: object) -> Price:
    """Read the price of a level, inside (0, 1)."""
    return _level_price(value) if type(value) is str else _inside(value)


def best_bid(value: object) -> Price | None:
    """Read what is called the best bid; zero stands for an empty side."""
    return None if value in EMPTY_BID else level_price(value)


def best_ask(value: object) -> Price | None:
    """Read what is called the best ask; one stands for an empty side, and so does zero."""
    return None if value in EMPTY_ASK else level_price(value)


def size(value: object) -> Shares:
    """Read a number of shares; nobody offers a trillion."""
    return _size(value) if type(value) is str else _bounded(value)


def tick_size(value: object, where: str) -> Price:
    """Read a tick, above zero and at most half a dollar."""
    tick = parse_price(value, where)
    if not 0 < tick <= Decimal("0.5"):
        raise ParseError("bad_tick", expected="a tick above 0", found=value, where=where)
    return tick


def unix(value: object, where: str) -> Instant:
    """Read a UNIX timestamp written in plain digits."""
    return _unix(value, where) if type(value) is str else parse_unix(value, where)


def iso(value: object, where: str) -> Instant:
    """Read an ISO 8601 instant; one without a zone is refused."""
    text = parse_text(value, where)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ParseError("bad_timestamp", expected="an ISO 8601 instant", found=value, where=where) from None
    if moment.tzinfo is None:
        raise ParseError("no_time_zone", expected="an instant with its zone", found=value, where=where)
    return Instant((moment - EPOCH) // MICROSECOND * 1000)


def fee_schedule(value: object, names: tuple[str, str, str], where: str) -> FeeSchedule:
    """Read a fee from the fields of these names: rate, exponent, and whether takers alone pay."""
    fields = an_object(value, where)
    rate_name, exponent_name, taker_name = names
    rate = parse_decimal(fields.get(rate_name), f"{where}.{rate_name}")
    exponent = parse_decimal(fields.get(exponent_name), f"{where}.{exponent_name}")
    if not 0 <= rate <= 1:
        raise ParseError("fee_out_of_range", expected="a rate in [0, 1]", found=fields.get(rate_name), where=where)
    if exponent not in range(FEE_EXPONENT_MAX + 1):
        raise ParseError("fee_out_of_range", expected="an exponent of 0 to 8", found=str(exponent), where=where)
    taker_only = parse_flag(fields.get(taker_name), f"{where}.{taker_name}")
    return FeeSchedule(rate=rate, exponent=int(exponent), taker_only=taker_only)


def whole(value: object, where: str) -> int:
    """Read a small whole number, zero or more."""
    if not 0 <= parse_decimal(value, where) <= SIZE_MAX:
        raise ParseError("number_out_of_range", expected=f"0 to {SIZE_MAX}", found=value, where=where)
    return parse_int(value, where)


class Collector:
    """Reads the fields of one object and collects what is wrong with them, so that one defect does not hide others."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse
        self.defects: list[str] = []

    def read(self, parse: Callable[[object, str], T], value: object, where: str, otherwise: T) -> T:
        """Parse a field; a defect is counted, named, and `otherwise` takes its place."""
        try:
            return parse(value, where)
        except ParseError as error:
            self._refuse(error)
            self.defects.append(f"{error.code} in {where}")
            return otherwise

    def require(self, holds: bool, defect: str) -> None:
        """Name a defect unless something holds."""
        if not holds:
            self.defects.append(defect)


@lru_cache(maxsize=CACHE_MAX)
def _condition_id(text: str, where: str) -> str:
    found = _CONDITION.fullmatch(text.lower())
    if found is None:
        raise ParseError("bad_condition_id", expected="0x and 62 or 64 hex digits", found=text, where=where)
    return "0x" + found[1].ljust(CONDITION_DIGITS, "0")


@lru_cache(maxsize=CACHE_MAX)
def _token_id(text: str, where: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ParseError("bad_token_id", expected="1 to 80 digits", found=text, where=where)
    return text


@lru_cache(maxsize=UNIX_CACHE_MAX)
def _unix(text: str, where: str) -> Instant:
    if not (text.isdecimal() and len(text) <= UNIX_DIGITS_MAX):
        raise ParseError("bad_timestamp", expected="a UNIX timestamp", found=text, where=where)
    return parse_unix(text, where)


@lru_cache(maxsize=CACHE_MAX)
def _level_price(text: str) -> Price:
    return _inside(text)


def _inside(value: object) -> Price:
    price = parse_price(value, "price")
    if not 0 < price < 1:
        raise ParseError("price_out_of_range", expected="a price inside (0, 1)", found=value, where="price")
    return price


@lru_cache(maxsize=CACHE_MAX)
def _size(text: str) -> Shares:
    return _bounded(text)


def _bounded(value: object) -> Shares:
    shares = parse_shares(value, "size")
    if shares > SIZE_MAX:
        raise ParseError("size_out_of_range", expected=f"at most {SIZE_MAX}", found=value, where="size")
    return shares
