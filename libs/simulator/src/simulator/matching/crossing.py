"""What an order would meet in the book as it is: a plan, of which nothing is carried out here.

Within the one book a taker meets its own token's other side, or the same side of the other token: two buyers mint a
pair, two sellers merge one. The price is always that of the order which rests.
"""

from dataclasses import dataclass, field

from simulator.matching.fees import fee_e6
from simulator.matching.market import Market
from simulator.matching.record import OrderRecord
from simulator.matching.values import DUST_E6, E4, MatchType


@dataclass(frozen=True, slots=True)
class PlannedFill:
    """One resting order to be met, and what the two pay or receive."""

    maker: OrderRecord
    price_e4: int
    """In the taker's token."""
    shares_e6: int
    maker_usd_e6: int
    taker_usd_e6: int
    fee_e6: int
    match_type: MatchType


@dataclass(slots=True)
class Plan:
    """What an order would meet, best price first."""

    fills: list[PlannedFill] = field(default_factory=list)
    own: list[OrderRecord] = field(default_factory=list)
    """Resting orders of the taker's own account that stand in the way."""
    shares_e6: int = 0
    fee_e6: int = 0
    is_complete: bool = False
    """Whether nothing but dust of the order would be left."""

    @property
    def crosses(self) -> bool:
        return bool(self.fills or self.own)


def plan(market: Market, taker: OrderRecord, shares_max_e6: int | None = None) -> Plan:
    """Plan what an order takes: for all its dollars or shares, or up to so many shares whatever they cost."""
    found = Plan()
    left = _Left(taker, shares_max_e6)
    side = market.side(not taker.is_bid)
    is_first = taker.order.token == market.first_token
    for book_e4 in side.prices():
        if (book_e4 > taker.book_e4) if taker.is_bid else (book_e4 < taker.book_e4):
            break
        price_e4 = book_e4 if is_first else E4 - book_e4
        for maker in side.queue(book_e4):
            if left.is_dust:
                break
            if maker.account == taker.account:
                found.own.append(maker)
                continue
            fill = _fill(market, taker, maker, price_e4, min(maker.open_e6, left.shares_at(price_e4)))
            left.take(fill)
            found.fills.append(fill)
            found.shares_e6 += fill.shares_e6
            found.fee_e6 += fill.fee_e6
        if left.is_dust:
            break
    found.is_complete = left.is_dust
    return found


class _Left:
    """What an order has left to take with."""

    __slots__ = ("_counts_usd", "_limit_e4", "_usd_e6", "shares_e6")

    def __init__(self, taker: OrderRecord, shares_max_e6: int | None) -> None:
        self._counts_usd = taker.is_buy and shares_max_e6 is None
        self._limit_e4 = taker.order.price_e4
        self._usd_e6 = taker.left_e6
        self.shares_e6 = taker.open_e6 if shares_max_e6 is None else shares_max_e6

    @property
    def is_dust(self) -> bool:
        return self.shares_e6 < DUST_E6

    def shares_at(self, price_e4: int) -> int:
        """Tell how many shares can be had at a price, which is never worse than the limit."""
        return self._usd_e6 * E4 // price_e4 if self._counts_usd else self.shares_e6

    def take(self, fill: PlannedFill) -> None:
        if self._counts_usd:
            self._usd_e6 -= fill.taker_usd_e6
            self.shares_e6 = self._usd_e6 * E4 // self._limit_e4
        else:
            self.shares_e6 -= fill.shares_e6


def _fill(market: Market, taker: OrderRecord, maker: OrderRecord, price_e4: int, shares_e6: int) -> PlannedFill:
    """Share out the dollars: the maker's are floored, and the taker's are what then makes it exact."""
    maker_usd_e6 = shares_e6 * maker.order.price_e4 // E4
    if maker.is_buy != taker.is_buy:
        match_type, taker_usd_e6 = MatchType.COMPLEMENTARY, maker_usd_e6
    else:
        match_type = MatchType.MINT if taker.is_buy else MatchType.MERGE
        taker_usd_e6 = shares_e6 - maker_usd_e6
    fee = fee_e6(shares_e6, price_e4, market.instrument.fee_rate_e6, market.instrument.fee_exponent)
    if not taker.is_buy:
        # A seller's fee comes out of the proceeds, so it cannot be more than those.
        fee = min(fee, taker_usd_e6)
    return PlannedFill(maker, price_e4, shares_e6, maker_usd_e6, taker_usd_e6, fee, match_type)
