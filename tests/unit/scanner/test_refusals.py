"""Every reason for which an edge is not taken, tripped; and that it is counted."""

from collections.abc import Callable

import pytest

from builders import a_market
from common.contracts.base import Event
from common.contracts.runtime import Tick
from common.contracts.venue import SettlementRule
from scanner.core import MEANINGS, EdgeScanner, Refusal
from unit.scanner.scanner_builders import (
    NOW,
    a_down_book,
    a_price_now,
    a_ready_scanner,
    a_scanner,
    a_strike,
    after,
    an_up_book,
    background,
    found,
    live,
    settling_ticks,
    valued,
)

CHEAP = an_up_book(("0.40", 100))


def with_market(**changes: object) -> EdgeScanner:
    return a_ready_scanner(CHEAP, market=a_market(**changes))


def just_proposed() -> EdgeScanner:
    scanner = a_ready_scanner(CHEAP)
    live(scanner, a_price_now(), NOW)
    return scanner


def without_settling_news() -> EdgeScanner:
    scanner = a_scanner()
    told = [event for event in background() if event.type != "settlement_price_observed" or event.source_at < after(89)]
    for event in (*told, CHEAP):
        scanner.observe(event)
    return scanner


def without_a_strike() -> EdgeScanner:
    scanner = a_scanner()
    for event in background():
        if getattr(event, "kind", "") != "twap":
            scanner.observe(event)
    scanner.observe(CHEAP)
    return scanner


def started_inside_the_window() -> EdgeScanner:
    scanner = a_scanner()
    for event in (
        a_market(ends_at=after(120)),
        a_strike(),
        *settling_ticks(80, 98),
        a_price_now(at=after(99.9)),
        CHEAP,
    ):
        scanner.observe(event)
    return scanner


def an_old_look(refusal: Refusal) -> Event:
    """An input that does not itself refresh what is stale."""
    return CHEAP if refusal is Refusal.STALE_PRICE else a_price_now()


CASES: dict[Refusal, Callable[[], EdgeScanner]] = {
    Refusal.RULE_UNKNOWN: lambda: with_market(rule=None, untradable_reason="rule text not understood"),
    Refusal.FEE_UNKNOWN: lambda: with_market(fee=None, untradable_reason="no fee schedule"),
    Refusal.UNTRADABLE: lambda: with_market(untradable_reason="unknown protocol version"),
    Refusal.NOT_ACCEPTING: lambda: with_market(accepting_orders=False),
    Refusal.NEAR_CLOSE: lambda: with_market(ends_at=after(102.9)),
    Refusal.STRIKE_UNKNOWN: without_a_strike,
    Refusal.WINDOW_UNKNOWN: started_inside_the_window,
    Refusal.STALE_PRICE: lambda: a_ready_scanner(CHEAP, PRICE_AGE_MS_MAX="50"),
    Refusal.STALE_BOOK: lambda: a_ready_scanner(an_up_book(("0.40", 100), at=after(-5.1, NOW))),
    Refusal.STALE_SETTLEMENT_FEED: without_settling_news,
    Refusal.EDGE_NOT_CREDIBLE: lambda: a_ready_scanner(an_up_book(("0.10", 100))),
    Refusal.BELOW_THRESHOLD_AFTER_FEE: lambda: a_ready_scanner(an_up_book(("0.47", 100))),
    Refusal.INSIDE_UNCERTAINTY: lambda: a_ready_scanner(an_up_book(("0.45", 100))),
    Refusal.TOO_THIN: lambda: a_ready_scanner(an_up_book(("0.40", 4))),
    Refusal.COOLDOWN: just_proposed,
}
NOTHING_TO_REFUSE: dict[Refusal, Callable[[], EdgeScanner]] = {
    Refusal.NONE: lambda: a_ready_scanner(CHEAP),
    Refusal.NO_EDGE: lambda: a_ready_scanner(an_up_book(("0.51", 100)), a_down_book(("0.51", 100))),
    Refusal.NO_OFFER: a_ready_scanner,
}


@pytest.mark.parametrize("refusal", CASES, ids=lambda refusal: refusal.value)
def test_an_edge_is_refused_named_and_counted(refusal):
    scanner = CASES[refusal]()

    assert found(scanner, an_old_look(refusal)) is None
    outcome = live(scanner, Tick(at=NOW), NOW)
    assert outcome.note == refusal.value
    assert outcome.refusals == {refusal.value: 1}
    assert valued(scanner).refusals == {refusal.value: 2}


def test_a_market_that_has_not_begun_is_not_traded_and_not_valued():
    scanner = with_market(starts_at=after(100.1), ends_at=after(400.1))

    assert found(scanner) is None
    assert scanner.decide(Tick(at=NOW), NOW) is None


@pytest.mark.parametrize(
    ("setting", "just_inside"),
    [("NO_TRADE_BEFORE_CLOSE_S", "200"), ("MAX_CREDIBLE_EDGE", "0.10"), ("OPPORTUNITY_INTERVAL_MS", "0")],
)
def test_just_inside_a_limit_there_is_a_trade(setting, just_inside):
    assert found(a_ready_scanner(CHEAP, **{setting: just_inside})) is not None


@pytest.mark.parametrize(
    ("setting", "just_inside", "just_outside"),
    [("PRICE_AGE_MS_MAX", 1101, 1100), ("BOOK_AGE_MS_MAX", 1000, 999), ("SETTLEMENT_AGE_MS_MAX", 3000, 2999)],
)
def test_an_age_is_allowed_to_the_millisecond(setting, just_inside, just_outside):
    now = after(1, NOW)
    fresh = an_up_book(("0.39", 100), at=now)
    event = a_price_now(at=now) if setting == "BOOK_AGE_MS_MAX" else fresh

    assert found(a_ready_scanner(CHEAP, **{setting: str(just_inside)}), event, now) is not None
    assert found(a_ready_scanner(CHEAP, **{setting: str(just_outside)}), event, now) is None


def test_a_market_that_settles_by_a_feed_that_is_not_followed_is_not_traded():
    scanner = with_market(rule=SettlementRule(kind="instant", feed="another", lookback_s=0))

    assert found(scanner) is None
    assert valued(scanner).note == "rule_unknown"


@pytest.mark.parametrize("refusal", NOTHING_TO_REFUSE, ids=lambda refusal: refusal.value or "none")
def test_where_there_is_nothing_to_refuse_nothing_is_counted(refusal):
    valuation = valued(NOTHING_TO_REFUSE[refusal]())

    assert valuation.note == refusal.value
    assert valuation.refusals == {}


def test_every_refusal_has_a_test_and_a_meaning():
    assert set(CASES) | set(NOTHING_TO_REFUSE) | {Refusal.NOT_STARTED} == set(Refusal)
    assert set(MEANINGS) == set(Refusal) - {Refusal.NONE}
