"""The desk that has an account to be held against: when no order leaves, and what it does about a difference."""

from decimal import Decimal

import pytest

from builders import after
from common.contracts.control import ResumeRequested
from common.contracts.executor import (
    ExecutorStateChanged,
    OrderSubmitted,
    OrderUnknown,
    PositionRedeemed,
    ReconciliationDone,
)
from executor.core.inputs import CancelAsked
from executor.core.tolerances import Tolerances
from unit.executor.desk_builders import Lived, accepted, completed, confirmed, filled
from unit.executor.reconciliation_builders import a_holding, a_snapshot, a_venue_fill, a_venue_order

STRANGER = a_venue_order(order_id="", venue_order_id="0xf")


def a_desk(**changes):
    return Lived(tolerances=Tolerances(), **changes)


def look(lived, seconds, **changes):
    snapshot = a_snapshot(seconds, **changes)
    return lived.tell(snapshot, snapshot.at)


def approve(lived, seconds, n=1):
    now = after(seconds)
    changes = {"event_id": f"d{n}", "order_id": f"order{n}", "opportunity_id": f"o{n}"}
    return lived.approve(now, approved_at=now, valid_until=after(seconds + 1), **changes)


def test_no_order_leaves_before_the_account_was_looked_at():
    lived = a_desk()

    refused = approve(lived, 1)

    assert (refused.rule, refused.detail) == ("books_are_reconciled", "no complete answer of the venue yet")
    assert isinstance(look(lived, 2), ReconciliationDone)
    assert isinstance(approve(lived, 3, n=2), OrderSubmitted)


def test_no_order_leaves_on_an_old_look():
    lived = a_desk()
    look(lived, 0)

    assert isinstance(approve(lived, 30), OrderSubmitted)
    assert approve(lived, 31, n=2).rule == "books_are_reconciled"


def test_where_nobody_keeps_an_account_nothing_is_waited_for():
    lived = Lived()

    assert look(lived, 0) is None
    assert isinstance(approve(lived, 1), OrderSubmitted)


@pytest.mark.parametrize(("dollars", "leaves"), [("5.35", True), ("5.34", False)])
def test_the_wallet_must_cover_the_order_and_the_highest_fee(dollars, leaves):
    lived = a_desk()
    look(lived, 0, collateral=Decimal(dollars))

    answer = approve(lived, 1)

    assert isinstance(answer, OrderSubmitted) == leaves
    assert leaves or (answer.rule, answer.detail) == ("balance_covers_cost", "cost=5.3500 balance=5.34")


def test_an_open_order_has_its_dollars_already():
    lived = a_desk()
    look(lived, 0, collateral=Decimal(10))
    approve(lived, 1)

    assert approve(lived, 1, n=2).rule == "balance_covers_cost"


def test_a_strangers_order_stops_the_desk_is_cancelled_and_waits_for_an_operator():
    lived = a_desk()
    look(lived, 0)

    found = look(lived, 10, orders=(STRANGER,))

    assert (found.verdict, found.severity) == ("differs", "halt")
    assert approve(lived, 11).rule == "books_are_reconciled"
    said, cancel = lived.tick(11), lived.tick(11.1)
    assert isinstance(said, ExecutorStateChanged)
    assert said.halted_by[0].startswith("reconciliation: foreign_order 0xf")
    assert isinstance(cancel, CancelAsked)
    assert cancel.venue_order_id == "0xf"
    look(lived, 20)
    assert approve(lived, 21, n=2).rule == "books_are_reconciled"
    lived.tell(ResumeRequested(reason="seen", at=after(22)), after(22))
    assert isinstance(approve(lived, 23, n=3), OrderSubmitted)


def test_a_restart_forgets_no_halt_of_reconciliation():
    lived = a_desk()
    look(lived, 0, orders=(STRANGER,))

    again = lived.restarted()

    assert again.desk.halted_by[0].startswith("reconciliation: foreign_order 0xf")


def test_a_live_order_that_the_venue_does_not_list_is_asked_for():
    lived = a_desk()
    look(lived, 0)
    approve(lived, 1)
    lived.tell(accepted(at=after(1)), after(1))
    look(lived, 9)

    asked = lived.tick(9.5)

    assert isinstance(asked, OrderUnknown)
    assert asked.detail == "the venue does not list it as open"
    assert lived.tick(9.6) is None


def test_the_whole_life_of_a_winning_trade_agrees_with_the_account_at_each_step():
    lived = a_desk()
    look(lived, -5)
    approve(lived, 0)
    for report in (accepted(), filled(10), completed(10), confirmed(at=after(2))):
        lived.tell(report, after(2))
    bought = {"fills": (a_venue_fill(),), "holdings": (a_holding(),), "collateral": Decimal("194.825")}
    assert [look(lived, seconds, **bought) for seconds in (5, 15, 25, 35)] == [None] * 4
    assert lived.desk.held_tokens() == (bought["holdings"][0].token_id,)
    market = lived.catalogue[lived.order.approval.market_id]
    resolved = market.model_copy(
        update={"event_id": "m9", "change": "resolved", "winner": "Up", "observed_at": after(320)}
    )
    settled = lived.tell(resolved, after(320))
    paid = bought | {"holdings": (a_holding(0),), "collateral": Decimal("204.825")}
    assert look(lived, 330, **paid) is None
    assert lived.desk.held_tokens()

    redeemed = lived.tick(331)

    assert settled.payout == redeemed.payout == 10
    assert isinstance(redeemed, PositionRedeemed)
    assert [look(lived, seconds, **paid) for seconds in (340, 350, 400)] == [None] * 3
