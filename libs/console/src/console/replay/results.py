"""What a replay answers: as JSON for programs, as a table for people."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from common.clock import SECOND
from common.money import MICRO, Usd, cents
from console.replay.calibration import COIN, Score, score
from console.replay.scoreboard import Scoreboard
from console.replay.worlds import Stage

DECIMALS = 6

Results = dict[str, Any]


def results(stage: Stage, board: Scoreboard, calibration: Score, edges_refused: Mapping[str, int]) -> Results:
    """Put the figures together. Money is text, so that it stays exact."""
    trades = board.trades
    decided = [trade for trade in trades if board.winner(trade.market_id) is not None]
    won = sum(trade.outcome == board.winner(trade.market_id) for trade in decided)
    quantity = sum((trade.quantity for trade in trades), Decimal(0))
    slippage = sum((trade.slippage for trade in trades), Decimal(0))
    whole = [m for m in board.markets.values() if m.starts_at >= stage.start and m.ends_at <= stage.end]
    coin = score([COIN] * calibration.samples)
    return {
        "world": stage.name,
        "seed": stage.seed,
        "lag_s": stage.lag_s,
        "hours": round((stage.end - stage.start) / SECOND / 3600, DECIMALS),
        "markets": len(whole),
        "markets_traded": len({trade.market_id for trade in trades}),
        "opportunities": board.opportunities,
        "approvals": board.approvals,
        "trades": len(trades),
        "hit_rate": round(won / len(decided), DECIMALS) if decided else None,
        "fees_usd": _money(sum((trade.fees for trade in trades), Decimal(0))),
        "slippage_usd_per_share": str((slippage / quantity).quantize(MICRO)) if quantity else None,
        "turnover_usd": _money(sum((trade.cost for trade in trades), Decimal(0))),
        "pnl_usd": _money(board.pnl),
        "drawdown_max_usd": _money(board.drawdown_max),
        "positions_unsettled": len(board.unsettled),
        "samples": calibration.samples,
        "brier": _rounded(calibration.brier),
        "log_loss": _rounded(calibration.log_loss),
        "coin_brier": _rounded(coin.brier),
        "coin_log_loss": _rounded(coin.log_loss),
        "denials": dict(sorted(board.denials.items())),
        "refused_at_last_hop": dict(sorted(board.refused_at_last_hop.items())),
        "edges_refused": dict(sorted(edges_refused.items())),
    }


def page(found: Results) -> RenderableType:
    """Lay the figures out for people."""
    what = f"{found['world']} world, {found['hours']:g} h, makers {found['lag_s']:g} s behind"
    if found["world"] == "seeded":
        what += f", seed {found['seed']}"
    parts: list[RenderableType] = [_figures(found, what)]
    for name, title in (
        ("denials", "Denied by risk"),
        ("refused_at_last_hop", "Refused by the executor"),
        ("edges_refused", "Edges refused by the scanner (looks, not orders)"),
    ):
        if found[name]:
            parts.append(_counts(found[name], title))
    return Group(*parts)


def _figures(found: Results, what: str) -> Table:
    table = Table(title=f"Replay: {what}", title_justify="left", show_header=False, title_style="bold")
    table.add_column()
    table.add_column(justify="right")
    for label, value in (
        ("markets", f"{found['markets']}"),
        ("markets traded", f"{found['markets_traded']}"),
        ("opportunities, approvals", f"{found['opportunities']}, {found['approvals']}"),
        ("trades", f"{found['trades']}"),
        ("hit rate", _percent(found["hit_rate"])),
        ("turnover", f"${found['turnover_usd']}"),
        ("fees", f"${found['fees_usd']}"),
        ("slippage a share, against the best offer at the decision", _dollars(found["slippage_usd_per_share"])),
        ("P&L", f"${found['pnl_usd']}"),
        ("largest drawdown", f"${found['drawdown_max_usd']}"),
        ("positions not settled", f"{found['positions_unsettled']}"),
        ("Brier score (a coin's)", _against(found["brier"], found["coin_brier"])),
        ("log loss (a coin's)", _against(found["log_loss"], found["coin_log_loss"])),
        ("events a second", f"{found['events_per_second']:,}"),
    ):
        table.add_row(label, value)
    return table


def _counts(counts: Mapping[str, int], title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, title_style="bold")
    table.add_column()
    table.add_column(justify="right")
    for name, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        table.add_row(name, f"{count:,}")
    return table


def _money(amount: Decimal) -> str:
    return str(cents(Usd(amount)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _dollars(amount: str | None) -> str:
    return "none" if amount is None else f"${amount}"


def _against(value: float | None, coin: float | None) -> str:
    return "none" if value is None or coin is None else f"{value:.4f} ({coin:.4f})"
