"""Each check of the last hop: something that trips it, and something just inside that does not."""

import ast
import inspect
from decimal import Decimal

import pytest

from builders import DOWN, FEE, NOON, UP, a_market, after, an_approval
from common.clock import MILLISECOND, Instant
from common.contracts.control import HaltRequested
from common.contracts.executor import OrderRefused, OrderSubmitted
from common.contracts.risk import RiskLeaseAcquired, TradingHalted
from common.contracts.runtime import BusLost, LeaseLost
from executor.core import LAST_HOP, last_hop, refusal_codes
from executor.core.inputs import VenueStanding
from unit.executor.desk_builders import Lived, accepted, completed, confirmed, filled, lost

HALT = HaltRequested(reason="stop", at=NOON)
RISK_LEASE = RiskLeaseAcquired(event_id="l1", holder="risk-1", token=7, at=NOON)
OTHER = "0x" + "cd" * 32


def a_sale(**changes):
    amounts = {"maker_amount": 10_000_000, "taker_amount": 5_000_000, "side": "SELL"}
    return amounts | {"event_id": "d2", "order_id": "order2", "opportunity_id": "o2"} | changes


def quantity(shares, limit="0.50"):
    """An approval's fields for so many shares, consistent with one another."""
    shares, price = Decimal(shares), Decimal(limit)
    return {
        "quantity": shares, "limit": price, "maker_amount": int(shares * price * 10**6),
        "taker_amount": int(shares * 10**6), "cost_max": shares * price + FEE.taker(price, shares),
    }  # fmt: skip


TRIPPED = {
    "bus_is_connected": ([BusLost(at=NOON)], {}),
    "lease_is_held": ([LeaseLost(at=NOON)], {}),
    "approval_is_of_the_current_lease": ([RISK_LEASE], {"fencing_token": 6}),
    "trading_is_not_halted": ([HALT], {}),
    "venue_is_well": ([VenueStanding(what="heartbeat", is_well=False, detail="not accepted", at=NOON)], {}),
    "record_is_free_of_contradictions": ([filled(order_id="nobody's")], {}),
    "approval_is_valid": ([], {"valid_until": Instant(NOON - 1)}),
    "clock_is_in_step": ([], {"approved_at": Instant(NOON + 500 * MILLISECOND + 1)}),
    "market_is_known": ([], {"market_id": OTHER}),
    "market_is_open": ([a_market(event_id="m2", accepting_orders=False)], {}),
    "market_has_no_unknown_order": ([an_approval(), lost()], {"order_id": "order2", "opportunity_id": "o2"}),
    "token_is_the_markets": ([], {"token_id": DOWN}),
    "order_type_is_supported": ([], {"order_type": "GTD"}),
    "price_is_on_tick": ([], quantity(10, "0.505")),
    "quantity_is_within_cap": ([], quantity("500.01", "0.01")),
    "amounts_agree": ([], {"maker_amount": 5_000_001}),
    "cost_is_within_cap": ([], quantity("37.40")),
    "sale_is_covered": ([], a_sale()),
}


@pytest.mark.parametrize("rule", TRIPPED)
def test_a_check_that_is_tripped_refuses_and_names_the_rule(rule):
    before, changes = TRIPPED[rule]
    lived = Lived()
    for event in before:
        lived.tell(event)

    refused = lived.approve(**changes)

    assert isinstance(refused, OrderRefused)
    assert (refused.rule, bool(refused.detail)) == (rule, True)


INSIDE = {
    "approval_is_valid": {"valid_until": NOON},
    "clock_is_in_step": {"approved_at": Instant(NOON + 500 * MILLISECOND)},
    "price_is_on_tick": quantity(10, "0.99"),
    "quantity_is_within_cap": quantity(500, "0.01"),
    "cost_is_within_cap": quantity("37.38"),  # $18.69 and 7 % of it at worst
    "cost_at_the_cap": {"cost_max": Decimal(20)},
    "order_type_is_supported": {"order_type": "GTC", "post_only": True},
    "order_that_ends_late_enough": {"order_type": "GTD", "expires_at": after(120)},
}


@pytest.mark.parametrize("rule", INSIDE)
def test_what_is_just_inside_a_limit_leaves(rule):
    assert isinstance(Lived().approve(**INSIDE[rule]), OrderSubmitted)


