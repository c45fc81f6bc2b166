"""How a report is put together, and what makes it disagree."""

import json
from decimal import Decimal

import pytest
from rich.console import Console

from builders import after
from console.report.compose import compose, first_trade_seconds
from console.report.figures import money
from console.report.page import page
from unit.console.console_builders import (
    SLUG,
    a_claim,
    a_period,
    a_verdict,
    ledger_figures,
    run_figures,
)


def test_equal_figures_from_all_hands_agree() -> None:
    report = compose(ledger_figures(), run_figures(), a_verdict(), (a_claim(),))
    assert report["agrees"], report["differences"]
    assert (report["pnl_usd"], report["ledger_pnl_usd"], report["audit_pnl_usd"]) == ("4.825", "4.825", "4.825")
    assert (report["trades"], report["settled"], report["fees_usd"]) == (1, 1, "0.175")
    assert (report["equity_usd"], report["denials"]) == ("204.825", {"market_has_room": 1})
    assert report["run"]["pnl_usd"] == "4.825"


@pytest.mark.parametrize(
    ("changes", "claims", "words"),
    [
        ({"whole": a_period(pnl=Decimal("4.80"))}, (a_claim(),), "p&l by the ledger"),
        ({}, (a_claim("4.90"),), "p&l by the executor's settlements"),
        ({"whole": a_period(fees=Decimal("0.20"))}, (a_claim(),), "fees by the ledger"),
        ({"whole": a_period(trades=2)}, (a_claim(),), "trades in the ledger"),
        ({"whole": a_period(fills=3)}, (a_claim(),), "fills in the ledger"),
        ({"whole": a_period(settled=0)}, (a_claim(),), "settled markets in the ledger"),
    ],
)
def test_one_hand_that_differs_is_named(changes: dict[str, object], claims: tuple[object, ...], words: str) -> None:
    report = compose(ledger_figures(**changes), run_figures(), a_verdict(), claims)  # type: ignore[arg-type]
    assert not report["agrees"]
    assert [line for line in report["differences"] if line.startswith(words)]


def test_risk_whose_equity_says_something_else_is_named() -> None:
    report = compose(ledger_figures(), run_figures(equity=Decimal("204.83")), a_verdict(), (a_claim(),))
    assert report["differences"] == ["p&l by risk: expected 4.825 USD as audited, found 4.83"]


def test_risk_that_never_spoke_is_not_compared() -> None:
    report = compose(ledger_figures(), run_figures(equity=None), a_verdict(), (a_claim(),))
    assert report["agrees"]
    assert (report["equity_usd"], report["pnl_usd"]) == (None, "4.825")


def test_a_difference_that_the_audit_found_makes_the_report_disagree() -> None:
    report = compose(ledger_figures(), run_figures(), a_verdict(differences=("x",)), (a_claim(),))
    assert not report["agrees"]
    assert report["differences"] == ["x"]


def test_what_nobody_could_verify_is_listed_and_no_difference() -> None:
    verdict = a_verdict(pnl=Decimal(0), unverified=(SLUG,))
    report = compose(ledger_figures(), run_figures(), verdict, (a_claim(),))
    assert report["agrees"]
    assert report["unverified"] == [SLUG]


def test_the_first_trade_is_counted_from_readiness() -> None:
    assert first_trade_seconds(a_period(first_fill_ns=after(12.5)), after(5)) == 7.5
    assert first_trade_seconds(a_period(first_fill_ns=None), after(5)) is None
    assert first_trade_seconds(a_period(), None) is None


def test_a_report_is_json_and_its_money_is_text() -> None:
    report = compose(ledger_figures(), run_figures(), a_verdict(), (a_claim(),))
    again = json.loads(json.dumps(report))
    assert all(isinstance(again[name], str) for name in again if name.endswith("_usd"))


def test_the_page_shows_the_figures_and_the_verdict() -> None:
    console = Console(width=100, record=True, force_terminal=False)
    console.print(page(compose(ledger_figures(), run_figures(), a_verdict(), (a_claim(),))))
    text = console.export_text()
    assert "+$4.83" in text or "+$4.82" in text
    assert "market has room 1" in text
    assert "stale book 3" in text
    assert "agrees to the cent" in text


def test_the_page_lists_differences() -> None:
    console = Console(width=100, record=True, force_terminal=False)
    console.print(page(compose(ledger_figures(), run_figures(), a_verdict(differences=("one thing",)), (a_claim(),))))
    assert "one thing" in console.export_text()


@pytest.mark.parametrize(
    ("amount", "text"), [("0", "0.00"), ("-3", "-3.00"), ("1E+2", "100.00"), ("0.00001", "0.00001")]
)
def test_money_is_written_exactly_with_two_decimals_at_least(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text
