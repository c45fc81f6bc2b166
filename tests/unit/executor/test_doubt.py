"""After a restart: whatever was open is asked for, one a tick; nothing is sent again and nothing is guessed."""

import pytest

from builders import NOON, a_market, after, an_approval
from common.contracts.executor import OrderCancelled, OrderFilled, OrderUnknown
from common.contracts.runtime import WentLive
from executor.core import OrderDesk, OrderState
from executor.core.inputs import FillAsked
from unit.executor.desk_builders import Lived, accepted, caps, completed, confirmed, filled, not_found


def a_restart_after(*reports, approve=True):
    lived = Lived()
    if approve:
        lived.approve()
    for report in reports:
        lived.tell(report)
    return lived.restarted()


def test_nothing_is_asked_for_before_the_record_was_read():
    lived = Lived(live=False)
    lived.approve()

    assert lived.tick(1) is None


def test_an_approval_without_an_order_is_in_doubt_and_asked_for_never_sent():
    desk = OrderDesk(caps(), mode="paper")
    lived = Lived(markets=[], live=False)
    lived.desk = desk
    desk.observe(an_approval())
    desk.observe(a_market())
    lived.tell(WentLive(at=NOON))

    redelivered = lived.approve()
    asked = lived.tick()
    answer = lived.tell(not_found())

    assert redelivered is None
    assert (type(asked), asked.order_id) == (OrderUnknown, "order1")
    assert (type(answer), answer.reason, answer.filled) == (OrderCancelled, "never reached the venue", 0)
    assert lived.tick(60) is None


@pytest.mark.parametrize("reports", [(), (accepted(),), (filled(4),), (accepted(), filled(4))])
def test_an_order_that_was_open_is_asked_for_once(reports):
    again = a_restart_after(*reports)

    assert again.desk.doubts == 1
    asked = again.tick()
    assert (type(asked), asked.detail) == (OrderUnknown, "it was open when the service started anew")
    assert asked.cause == "restart"
    assert (again.desk.doubts, again.state) == (0, OrderState.UNKNOWN)
    assert not isinstance(again.tick(0.1), OrderUnknown)


def test_an_order_that_the_venue_has_forgotten_ends_with_what_it_had_got():
    again = a_restart_after(accepted(), filled(4))
    again.tick()

    end = again.tell(not_found())

    assert (end.reason, end.filled, again.state) == ("no longer known to the venue", 4, OrderState.CANCELLED)


def test_an_order_that_is_still_there_goes_on_where_it_was():
    again = a_restart_after(accepted(), filled(4))
    again.tick()

    told = [again.tell(r) for r in (accepted(), filled(4), filled(6, fill_id="fill2"), completed())]

    assert [e.type for e in told if e] == ["order_accepted", "fill_matched", "order_filled"]
    assert type(told[-1]) is OrderFilled
    assert again.desk.positions[0].up.shares == 10


def test_several_doubts_are_asked_for_one_a_tick_oldest_first():
    lived = Lived()
    for n in range(3):
        lived.approve(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}")
    again = lived.restarted()

    assert [again.tick().order_id for _ in range(3)] == ["order0", "order1", "order2"]
    assert again.tick() is None


def test_each_restart_asks_anew_under_a_new_id():
    once = a_restart_after()
    first = once.tick()
    twice = once.restarted()
    second = twice.tick()

    assert (type(first), type(second)) == (OrderUnknown, OrderUnknown)
    assert first.event_id != second.event_id


def test_what_was_over_is_not_in_doubt():
    again = a_restart_after(filled(), completed(), confirmed())

    assert (again.desk.doubts, again.tick(60)) == (0, None)


def test_a_match_that_was_not_final_is_asked_for_even_when_its_order_is_over():
    again = a_restart_after(filled(), completed())

    asked = again.tick()

    assert (type(asked), asked.fill_id) == (FillAsked, "fill1")
    assert again.tick(60) is None
    assert again.tell(confirmed()).type == "fill_confirmed"


def test_an_order_of_this_process_is_not_in_doubt():
    again = a_restart_after(approve=False)
    again.approve()

    assert (again.desk.doubts, again.tick(after(0) - NOON)) == (0, None)
