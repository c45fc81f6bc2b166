"""Puts a report together and says whether its figures, from four hands, agree to the cent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from console.audit.arithmetic import Settlement, Verdict, equal_to_the_cent
from console.report.books import VenueBooks, books_differ, books_json
from console.report.figures import ZERO, LedgerFigures, Period, RunFigures, money

NANOSECOND = Decimal("1e-9")
MILLISECOND = Decimal("0.001")


def compose(
    ledger: LedgerFigures, run: RunFigures, verdict: Verdict, claimed: tuple[Settlement, ...], *,
    books: VenueBooks | None = None, reconciliation: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Answer the report as JSON. Its figures cover the whole journal, those under `run` this run alone."""
    differences = [*verdict.differences, *compare(ledger, run, verdict, claimed)]
    if books is not None:
        differences += books_differ(ledger, run, books)
    if reconciliation:
        differences.append(f"the executor's own comparison with the venue: expected agreement, found {reconciliation}")
    return {
        "world": run.world,
        "mode": run.mode,
        "seconds": round(run.seconds, 3),
        "ready_seconds": run.ready_seconds,
        **_period(ledger.whole),
        "pnl_usd": money(ledger.whole.pnl if run.pnl_by_risk is None else run.pnl_by_risk),
        "ledger_pnl_usd": money(ledger.whole.pnl),
        "audit_pnl_usd": money(verdict.pnl),
        "audit_fees_usd": money(verdict.fees),
        "equity_usd": None if run.equity is None else money(run.equity),
        "risk_state": run.risk_state,
        "first_trade_seconds": first_trade_seconds(ledger.run, run.ready_ns),
        "markets_seen": run.markets_seen,
        "edges_refused": dict(run.refusals),
        "restarts": dict(run.restarts),
        "agrees": not differences,
        "differences": differences,
        "unverified": list(verdict.unverified),
        "models": list(ledger.models),
        "limits_versions": list(ledger.limits_versions),
        "open_positions": list(ledger.open_positions),
        "settlements": list(ledger.settlements),
        "trade_list": list(ledger.trades),
        "books": None if books is None else books_json(ledger, run, books),
        "run": _period(ledger.run) | {"pnl_usd": money(ledger.run.pnl)},
    }


def compare(ledger: LedgerFigures, run: RunFigures, verdict: Verdict, claimed: tuple[Settlement, ...]) -> list[str]:
    """Compare what risk, the executor, the ledger and the audit each came to; say every pair that differs."""
    unverified = sum((s.pnl for s in claimed if s.slug in verdict.unverified), ZERO)
    audited = verdict.pnl + unverified
    found = []
    for name, pnl in (
        ("the executor's settlements", sum((s.pnl for s in claimed), ZERO)),
        ("the ledger", ledger.whole.pnl),
        ("risk", run.pnl_by_risk),
    ):
        if pnl is not None and not equal_to_the_cent(pnl, audited):
            found.append(f"p&l by {name}: expected {money(audited)} USD as audited, found {money(pnl)}")
    if not equal_to_the_cent(ledger.whole.fees, verdict.fees):
        fees = money(ledger.whole.fees)
        found.append(f"fees by the ledger: expected {money(verdict.fees)} USD as audited, found {fees}")
    for name, expected, counted in (
        ("trades", verdict.trades, ledger.whole.trades),
        ("fills", verdict.fills, ledger.whole.fills),
        ("settled markets", len({s.market_id for s in claimed}), ledger.whole.settled),
    ):
        if expected != counted:
            found.append(f"{name} in the ledger: expected {expected} as in the journal, found {counted}")
    return found


def first_trade_seconds(run: Period, ready_ns: int | None) -> float | None:
    """Say how long after everything was ready the first fill came; None when there was none."""
    if run.first_fill_ns is None or ready_ns is None:
        return None
    return float((Decimal(max(0, run.first_fill_ns - ready_ns)) * NANOSECOND).quantize(MILLISECOND))


def _period(period: Period) -> dict[str, Any]:
    return {
        "trades": period.trades,
        "fills": period.fills,
        "settled": period.settled,
        "won": period.won,
        "fees_usd": money(period.fees),
        "opportunities": period.opportunities,
        "approvals": period.approvals,
        "denials": dict[str, int](_sorted(period.denials)),
        "halts": period.halts,
    }


def _sorted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
