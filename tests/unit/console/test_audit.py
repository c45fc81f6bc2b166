"""The audit against examples that were worked out by hand."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest

import console.audit
from common.contracts.subjects import SERVICES
from console.audit.arithmetic import audit, equal_to_the_cent, taker_fee
from unit.console.console_builders import SLUG, a_claim, a_truth, an_audit_fill

NOTHING_VOID: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("price", "quantity", "fee"),
    [
        ("0.50", "10", "0.175"),  # 10 x 0.07 x 0.25
        ("0.37", "13.51", "0.22044"),  # 0.2204453670 cut, not rounded
        ("0.99", "5", "0.00346"),  # 0.003465 cut
        ("0.01", "0.01", "0"),  # 0.00000693 is below the smallest unit
    ],
)
def test_the_fee_is_cut_to_five_decimals(price: str, quantity: str, fee: str) -> None:
    assert taker_fee(Decimal(price), Decimal(quantity), Decimal("0.07"), 1) == Decimal(fee)


def test_a_winner_is_paid_a_dollar_a_share_less_cost_and_fees() -> None:
    verdict = audit([an_audit_fill()], NOTHING_VOID, [a_claim("4.825")], {SLUG: a_truth("Up")})
    assert verdict.agrees
    assert (verdict.pnl, verdict.fees, verdict.trades) == (Decimal("4.825"), Decimal("0.175"), 1)


def test_a_loser_is_paid_nothing() -> None:
    verdict = audit([an_audit_fill()], NOTHING_VOID, [a_claim("-5.175", winner="Down")], {SLUG: a_truth("Down")})
    assert verdict.agrees
    assert verdict.pnl == Decimal("-5.175")


def test_shares_that_were_sold_again_are_not_paid() -> None:
    sale = an_audit_fill(fill_id="f2", order_id="order2", side="SELL", price=Decimal("0.60"), fee=Decimal("0.168"))
    # 10 bought at 0.50, 10 sold at 0.60: 6 - 5 - 0.175 - 0.168
    verdict = audit([an_audit_fill(), sale], NOTHING_VOID, [a_claim("0.657")], {SLUG: a_truth("Up")})
    assert verdict.agrees
    assert verdict.pnl == Decimal("0.657")


def test_a_fill_that_is_told_twice_counts_once() -> None:
    verdict = audit([an_audit_fill(), an_audit_fill()], NOTHING_VOID, [a_claim()], {SLUG: a_truth()})
    assert verdict.agrees
    assert verdict.fills == 1


def test_a_void_fill_counts_nowhere() -> None:
    second = an_audit_fill(fill_id="f2", order_id="order2")
    verdict = audit([an_audit_fill(), second], frozenset({"f2"}), [a_claim()], {SLUG: a_truth()})
    assert verdict.agrees
    assert (verdict.trades, verdict.fees) == (1, Decimal("0.175"))


@pytest.mark.parametrize("fee", ["0", "0.17501", "0.18"])
def test_a_wrong_fee_is_found_to_the_last_digit(fee: str) -> None:
    verdict = audit([an_audit_fill(fee=Decimal(fee))], NOTHING_VOID, [], {SLUG: a_truth("")})
    assert verdict.differences == (f"{SLUG} fill f1: expected a fee of 0.17500, found {fee}",)


def test_a_wrong_profit_is_found() -> None:
    verdict = audit([an_audit_fill()], NOTHING_VOID, [a_claim("4.835")], {SLUG: a_truth()})
    assert verdict.differences == (f"{SLUG}: expected a p&l of 4.82500 USD, found 4.835",)


def test_a_wrong_winner_is_found() -> None:
    verdict = audit([an_audit_fill()], NOTHING_VOID, [a_claim("4.825", winner="Up")], {SLUG: a_truth("Down")})
    assert any("expected Down to win, found Up" in line for line in verdict.differences)
    assert verdict.pnl == Decimal("-5.175")


def test_a_market_that_is_settled_twice_is_found() -> None:
    verdict = audit([an_audit_fill()], NOTHING_VOID, [a_claim(), a_claim()], {SLUG: a_truth()})
    assert verdict.differences == ("settlements: expected each market once, found 2 of 1 markets",)


def test_a_market_that_the_world_does_not_know_is_listed_and_not_believed() -> None:
    verdict = audit([an_audit_fill()], NOTHING_VOID, [a_claim()], {})
    assert verdict.unverified == (SLUG,)
    assert verdict.pnl == 0


def test_an_open_position_earns_nothing_yet() -> None:
    verdict = audit([an_audit_fill()], NOTHING_VOID, [], {SLUG: a_truth("")})
    assert verdict.agrees
    assert (verdict.pnl, verdict.fees) == (0, Decimal("0.175"))


def test_half_a_cent_apart_is_not_equal() -> None:
    assert equal_to_the_cent(Decimal("1.0049"), Decimal(1))
    assert not equal_to_the_cent(Decimal("1.005"), Decimal(1))


def test_the_audit_shares_no_code_with_what_it_audits() -> None:
    imported = set()
    for path in Path(console.audit.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module))
    ours = {name for name in imported if name.split(".")[0] in {"common", "console", "simulator", *SERVICES}}
    assert {name.rpartition(".")[0] for name in ours} == {"console.audit"}
