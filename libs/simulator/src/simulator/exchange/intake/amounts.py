"""What an order's two amounts come to: a price on the market's tick, in decimals that the exchange takes.

Amounts are whole millionths and nothing is rounded but the price of an order that never rests. Its amounts are clipped
to few decimals, so that what they imply may lie between two ticks: it counts as the tick that is safer for the trader,
below for a BUY and above for a SELL. Clients clip the shares of a BUY down, which puts what they imply at or just above
the price that was meant; this one is found again. Where they were clipped up, the order stands a tick lower.
"""

from dataclasses import dataclass

from simulator.exchange.identity.signed_order import SignedOrder
from simulator.exchange.intake.words import imprecise, off_tick, ratio
from simulator.matching.values import E4, OrderType, Side

DECIMALS = 6
UNITS_E6 = (1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)
"""By how many decimals an amount may have: what it must be a multiple of."""
SIZE_DECIMALS = 2
USD_DECIMALS = {1000: 3, 100: 4, 50: 5, 25: 6, 10: 5, 1: 6}
"""By the tick: how many decimals the dollars of an order that may rest can have."""
MARKET_MAKER_DECIMALS = 2
MARKET_TAKER_DECIMALS = 4
"""Of an order that never rests, on any tick."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A price in ten-thousandths of a dollar; or why there is none."""

    price_e4: int = 0
    words: str = ""


def priced(order: SignedOrder, order_type: OrderType, tick_e4: int, order_id: str) -> Priced:
    """Judge an order's amounts and find its price."""
    is_buy = order.side is Side.BUY
    usd_e6, shares_e6 = (order.maker_e6, order.taker_e6) if is_buy else (order.taker_e6, order.maker_e6)
    maker_decimals, taker_decimals = _decimals(order_type, is_buy, tick_e4)
    if not _has_at_most(order.maker_e6, maker_decimals) or not _has_at_most(order.taker_e6, taker_decimals):
        kind = "market buy" if is_buy and order_type.is_market else "buy" if is_buy else "sell"
        return Priced(words=imprecise(kind, maker_decimals, taker_decimals))
    ticks, rest = divmod(usd_e6 * E4, shares_e6 * tick_e4)
    if rest and order_type.is_market and not is_buy:
        ticks += 1
    price_e4 = ticks * tick_e4
    if (rest and not order_type.is_market) or not tick_e4 <= price_e4 <= E4 - tick_e4:
        return Priced(words=off_tick(order_id, ratio(usd_e6, shares_e6), tick_e4))
    return Priced(price_e4)


def _decimals(order_type: OrderType, is_buy: bool, tick_e4: int) -> tuple[int, int]:
    """Return how many decimals the maker's and the taker's amount may have."""
    if order_type.is_market:
        return MARKET_MAKER_DECIMALS, MARKET_TAKER_DECIMALS
    usd = USD_DECIMALS.get(tick_e4, DECIMALS)
    return (usd, SIZE_DECIMALS) if is_buy else (SIZE_DECIMALS, usd)


def _has_at_most(amount_e6: int, decimals: int) -> bool:
    return amount_e6 % UNITS_E6[decimals] == 0
