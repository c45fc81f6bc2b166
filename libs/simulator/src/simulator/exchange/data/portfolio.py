"""What a wallet's settled trades come to: what it holds of each token, at what cost, and what it has earned. Pure.

Cost is averaged, and without fees, which are told beside it. What was neither bought nor sold came by a split or went
by a merge, half a dollar a share each way, or was redeemed for what it paid.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from simulator.matching.values import E6, Side, Trade, TradeStatus

SETTLED = frozenset({TradeStatus.MINED, TradeStatus.CONFIRMED})
"""What the chain has seen, and so the Data API."""
HALF_E6 = E6 // 2


@dataclass(frozen=True, slots=True)
class Leg:
    """An account's own part in a trade, in its own terms."""

    at_ns: int
    token: str
    side: Side
    shares_e6: int
    usd_e6: int
    fee_e6: int


@dataclass(frozen=True, slots=True)
class Basis:
    """A position as its trades made it."""

    held_e6: int = 0
    cost_e6: int = 0
    """Of what is held, without fees."""
    bought_e6: int = 0
    spent_e6: int = 0
    """On everything that was ever bought, without fees."""
    fees_e6: int = 0
    """Of buying."""
    realized_e6: int = 0
    first_ns: int = 0
    last_ns: int = 0

    @property
    def average_e6(self) -> int:
        """The average price of a share: of what is held, or of what was, in millionths of a dollar."""
        shares_e6, usd_e6 = (self.held_e6, self.cost_e6) if self.held_e6 else (self.bought_e6, self.spent_e6)
        return usd_e6 * E6 // shares_e6 if shares_e6 else 0


def legs_of(account: str, trades: Iterable[Trade]) -> list[Leg]:
    """List an account's settled parts, in the order of the trades: as taker first, then as maker."""
    legs: list[Leg] = []
    for trade in trades:
        if trade.status not in SETTLED:
            continue
        if trade.account == account:
            legs.append(Leg(trade.at_ns, trade.token, trade.side, trade.shares_e6, trade.usd_e6, trade.fee_e6))
        legs += [
            Leg(trade.at_ns, fill.token, fill.side, fill.shares_e6, fill.usd_e6, 0)
            for fill in trade.fills
            if fill.account == account
        ]
    return legs


def bases(legs: Iterable[Leg]) -> dict[str, Basis]:
    """Add up legs, the oldest first, by token."""
    found: dict[str, Basis] = defaultdict(Basis)
    for leg in legs:
        found[leg.token] = _bought(found[leg.token], leg) if leg.side is Side.BUY else _sold(found[leg.token], leg)
    return dict(found)


def as_held(basis: Basis, held_e6: int, payout_e6: int | None) -> Basis:
    """Bring a basis into line with what is truly held; a share paid so much, if its market is resolved."""
    if held_e6 > basis.held_e6:
        return _added(basis, held_e6 - basis.held_e6, HALF_E6)
    return _removed(basis, basis.held_e6 - held_e6, HALF_E6 if payout_e6 is None else payout_e6)


def _bought(basis: Basis, leg: Leg) -> Basis:
    return replace(
        basis,
        held_e6=basis.held_e6 + leg.shares_e6,
        cost_e6=basis.cost_e6 + leg.usd_e6,
        bought_e6=basis.bought_e6 + leg.shares_e6,
        spent_e6=basis.spent_e6 + leg.usd_e6,
        fees_e6=basis.fees_e6 + leg.fee_e6,
        first_ns=basis.first_ns or leg.at_ns,
        last_ns=leg.at_ns,
    )


def _sold(basis: Basis, leg: Leg) -> Basis:
    """Take what was sold off at its average cost. What is sold beyond what was bought came by a split."""
    if leg.shares_e6 > basis.held_e6:
        basis = _added(basis, leg.shares_e6 - basis.held_e6, HALF_E6)
    cost_e6 = basis.cost_e6 * leg.shares_e6 // basis.held_e6
    return replace(
        basis,
        held_e6=basis.held_e6 - leg.shares_e6,
        cost_e6=basis.cost_e6 - cost_e6,
        realized_e6=basis.realized_e6 + leg.usd_e6 - cost_e6,
        first_ns=basis.first_ns or leg.at_ns,
        last_ns=leg.at_ns,
    )


def _added(basis: Basis, shares_e6: int, price_e6: int) -> Basis:
    usd_e6 = shares_e6 * price_e6 // E6
    return replace(
        basis,
        held_e6=basis.held_e6 + shares_e6,
        cost_e6=basis.cost_e6 + usd_e6,
        bought_e6=basis.bought_e6 + shares_e6,
        spent_e6=basis.spent_e6 + usd_e6,
    )


def _removed(basis: Basis, shares_e6: int, price_e6: int) -> Basis:
    if not shares_e6:
        return basis
    cost_e6 = basis.cost_e6 * shares_e6 // basis.held_e6
    return replace(
        basis,
        held_e6=basis.held_e6 - shares_e6,
        cost_e6=basis.cost_e6 - cost_e6,
        realized_e6=basis.realized_e6 + shares_e6 * price_e6 // E6 - cost_e6,
    )