def test_a_good_approval_leaves_and_says_where_it_comes_from():
    submitted = Lived().approve()

    assert isinstance(submitted, OrderSubmitted)
    assert (submitted.order_id, submitted.opportunity_id, submitted.mode) == ("order1", "o1", "paper")
    assert (submitted.at, submitted.approved_at, submitted.received_at) == (NOON, NOON, NOON)


@pytest.mark.parametrize(
    ("market", "detail"),
    [
        ({"accepting_orders": False}, "not accepting"),
        ({"untradable_reason": "the rule is not understood"}, "not understood"),
        ({"fee": None}, "fee"),
        ({"ends_at": NOON}, "ended"),
    ],
)
def test_a_market_that_is_not_open_is_refused_and_says_why(market, detail):
    refused = Lived(markets=[a_market(**market)]).approve()

    assert (refused.rule, detail in refused.detail) == ("market_is_open", True)


def test_a_resolved_market_is_not_known_any_more():
    lived = Lived()
    lived.tell(a_market(change="resolved", winner="Up"))

    assert lived.approve().rule == "market_is_known"


def test_a_market_of_another_venue_is_not_the_one_that_was_approved():
    assert Lived().approve(venue="elsewhere").rule == "market_is_known"


def test_the_tick_is_the_catalogues_not_the_approvals():
    lived = Lived(markets=[a_market(tick=Decimal("0.1"))])

    assert lived.approve(**quantity(10, "0.55"), tick=Decimal("0.01")).rule == "price_is_on_tick"


@pytest.mark.parametrize("limit", ["0", "1"])
def test_a_limit_at_the_ends_is_off_the_tick(limit):
    assert Lived().approve(**quantity(10, limit)).rule == "price_is_on_tick"


def test_the_cap_counts_the_fee_of_the_market_even_if_risk_counted_none():
    shares = quantity(40)  # $20.00 and a fee of $0.70

    assert Lived().approve(**(shares | {"cost_max": Decimal(20)})).rule == "cost_is_within_cap"


def test_the_cap_counts_what_risk_says_it_may_cost():
    assert Lived().approve(cost_max=Decimal("20.01")).rule == "cost_is_within_cap"


def test_an_amount_finer_than_the_venue_can_hold_is_refused():
    changes = quantity(10) | {"quantity": Decimal("10.0000001")}

    assert Lived().approve(**changes).rule == "amounts_agree"


@pytest.mark.parametrize(
    ("side", "size", "limit", "kind"),
    [("BUY", "9.99", "0.51", "FAK"), ("SELL", "9.999", "0.51", "FOK"), ("BUY", "10.001", "0.50", "GTC")],
)
def test_decimals_that_the_venue_does_not_take_are_not_signed(side, size, limit, kind):
    changes = quantity(size, limit) | {"side": side, "order_type": kind}
    if side == "SELL":
        changes |= {"maker_amount": changes["taker_amount"], "taker_amount": changes["maker_amount"]}

    assert Lived().approve(**changes).rule == "amounts_agree"


def test_the_cap_counts_the_fee_of_the_most_shares_that_the_dollars_may_buy():
    dear = quantity("20.8", "0.95")  # a fee of $0.07 at the limit, and of $0.70 where it buys at 0.50

    assert Lived().approve(**(dear | {"cost_max": Decimal("19.83")})).rule == "cost_is_within_cap"


def test_no_shares_are_no_order():
    assert Lived().approve(**quantity(0)).rule == "quantity_is_within_cap"


def test_an_opportunity_is_taken_once_under_whatever_name_its_order_comes():
    lived = Lived()
    lived.approve()

    second = lived.approve(event_id="d2", order_id="order2")

    assert (second.rule, second.order_id) == ("opportunity_is_unused", "order2")


def test_an_order_that_left_without_an_approval_stops_everything():
    lived = Lived()
    lived.approve()
    stranger = lived.journal[-1].model_copy(update={"order_id": "stranger", "event_id": "s9"})
    lived.tell(stranger)

    refused = lived.approve(event_id="d2", order_id="order2", opportunity_id="o2")

    assert refused.rule == "orders_do_not_exceed_approvals"


