"""Stopping: who may stop trading, what lifts it, and that no restart forgets it."""

from decimal import Decimal

from builders import MARKET, NOON, a_book, a_fill, a_market, a_price, a_settlement, after
from common.clock import Instant
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import FillConfirmed
from common.contracts.risk import RiskStateChanged, TradingHalted, TradingResumed
from common.contracts.runtime import Tick, WentLive
from risk.core import RiskGate
from unit.risk.risk_builders import Lived, limits, rule


def halt(seconds=0.0, reason="lunch"):
    return HaltRequested(reason=reason, at=after(seconds))


def resume(seconds, reason="back"):
    return ResumeRequested(reason=reason, at=after(seconds))


def restarted(lived, *last_word, **changes):
    """A gate that reads its journal back, and then hears the last word of the operator as the loop tells it."""
    again = Lived(**changes)
    for event in lived.journal:
        if not isinstance(event, HaltRequested | ResumeRequested | Tick):
            again.gate.observe(event)
            again.journal.append(event)
    for word in last_word:
        again.tell(word, after(60))
    return again


def lose(lived, dollars=40, seconds=1.0, market_id="lost"):
    """A position of so many dollars that paid nothing."""
    fill = a_fill(
        market_id=market_id, fill_id=market_id, quantity=Decimal(dollars) * 2, fee=Decimal(0), order_id=market_id
    )
    for event in (fill, a_settlement(market_id=market_id, winner="Down", at=after(seconds))):
        lived.tell(event)


def win(lived, dollars, market_id="won"):
    fill = a_fill(market_id=market_id, fill_id=market_id, quantity=Decimal(dollars) * 2, fee=Decimal(0))
    confirmation = FillConfirmed(
        event_id="c", fill_id=market_id, order_id="order1", market_id=market_id, token_id="1", mode="paper", at=NOON
    )
    for event in (fill, confirmation, a_settlement(market_id=market_id, winner="Up")):
        lived.tell(event)


def test_an_operators_halt_stops_trading_and_is_put_on_record():
    lived = Lived()

    outcome = lived.tell(halt())

    assert isinstance(outcome, TradingHalted)
    assert (outcome.rule, outcome.reason, outcome.at) == ("operator", "lunch", NOON)
    assert rule(lived.ask()) == "trading_is_active"


def test_any_payload_is_a_halt():
    assert Lived().tell(halt(reason="")).reason == "no reason given"


def test_a_resume_lifts_an_operators_halt():
    lived = Lived()
    lived.tell(halt())

    outcome = lived.tell(resume(1), after(1))

    assert isinstance(outcome, TradingResumed)
    assert outcome.reason == "back"
    assert rule(lived.ask()) == "approved"


def test_a_resume_when_nothing_is_halted_says_nothing():
    assert Lived().tell(resume(1)) is None


def test_a_halt_survives_a_restart():
    lived = Lived()
    lived.tell(halt())

    from_the_journal = restarted(lived)
    from_the_last_word = restarted(Lived(), halt())
    observed_only = Lived()
    observed_only.gate.observe(halt())

    for again in (from_the_journal, from_the_last_word, observed_only):
        assert rule(again.ask()) == "trading_is_active"


def test_the_last_word_said_again_after_a_restart_is_not_put_on_record_twice():
    lived = Lived()
    lived.tell(halt())

    again = restarted(lived, halt())

    assert sum(isinstance(e, TradingHalted) for e in again.journal) == 1


def test_a_halt_that_was_only_observed_is_put_on_record_by_the_next_tick():
    lived = Lived()
    lived.gate.observe(halt())

    outcome = lived.tick(after(1))

    assert isinstance(outcome, TradingHalted)
    assert outcome.event_id == Lived().tell(halt()).event_id
    assert isinstance(lived.tick(after(2)), RiskStateChanged)


def test_a_resume_that_was_said_while_the_service_was_down_is_honoured():
    lived = Lived()
    lived.tell(halt())

    again = restarted(lived, resume(5))

    assert isinstance(again.journal[-1], TradingResumed)
    assert rule(again.ask()) == "approved"


def test_a_resume_that_was_only_observed_is_put_on_record_by_the_next_tick():
    lived = Lived()
    lived.tell(halt())
    lived.gate.observe(resume(5))

    assert isinstance(lived.tick(after(6)), TradingResumed)
    assert rule(lived.ask()) == "approved"


