"""Nothing is told twice, nothing too old, never too much, and never an emergency less."""

from decimal import Decimal

import pytest

from alerter.core import AlertRaised
from builders import FEE, NOON, a_fill, a_market, a_settlement, after
from common.contracts.base import EVENT_TYPES
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import FillConfirmed
from common.contracts.oracle import SourceStatusChanged
from common.contracts.risk import TradingHalted, TradingResumed
from common.contracts.runtime import Tick
from unit.alerter.alerter_builders import Shift


def fills(count, start=0):
    return [a_fill(event_id=f"f{n}", fill_id=f"fill{n}") for n in range(start, start + count)]


def an_exclusion(source="binance", symbol="BTC", at=NOON):
    return SourceStatusChanged(source=source, symbol=symbol, topic="trade", status="silent", detail="", at=at)


def test_a_repeat_is_not_told_again():
    shift = Shift()

    assert shift.hear(a_fill()) is not None
    assert shift.hear(a_fill()) is None
    assert shift.hear(a_fill(event_id="f1-again")) is None, "the same fill under another event's id"
    assert shift.hear(a_fill(event_id="f2", fill_id="fill2")) is not None


def test_deciding_changes_nothing():
    shift = Shift()
    first = shift.desk.decide(a_fill(), NOON)

    assert shift.desk.decide(a_fill(), NOON) == first
    assert first.event_id == Shift().hear(a_fill()).event_id, "the same cause gives the same id"


def test_an_outcome_can_be_taped_and_read_back():
    alert = Shift().hear(a_fill())

    assert EVENT_TYPES["alert_raised"] is AlertRaised
    assert AlertRaised.model_validate_json(alert.to_json()) == alert


def test_old_news_is_dropped_and_counted():
    shift = Shift(live_at=after(3600))

    assert shift.hear(a_fill()) is None
    assert [s.reason for s in shift.suppressed] == ["stale"]
    assert shift.desk.counts["stale"] == 1
    assert shift.hear(a_fill(event_id="f2", fill_id="fill2", at=after(2701))) is not None


@pytest.mark.parametrize("rule", ["drawdown", "operator"])
def test_a_halt_is_told_however_old_it_is(rule):
    shift = Shift(live_at=after(86_400))

    assert shift.hear(TradingHalted(event_id="h1", rule=rule, reason="r", at=NOON)).priority == 2
    assert shift.hear(TradingResumed(event_id="h2", reason="r", at=after(10))) is not None


def test_an_operators_halt_is_told_once_though_it_is_heard_twice():
    shift = Shift()
    word, fact = (
        HaltRequested(reason="news", at=NOON),
        TradingHalted(event_id="h1", rule="operator", reason="news", at=NOON),
    )

    assert shift.hear(word).priority == 2
    assert shift.hear(fact) is None
    assert shift.hear(HaltRequested(reason="really", at=after(1))) is None

    shift.hear(ResumeRequested(reason="go", at=after(5)))
    assert shift.hear(TradingResumed(event_id="h2", reason="go", at=after(5))).title == "Trading resumed"
    assert shift.hear(HaltRequested(reason="again", at=after(9))).priority == 2


def test_a_halt_by_risk_is_told_even_while_an_operators_halt_holds():
    shift = Shift()
    shift.hear(HaltRequested(reason="news", at=NOON))

    assert shift.hear(TradingHalted(event_id="h1", rule="drawdown", reason="r", at=NOON)).priority == 2


def test_a_halt_that_holds_since_long_before_the_start_is_no_emergency():
    shift = Shift(live_at=after(3600))

    alert = shift.hear(HaltRequested(reason="news", at=NOON))

    assert (alert.title, alert.priority) == ("Trading is still halted", 0)
    assert shift.hear(HaltRequested(reason="news", at=NOON)) is None


def test_beyond_the_rate_alerts_are_told_in_one():
    shift = Shift(alerts_per_minute_max=5)
    for fill in fills(8):
        shift.hear(fill)
    shift.hear(a_settlement())

    assert len(shift.raised) == 5
    assert shift.desk.counts["rate"] == 4

    shift.wait(59)
    assert shift.titles().count("4 more alerts suppressed") == 0
    shift.wait(2)
    assert shift.titles().count("4 more alerts suppressed") == 1
    assert shift.raised[-1].message == "There were too many: trade 3, settled 1"
    shift.wait(120)
    assert sum("suppressed" in title for title in shift.titles()) == 1


def test_the_rate_is_that_of_any_minute():
    shift = Shift(alerts_per_minute_max=2)
    first, second, third, fourth = fills(4)

    assert shift.hear(first, at=after(0)) is not None
    assert shift.hear(second, at=after(50)) is not None
    assert shift.hear(third, at=after(59)) is None
    assert shift.hear(fourth, at=after(60)) is not None


def test_emergencies_are_never_held_back_and_take_no_place():
    shift = Shift(alerts_per_minute_max=2)
    for n in range(10):
        assert shift.hear(TradingHalted(event_id=f"h{n}", rule="drawdown", reason="r", at=NOON)) is not None
    for fill in fills(2):
        assert shift.hear(fill) is not None
    assert shift.hear(TradingHalted(event_id="last", rule="drawdown", reason="r", at=NOON)) is not None


def test_a_source_is_told_at_most_once_in_its_interval():
    shift = Shift()

    assert shift.hear(an_exclusion()) is not None
    assert shift.hear(an_exclusion(symbol="ETH", at=after(1)), at=after(1)) is None
    assert shift.hear(an_exclusion(source="coinbase", at=after(1)), at=after(1)) is not None
    assert shift.hear(an_exclusion(at=after(599)), at=after(599)) is None
    assert shift.hear(an_exclusion(at=after(600)), at=after(600)) is not None


def test_a_strange_fee_schedule_is_told_once_for_all_its_markets():
    shift = Shift()
    strange = FEE.model_copy(update={"rate": Decimal("0.10")})

    assert shift.hear(a_market(fee=strange)) is not None
    assert shift.hear(a_market(event_id="m2", market_id="0x2", fee=strange)) is None
    assert shift.hear(a_market(event_id="m3", fee=FEE.model_copy(update={"exponent": 2}))) is not None
    assert shift.hear(a_market(event_id="m4", fee=FEE.model_copy(update={"rate": Decimal("0.0700")}))) is None


def test_what_is_remembered_is_bounded():
    shift = Shift()
    for n in range(12_000):
        shift.hear(FillConfirmed(
            event_id=f"c{n}", fill_id=f"fill{n}", order_id="o", market_id=f"m{n}", token_id="1", mode="paper", at=NOON
        ))  # fmt: skip

    assert len(shift.desk._seen) == 10_000
    assert shift.hear(Tick(at=after(1)), at=after(1)) is None
