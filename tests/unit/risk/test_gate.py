"""The gate: each opportunity once, everything that an order's hash needs, and nothing twice."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from builders import (
    FEE,
    MARKET,
    NOON,
    UP,
    a_book,
    a_fill,
    a_market,
    a_price,
    a_settlement,
    after,
    an_approval,
    an_opportunity,
)
from common import ids
from common.clock import Instant, later
from common.contracts.risk import OrderApproved, RiskStateChanged
from common.contracts.runtime import BusLost, Tick, WentLive
from common.contracts.venue import MarketUpdated
from risk.core import RiskGate
from unit.risk.risk_builders import Lived, completed, limits, rule, the_fill_of


def test_an_approval_says_everything_that_an_order_needs():
    lived = Lived()

    order = lived.ask(received_at=later(NOON, ms=-3))

    order_id = ids.derive("order", "o1")
    assert order == OrderApproved(
        event_id=ids.derive("decision", "o1"), opportunity_id="o1", order_id=order_id, strategy="oracle-sniper",
        venue="polymarket", market_id=MARKET, slug="btc-updown-5m-1800014400", symbol="BTC", token_id=UP, outcome="Up",
        side="BUY", order_type="FAK", limit=Decimal("0.50"), quantity=Decimal("9.66"), maker_amount=4_830_000,
        taker_amount=9_660_000, tick=Decimal("0.01"), size_min=Decimal(5), fee=FEE, cost_max=Decimal("4.99905"),
        fair_value=Decimal("0.60"), expected_edge=Decimal("0.0725"), expected_fee=Decimal("0.16905"),
        salt=ids.derive_salt(order_id), timestamp_ms=NOON // 10**6, valid_until=after(1),
        limits_version=limits().version, received_at=later(NOON, ms=-3), approved_at=NOON,
    )  # fmt: skip


def test_an_order_is_valid_no_longer_than_its_opportunity():
    assert Lived().ask(valid_until=later(NOON, ms=400)).valid_until == later(NOON, ms=400)
    assert Lived().ask(valid_until=after(60)).valid_until == after(1)


def test_the_same_cause_always_gives_the_same_order():
    assert Lived().ask() == Lived().ask()
    assert Lived().ask().salt != Lived().ask(event_id="o2").salt


def test_a_denial_names_the_rule_the_figures_and_the_limits():
    denial = Lived().ask(margin=Decimal("0.09"))

    assert rule(denial) == "edge_holds"
    assert denial.detail == "net_edge=-0.007500 min=0.02"
    assert denial.limits_version == limits().version
    assert denial.event_id == ids.derive("decision", "o1")
    assert denial.denied_at == NOON


def test_denials_are_counted_by_rule():
    lived = Lived()
    lived.ask(event_id="one", margin=Decimal("0.09"))
    lived.ask(event_id="two", margin=Decimal("0.09"))
    lived.ask(event_id="three", market_id="unknown")

    assert lived.gate.denials == {"edge_holds": 2, "market_is_allowed": 1}


@pytest.mark.parametrize("changes", [{}, {"market_id": "unknown"}])
def test_an_opportunity_is_decided_once(changes):
    lived = Lived()
    assert lived.ask(**changes) is not None

    assert lived.ask(**changes) is None
    assert lived.ask(now=after(0.5), **changes) is None


def test_deciding_changes_nothing():
    lived = Lived()
    opportunity = an_opportunity()

    first = lived.gate.decide(opportunity, NOON)

    assert lived.gate.decide(opportunity, NOON) == first
    assert lived.gate.exposure.total == 0


def test_what_was_seen_in_recovery_and_comes_again_live_changes_nothing():
    lived = Lived()
    order = lived.ask()
    events = [the_fill_of(order), completed(order), a_settlement()]
    for event in events:
        lived.tell(event)
    before = lived.gate.state("test", NOON, NOON)

    for _ in range(2):
        for event in [order, *events, a_market(), a_book(), a_price()]:
            assert lived.gate.decide(event, after(1)) is None
            lived.gate.observe(event)

    assert lived.gate.state("test", NOON, NOON) == before


@pytest.mark.parametrize("event", [a_market(), a_book(), a_price(), a_fill(), an_approval(), BusLost(at=NOON)])
def test_nothing_but_an_opportunity_is_judged(event):
    assert Lived().gate.decide(event, NOON) is None


def test_going_live_says_how_risk_stands():
    lived = Lived()
    lived.trade()

    state = lived.tell(WentLive(at=after(1)), after(1))

    assert state == RiskStateChanged(
        event_id=ids.derive("risk_state", "live", after(1)), state="ACTIVE", reason="", equity=Decimal(200),
        cash=Decimal("195.00095"), high_water_mark=Decimal(200), realised_today=Decimal(0), day="2027-01-15",
        at_risk=Decimal("4.99905"), open_orders=0, at=after(1),
    )  # fmt: skip
    assert lived.tell(WentLive(at=after(2)), after(2)) is not None


def test_a_tick_says_how_risk_stands_when_that_changed_at_most_once_a_second():
    lived = Lived()
    lived.tell(WentLive(at=NOON))
    lived.ask()

    assert lived.tick(later(NOON, ms=999)) is None
    assert lived.tick(after(1)).open_orders == 1
    assert lived.tick(after(3)) is None
    assert lived.tick(after(9)) is None


def test_a_new_day_is_a_change():
    lived = Lived()
    midnight = after(12 * 3600)
    lived.tell(WentLive(at=after(1)), after(1))

    assert lived.tick(Instant(midnight - 1)) is None
    assert lived.tick(midnight).day == "2027-01-16"


def test_a_days_loss_that_leaves_no_room_is_shown_until_midnight():
    lived = Lived(daily_loss_limit="0.026")
    lived.trade()
    lived.tell(a_settlement(winner="Down", at=after(1)))

    paused, tomorrow = lived.tick(after(2)), lived.tick(after(12 * 3600))

    assert (paused.state, paused.realised_today) == ("REDUCING", Decimal("-4.99905"))
    assert paused.reason == "daily_loss: lost=5.00 max=5.20, until 00:00 UTC"
    assert (tomorrow.state, tomorrow.reason) == ("ACTIVE", "")


def test_the_days_profit_and_loss_is_of_the_day_it_happened():
    lived = Lived()
    lived.trade()
    midnight = after(12 * 3600)
    lived.tell(a_settlement(winner="Down", at=Instant(midnight - 1)))

    assert lived.gate.state("test", NOON, Instant(midnight - 1)).realised_today == Decimal("-4.99905")
    assert lived.gate.state("test", NOON, midnight).realised_today == 0


def test_what_is_remembered_is_bounded():
    lived = Lived(orders_per_minute_max=5)
    for n in range(10_100):
        lived.tell(an_opportunity(event_id=f"o{n}", market_id="unknown"))

    assert lived.tell(an_opportunity(event_id="o10099", market_id="unknown")) is None
    assert rule(lived.tell(an_opportunity(event_id="o0", market_id="unknown"))) == "market_is_allowed"


@pytest.mark.parametrize(
    "change",
    [{"accepting_orders": "False"}, {"accepting_orders": 0}, {"tick": 0.01}, {"size_min": True}, {"starts_at": "noon"}],
)
def test_a_field_of_the_wrong_type_never_reaches_the_gate(change):
    with pytest.raises(ValidationError):
        MarketUpdated(**(a_market().model_dump() | change))


def test_two_gates_of_the_same_record_decide_alike():
    lived = Lived()
    lived.trade(event_id="one")
    lived.ask(event_id="two", book_at=after(0.1))
    rebuilt = RiskGate(limits())
    for event in [a_market(), a_book(), a_price(), *lived.journal]:
        rebuilt.observe(event)

    probe = an_opportunity(event_id="probe", book_at=after(0.2))
    assert rebuilt.decide(probe, NOON) == lived.gate.decide(probe, NOON)
    assert rebuilt.decide(Tick(at=after(5)), after(5)) == lived.gate.decide(Tick(at=after(5)), after(5))
