"""Holds every book against the venue's own account, while the exchange still answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from console.audit.arithmetic import ZERO, Fill, Truth, equal_to_the_cent
from console.audit.journal import Account
from console.audit.venue import (
    Holdings,
    VenueAccount,
    before_late_payouts,
    compare_with_venue,
    holdings_by_fills,
    read_venue,
)
from console.report.figures import LedgerFigures, RunFigures, money
from console.up.system import System


@dataclass(frozen=True, slots=True)
class VenueBooks:
    """What the wallet must have by the fills, what the venue says that it has, and in what the two differ."""

    expected: Holdings
    found: VenueAccount | None
    differences: tuple[str, ...]

    @property
    def is_at_rest(self) -> bool:
        """Say whether both agree and nothing is on its way any more."""
        return not self.differences and self.found is not None and not self.found.unsettled


async def read_books(
    system: System, account: Account, bankroll: Decimal, paid_since: Mapping[str, Truth] | None = None
) -> VenueBooks | None:
    """Ask the venue where the console may: of the owner's own wallet only the executor has the keys.

    `paid_since` are the markets' outcomes where the books are closed and the venue may have paid some after that.
    """
    if system.wallet is None:
        return None
    fills = [fill for _, fill in account.fills]
    settlements = [settlement for _, settlement in account.settlements]
    expected = holdings_by_fills(fills, account.void, settlements, bankroll)
    found = await read_venue(system.simulator_url, system.wallet.address, system.wallet.funder)
    if found is not None and paid_since is not None:
        found = before_late_payouts(found, expected, fills, paid_since)
    return VenueBooks(expected, found, tuple(compare_with_venue(expected, found, _names(fills))))


def cash_by_ledger(ledger: LedgerFigures, bankroll: Decimal) -> Decimal:
    """Answer the dollars that there are as Postgres has it: what was earned, less what is tied up in positions."""
    tied = sum((Decimal(row["cost"]) + Decimal(row["fees"]) for row in ledger.open_positions), ZERO)
    return bankroll + ledger.whole.pnl - tied


def books_differ(ledger: LedgerFigures, run: RunFigures, books: VenueBooks) -> list[str]:
    """Say whose cash is not the venue's."""
    found = list(books.differences)
    if books.found is None:
        return found
    venue = books.found.holdings.usd
    for name, cash in (("risk", run.cash), ("the ledger", cash_by_ledger(ledger, run.bankroll))):
        if cash is not None and not equal_to_the_cent(cash, venue):
            found.append(f"cash by {name}: expected {money(venue)} USD as at the venue, found {money(cash)}")
    return found


def books_json(ledger: LedgerFigures, run: RunFigures, books: VenueBooks) -> Mapping[str, Any]:
    """Write all four books beside one another."""
    venue = books.found
    return {
        "wallet": venue.wallet if venue else None,
        "venue_usd": money(venue.holdings.usd) if venue else None,
        "fills_usd": money(books.expected.usd),
        "risk_usd": None if run.cash is None else money(run.cash),
        "ledger_usd": money(cash_by_ledger(ledger, run.bankroll)),
        "venue_shares": _plainly(venue.holdings.shares) if venue else {},
        "fills_shares": _plainly(books.expected.shares),
        "unsettled_shares": str(venue.unsettled) if venue else None,
        "paid_since": list(venue.paid_since) if venue else [],
    }


def _plainly(shares: Mapping[str, Decimal]) -> dict[str, str]:
    """Write the same amount in the same way, by however many decimals it was come to."""
    return {token: f"{amount.normalize():f}" for token, amount in shares.items()}


def _names(fills: Iterable[Fill]) -> dict[str, str]:
    return {fill.token_id: f"{fill.slug} {fill.outcome}" for fill in fills}
