"""What the wallet can pay now: never more than it surely has."""

from decimal import Decimal

import pytest

from builders import after, an_approval
from common.contracts.venue import FeeSchedule
from executor.core.funds import available, open_cost, worst_cost
from unit.executor.reconciliation_builders import Books, a_holding, a_venue_fill


def funds(books):
    return available(books.reconciler.last, books.reconciler.wallet, books.orders.open())


def test_without_a_wallet_nothing_is_limited():
    books = Books()
    assert funds(books) is None

    books.look(0, collateral=None)
    assert funds(books) is None


def test_the_wallet_can_pay_what_it_was_last_seen_to_hold():
    books = Books()
    books.look(0)

    assert funds(books) == 200


def test_the_venues_allowance_may_be_less():
    books = Books()
    books.look(0, allowance=Decimal(50))

    assert funds(books) == 50


def test_an_open_order_counts_as_filled_at_its_worst_fee_included():
    books = Books()
    books.look(0)
    books.order(1)

    assert funds(books) == Decimal(200) - Decimal(5) * Decimal("1.07")


def test_a_fee_that_does_not_fall_with_the_price_is_counted_at_the_lowest():
    flat = FeeSchedule(rate=Decimal("0.01"), exponent=0, taker_only=True)

    assert flat.worst_cost(Decimal(5), Decimal("0.1")) == Decimal("5.5")  # fifty shares at the tick
    assert worst_cost(an_approval(fee=flat, tick=Decimal("0.01"))) == 10


def test_a_purchase_counts_as_spent_until_the_wallet_surely_shows_it():
    books = Books()
    books.look(0)
    books.bought(1, confirmed=3)
    seen = {"fills": (a_venue_fill(matched_at=after(1)),), "holdings": (a_holding(),), "collateral": Decimal("194.825")}

    assert funds(books) == Decimal("194.825")
    books.look(10, **seen)
    assert funds(books) == Decimal("189.65")
    books.look(30, **seen)
    assert funds(books) == Decimal("194.825")


def test_a_void_purchase_costs_nothing():
    books = Books()
    books.look(0)
    books.bought(1)
    books.voided(2)

    assert funds(books) == 200


def test_what_a_sale_brings_counts_when_it_is_there():
    books = Books()
    books.look(0)
    books.bought(1, side="SELL")

    assert funds(books) == 200


@pytest.mark.parametrize(("side", "worst"), [("BUY", "5.35"), ("SELL", "0")])
def test_the_worst_cost_of_an_order_has_the_highest_fee_on_its_dollars(side, worst):
    approval = an_approval(side=side)

    assert worst_cost(approval) == Decimal(worst)


def test_an_open_order_may_still_take_what_it_has_not_spent():
    books = Books()
    books.order(0)
    order = books.orders.get("order1")
    order.spent = Decimal(3)

    assert open_cost(order) == Decimal(2) * Decimal("1.07")