def test_an_order_whose_approval_has_aged_out_of_the_record_is_no_stranger():
    lived = Lived()
    lived.approve()
    old = lived.journal[-1].model_copy(update={"order_id": "old", "event_id": "s9", "approved_at": Instant(NOON - 1)})
    lived.tell(old)

    assert isinstance(lived.approve(event_id="d2", order_id="order2", opportunity_id="o2"), OrderSubmitted)


def test_a_burst_of_orders_is_stopped_by_its_rate_and_the_next_minute_is_free():
    lived = Lived(orders_per_minute_max=3)

    def the(number, now):
        names = {"event_id": f"d{number}", "order_id": f"order{number}", "opportunity_id": f"o{number}"}
        return lived.approve(now, **names, approved_at=now, valid_until=Instant(now + 10**9))

    first = [the(n, after(n)) for n in range(3)]
    burst = the(3, after(59))
    refused_ones_do_not_count = the(4, after(60.1))

    assert all(isinstance(sent, OrderSubmitted) for sent in first)
    assert burst.rule == "rate_is_low"
    assert isinstance(refused_ones_do_not_count, OrderSubmitted)


def test_what_is_held_may_be_sold_but_only_once():
    lived = Lived()
    lived.approve()
    for report in (filled(), completed(), confirmed()):
        lived.tell(report)

    first = lived.approve(**a_sale())
    second = lived.approve(**a_sale(event_id="d3", order_id="order3", opportunity_id="o3"))

    assert isinstance(first, OrderSubmitted)
    assert (second.rule, second.detail) == ("sale_is_covered", "quantity=10 held=0")


def test_a_sale_under_way_holds_only_what_it_has_not_sold_yet():
    lived = Lived()
    lived.approve()
    for report in (filled(), completed(), confirmed()):
        lived.tell(report)
    lived.approve(**a_sale())
    lived.tell(filled(4, order_id="order2", fill_id="fill2"))

    third = {"event_id": "d3", "order_id": "order3", "opportunity_id": "o3"}
    refused = lived.approve(**a_sale(**third, **quantity(5)) | {"maker_amount": 5_000_000, "taker_amount": 2_500_000})

    assert (refused.rule, refused.detail) == ("sale_is_covered", "quantity=5 held=0")


def test_what_is_still_being_bought_and_sales_of_the_other_outcome_take_nothing_away():
    lived = Lived()
    for number, outcome, token in ((1, "Up", UP), (2, "Down", DOWN)):
        names = {"event_id": f"d{number}", "order_id": f"order{number}", "opportunity_id": f"o{number}"}
        lived.approve(**names, outcome=outcome, token_id=token)
        lived.tell(filled(10, order_id=f"order{number}", fill_id=f"fill{number}"))
    down = {"event_id": "d3", "order_id": "order3", "opportunity_id": "o3", "outcome": "Down", "token_id": DOWN}
    lived.approve(**a_sale(**down))

    sold = lived.approve(**a_sale(event_id="d4", order_id="order4", opportunity_id="o4"))

    assert isinstance(sold, OrderSubmitted)


def test_risks_halt_stops_too_and_says_whose_it_is():
    lived = Lived()
    lived.tell(TradingHalted(event_id="h1", rule="drawdown", reason="20 %", at=NOON))

    assert (lived.approve().rule, lived.desk.refused) == ("trading_is_not_halted", {"trading_is_not_halted": 1})


def test_the_first_refusal_in_the_order_asked_is_the_one_reported():
    lived = Lived()
    lived.tell(HALT)
    lived.tell(BusLost(at=NOON))

    assert lived.approve(token_id=DOWN, valid_until=Instant(0)).rule == "bus_is_connected"


def test_every_check_that_is_written_is_asked_and_each_has_a_test_that_trips_it():
    tree = ast.parse(inspect.getsource(last_hop))
    written = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and [a.annotation.id for a in node.args.args] == ["Question"]
    } - {"_known", "refusal"}

    assert written == {check.__name__ for check in LAST_HOP}
    elsewhere = {
        "order_can_be_named", "orders_do_not_exceed_approvals", "opportunity_is_unused", "rate_is_low",
        "books_are_reconciled", "balance_covers_cost", "risk_is_alive",
    }  # fmt: skip
    assert written == set(TRIPPED) | elsewhere


