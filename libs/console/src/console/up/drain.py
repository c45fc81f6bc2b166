"""Ends a run in an order in which nothing is lost and nothing is counted halfway."""

import asyncio
from decimal import Decimal

from common.clock import SECOND, Clock, since
from console.report.build import books_at_rest
from console.report.ledger import wait_until_stored
from console.up.system import System
from console.view.board import Board
from console.view.feed import Feed

QUIET_S = 2.5
"""Longer than any step of an order's life takes, so that what is in hand is finished."""
QUIET_WITHIN_S = 8.0
AT_REST_WITHIN_S = 20.0
"""Longer than the simulated exchange takes to settle a trade, and to pay a market that it has resolved."""
STORED_WITHIN_S = 10.0
LOOK_AGAIN_S = 0.1
FINDERS, ACTORS, WRITERS = ("scanner",), ("oracle", "venue", "risk", "executor"), ("ledger", "alerter")


async def drain(
    system: System, feed: Feed, board: Board, clock: Clock, hurry: asyncio.Event, *, bankroll: Decimal
) -> bool:  # fmt: skip
    """Stop the services; say whether the ledger had stored the whole journal before it was stopped."""
    await system.stop(FINDERS)
    await _until_quiet(feed, board, clock, hurry)
    await books_at_rest(system, bankroll, AT_REST_WITHIN_S, hurry)
    await system.stop(ACTORS)
    await feed.catch_up()
    stored = await wait_until_stored(
        system.addresses.database_url, feed.sequence, 0 if hurry.is_set() else STORED_WITHIN_S
    )
    await system.stop(WRITERS)
    return stored


async def _until_quiet(feed: Feed, board: Board, clock: Clock, hurry: asyncio.Event) -> None:
    """Wait until no order is open and nothing has moved for a while; the operator may cut it short."""
    began = clock.now()
    while not hurry.is_set() and since(clock.now(), began) < QUIET_WITHIN_S * SECOND:
        moved = since(clock.now(), feed.money_moved_at)
        if moved > QUIET_S * SECOND and not board.trades.open_orders:
            return
        await asyncio.sleep(LOOK_AGAIN_S)
