"""Holds the fills against the venue's own account: what the wallet must have by the fills, and what it has."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx

from console.audit.arithmetic import ZERO, Fill, Settlement, Truth, equal_to_the_cent

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Holdings:
    """Dollars, and shares by token."""

    usd: Decimal
    shares: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class VenueAccount:
    """What the venue says that a wallet has."""

    wallet: str
    holdings: Holdings
    reserved: Decimal
    """Dollars and shares that are promised to open orders."""
    unsettled: Decimal
    """Shares that were bought and are not on the chain yet."""
    paid_since: tuple[str, ...] = ()
    """Markets that were paid after the books were closed, and that are shown here as they were before."""


async def read_venue(simulator_url: str, address: str, wallet: str) -> VenueAccount | None:
    """Ask the simulated exchange; None when it does not answer."""
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        try:
            answer = await client.get(f"{simulator_url}/sim/accounts/{address}")
            answer.raise_for_status()
            held = answer.json()["wallets"][wallet]
        except (httpx.HTTPError, ValueError, KeyError):
            return None
    parts = [held["usd"], *held["shares"].values()]
    return VenueAccount(
        wallet=wallet,
        holdings=Holdings(_total(held["usd"]), {token: _total(each) for token, each in held["shares"].items()}),
        reserved=sum((Decimal(part["reserved"]) for part in parts), ZERO),
        unsettled=sum((Decimal(part["unsettled"]) for part in parts), ZERO),
    )


def holdings_by_fills(
    fills: Iterable[Fill], void: frozenset[str], settlements: Sequence[Settlement], bankroll: Decimal
) -> Holdings:
    """Work out what there must be: the bankroll, less what was bought, plus what was sold and what winners paid."""
    winners = {settlement.market_id: settlement.winner for settlement in settlements}
    usd, shares = bankroll, defaultdict[str, Decimal](Decimal)
    for fill in {fill.fill_id: fill for fill in fills if fill.fill_id not in void}.values():
        sign = 1 if fill.side == "BUY" else -1
        usd -= sign * fill.price * fill.quantity + fill.fee
        if fill.market_id not in winners:
            shares[fill.token_id] += sign * fill.quantity
        elif fill.outcome == winners[fill.market_id]:
            usd += sign * fill.quantity
    return Holdings(usd, {token: amount for token, amount in shares.items() if amount})


def compare_with_venue(expected: Holdings, found: VenueAccount | None, names: Mapping[str, str]) -> list[str]:
    """Say each thing in which the venue's account differs from what the fills come to."""
    if found is None:
        return ["the venue's account: expected an answer, found none"]
    differences = []
    if not equal_to_the_cent(expected.usd, found.holdings.usd):
        differences.append(f"dollars at the venue: expected {expected.usd} by the fills, found {found.holdings.usd}")
    for token in sorted({*expected.shares, *found.holdings.shares}):
        wanted, held = expected.shares.get(token, ZERO), found.holdings.shares.get(token, ZERO)
        if not equal_to_the_cent(wanted, held):
            name = names.get(token, f"token {token[:12]}")
            differences.append(f"shares of {name} at the venue: expected {wanted} by the fills, found {held}")
    if found.reserved:
        differences.append(f"open orders at the venue: expected nothing promised to any, found {found.reserved}")
    return differences


def before_late_payouts(
    found: VenueAccount, expected: Holdings, fills: Iterable[Fill], truths: Mapping[str, Truth]
) -> VenueAccount:
    """Show the account without what the venue paid since the books were closed, for nobody was there to book it.

    Those are markets of which shares are expected and none are held any more, and of which the world knows the winner.
    Ask only about books that agreed when they were closed: a payout that was missed before is to be seen.
    """
    usd, shares, slugs = found.holdings.usd, dict(found.holdings.shares), set[str]()
    for token, fill in {fill.token_id: fill for fill in fills}.items():
        truth, amount = truths.get(fill.slug), expected.shares.get(token, ZERO)
        if amount <= 0 or token in found.holdings.shares or truth is None or not truth.winner:
            continue
        shares[token] = amount
        usd -= amount if fill.outcome == truth.winner else ZERO
        slugs.add(fill.slug)
    return replace(found, holdings=Holdings(usd, shares), paid_since=tuple(sorted(slugs)))


def _total(part: Mapping[str, Any]) -> Decimal:
    return Decimal(part["total"])
