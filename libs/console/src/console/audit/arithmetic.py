"""The audit's own arithmetic: what the fills must have cost and earned, by the venue's rule and the true outcomes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext

FEE_UNIT = Decimal("0.00001")
HALF_A_CENT = Decimal("0.005")
DIGITS = 60
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fill:
    """One fill as the journal holds it. Dollars a share, shares, dollars."""

    fill_id: str
    order_id: str
    market_id: str
    slug: str
    outcome: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    token_id: str = ""
    liquidity: str = "taker"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the system says that a market paid."""

    market_id: str
    slug: str
    winner: str
    pnl: Decimal


@dataclass(frozen=True, slots=True)
class Truth:
    """What the world says of a market: who won (empty while it runs) and its fee schedule."""

    winner: str
    fee_rate: Decimal
    fee_exponent: int


@dataclass(frozen=True, slots=True)
class MarketAudit:
    """One market that the system says was settled."""

    slug: str
    winner: str
    cost: Decimal
    fees: Decimal
    payout: Decimal
    pnl: Decimal
    claimed_pnl: Decimal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit found. It agrees when there are no differences."""

    trades: int
    fills: int
    fees: Decimal
    pnl: Decimal
    markets: tuple[MarketAudit, ...]
    differences: tuple[str, ...]
    unverified: tuple[str, ...]
    """Markets of which the world told nothing, so that nothing could be checked."""

    @property
    def agrees(self) -> bool:
        return not self.differences


def audit(
    fills: Iterable[Fill], void: frozenset[str], settlements: Sequence[Settlement], truths: Mapping[str, Truth]
) -> Verdict:
    """Recompute everything. `void` holds the ids of fills that failed; a fill that is told twice counts once."""
    kept = {fill.fill_id: fill for fill in fills if fill.fill_id not in void}
    of_market: dict[str, list[Fill]] = defaultdict(list)
    for fill in kept.values():
        of_market[fill.market_id].append(fill)
    differences = [line for fill in kept.values() for line in _check_fee(fill, truths.get(fill.slug))]
    once = {settlement.market_id: settlement for settlement in settlements}
    if len(once) != len(settlements):
        differences.append(f"settlements: expected each market once, found {len(settlements)} of {len(once)} markets")
    markets = []
    for settlement in once.values():
        truth = truths.get(settlement.slug)
        if truth is None or not truth.winner:
            continue
        market = _settle(settlement, of_market[settlement.market_id], truth)
        markets.append(market)
        differences += _check_settlement(settlement, market)
    return Verdict(
        trades=len({fill.order_id for fill in kept.values()}),
        fills=len(kept),
        fees=sum((_fee(fill, truths.get(fill.slug)) for fill in kept.values()), ZERO),
        pnl=sum((market.pnl for market in markets), ZERO),
        markets=tuple(markets),
        differences=tuple(differences),
        unverified=tuple(sorted(s.slug for s in once.values() if s.slug not in truths or not truths[s.slug].winner)),
    )


def taker_fee(price: Decimal, quantity: Decimal, rate: Decimal, exponent: int) -> Decimal:
    """Compute the venue's fee of one fill: shares x rate x (p (1 - p))^exponent dollars, cut to five decimals."""
    with localcontext() as context:
        context.prec = DIGITS
        exact = quantity * rate * (price - price * price) ** exponent
        return exact.quantize(FEE_UNIT, rounding=ROUND_DOWN)


def equal_to_the_cent(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) < HALF_A_CENT


def _fee(fill: Fill, truth: Truth | None) -> Decimal:
    if fill.liquidity == "maker":
        return ZERO
    if truth is None:
        return fill.fee
    return taker_fee(fill.price, fill.quantity, truth.fee_rate, truth.fee_exponent)


def _check_fee(fill: Fill, truth: Truth | None) -> list[str]:
    """Check a fee to its last digit. Makers pay none."""
    expected = _fee(fill, truth)
    if fill.fee == expected:
        return []
    return [f"{fill.slug} fill {fill.fill_id[:8]}: expected a fee of {expected}, found {fill.fee}"]


def _settle(settlement: Settlement, fills: Sequence[Fill], truth: Truth) -> MarketAudit:
    paid = sum((f.price * f.quantity for f in fills if f.side == "BUY"), ZERO)
    received = sum((f.price * f.quantity for f in fills if f.side == "SELL"), ZERO)
    fees = sum((_fee(f, truth) for f in fills), ZERO)
    won = [f for f in fills if f.outcome == truth.winner]
    payout = sum((f.quantity if f.side == "BUY" else -f.quantity for f in won), ZERO)
    cost = paid - received
    return MarketAudit(settlement.slug, truth.winner, cost, fees, payout, payout - cost - fees, settlement.pnl)


def _check_settlement(settlement: Settlement, market: MarketAudit) -> list[str]:
    found = []
    if settlement.winner != market.winner:
        found.append(f"{settlement.slug}: expected {market.winner} to win, found {settlement.winner}")
    if not equal_to_the_cent(settlement.pnl, market.pnl):
        found.append(f"{settlement.slug}: expected a p&l of {market.pnl} USD, found {settlement.pnl}")
    return found
