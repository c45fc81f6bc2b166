"""`pm-arb markets`: what is listed now, and what is bid and asked for it."""

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from common.bus.nats import NatsBus, connect
from common.clock import SECOND, Clock, Instant, SystemClock
from common.contracts.subjects import BOOKS, CATALOGUE, CONSOLE
from common.contracts.venue import BookUpdated, MarketUpdated
from console.errors import EXIT_FAILED
from console.reaching import STATE, StateOption, nats_url, password_of, run
from console.state import StateFolder
from console.view.panels import QUIET
from console.view.words import plain, price, span

SLUG_WIDTH, WHEN_WIDTH, PRICES_WIDTH = 26, 9, 11
"""So that the slug, which an order takes, is whole on the narrowest terminal."""


def markets_command(*, state: StateOption = STATE) -> None:
    """Show every market that is open or about to be, by its slug, with its best prices. Exit code 1 when none is."""
    raise typer.Exit(run(_markets(StateFolder(state), Console(), SystemClock())))


async def _markets(folder: StateFolder, console: Console, clock: Clock) -> int:
    bus = await connect(nats_url(folder), user=CONSOLE, password=password_of(CONSOLE, folder))
    try:
        markets, books = await listed(bus, clock.now())
    finally:
        await bus.close()
    console.print(table_of(markets, books, clock.now()))
    return 0 if markets else EXIT_FAILED


async def listed(bus: NatsBus, now: Instant) -> tuple[list[MarketUpdated], dict[str, BookUpdated]]:
    """Read the markets that have not ended, the next to end first, and the last book of each token."""
    found = [m.event async for m in bus.latest(CATALOGUE.name, "venue.market.>") if isinstance(m.event, MarketUpdated)]
    is_open = [each for each in found if each.ends_at > now and each.change != "resolved"]
    books = [m.event async for m in bus.latest(BOOKS.name, "venue.book.>") if isinstance(m.event, BookUpdated)]
    return sorted(is_open, key=lambda each: (each.ends_at, each.slug)), {each.token_id: each for each in books}


def table_of(markets: list[MarketUpdated], books: dict[str, BookUpdated], now: Instant) -> Table:
    """Show markets, each by its slug, with the best bid and ask of both its outcomes."""
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False)
    table.add_column("market", no_wrap=True, min_width=SLUG_WIDTH)
    table.add_column("", no_wrap=True, min_width=WHEN_WIDTH)
    for name in ("Up bid/ask", "Down"):
        table.add_column(name, no_wrap=True, min_width=PRICES_WIDTH)
    table.add_column("least", justify="right", no_wrap=True)
    table.add_column("note", overflow="fold")
    for each in markets:
        begins = each.starts_at > now
        when = f"{'in' if begins else 'for'} {span(((each.starts_at if begins else each.ends_at) - now) / SECOND)}"
        note = plain(each.untradable_reason) or ("" if each.accepting_orders else "takes no orders")
        prices = (_prices(books.get(each.up_token_id)), _prices(books.get(each.down_token_id)))
        table.add_row(each.slug, when, *prices, f"{each.size_min.normalize():f}", note)
    return table


def _prices(book: BookUpdated | None) -> str:
    bid = book.bids[0][0] if book and book.bids else None
    ask = book.asks[0][0] if book and book.asks else None
    return f"{price(bid)} / {price(ask)}"
