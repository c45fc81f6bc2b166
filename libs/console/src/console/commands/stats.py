"""`pm-arb stats`: how orders were executed: fill rate, latency, slippage, and what came of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from console.commands.report import database_url
from console.errors import ConsoleError
from console.reaching import STATE, StateOption, run
from console.report.ledger import connected
from console.state import StateFolder
from console.view.panels import QUIET, gained

STATS = """
WITH submitted AS (
    SELECT order_id, min(at) AS at FROM order_states WHERE status = 'submitted' GROUP BY 1
),
matched AS (
    SELECT order_id, min(matched_at) AS at FROM fills WHERE status <> 'failed' AND price IS NOT NULL GROUP BY 1
),
executed AS (
    SELECT
        t.mode, o.symbol, t.quantity > 0 AS is_filled, t.pnl, t.market_id,
        extract(epoch FROM m.at - s.at) AS latency_s,
        CASE WHEN t.quantity > 0 THEN
            (t.fill_price - coalesce(p.average_price, t.max_price)) * CASE t.side WHEN 'SELL' THEN -1 ELSE 1 END
        END AS slippage
    FROM trades AS t
    JOIN orders AS o ON o.order_id = t.trade_id
    JOIN submitted AS s ON s.order_id = t.trade_id
    LEFT JOIN matched AS m ON m.order_id = t.trade_id
    LEFT JOIN opportunities AS p ON p.opportunity_id = t.opportunity_id
    WHERE (t.created_at AT TIME ZONE 'UTC')::date > (now() AT TIME ZONE 'UTC')::date - $1::int
)
SELECT
    mode, symbol, count(*) AS orders, count(*) FILTER (WHERE is_filled) AS fills,
    avg(latency_s) FILTER (WHERE is_filled) AS latency_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_s) FILTER (WHERE is_filled) AS median_latency_s,
    avg(slippage) AS slippage, coalesce(sum(pnl), 0) AS pnl,
    count(DISTINCT market_id) FILTER (WHERE is_filled AND pnl IS NULL) AS active
FROM executed GROUP BY GROUPING SETS ((mode, symbol), (mode)) ORDER BY mode, symbol NULLS LAST
"""
"""An order counts once it has left for the venue. Slippage is the average price paid less the price that the decision
was made on, in dollars a share; an order by hand was decided on its limit."""


def stats_command(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days, counting today, in UTC.")] = 1,
    *,
    state: StateOption = STATE,
) -> None:
    """Show how orders were executed, by mode and asset, from the ledger's database.

    Latency is from sending an order to its first match. Slippage is against the price that was decided on, in dollars a
    share: above zero it was paid more. Profit or loss is of what is settled.
    """
    run(_stats(days, database_url(StateFolder(state)), Console()))


async def _stats(days: int, url: str, console: Console) -> None:
    rows = await read_stats(url, days)
    if not rows:
        console.print("No order has left for a venue in that time.")
        return
    console.print(_table(rows))
    for row in rows:
        if row["symbol"] is None:
            console.print("\n".join(block(row)))


async def read_stats(url: str, days: int) -> list[Mapping[str, Any]]:
    """Read a row for each mode and asset, and one without an asset for each mode. Raises ConsoleError."""
    async with connected(url) as connection:
        if not await connection.fetchval("SELECT to_regclass('trades') IS NOT NULL"):
            raise ConsoleError("the ledger's database: expected its tables, found none: has the ledger ever run?")
        return [dict(row) for row in await connection.fetch(STATS, days)]


def block(row: Mapping[str, Any]) -> Sequence[str]:
    """Write a mode's figures as a block of lines."""
    return (
        f"ORDER EXECUTION STATS ({row['mode']})",
        f"Total orders: {row['orders']}",
        f"Total fills: {row['fills']} ({_rate(row)} fill rate)",
        f"Avg fill latency: {_seconds(row['latency_s'])} (median {_seconds(row['median_latency_s'])})",
        f"Avg slippage: {_slippage(row['slippage'])}",
        f"Realized P&L: ${row['pnl']:+.2f}",
        f"Active positions: {row['active']}",
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False)
    table.add_column("mode")
    table.add_column("asset")
    for name in ("orders", "fills", "rate", "latency", "median", "slippage", "p&l", "active"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        times = (_seconds(row["latency_s"]), _seconds(row["median_latency_s"]))
        counts = (str(row["orders"]), str(row["fills"]), _rate(row))
        asset = row["symbol"] or "in all"
        table.add_row(
            row["mode"], asset, *counts, *times, _slippage(row["slippage"]), gained(row["pnl"]), str(row["active"])
        )
    return table


def _rate(row: Mapping[str, Any]) -> str:
    return f"{100 * row['fills'] / row['orders']:.1f}%"


def _seconds(found: Decimal | float | None) -> str:
    return "-" if found is None else f"{found:.2f}s"


def _slippage(found: Decimal | None) -> str:
    return "-" if found is None else f"{found:+.4f}"
