"""The checks of an account: that the venue takes its credentials, lets it buy, and sees enough money in its wallet."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from common.clock import SECOND, Clock
from common.money import from_micro
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.live.check import Check, asked
from executor.adapters.typed_data import EXCHANGE_V3, NEG_RISK_EXCHANGE, STANDARD_EXCHANGE
from executor.adapters.wire_access import Balance

EXCHANGES = frozenset(each.lower() for each in (STANDARD_EXCHANGE, NEG_RISK_EXCHANGE, EXCHANGE_V3))
HISTORY_S = 90 * 86_400
"""As far back as the journal reaches."""


async def credentials_check(exchange: Exchange, get: Callable[[], Awaitable[Credentials]]) -> Check:
    """Get the credentials, and ask something that only their owner is answered."""

    async def ask() -> tuple[bool, str]:
        credentials = await get()
        exchange.use(credentials)
        await exchange.closed_only()
        return True, f"API key {credentials.api_key[:8]}…, answered"

    return await asked("credentials", "an API key that the venue answers", ask)


async def may_open_check(exchange: Exchange) -> Check:
    """Ask whether the account may buy."""

    async def ask() -> tuple[bool, str]:
        closed_only = await exchange.closed_only()
        return not closed_only, "closed-only mode: it may sell, and buy nothing" if closed_only else "it may"

    return await asked("account", "one that may open positions", ask)


async def collateral_checks(
    exchange: Exchange, signature_type: int, bankroll: Decimal, clock: Clock
) -> tuple[Check, ...]:
    """Ask for the wallet's dollars, and how many of them the venue's exchanges may take.

    A wallet that has traded may hold less than it began with, in positions or for good: how much it should hold is then
    for reconciliation to say, and only nothing at all is refused here.
    """
    expected = f"at least {bankroll} dollars (INITIAL_BANKROLL)"
    held: list[Balance] = []

    async def ask_balance() -> tuple[bool, str]:
        balance = await exchange.balance("COLLATERAL", signature_type)
        held.append(balance)
        dollars = from_micro(balance.balance)
        if dollars >= bankroll:
            return True, f"{dollars:.2f} dollars"
        if dollars > 0 and (await exchange.trades(clock.now() // SECOND - HISTORY_S)).rows:
            return True, f"{dollars:.2f} dollars; the wallet has traded, reconciliation judges the difference"
        return False, f"{dollars:.2f} dollars in the wallet of signature type {signature_type}"

    async def ask_allowance() -> tuple[bool, str]:
        least = min(bankroll, from_micro(held[0].balance))
        allowed = least_allowance(held[0])
        if allowed is None:
            return False, "none for any exchange of the venue"
        return allowed >= least, "enough" if allowed >= bankroll else f"{allowed:.2f} dollars"

    balance = await asked("balance", expected, ask_balance)
    if not held:
        return (balance,)
    return balance, await asked("allowance", f"{expected} for each exchange of the venue", ask_allowance)


def least_allowance(balance: Balance) -> Decimal | None:
    """Answer the least that one of the venue's exchanges may take; None where none of them is named.

    Where the venue names contracts, an exchange that it leaves out may take nothing.
    """
    allowed = {contract.lower(): amount for contract, amount in balance.allowances}
    if "" in allowed:
        return from_micro(allowed[""])
    if not EXCHANGES & allowed.keys():
        return None
    return from_micro(min(allowed.get(each, 0) for each in EXCHANGES))
