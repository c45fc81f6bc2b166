"""What `pm-arb up --live` decides and compares without starting anything."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from common.bootstrap.nats_config import USERS
from common.contracts.subjects import SERVICES
from console.__main__ import app
from console.audit.arithmetic import Truth, audit
from console.audit.venue import (
    Holdings,
    VenueAccount,
    before_late_payouts,
    compare_with_venue,
    holdings_by_fills,
)
from console.errors import ConsoleError
from console.reaching import that_runs
from console.report.books import VenueBooks, books_json
from console.report.compose import compose
from console.state import Running, StateFolder, forget, write_running
from console.up import real
from console.up.environment import Addresses, for_service, new_passwords, plain
from console.up.plan import Plan, check, claim_world
from console.up.simulator import simulator_program
from console.up.wallet import Wallet
from unit.console.console_builders import (
    MARKET,
    SLUG,
    a_claim,
    a_truth,
    a_verdict,
    an_audit_fill,
    ledger_figures,
    run_figures,
)

UP, DOWN = "1" * 70, "2" * 70
PASSWORDS = new_passwords({user: f"secret-of-{user}" for user in USERS})
ADDRESSES = Addresses(
    nats_port=4222, simulator_port=7000, http_ports={name: 8000 + n for n, name in enumerate(SERVICES)},
    database_url="postgresql:///x",
)  # fmt: skip
OWNERS = {
    "PATH": "/bin", "PAPER_TRADING": "false", "DRY_RUN": "false", "LIVE_CONFIRMATION": "I UNDERSTAND",
    "POLYMARKET_PRIVATE_KEY_FILE": "/owners/key", "POLYMARKET_API_KEY": "owners-api-key",
}  # fmt: skip
OPENS_A_GATE = {"PAPER_TRADING", "DRY_RUN", "LIVE_CONFIRMATION"}
WALLET = Wallet("0x" + "aa" * 20, "0x" + "bb" * 20, Path("/state/wallet/private-key"))


def a_plan(tmp_path: Path, **changes: Any) -> Plan:
    return Plan(**({"folder": StateFolder(tmp_path), "money": "sim"} | changes))


def told(name: str, plan: Plan, inherited: dict[str, str], wallet: Wallet | None = WALLET) -> dict[str, str]:
    return for_service(name, plan, ADDRESSES, PASSWORDS, inherited, wallet=wallet)


@pytest.mark.parametrize("money", ["paper", "sim", "real"])
@pytest.mark.parametrize("name", [name for name in SERVICES if name != "executor"])
def test_only_the_executor_is_told_of_a_wallet_or_of_a_gate(name: str, money: str, tmp_path: Path) -> None:
    world = "live" if money == "real" else "seeded"
    environment = told(name, a_plan(tmp_path, money=money, world=world, confirmation="I UNDERSTAND"), OWNERS)
    assert not [each for each in environment if each.startswith("POLYMARKET_") or each in OPENS_A_GATE]
    assert not {"/owners/key", "owners-api-key", str(WALLET.key_file), WALLET.funder} & set(environment.values())


def test_nor_are_the_bus_the_database_and_the_simulator() -> None:
    assert set(plain(OWNERS)) == {"PATH"}


def test_on_the_simulated_exchange_the_executor_trades_with_the_throw_away_wallet_and_nothing_of_the_owners(
    tmp_path: Path,
) -> None:
    environment = told("executor", a_plan(tmp_path), OWNERS)
    assert (environment["PAPER_TRADING"], environment["DRY_RUN"]) == ("false", "false")
    assert environment["POLYMARKET_PRIVATE_KEY_FILE"] == "/state/wallet/private-key"
    assert (environment["POLYMARKET_FUNDER"], environment["POLYMARKET_SIGNATURE_TYPE"]) == (WALLET.funder, "3")
    assert "POLYMARKET_PRIVATE_KEY" not in environment
    assert environment["POLYMARKET_API_KEY"] == ""
    assert not {"/owners/key", "owners-api-key"} & set(environment.values())
    urls = [value for name, value in environment.items() if name.endswith("_URL")]
    assert urls
    assert all("://127.0.0.1:" in url for url in urls), "no address but this machine's"


def test_on_paper_the_executor_is_told_of_no_wallet_whatever_the_owner_has_set(tmp_path: Path) -> None:
    environment = told("executor", a_plan(tmp_path, money="paper"), OWNERS, wallet=None)
    assert environment["PAPER_TRADING"] == "true"
    assert not [name for name in environment if name.startswith("POLYMARKET_") or name == "LIVE_CONFIRMATION"]


def test_with_real_money_the_owners_own_variables_reach_the_executor(tmp_path: Path) -> None:
    plan = a_plan(tmp_path, money="real", world="live", confirmation="I UNDERSTAND")
    environment = told("executor", plan, OWNERS, wallet=None)
    assert {name: environment[name] for name in OWNERS} == OWNERS
    assert not [value for value in environment.values() if "7000" in value], "no address of a simulator"


def test_a_run_on_the_simulated_exchange_without_a_wallet_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected its wallet, found none"):
        told("executor", a_plan(tmp_path), OWNERS, wallet=None)


@pytest.mark.parametrize(("money", "world"), [("sim", "live"), ("real", "seeded"), ("real", "recording")])
def test_money_that_does_not_belong_to_its_world_is_refused(money: str, world: str, tmp_path: Path) -> None:
    with pytest.raises(ConsoleError, match=rf"--live {money}: expected --world .*, found {world}"):
        check(a_plan(tmp_path, money=money, world=world))


def test_the_title_says_first_what_is_traded_with(tmp_path: Path) -> None:
    assert a_plan(tmp_path).title.startswith("LIVE (simulated exchange): seeded world 1")
    assert a_plan(tmp_path, money="real", world="live").title.startswith("LIVE WITH REAL MONEY")
    assert a_plan(tmp_path, money="paper").title.endswith("paper trading")


def test_a_folder_of_paper_is_not_gone_on_with_live_nor_the_reverse(tmp_path: Path) -> None:
    claim_world(a_plan(tmp_path, money="paper"))
    with pytest.raises(ConsoleError, match="another world"):
        claim_world(a_plan(tmp_path))
    forget(StateFolder(tmp_path))
    claim_world(a_plan(tmp_path))
    with pytest.raises(ConsoleError, match=r"another world \(world seeded, seed 1, money sim\)"):
        claim_world(a_plan(tmp_path, money="paper"))


def test_the_simulated_exchange_gives_nobody_money_and_forgets_nothing(tmp_path: Path) -> None:
    command = " ".join(simulator_program(a_plan(tmp_path), 7000, {}).command)
    assert f"--deposit 0 --memory {tmp_path / 'venue'}" in command
    assert "--deposit" not in " ".join(simulator_program(a_plan(tmp_path, money="paper"), 7000, {}).command)


def test_commands_find_the_one_system_that_runs_and_ask_which_where_there_are_several(tmp_path: Path) -> None:
    us = psutil.Process()
    running = Running(pid=us.pid, created=us.create_time(), started_at=1, world="", nats_url="", database_url="")
    paper, live = tmp_path / "run", tmp_path / "live"
    assert that_runs((paper, live)) is None
    live.mkdir()
    write_running(StateFolder(live), running)
    assert that_runs((paper, live)) == live
    paper.mkdir()
    write_running(StateFolder(paper), running)
    with pytest.raises(ConsoleError, match=r"several systems run, from .*/run, .*/live: say with --state"):
        that_runs((paper, live))


# --- the gates to real money ---


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PAPER_TRADING": ""}, "PAPER_TRADING: expected false"),
        ({"PAPER_TRADING": "true"}, "PAPER_TRADING: expected false in the environment, found true"),
        ({"DRY_RUN": "1"}, "DRY_RUN: expected false"),
        ({"POLYMARKET_PRIVATE_KEY_FILE": ""}, "expected POLYMARKET_PRIVATE_KEY_FILE"),
        ({"LIVE_CONFIRMATION": "yes"}, "expected I UNDERSTAND"),
    ],
)
def test_each_gate_alone_keeps_real_money_back(changes: dict[str, str], words: str) -> None:
    with pytest.raises(ConsoleError, match=words):
        real.confirm(OWNERS | changes, None)


def test_real_money_needs_the_words_to_be_typed_or_to_have_been_said_beforehand() -> None:
    assert real.confirm(OWNERS, None) == "I UNDERSTAND"
    unsaid = OWNERS | {"LIVE_CONFIRMATION": ""}
    assert real.confirm(unsaid, lambda _question: "I UNDERSTAND") == "I UNDERSTAND"
    with pytest.raises(ConsoleError, match="expected I UNDERSTAND typed"):
        real.confirm(unsaid, lambda _question: "i understand")
    with pytest.raises(ConsoleError, match="expected I UNDERSTAND typed"):
        real.confirm(unsaid, None)


def test_the_command_refuses_real_money_without_a_word_of_the_owners(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["up", "--world", "live", "--live", "real", "--state", str(tmp_path / "state")])
    assert isinstance(result.exception, ConsoleError)
    assert "PAPER_TRADING: expected false" in str(result.exception)
    assert not (tmp_path / "state").exists()


def test_a_run_on_paper_does_not_even_load_the_signer() -> None:
    code = "import sys, console.__main__; sys.exit('coincurve' in sys.modules and 'executor.adapters.signer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0


# --- the venue's own account ---


def a_venue(usd: str = "194.825", shares: dict[str, str] | None = None, **changes: Any) -> VenueAccount:
    held = {token: Decimal(amount) for token, amount in ({UP: "10"} if shares is None else shares).items()}
    fields: dict[str, Any] = {"wallet": "0xb", "holdings": Holdings(Decimal(usd), held), "reserved": Decimal(0)}
    return VenueAccount(**(fields | {"unsettled": Decimal(0)} | changes))


def by_fills(*fills: Any, void: frozenset[str] = frozenset(), settlements: tuple[Any, ...] = ()) -> Holdings:
    return holdings_by_fills(fills, void, settlements, Decimal(200))


BOUGHT = an_audit_fill(token_id=UP)


def test_what_was_bought_is_paid_for_and_held() -> None:
    assert by_fills(BOUGHT, BOUGHT) == Holdings(Decimal("194.825"), {UP: Decimal(10)})


def test_a_void_fill_moved_nothing() -> None:
    assert by_fills(BOUGHT, void=frozenset({"f1"})) == Holdings(Decimal(200), {})


def test_what_was_sold_is_not_held_and_its_fee_came_off_what_it_brought() -> None:
    sold = an_audit_fill(fill_id="f2", side="SELL", token_id=UP, price=Decimal("0.60"), fee=Decimal("0.168"))
    assert by_fills(BOUGHT, sold) == Holdings(Decimal("200.657"), {})


def test_a_settled_market_paid_its_winners_and_nothing_of_it_is_held() -> None:
    lost = an_audit_fill(fill_id="f2", outcome="Down", token_id=DOWN)
    assert by_fills(BOUGHT, lost, settlements=(a_claim(),)) == Holdings(Decimal("199.65"), {})


def test_equal_accounts_have_no_differences() -> None:
    assert compare_with_venue(by_fills(BOUGHT), a_venue(), {}) == []


@pytest.mark.parametrize(
    ("venue", "words"),
    [
        (a_venue("194.83"), "dollars at the venue: expected 194.825 by the fills, found 194.83"),
        (a_venue(shares={}), "shares of btc Up at the venue: expected 10 by the fills, found 0"),
        (a_venue(shares={UP: "10", DOWN: "3"}), "at the venue: expected 0 by the fills, found 3"),
        (a_venue(reserved=Decimal(5)), "open orders at the venue: expected nothing promised to any, found 5"),
        (None, "the venue's account: expected an answer, found none"),
    ],
)
def test_whatever_differs_at_the_venue_is_named(venue: VenueAccount | None, words: str) -> None:
    (difference,) = compare_with_venue(by_fills(BOUGHT), venue, {UP: "btc Up"})
    assert words in difference


def test_what_the_venue_paid_after_the_books_were_closed_is_shown_as_it_was_before() -> None:
    expected = by_fills(BOUGHT)
    paid = a_venue(str(expected.usd + 10), {})

    before = before_late_payouts(paid, expected, [BOUGHT], {SLUG: a_truth("Up")})

    assert before.paid_since == (SLUG,)
    assert compare_with_venue(expected, before, {}) == []


@pytest.mark.parametrize(
    ("venue", "truths"),
    [
        (a_venue("204.83", {}), {SLUG: a_truth("Down")}),  # nothing was won, yet dollars came
        (a_venue("204.83", {}), {SLUG: a_truth("")}),
        (a_venue("204.83", {}), {}),
        (a_venue("204.83", {UP: "9"}), {SLUG: a_truth("Up")}),
        (a_venue("204.83", {}), {SLUG: a_truth("Up")}),  # half a cent more than what was won
    ],
)
def test_no_other_difference_passes_for_a_late_payout(venue: VenueAccount, truths: dict[str, Truth]) -> None:
    expected = by_fills(BOUGHT)
    assert compare_with_venue(expected, before_late_payouts(venue, expected, [BOUGHT], truths), {})


def test_books_that_agree_are_in_the_report_side_by_side() -> None:
    books = VenueBooks(Holdings(Decimal("204.825"), {}), a_venue("204.825", {}), ())
    report = compose(ledger_figures(), run_figures(cash=Decimal("204.825")), a_verdict(), (a_claim(),), books=books)
    assert report["agrees"], report["differences"]
    assert {report["books"][f"{name}_usd"] for name in ("venue", "fills", "risk", "ledger")} == {"204.825"}


def test_the_same_shares_are_written_alike_by_however_many_decimals_they_were_come_to() -> None:
    venue, fills = {UP: "50.87032", DOWN: "100"}, {UP: Decimal("50.870320"), DOWN: Decimal("1E+2")}
    books = VenueBooks(Holdings(Decimal(200), fills), a_venue("200", venue), ())
    found = books_json(ledger_figures(), run_figures(), books)
    assert found["fills_shares"] == found["venue_shares"] == venue


@pytest.mark.parametrize(
    ("run", "ledger", "words"),
    [
        ({"cash": Decimal("204.83")}, {}, "cash by risk: expected 204.825 USD as at the venue, found 204.83"),
        (
            {"cash": Decimal("204.825")},
            {"open_positions": ({"cost": "5", "fees": "0.1"},)},
            "cash by the ledger: expected 204.825 USD as at the venue, found 199.725",
        ),
    ],
)
def test_whose_cash_is_not_the_venues_is_named(run: dict[str, Any], ledger: dict[str, Any], words: str) -> None:
    books = VenueBooks(Holdings(Decimal("204.825"), {}), a_venue("204.825", {}), ())
    report = compose(ledger_figures(**ledger), run_figures(**run), a_verdict(), (a_claim(),), books=books)
    assert words in report["differences"]
    assert not report["agrees"]


def test_an_executor_that_did_not_agree_with_the_venue_makes_the_report_disagree() -> None:
    report = compose(ledger_figures(), run_figures(), a_verdict(), (a_claim(),), reconciliation="differs: 3 shares")
    assert not report["agrees"]
    assert "found differs: 3 shares" in report["differences"][0]


def test_a_maker_pays_no_fee() -> None:
    resting = an_audit_fill(fee=Decimal(0), liquidity="maker", market_id=MARKET)
    assert audit([resting], frozenset(), (), {}).fees == 0
