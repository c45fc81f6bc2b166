"""`pm-arb report`: what was earned, day by day."""

from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from console.errors import ConsoleError
from console.reaching import STATE, StateOption, run, secret
from console.report.ledger import connected
from console.state import StateFolder, find_running
from console.view.panels import QUIET, gained
from console.view.words import plain, usd

DAYS = """
WITH today AS (SELECT (now() AT TIME ZONE 'UTC')::date AS day),
days AS (SELECT generate_series(day - ($1::int - 1), day, '1 day')::date AS day FROM today)
SELECT d.day, coalesce(t.trades, 0) AS trades, coalesce(p.settled, 0) AS settled, coalesce(p.won, 0) AS won,
    coalesce(t.fees, 0) AS fees, coalesce(p.pnl, 0) AS pnl
FROM days AS d
LEFT JOIN (
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS trades, sum(fee) AS fees
    FROM trades WHERE quantity > 0 GROUP BY 1
) AS t USING (day)
LEFT JOIN (
    SELECT day, sum(settled) AS settled, sum(won) AS won, sum(pnl) AS pnl FROM daily_pnl GROUP BY 1
) AS p USING (day)
ORDER BY d.day
"""
DENIALS = """
SELECT rule, count(*) AS n FROM decisions
WHERE result = 'denied' AND (decided_at AT TIME ZONE 'UTC')::date > (now() AT TIME ZONE 'UTC')::date - $1::int
GROUP BY 1 ORDER BY 2 DESC
"""


def report_command(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days, counting today, in UTC.")] = 7,
    *,
    state: StateOption = STATE,
) -> None:
    """Show trades, fees and profit or loss of each day, from the ledger's database.

    The database is the one that DATABASE_URL names (or the file in DATABASE_URL_FILE), else that of the running system.
    """
    run(_report(days, database_url(StateFolder(state)), Console()))


def database_url(folder: StateFolder) -> str:
    """Answer where the ledger's database is. Raises ConsoleError."""
    named = secret("DATABASE_URL")
    if named:
        return named
    running = find_running(folder)
    if running is None:
        raise ConsoleError(f"nothing runs from {folder.root}: start it with `pm-arb up`, or set DATABASE_URL")
    return running.database_url


async def _report(days: int, url: str, console: Console) -> None:
    async with connected(url) as connection:
        if not await connection.fetchval("SELECT to_regclass('daily_pnl') IS NOT NULL"):
            raise ConsoleError("the ledger's database: expected its tables, found none: has the ledger ever run?")
        rows, denials = await connection.fetch(DAYS, days), await connection.fetch(DENIALS, days)
    console.print(_table(rows))
    if denials:
        console.print(
            Text.assemble(("denied by rule: ", QUIET), ", ".join(f"{plain(r['rule'])} {r['n']}" for r in denials))
        )


def _table(rows: list[Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False, show_footer=len(rows) > 1)
    totals = {name: sum(row[name] for row in rows) for name in ("trades", "settled", "won", "fees", "pnl")}
    table.add_column("day (UTC)", footer="in all")
    for name in ("trades", "settled", "won"):
        table.add_column(name, justify="right", footer=str(totals[name]))
    table.add_column("fees", justify="right", footer=usd(totals["fees"]))
    table.add_column("p&l", justify="right", footer=gained(totals["pnl"]))
    for row in rows:
        counts = [str(row[name]) for name in ("trades", "settled", "won")]
        table.add_row(str(row["day"]), *counts, usd(row["fees"]), gained(row["pnl"]))
    return table
