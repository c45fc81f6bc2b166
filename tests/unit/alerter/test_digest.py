"""What an hour and a day came to."""

from decimal import Decimal

from builders import NOON, a_denial, a_fill, a_settlement, after, an_approval
from common.contracts.executor import FillFailed, OrderCancelled, OrderFilled
from unit.alerter.alerter_builders import Shift, a_risk_state, an_order_event

MIDNIGHT = after(12 * 3600)
MORNING = after(-12 * 3600)


def told(shift, kind):
    return [alert for alert in shift.raised if alert.kind == kind]


def test_each_hour_is_told_with_its_decisions_by_result():
    shift = Shift()
    shift.hear(an_approval(approved_at=NOON))
    for n in range(7):
        shift.hear(a_denial(event_id=f"n{n}", rule="edge_holds", denied_at=after(n)))
    shift.hear(a_denial(event_id="n8", denied_at=after(60)))
    shift.hear(a_denial(event_id="n8", denied_at=after(60)))
    shift.wait(3600, step_s=20)

    (alert,) = told(shift, "hour")
    assert (alert.title, alert.priority) == ("Opportunities 12:00 to 13:00 UTC", -1)
    assert alert.message == "1 approved, 8 denied: edge_holds 7, book_is_fresh 1"


def test_a_quiet_hour_is_told_as_well():
    shift = Shift()
    shift.wait(2 * 3600, step_s=20)

    assert [alert.message for alert in told(shift, "hour")] == ["0 approved, 0 denied"] * 2


def test_an_event_counts_for_the_hour_it_happened_in():
    shift = Shift(live_at=after(3590))
    shift.hear(an_approval(approved_at=after(3605)), at=after(3605))
    shift.wait(20)

    assert [alert.message for alert in told(shift, "hour")] == ["0 approved, 0 denied"]
    shift.wait(3600, step_s=20)
    assert told(shift, "hour")[-1].message == "1 approved, 0 denied"


def test_only_the_commonest_rules_are_named():
    shift = Shift()
    for rule in range(200):
        for n in range(3 if rule < 5 else 1):
            shift.hear(a_denial(event_id=f"{rule}-{n}", rule=f"rule{rule}"))
    shift.wait(3600, step_s=20)

    message = told(shift, "hour")[0].message
    assert message.startswith("0 approved, 210 denied: ")
    assert message.count(",") < 10


def a_days_work(shift):
    shift.hear(a_fill(at=after(0)))
    shift.hear(an_order_event(OrderFilled, "e1", filled=Decimal(10)))
    shift.hear(a_fill(event_id="f2", fill_id="fill2", market_id="0xother", fee=Decimal("0.10")))
    shift.hear(an_order_event(OrderCancelled, "e2", reason="killed", filled=Decimal(3)))
    shift.hear(an_order_event(OrderCancelled, "e3", reason="killed", filled=Decimal(0)))
    shift.hear(
        FillFailed(
            event_id="x",
            fill_id="f",
            order_id="o",
            market_id="0xother",
            token_id="1",
            mode="paper",
            at=NOON,
            reason="r",
        )
    )
    shift.hear(a_settlement(at=after(320)), at=after(320))
    shift.hear(a_risk_state(realised_today=Decimal("9.99"), at_risk=Decimal(7), equity=Decimal("204.83")))


def test_the_day_is_told_at_midnight():
    shift = Shift(live_at=MORNING)
    a_days_work(shift)
    shift.wait((MIDNIGHT - shift.now) / 1e9 - 1, step_s=20)
    assert told(shift, "day") == []
    shift.wait(3)

    (alert,) = told(shift, "day")
    assert (alert.title, alert.priority) == ("Daily summary 2027-01-15", 0)
    assert alert.message == (
        "P&L +$4.82 | 2 trades, 1 fills void, fees $0.275 | settled 1, won 1 | "
        "open positions 1, at risk $7.00, equity $204.83"
    )


def test_a_day_that_was_not_seen_whole_says_so_and_takes_risks_word_for_the_gain():
    shift = Shift(live_at=NOON)
    a_days_work(shift)
    shift.wait((MIDNIGHT - shift.now) / 1e9 + 2, step_s=20)

    (alert,) = told(shift, "day")
    assert alert.message.startswith("P&L +$9.99 | 2 trades")
    assert alert.message.endswith("counted since 12:00:00 UTC")


def test_the_next_day_begins_with_nothing():
    shift = Shift(live_at=MORNING)
    a_days_work(shift)
    shift.wait(36 * 3600 + 10, step_s=25)
    shift.wait(12 * 3600, step_s=25)

    first, second = told(shift, "day")
    assert "2 trades" in first.message
    assert (second.title, second.message[:18]) == ("Daily summary 2027-01-16", "P&L +$0.00 | 0 tra")
