"""Builds the report of a run while its bus, its database and its world still answer."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from nats import errors as nats_errors
from nats.js import errors as js_errors

from common.clock import SECOND, Clock
from common.contracts.subjects import CONSOLE
from console.audit.arithmetic import Truth, audit
from console.audit.journal import Account, read_account
from console.audit.world import from_json, read_truths, to_json
from console.errors import ConsoleError
from console.report.books import VenueBooks, read_books
from console.report.compose import compose
from console.report.figures import RunFigures
from console.report.ledger import read_ledger
from console.state import StateFolder, read_json, write_json
from console.up.system import System

LOOK_AGAIN_S = 0.5
PAID_WITHIN_S = 8.0
"""Longer than the simulated exchange takes to pay a market whose winner the executor learned at the last moment."""


async def build_report(
    folder: StateFolder, system: System, run: RunFigures, since_sequence: int, clock: Clock, *, were_at_rest: bool
) -> dict[str, Any]:
    """Read the ledger, audit the journal against the world, and put both together.

    `were_at_rest` says that the books agreed with the venue's when they were closed.
    """
    ledger = await read_ledger(system.addresses.database_url, since_sequence)
    account = await _account(system)
    truths: dict[str, Truth] = {}

    async def read() -> VenueBooks | None:
        nonlocal truths
        truths = await _truths(folder, system, account, clock)
        return await read_books(system, account, run.bankroll, truths if were_at_rest else None)

    books = await _at_rest(read, PAID_WITHIN_S if were_at_rest else 0)
    settlements = tuple(settlement for _, settlement in account.settlements)
    verdict = audit((fill for _, fill in account.fills), account.void, settlements, truths)
    return compose(ledger, run, verdict, settlements, books=books, reconciliation=account.reconciliation)


async def books_at_rest(system: System, bankroll: Decimal, within_s: float, hurry: asyncio.Event) -> bool:
    """Wait until the venue has settled and paid what it owes, but not for ever: the report names what is missing.

    Say whether that came about, which it has where there is no venue's account to wait for.
    """
    if system.wallet is None:
        return True

    async def read() -> VenueBooks | None:
        return await read_books(system, await _account(system), bankroll)

    books = await _at_rest(read, within_s, hurry)
    return books is None or books.is_at_rest


async def _at_rest(
    read: Callable[[], Awaitable[VenueBooks | None]], within_s: float, hurry: asyncio.Event | None = None
) -> VenueBooks | None:
    """Read the books until they agree with the venue's or the time is up; answer how they stood last."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        books = await read()
        is_over = loop.time() >= deadline or (hurry is not None and hurry.is_set())
        if books is None or books.is_at_rest or is_over:
            return books
        await asyncio.sleep(LOOK_AGAIN_S)


async def _account(system: System) -> Account:
    try:
        return await read_account(system.addresses.nats_url, CONSOLE, system.console_password)
    except (nats_errors.Error, js_errors.Error, OSError, TimeoutError) as error:
        raise ConsoleError(f"audit: the journal could not be read: {type(error).__name__}: {error}") from None


async def _truths(folder: StateFolder, system: System, account: Account, clock: Clock) -> dict[str, Truth]:
    """Ask the world about every market that was traded; what it told an earlier run stays known."""
    try:
        known = from_json(read_json(folder.truths))
    except (OSError, ValueError, KeyError):
        known = {}
    slugs = {fill.slug for _, fill in account.fills}
    wanted = [slug for slug in slugs if slug not in known or not known[slug].winner]
    told = await read_truths(wanted, simulator_url=system.simulator_url, now_s=clock.now() // SECOND)
    truths = known | told
    write_json(folder.truths, to_json({slug: truth for slug, truth in truths.items() if truth.winner}))
    return truths
