"""The panels of the live view about the market: prices, markets, decisions, orders, positions."""

from decimal import Decimal

from rich.box import ROUNDED
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from common.clock import SECOND, Instant, since
from common.contracts.venue import MarketUpdated
from console.view.board import Board
from console.view.rows import DecisionRow, OrderRow
from console.view.words import (
    age,
    amount,
    cents_of_edge,
    clock,
    coin_price,
    market_name,
    plain,
    price,
    probability,
    span,
    usd,
)

FRAME = "bright_black"
QUIET = "bright_black"
OLD_PRICE_S, OLD_FEED_S = 2, 10
STATUS_STYLE = {
    "filled": "green",
    "partial": "green",
    "rejected": "red",
    "refused": "red",
    "unknown": "bold red",
    "unfilled": QUIET,
}


def framed(title: str, body: RenderableType, note: str = "") -> Panel:
    """Put a panel's body in its frame."""
    heading = Text.assemble((title, "bold"), (f"  {note}" if note else "", QUIET))
    return Panel(body, title=heading, title_align="left", box=ROUNDED, border_style=FRAME, padding=(0, 1))


def columns(*names: str) -> Table:
    """Begin a table without lines; a name that begins with `>` is a column of figures."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style=QUIET, expand=True, pad_edge=False)
    for name in names:
        wide = name.endswith("*")
        title = name.strip(">*")
        table.add_column(
            title, justify="right" if name.startswith(">") else "left", no_wrap=True, ratio=1 if wide else None,
            overflow="ellipsis",
        )  # fmt: skip
    return table


def prices(board: Board, now: Instant) -> Panel:
    """Show what each coin is worth to the exchanges and to the feed that settles, and how old that is."""
    table = columns("coin", ">exchanges", ">age", ">settles", ">age", ">avg 60s", ">age", "by*")
    for symbol in sorted({*board.prices, *(symbol for symbol, _ in board.settlements)}):
        traded = board.prices.get(symbol)
        cells: list[Text | str] = [symbol]
        cells += [coin_price(traded.price), _age(now, traded.received_at, OLD_PRICE_S)] if traded else ["-", "-"]
        for kind in ("spot", "twap"):
            settling = board.settlements.get((symbol, kind))
            cells += [coin_price(settling.value), _age(now, settling.source_at, OLD_FEED_S)] if settling else ["-", "-"]
        cells.append(_sources(board, symbol))
        table.add_row(*cells)
    return framed("Prices", table)


def markets(board: Board, now: Instant, rows: int) -> Panel:
    """Show what each market is worth beside what is bid and asked for it."""
    table = columns("market", ">left", ">fair", ">±", ">bid", ">ask", ">edge", ">book", "note*")
    live = board.live_markets(now)
    begun = [market for market in live if market.starts_at <= now]
    for market in (begun + [market for market in live if market.starts_at > now])[:rows]:
        table.add_row(*_market_cells(board, market, now))
    return framed("Markets", table, f"{len(begun)} running, {len(live) - len(begun)} to come")


def decisions(board: Board, rows: int) -> Panel:
    """Show what risk said to the last opportunities, and why."""
    table = columns("at", "market", "buy", ">edge", "decision*")
    for row in reversed(list(board.decisions)[-rows:]):
        table.add_row(clock(row.at), market_name(row.slug), row.outcome, cents_of_edge(row.edge), _verdict(row))
    tally = board.run_tally
    return framed(
        "Decisions", table, f"{tally.opportunities} found, {tally.approvals} approved, {tally.denials} denied"
    )


def orders(board: Board, rows: int, *, wide: bool) -> Panel:
    """Show the newest orders and what became of them."""
    table = columns(*(("at",) if wide else ()), "market", "", ">filled", ">limit", "state*")
    newest: list[OrderRow] = list(board.trades.orders.values())[-rows:]
    for row in reversed(newest):
        filled = f"{amount(row.filled)}/{amount(row.quantity)}"
        state = Text(row.word, STATUS_STYLE.get(row.word, ""))
        if row.detail and row.word not in ("filled", "partial"):
            state.append(f" {row.detail}", QUIET)
        at = (clock(row.at),) if wide else ()
        table.add_row(*at, market_name(row.slug), row.outcome, filled, price(row.limit), state)
    return framed("Orders", table, f"{len(board.trades.open_orders)} open, {board.run_tally.trades} traded")


def positions(board: Board, now: Instant, rows: int, *, wide: bool) -> Panel:
    """Show what is held, what it cost, what it would fetch now; then what settled last."""
    table = columns("market*", "", ">shares", ">paid", ">bid", *((">cost",) if wide else ()), ">left", ">p&l")
    held = board.trades.positions
    for row in held[:rows]:
        bid = board.mark(row.market_id, row.outcome)
        gain = Text("-") if bid is None else gained(bid * row.shares - row.cost - row.fees)
        market = board.markets.get(row.market_id)
        left = span((market.ends_at - now) / SECOND) if market else "-"
        cost = (usd(row.cost),) if wide else ()
        paid = probability(row.average_price)
        table.add_row(market_name(row.slug), row.outcome, amount(row.shares), paid, price(bid), *cost, left, gain)
    for past in list(reversed(board.trades.settled))[: max(0, rows - len(held))]:
        blank = ("",) if wide else ()
        name, winner, settled = (Text(word, QUIET) for word in (market_name(past.slug), past.winner, "settled"))
        table.add_row(name, winner, "", "", "", *blank, settled, gained(past.pnl))
    return framed("Positions", table, f"{len(held)} open, {board.run_tally.settled} settled")


def gained(pnl: Decimal) -> Text:
    """Write a gain or a loss in its colour."""
    return Text(usd(pnl, signed=True), "green" if pnl > 0 else "red" if pnl < 0 else "")


def _market_cells(board: Board, market: MarketUpdated, now: Instant) -> list[Text | str]:
    valued, book = board.valuations.get(market.market_id), board.books.get(market.market_id)
    seen = _age(now, book.received_at, OLD_FEED_S) if book else "-"
    if now < market.starts_at:
        starts = Text(f"starts in {span((market.starts_at - now) / SECOND)}", QUIET)
        return [Text(market_name(market.slug), QUIET), "", "", "", *_quotes(board, market), "", seen, starts]
    left = span((market.ends_at - now) / SECOND)
    name = market_name(market.slug)
    if valued is None:
        note = market.untradable_reason or ("awaits its outcome" if now >= market.ends_at else "")
        return [name, left, "-", "-", "-", "-", "-", seen, Text(plain(note), "yellow")]
    edge = Text(cents_of_edge(valued.net_edge), "green" if valued.net_edge is not None and valued.net_edge > 0 else "")
    note = "awaits its outcome" if now >= market.ends_at else market.untradable_reason or valued.note
    fair, quotes = (probability(valued.fair_value), probability(valued.uncertainty)), _quotes(board, market)
    return [name, left, *fair, *quotes, edge, seen, Text(plain(note), QUIET)]


def _quotes(board: Board, market: MarketUpdated) -> tuple[str, str]:
    valued = board.valuations.get(market.market_id)
    return (price(valued.bid), price(valued.ask)) if valued else ("", "")


def _verdict(row: DecisionRow) -> Text:
    if row.approved:
        return Text.assemble(("approved ", "green"), row.detail)
    times = f" x{row.times}" if row.times > 1 else ""
    return Text.assemble((f"{plain(row.rule)}{times} ", "yellow"), (row.detail, QUIET))


def _age(now: Instant, then: Instant, old_s: int) -> Text:
    return Text(age(now, then), "yellow" if since(now, then) > old_s * SECOND else QUIET)


def _sources(board: Board, symbol: str) -> Text:
    """Name who counts in a price, and who does not and why."""
    traded = board.prices.get(symbol)
    text = Text()
    for (source, of, _), status in sorted(board.sources.items()):
        if of == symbol and status.status != "fresh":
            text.append(f"{source} {status.status} ", "yellow")
    return text.append(" ".join(traded.sources) if traded else "", QUIET)
