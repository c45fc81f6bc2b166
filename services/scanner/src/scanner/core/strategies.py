"""The strategies: what each calls an edge, and how much of it there is. One small class each, in one table."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple, Protocol

from common.money import MICRO, Price, Shares
from scanner.core.books import Rung
from scanner.core.limits import Limits
from scanner.core.markets import Market
from scanner.core.model import Real, real
from scanner.core.refusals import Refusal

ROUNDING_ALLOWANCE = 2 * MICRO
"""What rounding an average and a fee up to six decimals may cost: paid before, so that the sum still clears."""


class Glance(NamedTuple):
    """A quick look at the best offer: edges in dollars a share, and why it is not taken."""

    gross: Real
    net: Real
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to buy, exactly. Edges are dollars a share."""

    limit: Price
    quantity: Shares
    average_price: Price
    gross_edge: Decimal
    fee_per_share: Decimal
    margin: Decimal
    net_edge: Decimal


class Strategy(Protocol):
    """A way to see an edge in an offer."""

    @property
    def name(self) -> str: ...

    @property
    def least_gross(self) -> Real:
        """Answer the gross edge below which no look at an offer finds anything."""

    def glance(self, market: Market, fair: Real, uncertainty: Real, ask: Real) -> Glance:
        """Look at the best offer of an outcome, quickly."""

    def propose(self, ladder: Iterable[Rung], fair: Decimal, uncertainty: Decimal) -> Proposal | None:
        """Climb the offers exactly; None where nothing clears."""


class OracleSniper:
    """Takes what is offered below fair value by more than the fee, the margin and the threshold, level by level."""

    name = "oracle-sniper"

    def __init__(self, limits: Limits) -> None:
        self._net_edge_min = limits.net_edge_min
        self._safety_margin = limits.safety_margin
        self._threshold = real(limits.net_edge_min)
        self._margin = real(limits.safety_margin)
        self._credible = real(limits.credible_edge_max)

    @property
    def least_gross(self) -> Real:
        return self._threshold + self._margin

    def glance(self, market: Market, fair: Real, uncertainty: Real, ask: Real) -> Glance:
        gross = fair - ask
        after_fee = gross - market.fee_per_share(ask)
        net = after_fee - self._margin - uncertainty
        if net >= self._threshold:
            return Glance(gross, net, Refusal.EDGE_NOT_CREDIBLE if gross > self._credible else Refusal.NONE)
        if gross <= 0:
            return Glance(gross, net, Refusal.NO_EDGE)
        if after_fee < self._threshold:
            return Glance(gross, net, Refusal.BELOW_THRESHOLD_AFTER_FEE)
        return Glance(gross, net, Refusal.INSIDE_UNCERTAINTY)

    def propose(self, ladder: Iterable[Rung], fair: Decimal, uncertainty: Decimal) -> Proposal | None:
        margin = self._safety_margin + uncertainty
        dearest = fair - margin - self._net_edge_min - ROUNDING_ALLOWANCE
        reached: Rung | None = None
        for rung in ladder:
            if rung.share_cost > dearest:
                break
            reached = rung
        if reached is None:
            return None
        limit, _, quantity, cost, fees = reached
        return _proposal(limit, Shares(quantity), (cost / quantity, fees / quantity), fair, margin)


def _proposal(
    limit: Price, quantity: Shares, per_share: tuple[Decimal, Decimal], fair: Decimal, margin: Decimal
) -> Proposal:
    average, fee = (each.quantize(MICRO, rounding=ROUND_CEILING) for each in per_share)
    gross = fair - average
    return Proposal(
        limit=limit,
        quantity=quantity,
        average_price=Price(average),
        gross_edge=gross,
        fee_per_share=fee,
        margin=margin,
        net_edge=gross - fee - margin,
    )


STRATEGIES: dict[str, type[OracleSniper]] = {OracleSniper.name: OracleSniper}
"""Every strategy there is, by the name that settings and orders call it."""
