"""How much: what the strategy of sizing wants, cut to what every limit and the book leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.contracts.scanner import OpportunityFound
from common.contracts.venue import FeeSchedule
from common.money import ZERO_SHARES, ZERO_USD, Level, Price, Shares, Usd, notional, walk, walk_fee
from risk.core.amounts import fee_per_share, least, smallest, whole_lots
from risk.core.policy import Limits, SizingStrategy

HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What cuts an order down. `dollars_max` is for its worst-case cost."""

    fee: FeeSchedule
    tick: Price
    size_min: Shares
    depth_max: Shares
    shares_max: Decimal
    dollars_max: Usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order as it would be placed.

    `wanted` is its quantity before the limits cut it, `least` what the venue takes. `average` and `fee` are of the walk
    through the book, `cost_max` is notional and fee at the limit, `cost` the worst case with any price improvement.
    """

    limit: Price
    quantity: Shares
    wanted: Shares
    least: Shares
    notional: Usd
    average: Price
    fee: Usd
    cost_max: Usd
    cost: Usd


@dataclass(frozen=True, slots=True)
class Stake:
    """What a strategy of sizing may look at. `price` is dollars a share with the fee."""

    opportunity: OpportunityFound
    limits: Limits
    equity: Usd
    price: Decimal


def fixed(stake: Stake) -> Usd:
    """Spend the same on every trade."""
    return stake.limits.trade_size_usd


def half_kelly(stake: Stake) -> Usd:
    """Spend half of what makes the bankroll grow most: (p - c) / (1 - c), p being fair value less uncertainty."""
    chance = stake.opportunity.fair_value - stake.opportunity.uncertainty
    if not stake.price < chance:
        return ZERO_USD
    return Usd(HALF * (chance - stake.price) / (1 - stake.price) * stake.equity)


SIZING: dict[SizingStrategy, Callable[[Stake], Usd]] = {"fixed": fixed, "half_kelly": half_kelly}


def draft(levels: Sequence[Level], opportunity: OpportunityFound, limits: Limits, equity: Usd, bounds: Bounds) -> Draft:
    """Draw up the order, shrunk to fit every limit.

    Where the least that the venue takes does not fit, that least is drawn up, so that the limit which binds refuses it
    by its own name.
    """
    wish = Wish(opportunity, limits, equity, bounds)
    desired, fitted = _reached(levels, wish)
    if desired is None or fitted is None:
        return _drawn(levels, opportunity.limit, ZERO_SHARES, ZERO_SHARES, bounds)
    if fitted[1] < least(fitted[0], bounds.size_min):
        fitted = _least_that_counts(levels, wish) or fitted
    return _drawn(levels, *fitted, desired[1], bounds)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted at a price, before the limits cut it."""

    opportunity: OpportunityFound
    limits: Limits
    equity: Usd
    bounds: Bounds

    def at(self, price: Price) -> Decimal:
        unit = price + fee_per_share(price, self.bounds.fee)
        dollars = SIZING[self.limits.sizing](Stake(self.opportunity, self.limits, self.equity, unit))
        return min(dollars / unit, self.bounds.depth_max)


def _reached(levels: Sequence[Level], wish: Wish) -> tuple[Level | None, Level | None]:
    """Answer the level to which the order that is wanted must reach, and the one to which the one that fits must.

    Each with its quantity there, and None when nothing is offered. What fits is never more than what is wanted, so that
    it is found no later.
    """
    bounds = wish.bounds
    worst = 1 + bounds.fee.worst_per_dollar(bounds.tick)
    desired: Level | None = None
    fitted: Level | None = None
    depth, fits_deeper = Decimal(0), True
    for price, size in levels:
        depth += size
        wanted = wish.at(price)
        desired = _larger(desired, price, Shares(min(wanted, depth)))
        if fits_deeper:
            affordable = min(wanted, bounds.shares_max, bounds.dollars_max / (price * worst))
            fitted = _larger(fitted, price, whole_lots(min(affordable, depth), price))
            fits_deeper = affordable > depth
        if wanted <= depth:
            break
    return desired, fitted


def _larger(best: Level | None, price: Price, quantity: Shares) -> Level:
    return (price, quantity) if best is None or quantity > best[1] else best


def _least_that_counts(levels: Sequence[Level], wish: Wish) -> Level | None:
    """Answer the smallest order that the venue takes, if there is one that is on offer and wanted."""
    depth = Decimal(0)
    for price, size in levels:
        depth += size
        quantity = smallest(price, wish.bounds.size_min)
        if quantity <= min(depth, wish.at(price)):
            return price, quantity
    return None


def _drawn(levels: Sequence[Level], limit: Price, quantity: Shares, wanted: Shares, bounds: Bounds) -> Draft:
    amount = notional(limit, quantity)
    taken, spent = walk(levels, quantity)
    return Draft(
        limit=limit,
        quantity=quantity,
        wanted=wanted,
        least=least(limit, bounds.size_min),
        notional=amount,
        average=Price(spent / taken) if taken else limit,
        fee=walk_fee(levels, quantity, bounds.fee.rate, bounds.fee.exponent),
        cost_max=Usd(amount + bounds.fee.taker(limit, quantity)),
        cost=bounds.fee.worst_cost(amount, bounds.tick),
    )
