"""`pm-arb markets`: what is listed now, and what is bid and asked for it."""

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from common.bus.nats import NatsBus, connect
from common.clock import SECOND, Clock, Instant, SystemClock
from common.contracts.subjects import CATALOGUE, CONSOLE, MARKET
from common.contracts.venue import BookUpdated, MarketUpdated
from console.errors import EXIT_FAILED
from console.reaching import STATE, StateOption, nats_url, password_of, run
from console.state import StateFolder
from console.view.panels import QUIET
from console.view.words import age, plain, price, span


def markets_command(*, state: StateOption = STATE) -> None:
    """Show every market that is open or about to be, by its slug, with its best prices. Exit code 1 when none is."""
    raise typer.Exit(run(_markets(StateFolder(state), Console(), SystemClock())))


async def _markets(folder: StateFolder, console: Console, clock: Clock) -> int:
    bus = await connect(nats_url(folder), user=CONSOLE, password=password_of(CONSOLE, folder))
    try:
        markets, books = await listed(bus, clock.now())
    finally:
        await bus.close()
    console.print(_table(markets, books, clock.now()))
    return 0 if markets else EXIT_FAILED


async def listed(bus: NatsBus, now: Instant) -> tuple[list[MarketUpdated], dict[str, BookUpdated]]:
    """Read the markets that have not ended, the next to end first, and the last book of each token."""
    found = [m.event async for m in bus.latest(CATALOGUE.name, "venue.market.>") if isinstance(m.event, MarketUpdated)]
    is_open = [each for each in found if each.ends_at > now and each.change != "resolved"]
    books = [m.event async for m in bus.latest(MARKET.name, "venue.book.>") if isinstance(m.event, BookUpdated)]
    return sorted(is_open, key=lambda each: (each.ends_at, each.slug)), {each.token_id: each for each in books}


def _table(markets: list[MarketUpdated], books: dict[str, BookUpdated], now: Instant) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False)
    table.add_column("market", no_wrap=True)
    for name in ("", "Up bid", "ask", "Down bid", "ask", "book", "least"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("note", overflow="fold")
    for each in markets:
        up, down = books.get(each.up_token_id), books.get(each.down_token_id)
        begins = each.starts_at > now
        when = f"{'in' if begins else 'for'} {span(((each.starts_at if begins else each.ends_at) - now) / SECOND)}"
        heard = age(now, up.received_at) if up else "-"
        note = plain(each.untradable_reason) or ("" if each.accepting_orders else "takes no orders")
        table.add_row(each.slug, when, *_prices(up), *_prices(down), heard, f"{each.size_min.normalize():f}", note)
    return table


def _prices(book: BookUpdated | None) -> tuple[str, str]:
    bid = book.bids[0][0] if book and book.bids else None
    ask = book.asks[0][0] if book and book.asks else None
    return price(bid), price(ask)
