"""The report as people read it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.up.reach import Reached
from console.view.words import market_name, plain, span, usd

SETTLEMENTS_SHOWN_MAX = 20
QUIET = "bright_black"


def page(report: Mapping[str, Any]) -> RenderableType:
    """Lay out a report."""
    parts: list[RenderableType] = [_figures(report)]
    if report["settlements"]:
        parts.append(_settlements(report["settlements"]))
    counts = [_counts("denied by rule", report["denials"]), _counts("edges refused", report["edges_refused"])]
    parts += [part for part in counts if part is not None]
    parts.append(_verdict(report))
    return Group(*parts)


def reachability(found: Sequence[Reached]) -> Table:
    """Lay out which public endpoints were reached, and why others were not."""
    table = _table("endpoint", "host", "reached")
    for reached in found:
        answer = Text("yes", "green") if reached.ok else Text(f"no: {reached.reason}", "red")
        table.add_row(reached.endpoint.name, reached.endpoint.host, answer)
    return table


def _figures(report: Mapping[str, Any]) -> Table:
    table = _table("", ">this run", ">in all")
    run = report["run"]
    for name in ("opportunities", "approvals", "trades", "fills", "settled", "won", "halts"):
        table.add_row(name, str(run[name]), str(report[name]))
    table.add_row("fees", _usd(run["fees_usd"]), _usd(report["fees_usd"]))
    table.add_row("p&l by the ledger", _gain(run["pnl_usd"]), _gain(report["ledger_pnl_usd"]))
    table.add_row("p&l by risk", "", _gain(report["pnl_usd"]))
    table.add_row("p&l by the audit", "", _gain(report["audit_pnl_usd"]))
    if report["equity_usd"] is not None:
        table.add_row("equity", "", _usd(report["equity_usd"]))
    books = report["books"]
    if books is not None:
        for name, whose in (
            ("venue_usd", "the venue"),
            ("fills_usd", "the fills"),
            ("risk_usd", "risk"),
            ("ledger_usd", "the ledger"),
        ):
            table.add_row(f"cash by {whose}", "", "-" if books[name] is None else _usd(books[name]))
    first = report["first_trade_seconds"]
    table.add_row("ran for", span(report["seconds"]), "")
    table.add_row("ready after", _seconds(report["ready_seconds"]), "")
    table.add_row("first trade after", _seconds(first), "")
    restarts = ", ".join(f"{name} {count}" for name, count in report["restarts"].items() if count)
    table.add_row("restarts", restarts or "none", "")
    table.add_row("open positions", "", str(len(report["open_positions"])))
    return table


def _settlements(rows: list[Mapping[str, Any]]) -> Table:
    table = _table("settled", "won by", ">cost", ">fees", ">paid", ">p&l")
    shown = rows[-SETTLEMENTS_SHOWN_MAX:]
    for row in shown:
        amounts = [_usd(row[name]) for name in ("cost", "fees", "payout")]
        table.add_row(market_name(row["slug"]), row["outcome"], *amounts, _gain(row["pnl"]))
    if len(shown) < len(rows):
        table.caption = f"and {len(rows) - len(shown)} before"
    return table


def _counts(title: str, counts: Mapping[str, int]) -> Text | None:
    if not counts:
        return None
    listed = ", ".join(f"{plain(name)} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
    return Text.assemble((f"{title}: ", QUIET), listed)


def _verdict(report: Mapping[str, Any]) -> Text:
    if report["agrees"]:
        venue = "the venue's own account, " if report["books"] is not None else ""
        hands = f"{venue}risk, executor, ledger and the world's own outcomes"
        text = Text(f"The audit agrees to the cent: {hands}.", "green")
    else:
        text = Text("The audit found differences:", "bold red")
        for difference in report["differences"]:
            text.append(f"\n  {difference}", "red")
    if report["unverified"]:
        text.append(f"\nNot verified, for the world told nothing of them: {', '.join(report['unverified'])}", "yellow")
    return text


def _table(*names: str) -> Table:
    """Begin a table; a name that begins with `>` is a column of figures."""
    table = Table(box=SIMPLE_HEAD, header_style=QUIET, pad_edge=False)
    for name in names:
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left")
    return table


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _usd(amount: str) -> str:
    return usd(Decimal(amount))


def _gain(amount: str) -> Text:
    number = Decimal(amount)
    return Text(usd(number, signed=True), "green" if number > 0 else "red" if number < 0 else "")
