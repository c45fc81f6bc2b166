"""Laws that hold whatever the venue says, in whatever order, however often."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON, a_market, after
from common.accounting import Account
from common.contracts.executor import FillFailed, FillMatched, OrderSubmitted, PositionSettled
from common.contracts.runtime import Tick
from common.money import ZERO_USD
from executor.core.states import OVER
from unit.executor.desk_builders import (
    Lived,
    accepted,
    cancel_declined,
    cancelled,
    completed,
    confirmed,
    failed,
    filled,
    lost,
    not_found,
    rejected,
    retried,
)

ORDERS = ("order1", "order2", "order3")
FILLS = ("fill1", "fill2", "fill3")

order_reports = st.builds(
    lambda make, order_id: make(order_id=order_id),
    st.sampled_from([accepted, rejected, completed, cancelled, cancel_declined, lost, not_found]),
    st.sampled_from(ORDERS),
)
fill_reports = st.builds(
    lambda make, order_id, fill: make(order_id=order_id, fill_id=f"{order_id}-{fill}"),
    st.sampled_from([filled, confirmed, failed, retried]),
    st.sampled_from(ORDERS),
    st.sampled_from(FILLS),
)
ticks = st.builds(lambda s: Tick(at=after(s)), st.integers(0, 100))
resolutions = st.sampled_from(["Up", "Down"]).map(
    lambda winner: a_market(event_id="m9", change="resolved", winner=winner, observed_at=after(320))
)
approvals = st.sampled_from(ORDERS)
inputs = st.lists(st.one_of(approvals, order_reports, fill_reports, fill_reports, ticks, resolutions), max_size=40)


def live_through(story):
    lived = Lived()
    for entry in story:
        if isinstance(entry, str):
            lived.approve(event_id=f"d-{entry}", order_id=entry, opportunity_id=f"o-{entry}")
        else:
            lived.tell(entry, getattr(entry, "at", NOON))
    return lived


def told(lived, *kinds):
    return [event for event in lived.journal if isinstance(event, kinds)]


@given(inputs)
@settings(max_examples=300, deadline=None)
def test_no_approval_leaves_twice(story):
    sent = [event.order_id for event in told(live_through(story), OrderSubmitted)]

    assert len(sent) == len(set(sent))


@given(inputs)
@settings(max_examples=300, deadline=None)
def test_no_fill_is_told_twice_and_none_is_reversed_twice(story):
    lived = live_through(story)
    matched = [(e.order_id, e.fill_id) for e in told(lived, FillMatched)]
    voided = [(e.order_id, e.fill_id) for e in told(lived, FillFailed)]

    assert len(matched) == len(set(matched))
    assert len(voided) == len(set(voided))
    assert set(voided) <= set(matched)


@given(inputs)
@settings(max_examples=300, deadline=None)
def test_an_order_ends_once_and_stays_ended(story):
    lived = live_through(story)
    ends = [e.order_id for e in lived.journal if e.type in {"order_rejected", "order_cancelled", "order_filled"}]

    assert len(ends) == len(set(ends))
    assert all(lived.desk.orders.get(order_id).state in OVER for order_id in ends)


@given(inputs)
@settings(max_examples=300, deadline=None)
def test_what_an_order_has_got_is_the_sum_of_the_fills_that_stand(story):
    lived = live_through(story)
    for order_id in ORDERS:
        order = lived.desk.orders.get(order_id)
        if order is not None:
            voided = {e.fill_id for e in told(lived, FillFailed)}
            stand = [e for e in told(lived, FillMatched) if e.order_id == order_id and e.fill_id not in voided]
            assert order.filled == sum((e.quantity for e in stand), Decimal(0))


@given(inputs)
@settings(max_examples=300, deadline=None)
def test_a_desk_rebuilt_from_the_record_is_the_one_that_lived_it(story):
    lived = live_through(story)
    again = lived.restarted()

    assert portrait(again) == portrait(lived)


@given(inputs, inputs)
@settings(max_examples=200, deadline=None)
def test_a_restart_in_the_middle_doubles_nothing(before, after_it):
    lived = live_through(before).restarted()
    for entry in after_it:
        if isinstance(entry, str):
            lived.approve(event_id=f"d-{entry}", order_id=entry, opportunity_id=f"o-{entry}")
        else:
            lived.tell(entry, getattr(entry, "at", NOON))

    sent = [event.order_id for event in told(lived, OrderSubmitted)]
    matched = [(e.order_id, e.fill_id) for e in told(lived, FillMatched)]
    settled = [e.market_id for e in told(lived, PositionSettled)]
    for once in (sent, matched, settled):
        assert len(once) == len(set(once))


@given(inputs)
@settings(max_examples=300, deadline=None)
def test_the_settlement_is_the_one_the_accounts_come_to(story):
    lived, account = live_through(story), Account(ZERO_USD)
    for event in lived.journal:
        match event:
            case FillMatched():
                account.matched(event)
            case FillFailed():
                account.failed(event.market_id, event.fill_id)
            case PositionSettled():
                due = account.preview(event.market_id, event.winner)
                assert (event.up_shares, event.cost, event.fees) == (due.up_shares, due.cost, due.fees)
                assert event.pnl == event.payout - event.cost - event.fees
                account.settled(event.market_id, event.winner)


def portrait(lived):
    """All that a desk knows, but for what it has yet to ask, and for a stranger's fill, of which there is no record."""
    desk = lived.desk
    halted_by = [why for why in desk.halted_by if why != "fill_of_an_unknown_order"]
    orders = {
        order_id: (o.state, o.filled, o.spent, o.acknowledged, {i: f.state for i, f in o.fills.items()})
        for order_id in ORDERS
        if (o := desk.orders.get(order_id)) is not None
    }
    return orders, desk.positions, halted_by, desk.orders.fill_count, desk.orders.sent_count, desk.refused
