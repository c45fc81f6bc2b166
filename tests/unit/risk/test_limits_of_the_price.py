"""Controls on price, edge and amounts: each tripped, and each passed just inside."""

from decimal import Decimal

import pytest

from builders import DOWN, FEE, NOON, a_book, a_market, a_price
from common.contracts.risk import OrderApproved
from common.money import is_on_tick
from unit.risk.risk_builders import Lived, rule


def asks(*levels):
    return tuple((Decimal(price), Decimal(size)) for price, size in levels)


def seeing(*levels, market=None, **book):
    return market or a_market(), a_price(), a_book(asks=asks(*levels), **book)


def underlying(price):
    return a_market(), a_book(), a_book(token_id=DOWN), a_price(price=Decimal(price))


def test_an_underlying_that_fell_since_denies_up():
    assert rule(Lived(*underlying("64967.49")).ask()) == "underlying_has_not_moved"


def test_an_underlying_that_rose_since_denies_down():
    assert rule(Lived(*underlying("65032.51")).ask(outcome="Down", token_id=DOWN)) == "underlying_has_not_moved"


def test_an_underlying_may_move_a_little_against_the_trade():
    assert rule(Lived(*underlying("64967.50")).ask()) == "approved"
    assert rule(Lived(*underlying("65032.50")).ask(outcome="Down", token_id=DOWN)) == "approved"


def test_an_underlying_that_moved_in_favour_is_welcome():
    assert rule(Lived(*underlying(66000)).ask()) == "approved"
    assert rule(Lived(*underlying(64000)).ask(outcome="Down", token_id=DOWN)) == "approved"


def test_an_edge_too_good_to_be_true_is_denied():
    assert rule(Lived().ask(fair_value=Decimal("0.81"))) == "edge_is_credible"
    assert rule(Lived().ask(gross_edge=Decimal("0.31"))) == "edge_is_credible"


def test_an_edge_too_good_on_risks_own_book_is_denied_whatever_the_opportunity_says():
    assert rule(Lived(*seeing(("0.29", 100))).ask()) == "edge_is_credible"


def test_an_edge_as_large_as_is_credible_passes():
    assert rule(Lived().ask(fair_value=Decimal("0.80"), gross_edge=Decimal("0.30"))) == "approved"


def test_a_limit_far_above_the_best_ask_is_denied():
    lived = Lived(*seeing(("0.44", 1), ("0.50", 100)))

    assert rule(lived.ask()) == "price_is_inside_collar"


def test_a_limit_at_the_edge_of_the_collar_passes():
    lived = Lived(*seeing(("0.45", 1), ("0.50", 100)))

    assert rule(lived.ask()) == "approved"


def test_a_limit_that_is_not_below_fair_value_is_denied():
    assert rule(Lived().ask(fair_value=Decimal("0.50"))) == "price_is_inside_collar"


def test_a_book_that_moved_away_is_denied():
    denial = Lived(*seeing(("0.51", 100))).ask()

    assert rule(denial) == "price_is_inside_collar"
    assert denial.detail == "best_ask=0.51 limit=0.50"


def test_a_book_without_offers_is_denied():
    assert rule(Lived(*seeing()).ask()) == "price_is_inside_collar"


def test_an_offer_for_nothing_is_no_offer():
    assert rule(Lived(*seeing(("0", 100), ("0.50", 100))).ask()) == "price_is_inside_collar"


@pytest.mark.parametrize(
    "world",
    [
        seeing(("0.495", 100)),
        seeing(("0.495", 100), tick=Decimal("0.005")),
        seeing(("0.495", 100), market=a_market(tick=Decimal("0.005"))),
        seeing(("0.50", 100), tick=Decimal(0)),
    ],
)
def test_a_limit_off_the_tick_is_denied(world):
    assert rule(Lived(*world).ask()) == "price_is_on_tick"


def test_a_limit_on_a_finer_tick_passes():
    fine = Decimal("0.005")

    assert rule(Lived(*seeing(("0.495", 100), market=a_market(tick=fine), tick=fine)).ask()) == "approved"


def test_a_price_outside_the_ticks_range_is_denied():
    cheap = {"fair_value": Decimal("0.2"), "limit": Decimal("0.05"), "gross_edge": Decimal("0.15")}
    tenth = {"market": a_market(tick=Decimal("0.1")), "tick": Decimal("0.1")}

    assert rule(Lived(*seeing(("0.05", 200), **tenth)).ask(**cheap)) == "price_is_on_tick"


