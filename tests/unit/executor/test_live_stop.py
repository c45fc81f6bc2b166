"""What keeps the gateway from posting ahead of the desk."""

from builders import NOON, after
from common.contracts.control import HaltRequested
from common.contracts.runtime import BusLost
from executor.adapters.live.stop import Stop

HALT, LOST = HaltRequested(reason="stop", at=NOON), BusLost(at=NOON)


def test_nothing_leaves_from_the_alarm_until_the_desk_has_heard_of_it():
    stop = Stop()
    before = stop.is_on
    stop.alarmed(HALT)
    during = stop.is_on
    stop.heard(HALT)

    assert (before, during, stop.is_on) == (False, True, False)


def test_what_the_desk_hears_otherwise_lifts_nothing():
    stop = Stop()
    stop.alarmed(HALT)
    for other in (LOST, HaltRequested(reason="stop", at=after(1))):
        stop.heard(other)

    assert stop.is_on


def test_a_second_halt_holds_until_it_was_heard_too():
    stop, second = Stop(), HaltRequested(reason="again", at=after(1))
    for event in (HALT, second):
        stop.alarmed(event)
    stop.heard(HALT)
    held = stop.is_on
    stop.heard(second)

    assert (held, stop.is_on) == (True, False)


def test_an_alarm_that_is_rung_twice_is_heard_once():
    stop = Stop()
    stop.alarmed(HALT)
    stop.alarmed(HALT)
    stop.heard(HALT)

    assert not stop.is_on


def test_whoever_leaves_stays_stopped():
    stop = Stop()
    stop.leave()
    stop.heard(HALT)

    assert stop.is_on
