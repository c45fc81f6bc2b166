"""Who may act: risk's lease, our own, and whether risk is there."""

from builders import NOON, a_heartbeat, a_market, after
from common.clock import Instant
from common.contracts.executor import ExecutorLeaseAcquired, OrderRefused, OrderSubmitted
from common.contracts.risk import RiskLeaseAcquired
from common.contracts.runtime import LeaseAcquired, LeaseLost, StopRequested, WentLive
from unit.executor.desk_builders import Lived

SILENCE_MS = 5000


def risk_lease(token):
    return RiskLeaseAcquired(event_id=f"l{token}", holder="risk-1", token=token, at=NOON)


def our_lease(token=3):
    return LeaseAcquired(holder="executor-1", token=token, at=NOON)


def number(n):
    return {"event_id": f"d{n}", "order_id": f"order{n}", "opportunity_id": f"o{n}"}


def in_the_second(n):
    """An approval of that second."""
    return number(n) | {"approved_at": after(n), "valid_until": after(n + 1)}


def a_desk_that_has_not_heard_risk():
    lived = Lived(live=False, risk_silence_ms_max=SILENCE_MS)
    lived.tell(WentLive(at=NOON))
    return lived


def rule(outcome):
    return outcome.rule if isinstance(outcome, OrderRefused) else outcome.type


def test_an_approval_under_an_older_token_is_refused_and_under_the_newest_leaves():
    lived = Lived()
    lived.tell(risk_lease(7))

    assert rule(lived.approve(fencing_token=6)) == "approval_is_of_the_current_lease"
    assert isinstance(lived.approve(fencing_token=7, **number(2)), OrderSubmitted)


def test_an_approval_shows_a_newer_lease_even_where_its_announcement_was_not_heard():
    lived = Lived()
    lived.approve(fencing_token=9)

    assert rule(lived.approve(fencing_token=8, **number(2))) == "approval_is_of_the_current_lease"


def test_an_announcement_that_is_told_again_takes_no_token_back():
    lived = Lived()
    for token in (7, 9, 7):
        lived.tell(risk_lease(token))

    assert rule(lived.approve(fencing_token=8)) == "approval_is_of_the_current_lease"


def test_the_token_is_known_again_after_a_restart():
    lived = Lived()
    lived.journal.append(risk_lease(7))

    assert rule(lived.restarted().approve(fencing_token=6)) == "approval_is_of_the_current_lease"


def test_a_lease_that_begins_is_announced_with_its_token_once_whoever_tells_it_again():
    first, again = Lived().tell(our_lease()), Lived().tell(our_lease())

    assert isinstance(first, ExecutorLeaseAcquired)
    assert (first.holder, first.token) == ("executor-1", 3)
    assert first.event_id == again.event_id


def test_nothing_leaves_between_the_loss_of_the_lease_and_a_new_one():
    lived = Lived()
    lived.tell(our_lease())
    lived.tell(LeaseLost(at=NOON))

    assert lived.desk.halted_by == ("lease lost",)
    assert rule(lived.approve()) == "lease_is_held"
    lived.tell(our_lease(token=4))
    assert lived.desk.halted_by == ()
    assert isinstance(lived.approve(**number(2)), OrderSubmitted)


def test_nothing_leaves_once_the_service_was_told_to_stop():
    lived = Lived()
    lived.tell(StopRequested(at=NOON))

    assert lived.desk.halted_by == ("stopping",)
    assert rule(lived.approve()) == "lease_is_held"


def test_nothing_leaves_before_risk_was_heard_for_the_first_time():
    lived = a_desk_that_has_not_heard_risk()

    assert rule(lived.approve()) == "risk_is_alive"
    lived.tell(a_heartbeat(service="scanner"))
    assert rule(lived.approve(**number(2))) == "risk_is_alive"
    lived.tell(a_heartbeat())
    assert isinstance(lived.approve(**number(3)), OrderSubmitted)


def test_a_risk_that_falls_silent_stops_orders_and_has_open_ones_cancelled_until_it_speaks_again():
    lived = a_desk_that_has_not_heard_risk()
    lived.tell(a_heartbeat())
    lived.tick(0)

    lived.tick(5)
    assert lived.desk.halted_by == ()
    assert isinstance(lived.approve(after(5), **in_the_second(5)), OrderSubmitted)
    lived.tick(5.1)
    assert lived.desk.halted_by == ("risk is silent",)
    assert rule(lived.approve(after(5.1), **in_the_second(6))) == "risk_is_alive"

    lived.tell(a_heartbeat())
    assert lived.desk.halted_by == ()
    assert isinstance(lived.approve(after(7), **in_the_second(7)), OrderSubmitted)


def test_a_risk_that_never_speaks_is_silent_from_the_start_and_given_its_time():
    lived = a_desk_that_has_not_heard_risk()

    lived.tick(5)
    assert lived.desk.halted_by == ()
    lived.tick(5.1)
    assert lived.desk.halted_by == ("risk is silent",)


def test_the_silence_is_counted_by_our_own_ticks_whatever_risks_clock_says():
    lived = a_desk_that_has_not_heard_risk()
    lived.tell(a_heartbeat(at=Instant(NOON - 10**15)))
    lived.tick(1)

    lived.tick(5)

    assert lived.desk.halted_by == ()


def test_what_was_before_the_service_was_live_is_no_silence():
    lived = Lived(live=False, markets=[a_market()], risk_silence_ms_max=SILENCE_MS)
    lived.tick(100)

    assert lived.desk.halted_by == ()
