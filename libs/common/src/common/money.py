"""Money and probability as exact decimals with dimensions, and the venue's arithmetic on them.

`Price` is US dollars a share in [0, 1]; `Shares` and `Usd` are amounts; `UnderlyingPrice` is dollars a coin.
They are Decimals that the type checker keeps apart, and the functions here are the ways from one to another.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import NewType

from common.errors import ParseError

Price = NewType("Price", Decimal)
"""US dollars a share, in [0, 1]."""
Shares = NewType("Shares", Decimal)
"""A number of outcome shares; each pays one dollar or nothing."""
Usd = NewType("Usd", Decimal)
"""US dollars."""
UnderlyingPrice = NewType("UnderlyingPrice", Decimal)
"""US dollars a coin."""

ZERO_USD = Usd(Decimal(0))
ZERO_SHARES = Shares(Decimal(0))
MICRO = Decimal("0.000001")
CENT = Decimal("0.01")
FEE_STEP = Decimal("0.00001")

Level = tuple[Price, Shares]
"""One price level of a book: the price, and the shares on offer at it."""


def notional(price: Price, quantity: Shares) -> Usd:
    """Say what `quantity` shares cost at `price`, before fees."""
    return Usd(price * quantity)


def taker_fee(price: Price, quantity: Shares, rate: Decimal, exponent: int) -> Usd:
    """Compute the venue's taker fee of one fill: shares x rate x (p (1 - p))^exponent, floored to five decimals.

    Source: the venue's on-chain fills since the second version of its order book; maker fills are free.
    """
    raw = quantity * rate * (price * (1 - price)) ** exponent
    return Usd(raw.quantize(FEE_STEP, rounding=ROUND_FLOOR))


def to_micro(amount: Decimal) -> int:
    """Convert an amount to the venue's integer of 1e-6; one that is not representable is refused."""
    scaled = amount * 1_000_000
    if scaled != scaled.to_integral_value():
        raise ParseError("not_representable", expected="at most six decimals", found=str(amount))
    return int(scaled)


def from_micro(amount: int) -> Decimal:
    """Convert the venue's integer of 1e-6 to an amount."""
    return Decimal(amount) * MICRO


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Round down to a whole number of steps."""
    return (value / step).to_integral_value(rounding=ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Round up to a whole number of steps."""
    return (value / step).to_integral_value(rounding=ROUND_CEILING) * step


def is_on_tick(price: Price, tick: Price) -> bool:
    """Say whether a price lies on the tick and inside [tick, 1 - tick]."""
    return tick <= price <= 1 - tick and price % tick == 0


def cents(amount: Usd) -> Usd:
    """Round to whole cents, half to even, for people to read."""
    return Usd(amount.quantize(CENT, rounding=ROUND_HALF_EVEN))


def walk(levels: Iterable[Level], quantity: Shares) -> tuple[Shares, Usd]:
    """Take `quantity` from the best level on; answer the shares that were there and what they cost before fees.

    `levels` are best first. The shares answered are fewer than asked for when the book is thin.
    """
    left, cost = Decimal(quantity), Decimal(0)
    for price, size in levels:
        if left <= 0:
            break
        taken = min(left, size)
        cost += taken * price
        left -= taken
    return Shares(quantity - max(left, Decimal(0))), Usd(cost)


def walk_fee(levels: Iterable[Level], quantity: Shares, rate: Decimal, exponent: int) -> Usd:
    """Sum the taker fee of walking `quantity` through `levels`, each level a fill of its own."""
    left, fee = Decimal(quantity), Decimal(0)
    for price, size in levels:
        if left <= 0:
            break
        taken = Shares(min(left, size))
        fee += taker_fee(price, taken, rate, exponent)
        left -= taken
    return Usd(fee)
