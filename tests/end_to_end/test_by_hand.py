"""What an operator does by hand beside a running system: look, buy, read the figures, see that alerts arrive."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from decimal import Decimal

import pytest

from common.bus.nats import connect
from common.clock import SECOND, SystemClock
from common.contracts.base import Event
from common.contracts.executor import FillMatched
from common.contracts.subjects import CONSOLE
from console.commands.markets import listed
from console.state import find_running, read_secrets
from end_to_end.running_system import RunningSystem, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CHEAPEST, DEAREST = Decimal("0.05"), Decimal("0.90")
DAYS = ("--days", "2")


@contextlib.contextmanager
def a_system(*options: str) -> Iterator[RunningSystem]:
    """Run one in which no edge is large enough for the scanner, so that every order is one by hand."""
    system = RunningSystem()
    try:
        # Before a quarter of an hour ends its markets are as good as decided: then those of a minute can be bought.
        system.start(*options, MIN_EDGE_PCT="50", DURATIONS_S="60,900")
        system.wait_until_ready()
        yield system
    finally:
        system.abandon()


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    with a_system() as system:
        yield system


def asked(system: RunningSystem) -> tuple[str, str]:
    """Find a market and an outcome of it that can be bought for a few dollars."""

    async def look() -> tuple[str, str] | None:
        running = find_running(system.folder)
        assert running is not None
        bus = await connect(running.nats_url, user=CONSOLE, password=read_secrets(system.folder)[CONSOLE])
        try:
            now = SystemClock().now()
            markets, books = await listed(bus, now)
        finally:
            await bus.close()
        for market in markets:
            for outcome, token in (("Up", market.up_token_id), ("Down", market.down_token_id)):
                asks = books[token].asks if token in books else ()
                begun = market.starts_at < now < market.ends_at - 30 * SECOND
                if begun and asks and CHEAPEST < asks[0][0] < DEAREST:
                    return market.slug, outcome
        return None

    found = eventually(lambda: asyncio.run(look()), 60, "a market that can be bought")
    assert found is not None
    return found


def buy(
    system: RunningSystem, *, usd: str, market: str, outcome: str, limit: str = ""
) -> "subprocess.CompletedProcess[str]":
    more = ("--limit", limit) if limit else ()
    return system.command("order", "--usd", usd, "--market", market, "--outcome", outcome, *more)


def journal(system: RunningSystem) -> list[Event]:
    async def read() -> list[Event]:
        running = find_running(system.folder)
        assert running is not None
        bus = await connect(running.nats_url, user=CONSOLE, password=read_secrets(system.folder)[CONSOLE])
        try:
            return [message.event async for message in bus.replay("JOURNAL")]
        finally:
            await bus.close()

    return asyncio.run(read())


def bought(system: RunningSystem) -> str:
    """Buy for five dollars, and answer what was shown.

    The makers may be quicker than a person, as they are elsewhere: what found nothing is tried once more.
    """
    tries = []
    for _ in range(5):
        market, outcome = asked(system)
        tries.append(buy(system, usd="5", market=market, outcome=outcome))
        if tries[-1].returncode == 0:
            break
    assert tries[-1].returncode == 0, "\n".join(each.stdout + each.stderr for each in tries)
    return tries[-1].stdout


def test_by_hand_the_live_path_is_taken_with_a_real_signature() -> None:
    with a_system("--live", "sim") as system:
        words = bought(system)
        fills = [event for event in journal(system) if isinstance(event, FillMatched)]

    for part in ("Risk approves", "Sent as 0x", "The venue has it", "Bought", "Final."):
        assert part in words, words
    assert fills
    assert {(fill.mode, fill.strategy) for fill in fills} == {("live", "manual")}
    assert sum(fill.price * fill.quantity for fill in fills) <= 5


def test_a_few_dollars_are_spent_by_hand_and_every_word_is_shown(system: RunningSystem) -> None:
    words = bought(system)

    for part in ("Risk approves", "Sent as paper-", "The venue has it", "Bought", "Ended with", "Final."):
        assert part in words, words
    [approval, *_] = [
        event for event in journal(system) if event.identity and getattr(event, "strategy", "") == "manual"
    ]
    assert getattr(approval, "slug", "").startswith(("btc", "eth"))

    stats = eventually(lambda: _shown(system, "Total fills: 1"), 20, "the ledger has it")
    assert "ORDER EXECUTION STATS (paper)" in stats
    assert "Avg fill latency: 0." in stats


def _shown(system: RunningSystem, words: str) -> str:
    shown = system.command("stats", *DAYS).stdout
    return shown if words in shown else ""


def test_what_risk_denies_is_shown_with_the_rule_and_nothing_is_sent(system: RunningSystem) -> None:
    market, outcome = asked(system)

    large = buy(system, usd="6", market=market, outcome=outcome)
    unknown = buy(system, usd="3", market="btc-updown-5m-1", outcome="Up")

    assert (large.returncode, large.stdout) == (
        1,
        "Risk denies it: manual order is small (usd_with_fee=6.42 max=5.35).\n",
    )
    assert (unknown.returncode, unknown.stdout) == (1, "Risk denies it: market is allowed (market=unknown).\n")


def test_what_cannot_be_meant_is_refused_before_it_is_said(system: RunningSystem) -> None:
    for usd, limit in (("0", ""), ("NaN", ""), ("many", ""), ("3", "1"), ("3", "-0.1")):
        found = buy(system, usd=usd, market="m", outcome="Up", limit=limit)
        assert (found.returncode, found.stdout) == (2, ""), found


def test_the_markets_are_shown_by_the_names_that_an_order_takes(system: RunningSystem) -> None:
    market, _ = asked(system)
    found = system.command("markets")

    assert found.returncode == 0
    assert market in found.stdout


def test_a_test_alert_reaches_somebody(system: RunningSystem) -> None:
    found = system.command("alerts", "test")

    assert (found.returncode, found.stdout) == (0, "A test alert was taken by pushover.\n")


def test_the_doctor_looks_at_everything_at_once(system: RunningSystem) -> None:
    found = system.command("doctor", "--no-outside")

    assert found.returncode == 0, found.stdout
    for part in ("python", "nats-server", "bus", "database", "service: executor", "All is well."):
        assert part in found.stdout, found.stdout


def test_without_the_operators_credential_nobody_buys(system: RunningSystem) -> None:
    secrets = system.folder.secrets
    hidden = secrets.rename(secrets.with_suffix(".away"))
    try:
        found = buy(system, usd="3", market="m", outcome="Up")
    finally:
        hidden.rename(secrets)

    assert found.returncode == 1
    assert "the operator's credential" in found.stderr
