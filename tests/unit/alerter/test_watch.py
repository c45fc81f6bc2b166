"""A silent death is told once, and so is the return."""

import pytest

from builders import NOON, after
from common.contracts.control import HeartbeatSent
from common.contracts.runtime import BusLost, BusRestored, Tick
from unit.alerter.alerter_builders import OTHERS, SILENCE_S, Shift, a_heartbeat


def test_the_start_is_told_once_when_all_are_live():
    shift = Shift()
    for service in OTHERS[:-1]:
        assert shift.hear(a_heartbeat(service)) is None
    assert shift.hear(a_heartbeat(OTHERS[-1], state="recovering")) is None

    alert = shift.hear(a_heartbeat(OTHERS[-1]))

    assert (alert.title, alert.priority) == ("pm-arb is up", 0)
    assert shift.wait(60) == []


@pytest.mark.parametrize("service", OTHERS)
def test_a_silent_service_is_an_emergency_once_an_outage(service):
    shift = Shift()
    shift.wait(10)

    assert [a.title for a in shift.wait(SILENCE_S, silent=(service,))] == []
    (alert,) = shift.wait(1, silent=(service,))
    assert (alert.title, alert.priority, alert.retry_s, alert.expire_s) == (f"{service} is silent", 2, 60, 3600)
    assert alert.message == f"No sign of life for {SILENCE_S + 1} s, since 12:00:10 UTC; last state: live"
    assert shift.wait(600, silent=(service,)) == []


def test_its_return_is_told_and_a_second_outage_again():
    shift = Shift()
    shift.wait(10)
    shift.wait(200, silent=("risk",))

    (back,) = shift.wait(5)
    assert (back.title, back.priority) == ("risk is back", 0)
    assert back.message == "After 201 s of silence, since 12:00:10 UTC"
    assert [a.title for a in shift.wait(SILENCE_S + 2, silent=("risk",))] == ["risk is silent"]


def test_a_service_that_never_came_is_missed_too():
    shift = Shift()

    titles = [a.title for a in shift.wait(SILENCE_S + 10, silent=("ledger",))]

    assert titles == ["ledger is silent"]
    assert shift.raised[-1].message.endswith("last state: never heard")


def test_all_that_are_silent_are_told_one_a_tick():
    shift = Shift(beating=False)

    assert sorted(a.about for a in shift.wait(SILENCE_S + 10)) == sorted(OTHERS)


def test_the_alerter_does_not_watch_itself():
    shift = Shift()
    shift.wait(SILENCE_S * 3)

    assert shift.titles() == ["pm-arb is up"]


def test_silence_is_measured_on_our_own_clock():
    shift = Shift()
    for _ in range(SILENCE_S * 2):
        for service in OTHERS:
            shift.hear(a_heartbeat(service, at=NOON))  # a sender whose clock stands still
        shift.hear(Tick(at=after(1, shift.now)), at=after(1, shift.now))

    assert shift.titles() == ["pm-arb is up"]


def test_after_a_sleep_of_our_own_nobody_is_blamed():
    shift = Shift()
    shift.wait(10)

    assert shift.hear(Tick(at=after(2000)), at=after(2000)) is None
    assert shift.hear(Tick(at=after(2001)), at=after(2001)) is None
    assert [a.title for a in shift.wait(SILENCE_S + 2, silent=("risk",))] == ["risk is silent"]


def test_while_the_bus_is_gone_it_is_the_bus_and_nobody_else():
    shift = Shift()
    shift.wait(10)
    shift.hear(BusLost(at=shift.now))

    assert [a.title for a in shift.wait(SILENCE_S, silent=OTHERS)] == []
    assert [(a.title, a.priority) for a in shift.wait(300, silent=OTHERS)] == [("The bus is gone", 2)]

    back = shift.hear(BusRestored(at=shift.now))
    assert back.title == "The bus is back"
    assert shift.wait(SILENCE_S - 1, silent=OTHERS) == [], "everybody has the whole time again"
    assert len(shift.wait(20, silent=OTHERS)) == len(OTHERS)


def test_a_short_loss_of_the_bus_is_not_told():
    shift = Shift()
    shift.wait(10)
    shift.hear(BusLost(at=shift.now))
    shift.wait(SILENCE_S - 10, silent=OTHERS)
    shift.hear(BusRestored(at=shift.now))
    shift.wait(SILENCE_S)

    assert shift.titles() == ["pm-arb is up"]


def test_a_heartbeat_of_a_stranger_is_ignored():
    shift = Shift()

    assert shift.hear(a_heartbeat("console")) is None
    assert isinstance(a_heartbeat("console"), HeartbeatSent)
    assert shift.wait(5)[0].title == "pm-arb is up"


def test_a_part_of_a_service_that_falls_silent_is_told_although_another_part_goes_on():
    shift = Shift()
    shift.hear(a_heartbeat("scanner", shard="eth"))
    shift.wait(SILENCE_S - 1)

    (alert,) = shift.wait(3)
    assert (alert.title, alert.priority) == ("scanner/eth is silent", 2)

    back = shift.hear(a_heartbeat("scanner", shard="eth", at=shift.now))
    assert back.title == "scanner/eth is back"


def test_a_part_that_said_goodbye_is_not_missed():
    shift = Shift()
    shift.hear(a_heartbeat("scanner", shard="eth"))
    shift.hear(a_heartbeat("scanner", shard="eth", state="draining"))

    assert [alert.title for alert in shift.wait(SILENCE_S * 3)] == ["pm-arb is up"]
