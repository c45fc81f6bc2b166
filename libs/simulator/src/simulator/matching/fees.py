"""What a taker pays the exchange for a fill: exact in integers, floored to five decimals of a dollar."""

from simulator.matching.values import E4, E6

FLOOR_E6 = 10
"""Five decimals, in millionths."""


def fee_e6(shares_e6: int, price_e4: int, rate_e6: int, exponent: int) -> int:
    """Return shares x rate x (p(1-p))^exponent in millionths of a dollar, floored to ten of them."""
    if not rate_e6:
        return 0
    raised = shares_e6 * rate_e6 * (price_e4 * (E4 - price_e4)) ** exponent
    return int(raised // (FLOOR_E6 * E6 * E4 ** (2 * exponent)) * FLOOR_E6)
