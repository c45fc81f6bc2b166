"""Every cell of the order's and the fill's tables, beside a grid that was written by hand."""

from decimal import Decimal

import pytest

from builders import NOON, a_fill, an_approval
from common.contracts.executor import OrderAccepted, OrderCancelled, OrderFilled, OrderRejected, OrderSubmitted
from executor.core import FILL_TABLE, ORDER_TABLE, FillHappening, FillState, Happening, Order, Orders, OrderState
from executor.core.states import TERMINAL, cell

ZERO, TEN = Decimal(0), Decimal(10)
PARTIAL = "partial"
"""Short for partially_filled, so that the grid fits the page; so are `declined` and `missing`."""
SHORT = {PARTIAL: "partially_filled", "declined": "cancel_declined", "missing": "not_found"}
ORDER_GRID = """
state      submitted  refused  delayed  accepted  rejected  matched    completed  cancelled  expired  declined   lost     missing    voided     settled  emptied
pending    submitted  refused  delayed  live      rejected  partial    matched    cancelled  expired  -          unknown  -          -          -        -
submitted  -          -        delayed  live      rejected  partial    matched    cancelled  expired  submitted  unknown  -          -          -        -
unknown    -          -        delayed  live      rejected  unknown    matched    cancelled  expired  unknown    unknown  cancelled  unknown    -        -
delayed    -          -        -        live      rejected  partial    matched    cancelled  expired  delayed    unknown  -          delayed    -        -
live       -          -        -        -         rejected  partial    matched    cancelled  expired  live       unknown  -          live       -        -
partial    -          -        partial  partial   -         partial    matched    cancelled  expired  partial    unknown  -          partial    -        -
matched    -          -        -        -         -         matched    -          -          -        -          -        -          matched    filled   cancelled
filled     -          -        -        -         -         filled     -          -          -        -          -        -          filled     -        -
cancelled  -          -        -        -         -         cancelled  -          -          -        -          -        -          cancelled  -        -
rejected   -          -        -        -         -         rejected!  -          -          -        -          -        -          rejected   -        -
expired    -          -        -        -         -         expired    -          -          -        -          -        -          expired    -        -
refused    -          -        -        -         -         refused!   -          -          -        -          -        -          refused    -        -
"""
FILL_GRID = """
state      matched  retried  confirmed  failed
unseen     matched  -        -          -
matched    -        matched  confirmed  failed
confirmed  -        -        -          -
failed     -        -        -          -
"""


def cells(grid):
    (_, *header), *rows = [[SHORT.get(word, word) for word in line.split()] for line in grid.strip().splitlines()]
    return [(row[0], happening, then) for row in rows for happening, then in zip(header, row[1:], strict=True)]


def test_the_grids_name_every_state_and_every_happening():
    assert {(s, h) for s, h, _ in cells(ORDER_GRID)} == {(s, h) for s in OrderState for h in Happening}
    assert {(s, h) for s, h, _ in cells(FILL_GRID)} == {(s, h) for s in FillState for h in FillHappening}


@pytest.mark.parametrize(("state", "happening", "then"), cells(ORDER_GRID))
def test_an_order_in_a_state_does_what_the_grid_says(state, happening, then):
    row = ORDER_TABLE.get((OrderState(state), Happening(happening)))

    found = "-" if row is None else f"{row.then}{'!' if row.halts else ''}"
    assert found == then
    assert row is None or row.why


@pytest.mark.parametrize(("state", "happening", "then"), cells(FILL_GRID))
def test_a_fill_in_a_state_does_what_the_grid_says(state, happening, then):
    row = FILL_TABLE.get((FillState(state), FillHappening(happening)))

    assert (row.then if row else "-") == then
    assert row is None or row.why


def test_nothing_leads_out_of_a_terminal_state():
    assert all(row.then is state for (state, _), row in ORDER_TABLE.items() if state in TERMINAL)


def test_every_state_that_a_fill_can_stand_in_has_a_row_for_its_failure():
    """A match moves what is pending or submitted on, so neither can have a fill."""
    without = {OrderState.PENDING, OrderState.SUBMITTED}

    assert {state for state in OrderState if (state, Happening.VOIDED) not in ORDER_TABLE} == without


def test_a_match_has_a_row_in_every_state_for_it_is_money():
    assert all((state, Happening.MATCHED) in ORDER_TABLE for state in OrderState)


FIELDS = {"opportunity_id": "o1", "market_id": "m", "token_id": "1", "mode": "paper", "at": NOON, "order_id": "order1"}
EVENTS = {
    Happening.SUBMITTED: OrderSubmitted(event_id="1", received_at=NOON, approved_at=NOON, **FIELDS),
    Happening.ACCEPTED: OrderAccepted(event_id="2", venue_order_id="0x", **FIELDS),
    Happening.DELAYED: OrderAccepted(event_id="6", venue_order_id="0x", status="delayed", **FIELDS),
    Happening.EXPIRED: OrderCancelled(event_id="7", reason="r", filled=ZERO, kind="expired", **FIELDS),
    Happening.REJECTED: OrderRejected(event_id="3", code="c", detail="d", **FIELDS),
    Happening.CANCELLED: OrderCancelled(event_id="4", reason="r", filled=ZERO, **FIELDS),
    Happening.COMPLETED: OrderFilled(event_id="5", filled=TEN, **FIELDS),
}


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("happening", EVENTS)
def test_an_event_without_a_row_changes_nothing_and_is_counted_by_its_cell(state, happening):
    orders = Orders(kept_max=10)
    orders.approved(an_approval())
    order = orders.get("order1")
    order.state = state

    orders.happened(EVENTS[happening], happening)

    row = ORDER_TABLE.get((state, happening))
    assert order.state is (row.then if row else state)
    assert orders.ignored == ({} if row else {cell(happening, state): 1})


SALE = {"side": "SELL", "maker_amount": 10_000_000, "taker_amount": 5_000_000}


@pytest.mark.parametrize(
    ("approval", "filled", "spent", "is_overfilled"),
    [
        ({}, "10", "5", False),
        ({}, "10.2", "4.998", False),  # more shares for the same dollars: an improvement
        ({}, "10.2", "5", False),
        ({}, "10.2", "5.0001", False),  # the venue's last decimals
        ({}, "10.2", "5.0002", True),
        ({}, "10.0001", "5.1", False),
        (SALE, "10", "5.5", False),
        (SALE, "10.0001", "5.5", False),
        (SALE, "10.0002", "5.5", True),
        (SALE, "10.0002", "4", True),
    ],
)
def test_an_overfill_is_more_dollars_for_a_buy_and_more_shares_for_a_sale(approval, filled, spent, is_overfilled):
    order = Order(an_approval(**approval), NOON)  # 10 shares at 0.50
    order.filled, order.spent = Decimal(filled), Decimal(spent)

    assert order.is_overfilled is is_overfilled


def test_the_fold_counts_shares_and_dollars():
    orders = Orders(kept_max=10)
    orders.approved(an_approval())
    orders.matched(a_fill(quantity=Decimal(4), price=Decimal("0.45")))

    assert (orders.get("order1").filled, orders.get("order1").spent) == (4, Decimal("1.80"))
