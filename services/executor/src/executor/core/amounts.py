"""The two integers of an order that are signed: what is given and what is asked for, in millionths.

Their ratio is the price that the venue enforces, so it must be the limit itself: a purchase whose dollars were rounded
down stands a tick lower and finds nothing, one whose shares were rounded down may pay more than was allowed. Shares are
therefore rounded down, and nothing else, to what the limit can express exactly:

- an order that may rest has shares of two decimals, and as many decimals of dollars as the tick's price has and two;
- an order that never rests (FAK, FOK) gives at most two decimals and asks for at most four, on any tick.

Where a limit is that fine, the step is large: a purchase at the market goes in whole shares at 0.51, in steps of two at
0.515, and of a hundred at 0.5001. What comes to nothing is refused. Source: the venue's documents and refusals.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import gcd
from typing import Literal

from common.money import Price, Shares

Side = Literal["BUY", "SELL"]
OrderType = Literal["FAK", "FOK", "GTC", "GTD"]

SIDES = ("BUY", "SELL")
MARKET_TYPES = ("FAK", "FOK")
RESTING_TYPES = ("GTC", "GTD")
SHARES_MAX = 1_000_000_000

PRICE_SCALE = 10_000
"""Prices in whole ten-thousandths, of which every tick is a multiple."""
TICKS = {1000: 3, 100: 4, 50: 5, 25: 6, 10: 5, 1: 6}
"""The venue's ticks, in ten-thousandths: how many decimals the dollars of an order that may rest can have on each."""
MARKET_GIVES_DECIMALS = 2
MARKET_ASKS_DECIMALS = 4
SHARES_DECIMALS = 2
DECIMALS = 6
UNITS_E6 = (1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)
"""By how many decimals an amount may have: what it must be a multiple of, in millionths."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an order gives and what it asks for, in integers of 1e-6: a BUY dollars for shares, a SELL the reverse."""

    maker: int
    taker: int


def amounts(side: Side, limit: Price, shares: Shares, order_type: OrderType, tick: Price) -> Amounts:
    """Answer the amounts of an order for at most `shares` at exactly `limit`.

    Raises ValueError, saying what was expected and what was found, for what the venue cannot express.
    """
    if side not in SIDES:
        raise ValueError(f"side: expected one of {', '.join(SIDES)}, found {side!r}")
    price_e4, dollars_decimals = _price_e4(limit, tick)
    is_buy = side == "BUY"
    shares_unit, dollars_unit = _units(is_buy, order_type, dollars_decimals)
    step = _step_e6(price_e4, shares_unit, dollars_unit)
    shares_e6 = _floor_e6(shares) // step * step
    if not shares_e6:
        raise ValueError(f"shares: expected at least {_written(step)} to be exact at {limit}, found {shares}")
    dollars_e6 = price_e4 * shares_e6 // PRICE_SCALE
    return Amounts(dollars_e6, shares_e6) if is_buy else Amounts(shares_e6, dollars_e6)


def _price_e4(limit: Price, tick: Price) -> tuple[int, int]:
    """Answer a price in ten-thousandths, and the decimals of dollars on its tick."""
    tick_e4 = _scaled(tick, PRICE_SCALE) or 0
    if tick_e4 not in TICKS:
        raise ValueError(f"tick: expected one of {', '.join(map(_tick_written, TICKS))}, found {tick}")
    price_e4 = _scaled(limit, PRICE_SCALE)
    if price_e4 is None or price_e4 % tick_e4 or not tick_e4 <= price_e4 <= PRICE_SCALE - tick_e4:
        raise ValueError(f"limit: expected a multiple of {tick} from {tick} to 1 - {tick}, found {limit}")
    return price_e4, TICKS[tick_e4]


def _units(is_buy: bool, order_type: OrderType, dollars_decimals: int) -> tuple[int, int]:
    """Answer of what shares and dollars must be multiples, in millionths."""
    if order_type in RESTING_TYPES:
        return _unit_e6(SHARES_DECIMALS), _unit_e6(dollars_decimals)
    if order_type not in MARKET_TYPES:
        raise ValueError(f"order type: expected one of {', '.join(MARKET_TYPES + RESTING_TYPES)}, found {order_type!r}")
    gives, asks = _unit_e6(MARKET_GIVES_DECIMALS), _unit_e6(MARKET_ASKS_DECIMALS)
    return (asks, gives) if is_buy else (gives, asks)


def _step_e6(price_e4: int, shares_unit: int, dollars_unit: int) -> int:
    """Answer the fewest shares, in millionths, whose dollars are whole units; others are multiples of it."""
    dollars_of_unit, scale = price_e4 * shares_unit, PRICE_SCALE * dollars_unit
    return shares_unit * (scale // gcd(dollars_of_unit, scale))


def _floor_e6(shares: Shares) -> int:
    if not shares.is_finite() or not 0 < shares <= SHARES_MAX:
        raise ValueError(f"shares: expected more than 0 and at most {SHARES_MAX}, found {shares}")
    numerator, denominator = shares.as_integer_ratio()
    return numerator * UNITS_E6[0] // denominator


def _scaled(value: Decimal, scale: int) -> int | None:
    """Answer a whole number of parts, None where a value has no such number."""
    if not value.is_finite():
        return None
    numerator, denominator = value.as_integer_ratio()
    whole, rest = divmod(numerator * scale, denominator)
    return None if rest else whole


def _unit_e6(decimals: int) -> int:
    return UNITS_E6[decimals]


def _written(amount_e6: int) -> str:
    return f"{(Decimal(amount_e6).scaleb(-DECIMALS)).normalize():f}"


def _tick_written(tick_e4: int) -> str:
    return f"{Decimal(tick_e4).scaleb(-4).normalize():f}"
