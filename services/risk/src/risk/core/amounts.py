"""What the venue can represent, and what an order can cost at the very most.

A market order's dollars have at most two decimals and its shares at most four. Rounding either of the two after the
fact would change the price that their ratio implies, so quantities are chosen such that neither needs rounding.
"""

from decimal import Decimal
from functools import lru_cache

from common.contracts.venue import FeeSchedule
from common.money import CENT, MICRO, Price, Shares, Usd, ceil_to, floor_to

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


def worst_fee_per_dollar(fee: FeeSchedule, tick: Price) -> Decimal:
    """Answer the largest fee that a dollar spent at or below any limit can incur.

    The venue spends the dollars of an order, not its shares: below the limit they buy more shares, whose fee is
    higher. Per dollar the fee is rate x p^(exponent - 1) x (1 - p)^exponent, which never exceeds the rate, unless the
    exponent is zero and the price the tick.
    """
    return fee.rate if fee.exponent else fee.rate / max(tick, MICRO)


def worst_cost(notional: Usd, fee: FeeSchedule, tick: Price) -> Usd:
    """Answer what spending `notional` dollars can cost at most, fee included."""
    return Usd(notional * (1 + worst_fee_per_dollar(fee, tick)))
