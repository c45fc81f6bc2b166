"""Ends a run in an order in which nothing is lost and nothing is counted halfway."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from common.clock import SECOND, Clock, since
from console.report.build import books_at_rest
from console.report.ledger import wait_until_stored
from console.up.system import System
from console.view.board import Board
from console.view.feed import Feed


class Times(NamedTuple):
    """For how long nothing must have moved, and after how long that is waited for no more."""

    quiet_s: float
    within_s: float


QUIET = Times(quiet_s=2.5, within_s=8.0)
"""Longer than any step of an order's life takes, so that what is in hand is finished."""
RISK_HEARS = Times(quiet_s=1.0, within_s=5.0)
"""Longer than risk takes to count what the executor told last."""
AT_REST_WITHIN_S = 20.0
"""Longer than the simulated exchange takes to settle a trade, and to pay a market that it has resolved."""
STORED_WITHIN_S = 10.0
LOOK_AGAIN_S = 0.1
FINDERS, ACTORS, COUNTERS, WRITERS = (
    ("scanner",), ("oracle", "venue", "executor"), ("risk",), ("ledger", "alerter"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drained:
    """How a run ended: whether the ledger had stored all of it, and whether the books agreed when they were closed."""

    is_stored: bool
    was_at_rest: bool


async def drain(
    system: System, feed: Feed, board: Board, clock: Clock, hurry: asyncio.Event, *, bankroll: Decimal
) -> Drained:  # fmt: skip
    """Stop the services one after the other, each when it has been told everything."""
    await system.stop(FINDERS)
    await _until_quiet(feed, board, clock, hurry, QUIET)
    was_at_rest = await books_at_rest(system, bankroll, AT_REST_WITHIN_S, hurry)
    await system.stop(ACTORS)
    await _until_quiet(feed, board, clock, hurry, RISK_HEARS)
    await system.stop(COUNTERS)
    await feed.catch_up()
    stored = await wait_until_stored(
        system.addresses.database_url, feed.sequence, 0 if hurry.is_set() else STORED_WITHIN_S
    )
    await system.stop(WRITERS)
    return Drained(stored, was_at_rest)


async def _until_quiet(feed: Feed, board: Board, clock: Clock, hurry: asyncio.Event, times: Times) -> None:
    """Wait until no order is open and nothing has moved for a while; the operator may cut it short."""
    began = clock.now()
    while not hurry.is_set() and since(clock.now(), began) < times.within_s * SECOND:
        moved = since(clock.now(), feed.money_moved_at)
        if moved > times.quiet_s * SECOND and not board.trades.open_orders:
            return
        await asyncio.sleep(LOOK_AGAIN_S)