def test_every_rule_has_a_sentence_for_the_documents():
    assert all(sentence.startswith("Refuse") for sentence in refusal_codes().values())
    assert refusal_codes().keys() == {check.__name__ for check in LAST_HOP}


def test_a_refusal_is_terminal_and_its_id_derives_from_the_order():
    first, second = Lived(), Lived()
    for lived in (first, second):
        lived.tell(HALT)

    assert first.approve() == second.approve()
    assert not first.order.is_open
    assert first.tell(completed(filled=0)) is None


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"order_type": "GTD"}, "carries no expiry"),
        ({"order_type": "GTD", "expires_at": Instant(after(120) - 1)}, "expires_in_s=120.000 min=120"),
        ({"order_type": "FAK", "post_only": True}, "never rests"),
    ],
)
def test_an_order_type_is_refused_where_the_venue_could_not_do_what_is_meant(changes, detail):
    refused = Lived().approve(**changes)

    assert (refused.rule, detail in refused.detail) == ("order_type_is_supported", True)


def test_an_order_that_the_venue_has_no_name_for_is_refused_and_says_why():
    def nameless(_approval):
        raise ValueError("salt: expected at most 9, found 10")

    refused = Lived(name_order=nameless).approve()

    assert (refused.rule, refused.detail) == ("order_can_be_named", "salt: expected at most 9, found 10")


def test_an_order_that_left_is_named_as_the_venue_knows_it():
    assert Lived(name_order=lambda approval: f"0x{approval.salt}").approve().venue_order_id == "0x1"
    assert Lived().approve().venue_order_id == "paper-order1"


def test_an_unknown_order_closes_its_own_market_alone_until_the_venue_has_spoken():
    lived = Lived(markets=[a_market(), a_market(market_id=OTHER)])
    lived.approve()
    lived.tell(lost())

    elsewhere = lived.approve(order_id="order2", opportunity_id="o2", market_id=OTHER)
    refused = lived.approve(order_id="order3", opportunity_id="o3")
    lived.tell(accepted())
    leaves = lived.approve(order_id="order4", opportunity_id="o4")

    assert [type(each) for each in (elsewhere, refused, leaves)] == [OrderSubmitted, OrderRefused, OrderSubmitted]
    assert refused.detail == "order=order1 state=unknown"


@pytest.mark.parametrize("what", ["heartbeat", "user_stream", "credentials", "access"])
def test_what_went_at_the_venue_is_lifted_only_by_its_own_return(what):
    others = {"heartbeat", "user_stream", "credentials", "access"} - {what}
    lived = Lived()
    lived.tell(VenueStanding(what=what, is_well=False, detail="gone", at=NOON))
    for other in sorted(others):
        lived.tell(VenueStanding(what=other, is_well=True, detail="", at=NOON))
    before = lived.desk.halted_by

    lived.tell(VenueStanding(what=what, is_well=True, detail="", at=NOON))

    assert (before, lived.desk.halted_by) == ((f"venue: {what}: gone",), ())


def test_what_is_awaited_stops_orders_until_it_is_said_to_be_well():
    lived = Lived(awaits=("user_stream",))
    refused = lived.approve()
    lived.tell(VenueStanding(what="user_stream", is_well=True, detail="", at=NOON))

    assert (refused.rule, refused.detail) == ("venue_is_well", "venue: user_stream: not heard of yet")
    assert isinstance(lived.approve(order_id="order2", opportunity_id="o2"), OrderSubmitted)


def test_what_keeps_orders_from_leaving_is_said_once_when_it_changes_and_not_again_after_a_restart():
    lived = Lived()
    quiet = lived.tick()
    lived.tell(VenueStanding(what="heartbeat", is_well=False, detail="gone", at=NOON))

    told, again = lived.tick(1), lived.tick(2)
    lived.tell(VenueStanding(what="heartbeat", is_well=True, detail="", at=NOON))
    lifted = lived.tick(3)

    assert (quiet, again) == (None, None)
    assert (told.type, told.halted_by) == ("executor_state_changed", ("venue: heartbeat: gone",))
    assert lifted.halted_by == ()
    assert lived.restarted().tick(4) is None
