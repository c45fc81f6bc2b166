"""What the venue can represent, and what an order can cost at the very most.

A market order's dollars have at most two decimals and its shares at most four. Rounding either of the two after the
fact would change the price that their ratio implies, so quantities are chosen such that neither needs rounding.
"""

from decimal import Decimal
from functools import lru_cache

from common.contracts.venue import FeeSchedule
from common.money import CENT, Price, Shares, Usd, ceil_to, floor_to

SHARES_STEP = Decimal("0.01")
MARKETABLE_NOTIONAL_MIN = Usd(Decimal(1))
"""The venue refuses to buy for less at the market."""


@lru_cache(maxsize=4096)
def lot(limit: Price) -> Decimal:
    """Answer the step of quantities, at least a hundredth of a share, whose dollars at `limit` are whole cents.

    At 0.51 that is one share, at 0.50 two hundredths, at 0.515 two shares.
    """
    _, denominator = limit.as_integer_ratio()  # in lowest terms, so that a hundredth's dollars are cents / denominator
    return SHARES_STEP * denominator


def whole_lots(quantity: Decimal, limit: Price) -> Shares:
    """Round a quantity down to what can be represented at a limit."""
    return Shares(floor_to(max(quantity, Decimal(0)), lot(limit)))


def smallest(limit: Price, size_min: Shares) -> Shares:
    """Answer the smallest order that can be represented at a limit and that the venue takes."""
    return Shares(ceil_to(least(limit, size_min), lot(limit)))


def least(limit: Price, size_min: Shares) -> Shares:
    """Answer the fewest shares that the venue takes at a limit: its minimum size, and a dollar's worth."""
    return Shares(max(size_min, MARKETABLE_NOTIONAL_MIN / limit)) if limit else size_min


def is_representable(notional: Usd, quantity: Shares) -> bool:
    """Say whether the venue can represent a purchase to the last decimal."""
    return notional == floor_to(notional, CENT) and quantity == floor_to(quantity, SHARES_STEP)


def fee_per_share(price: Price, fee: FeeSchedule) -> Decimal:
    """Answer the fee of one share at a price, before the venue's rounding down."""
    return fee.rate * (price * (1 - price)) ** fee.exponent