def test_an_old_resume_said_again_after_a_restart_lifts_no_newer_halt():
    lived = Lived()
    lived.tell(halt())
    lived.tell(resume(1), after(1))
    lose(lived)
    assert isinstance(lived.tick(after(2)), TradingHalted)

    again = restarted(lived, resume(1))

    assert rule(again.ask()) == "trading_is_active"
    assert not isinstance(again.tick(after(61)), TradingResumed)


def test_a_halt_after_a_resume_stands():
    lived = Lived()
    lived.tell(halt())
    lived.tell(resume(1), after(1))
    lived.tell(halt(2), after(2))

    assert rule(lived.ask()) == "trading_is_active"


def test_a_drawdown_halts_trading_by_itself():
    lived = Lived()
    lose(lived)

    outcome = lived.tick(after(2))

    assert isinstance(outcome, TradingHalted)
    assert outcome.rule == "drawdown"
    assert outcome.reason == "equity=160.00 high_water_mark=200.00"
    assert rule(lived.ask()) == "trading_is_active"
    assert not isinstance(lived.tick(after(3)), TradingHalted)


def test_a_drawdown_just_above_the_limit_does_not_halt():
    lived = Lived()
    lose(lived, 39)

    assert isinstance(lived.tick(after(2)), RiskStateChanged)


def test_a_limit_under_which_not_even_the_smallest_order_fits_is_reached():
    lived = Lived()
    lose(lived, "39.01")

    assert isinstance(lived.tick(after(2)), TradingHalted)


def test_drawdown_counts_from_the_highest_that_equity_ever_was():
    lived = Lived()
    win(lived, 50)
    lose(lived, 50)

    assert lived.gate.exposure.equity == 200
    assert lived.tick(after(2)).reason == "equity=200.00 high_water_mark=250.00"


def test_a_profit_that_is_not_final_raises_no_mark():
    lived = Lived()
    lived.tell(a_fill())
    lived.tell(a_settlement())

    assert lived.gate.state("test", NOON, NOON).high_water_mark == 200


def test_the_high_water_mark_outlives_a_record_whose_beginning_is_gone():
    lived = Lived()
    win(lived, 50)
    state = lived.tell(WentLive(at=after(1)), after(1))

    again = Lived()
    again.gate.observe(state)

    assert again.gate.state("test", NOON, NOON).high_water_mark == 250


def test_after_a_drawdown_halt_is_lifted_the_mark_starts_at_the_equity_that_is_left():
    lived = Lived()
    lose(lived)
    lived.tick(after(2))

    lived.tell(resume(3), after(3))

    assert lived.tick(after(5)).high_water_mark == 160
    assert lived.tick(after(7)) is None
    assert restarted(lived).gate.state("test", NOON, after(5)) == lived.gate.state("test", NOON, after(5))


def test_lifting_an_operators_halt_leaves_the_mark_alone():
    lived = Lived()
    lose(lived, 10)
    lived.tell(halt(2), after(2))

    lived.tell(resume(3), after(3))

    assert lived.tick(after(5)).high_water_mark == 200


def test_a_drawdown_halt_survives_a_restart():
    lived = Lived()
    lose(lived)
    lived.tick(after(2))

    assert rule(restarted(lived).ask()) == "trading_is_active"


def test_a_second_drawdown_has_a_name_of_its_own():
    lived = Lived()
    lose(lived)
    first = lived.tick(after(2))
    lived.tell(resume(3), after(3))
    win(lived, 40)
    lose(lived, 40, seconds=5, market_id="lost-again")

    second = lived.tick(after(6))

    assert second.reason == first.reason
    assert second.event_id != first.event_id


def test_a_state_says_why_trading_is_halted():
    lived = Lived()
    lived.tell(halt())
    lose(lived)
    lived.tick(after(2))

    state = lived.tick(after(4))

    assert state.state == "HALTED"
    assert state.reason == "drawdown: equity=160.00 high_water_mark=200.00; operator: lunch"


def test_both_halts_are_lifted_by_one_resume():
    lived = Lived()
    lived.tell(halt())
    lose(lived)
    lived.tick(after(2))

    lived.tell(resume(3), after(3))

    assert lived.gate.latch.state == "ACTIVE"


def test_a_gate_without_a_record_is_active():
    gate = RiskGate(limits())
    for event in (a_market(), a_book(), a_price()):
        gate.observe(event)

    assert gate.state("test", NOON, Instant(NOON)).state == "ACTIVE"
    assert gate.exposure.of_market(MARKET) == 0