def test_an_order_that_cannot_be_represented_is_denied():
    fine = Decimal("0.0001")
    world = seeing(("0.4999", 1000), market=a_market(tick=fine), tick=fine)

    denial = Lived(*world).ask()

    assert rule(denial) == "amounts_are_representable"  # Whole cents would take a hundred shares.


def test_an_order_is_rounded_down_to_what_can_be_represented():
    fine = Decimal("0.0001")
    world = seeing(("0.4996", 1000), market=a_market(tick=fine), tick=fine)

    order = Lived(*world, trade_size_usd="15").ask()

    assert isinstance(order, OrderApproved)
    assert order.quantity == 25  # At 0.4996 whole cents take a multiple of 25 shares, and 15 dollars would buy 28.
    assert order.maker_amount == 12_490_000


def test_less_than_the_minimum_on_offer_is_denied():
    assert rule(Lived(*seeing(("0.50", "4.99"))).ask()) == "size_is_at_least_minimum"


def test_the_minimum_on_offer_is_enough():
    order = Lived(*seeing(("0.50", 5))).ask()

    assert rule(order) == "approved"
    assert order.quantity == 5


def test_less_than_a_dollars_worth_is_denied():
    world = seeing(("0.10", 9), market=a_market(size_min=Decimal(5)))
    cheap = {"fair_value": Decimal("0.2"), "limit": Decimal("0.10"), "gross_edge": Decimal("0.10")}

    assert rule(Lived(*world).ask(**cheap)) == "size_is_at_least_minimum"


def test_a_dollars_worth_is_enough():
    world = seeing(("0.10", 10), market=a_market(size_min=Decimal(5)))
    cheap = {"fair_value": Decimal("0.2"), "limit": Decimal("0.10"), "gross_edge": Decimal("0.10")}

    assert rule(Lived(*world).ask(**cheap)) == "approved"


def test_a_fee_that_is_not_the_markets_own_is_denied():
    assert rule(Lived().ask(fee=FEE.model_copy(update={"exponent": 2}))) == "edge_holds"


def test_an_edge_that_is_gone_on_risks_own_book_is_denied():
    # 0.60 less 0.50, the fee of 0.0175 and a margin of 0.0626 leaves less than 0.02.
    assert rule(Lived().ask(margin=Decimal("0.0626"))) == "edge_holds"


def test_an_edge_of_exactly_the_minimum_holds():
    assert rule(Lived().ask(margin=Decimal("0.0625"))) == "approved"


def test_an_edge_inside_the_uncertainty_is_no_edge_whatever_margin_is_claimed():
    assert rule(Lived().ask(margin=Decimal(0), uncertainty=Decimal("0.0626"))) == "edge_holds"


def test_slippage_of_more_than_half_the_edge_is_denied():
    world = seeing(("0.50", 1), ("0.55", 100))
    wide = {
        "limit": Decimal("0.55"),
        "fair_value": Decimal("0.615"),
        "margin": Decimal("0.001"),
        "uncertainty": Decimal(0),
    }

    denial = Lived(*world, trade_size_usd="8", min_edge="0").ask(**wide)

    assert rule(denial) == "edge_holds"
    assert denial.detail.startswith("slippage")


def test_slippage_within_half_the_edge_passes():
    world = seeing(("0.50", 5), ("0.55", 100))
    wide = {
        "limit": Decimal("0.55"),
        "fair_value": Decimal("0.62"),
        "margin": Decimal("0.001"),
        "uncertainty": Decimal(0),
    }

    order = Lived(*world, trade_size_usd="8").ask(**wide)

    assert rule(order) == "approved"
    assert order.limit == Decimal("0.55")


def test_an_approved_limit_is_the_worst_level_that_is_walked_and_no_worse():
    deep = Lived(*seeing(("0.49", 3), ("0.50", 100)))
    shallow = Lived(*seeing(("0.49", 30), ("0.50", 100)))

    assert deep.ask().limit == Decimal("0.50")
    assert shallow.ask().limit == Decimal("0.49")


def test_an_order_never_reaches_above_the_opportunitys_limit():
    order = Lived(*seeing(("0.49", 6), ("0.50", 100))).ask(limit=Decimal("0.49"))

    assert order.limit == Decimal("0.49")
    assert order.quantity == 6


def test_the_ticks_of_approved_orders_are_the_books():
    order = Lived().ask()

    assert is_on_tick(order.limit, order.tick)
    assert order.approved_at == NOON
