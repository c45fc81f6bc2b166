"""Crash the desk at every step of the loop: no order leaves twice, and each ends as it would have in a calm run.

The venue is outside and goes on. It knows its orders by their ids, so that it can be asked.
"""

import pytest

from builders import NOON, a_heartbeat, a_market, after, an_approval
from common.contracts.executor import OrderCancelled, OrderSubmitted, OrderUnknown
from common.contracts.runtime import Tick, WentLive
from executor.core import OrderDesk
from executor.core.inputs import FillAsked
from unit.executor.desk_builders import accepted, caps, completed, confirmed, filled, not_found


class CrashError(Exception):
    """Power loss."""


class Venue:
    """Fills whatever reaches it, remembers it, and says it all again when it is asked."""

    def __init__(self):
        self.sent, self.unread = [], []

    def submit(self, approval):
        self.sent.append(approval.order_id)
        self.unread += self.history(approval.order_id)

    def look_up(self, order_id):
        known = order_id in self.sent
        self.unread += self.history(order_id) if known else [not_found(order_id)]

    def history(self, order_id):
        fill = {"order_id": order_id, "fill_id": f"{order_id}-1"}
        return [accepted(order_id), filled(10, **fill), completed(order_id=order_id), confirmed(**fill)]


class Machine:
    """The loop over an in-memory journal with JetStream's promises; it loses power at one of its steps."""

    def __init__(self, crash_at):
        self.venue, self.journal, self.ids, self.acked = Venue(), [], set(), set()
        self.approvals = [an_approval(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}") for n in range(3)]
        self.crash_at, self.steps = crash_at, 0

    def step(self):
        self.steps += 1
        if self.steps == self.crash_at:
            raise CrashError

    def record(self, event):
        if event.event_id not in self.ids:
            self.ids.add(event.event_id)
            self.journal.append(event)

    def run(self):
        """Approvals are on record before anybody acts on them, one after another."""
        while True:
            try:
                self.live()
            except CrashError:
                self.venue.unread = []  # what was on its way to the dead process is lost
            else:
                return self

    def live(self):
        desk = OrderDesk(caps(), mode="paper")
        for event in [*self.journal, a_market()]:
            desk.observe(event)
        self.turn(desk, WentLive(at=NOON))
        self.turn(desk, a_heartbeat())
        for approval in self.approvals:
            self.record(approval)
            if approval.event_id not in self.acked:
                self.turn(desk, approval)
                self.acked.add(approval.event_id)
            self.settle_down(desk)

    def settle_down(self, desk):
        """Read what the venue says, and tick until nobody has a question left."""
        while True:
            while self.venue.unread:
                self.turn(desk, self.venue.unread.pop(0))
            outcome = self.turn(desk, Tick(at=after(1)))
            if outcome is None and not self.venue.unread:
                return

    def turn(self, desk, event):
        self.step()
        outcome = desk.decide(event, NOON)
        if outcome is not None:
            self.step()
            self.carry_out(outcome, event)
            self.step()
            if not isinstance(outcome, FillAsked):
                self.record(outcome)
            self.step()
        desk.observe(event)
        if outcome is not None:
            desk.observe(outcome)
        self.step()
        return outcome

    def carry_out(self, outcome, event):
        match outcome:
            case OrderSubmitted():
                self.venue.submit(event)
            case OrderUnknown():
                self.venue.look_up(outcome.order_id)
            case FillAsked():
                self.venue.unread.append(confirmed(fill_id=outcome.fill_id, order_id=outcome.order_id))

    @property
    def ends(self):
        """The last word on each order, and the state of its fills."""
        desk = OrderDesk(caps(), mode="paper")
        for event in self.journal:
            desk.observe(event)
        orders = [desk.orders.get(a.order_id) for a in self.approvals]
        return [(o.state, o.filled, [f.state for f in o.fills.values()]) for o in orders]


CALM = Machine(crash_at=None).run()


def test_the_calm_run_is_what_we_think_it_is():
    assert CALM.venue.sent == ["order0", "order1", "order2"]
    assert CALM.ends == [("filled", 10, ["confirmed"])] * 3
    names = [event.type for event in CALM.journal[:6]]
    assert names == [
        "order_approved", "order_submitted", "order_accepted", "fill_matched", "order_filled", "fill_confirmed",
    ]  # fmt: skip


@pytest.mark.parametrize("crash_at", range(1, CALM.steps + 1))
def test_a_crash_at_any_step_sends_nothing_twice_and_leaves_nothing_open(crash_at):
    stormy = Machine(crash_at).run()

    assert len(stormy.venue.sent) == len(set(stormy.venue.sent))
    for order_id, end, calm in zip(("order0", "order1", "order2"), stormy.ends, CALM.ends, strict=True):
        assert end == (calm if order_id in stormy.venue.sent else ("cancelled", 0, []))


@pytest.mark.parametrize("crash_at", range(1, CALM.steps + 1))
def test_an_order_that_did_not_leave_before_a_crash_is_told_of_as_such(crash_at):
    stormy = Machine(crash_at).run()

    missed = [e for e in stormy.journal if isinstance(e, OrderCancelled)]

    assert [e.order_id for e in missed] == [a.order_id for a in stormy.approvals if a.order_id not in stormy.venue.sent]
    assert all((e.reason, e.filled) == ("never reached the venue", 0) for e in missed)
    assert len(missed) <= 1


@pytest.mark.parametrize("first", range(1, CALM.steps, 7))
def test_two_crashes_in_a_row_send_nothing_twice(first):
    machine = Machine(first)
    try:
        machine.live()
    except CrashError:
        machine.venue.unread = []
    machine.crash_at = machine.steps + 3
    machine.run()

    assert len(machine.venue.sent) == len(set(machine.venue.sent))
    assert all(state in {"filled", "cancelled"} for state, _, _ in machine.ends)
