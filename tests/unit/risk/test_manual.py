"""An order by hand is judged like any other, and held to two limits of its own in the place of a claimed edge."""

from decimal import Decimal

import pytest

from builders import DOWN, MARKET, NOON, UP, a_book, a_market, a_price, after
from common import ids
from common.contracts.control import HaltRequested, OrderRequested
from common.contracts.risk import OrderApproved, OrderDenied
from risk.core import LIMITS
from risk.core.manual import MANUAL_LIMITS, OF_A_CLAIM, manual_order_is_small, manual_price_is_close
from unit.risk.risk_builders import Lived, rule

SLUG = "btc-updown-5m-1800014400"


def a_request(**changes):
    fields = {
        "event_id": "by-hand", "market": SLUG, "outcome": "Up", "usd": Decimal(3), "limit": None, "valid_until": after(5),
        "at": NOON,
    }  # fmt: skip
    return OrderRequested(**(fields | changes))


def test_it_is_decided_in_full_from_risks_own_catalogue_and_book():
    order = Lived().tell(a_request())

    assert isinstance(order, OrderApproved)
    assert (order.strategy, order.market_id, order.token_id, order.outcome) == ("manual", MARKET, UP, "Up")
    assert (order.limit, order.quantity, order.order_type) == (Decimal("0.50"), 6, "FAK")
    assert 3 < order.cost_max <= Decimal("3.21"), "three dollars of shares, and the fee"
    assert order.expected_edge < 0, "nothing is claimed, and there is a fee"


def test_what_the_shares_may_cost_is_kept_to():
    for dollars in ("2.7", "3", "4.99", "5"):
        order = Lived().tell(a_request(usd=Decimal(dollars)))
        assert Decimal(dollars) - Decimal("0.01") <= order.quantity * order.limit <= Decimal(dollars)


@pytest.mark.parametrize(("ask", "quantity"), [("0.20", 5), ("0.10", 10), ("0.05", 20), ("0.04", 25)])
def test_one_dollar_buys_the_least_that_the_venue_takes(ask, quantity):
    lived = Lived(a_market(), a_book(asks=((Decimal(ask), Decimal(500)),)), a_price())

    order = lived.tell(a_request(usd=Decimal(1)))

    assert isinstance(order, OrderApproved), order
    assert (order.quantity, order.quantity * order.limit) == (quantity, 1)


def test_where_a_dollar_is_no_whole_lots_a_little_more_is():
    lived = Lived(a_market(), a_book(asks=((Decimal("0.15"), Decimal(500)),)), a_price())

    assert rule(lived.tell(a_request(usd=Decimal(1)))) == "amounts_are_representable"
    assert lived.tell(a_request(event_id="again", usd=Decimal("1.10"))).quantity * Decimal("0.15") == Decimal("1.08")


def test_its_ids_derive_from_the_request_and_asking_twice_decides_once():
    lived = Lived()
    order = lived.tell(a_request())

    assert order.order_id == ids.derive("order", "by-hand")
    assert order.salt == ids.derive_salt(order.order_id)
    assert (order.opportunity_id, order.event_id) == ("by-hand", ids.derive("decision", "by-hand"))
    assert lived.tell(a_request()) is None


def test_a_market_may_be_named_by_its_id_and_the_other_outcome_has_its_own_book():
    lived = Lived(a_market(), a_book(), a_price(), a_book(token_id=DOWN, asks=((Decimal("0.40"), Decimal(50)),)))

    order = lived.tell(a_request(market=MARKET, outcome="Down"))

    assert (order.token_id, order.limit) == (DOWN, Decimal("0.40"))


def test_a_market_that_nobody_knows_is_denied_by_name():
    denial = Lived().tell(a_request(market="eth-updown-5m-1"))

    assert isinstance(denial, OrderDenied)
    assert (denial.rule, denial.slug, denial.strategy) == ("market_is_allowed", "eth-updown-5m-1", "manual")


def test_the_owners_word_bounds_it_whatever_else_has_room():
    assert rule(Lived().tell(a_request(usd=Decimal("5.01")))) == "manual_order_is_small"
    assert rule(Lived(manual_order_usd_max="8").tell(a_request(usd=Decimal(8)))) == "approved"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("0.49", "manual_price_is_close"), ("0.50", "approved"), ("0.55", "approved"), ("0.56", "manual_price_is_close")],
)
def test_its_price_reaches_an_offer_and_stays_within_the_collar(limit, expected):
    assert rule(Lived().tell(a_request(limit=Decimal(limit)))) == expected


def test_a_price_above_the_best_ask_buys_no_more_than_is_offered_up_to_it():
    order = Lived(
        a_market(), a_book(asks=((Decimal("0.50"), Decimal(2)), (Decimal("0.52"), Decimal(100)))), a_price()
    ).tell(a_request(limit=Decimal("0.52")))

    assert order.limit == Decimal("0.52")


REFUSED = {
    "opportunity_is_valid": lambda: (Lived(), a_request(valid_until=after(-1))),
    "market_is_allowed": lambda: (Lived(a_market(accepting_orders=False), a_book(), a_price()), a_request()),
    "price_is_fresh": lambda: (Lived(a_market(), a_book()), a_request()),
    "book_is_fresh": lambda: (Lived(a_market(), a_price()), a_request()),
    "size_is_at_least_minimum": lambda: (Lived(), a_request(usd=Decimal(1))),
    "market_has_room": lambda: (Lived(position_limit="0.01"), a_request()),
    "size_is_on_ladder": lambda: (Lived(size_ladder=((0, Decimal(2)),)), a_request()),
    "message_rate_is_low": lambda: (_busy(), a_request()),
    "trading_is_active": lambda: (_halted(), a_request()),
}


def _busy():
    lived = Lived(orders_per_minute_max=1)
    lived.tell(a_request(event_id="before"))
    return lived


def _halted():
    lived = Lived()
    lived.tell(HaltRequested(reason="stop", at=NOON))
    return lived


@pytest.mark.parametrize("expected", REFUSED)
def test_the_limits_of_any_order_hold_for_it_too(expected):
    lived, request = REFUSED[expected]()

    assert rule(lived.tell(request)) == expected


def test_a_market_whose_fee_is_not_known_is_refused_before_anything_is_reckoned():
    assert rule(Lived(a_market(fee=None), a_book(), a_price()).tell(a_request())) == "market_is_allowed"


def test_only_the_limits_that_weigh_a_claim_are_left_out_and_two_stand_in_their_place():
    assert {limit.__name__ for limit in OF_A_CLAIM} == {"edge_holds", "edge_is_credible", "underlying_has_not_moved"}
    assert set(LIMITS) - set(MANUAL_LIMITS) == {*OF_A_CLAIM, _named("price_is_inside_collar")}
    assert set(MANUAL_LIMITS) - set(LIMITS) == {manual_order_is_small, manual_price_is_close}


def _named(name):
    return next(limit for limit in LIMITS if limit.__name__ == name)


def test_a_restart_remembers_what_it_decided_and_what_it_reserved():
    lived = Lived()
    order = lived.tell(a_request())
    again = Lived()
    for event in lived.journal:
        again.gate.observe(event)

    assert again.tell(a_request()) is None
    assert again.gate.exposure.of_market(MARKET) == lived.gate.exposure.of_market(MARKET) > 0
    assert [r.order.order_id for r in again.gate.exposure.reservations] == [order.order_id]
