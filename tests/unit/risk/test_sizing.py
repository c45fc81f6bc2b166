"""How much is bought: what sizing wants, cut to fit, and what the venue can represent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_book, a_market, a_price
from common.contracts.risk import OrderApproved
from common.contracts.venue import FeeSchedule
from common.money import Price, Shares, Usd, notional, taker_fee
from risk.core import amounts
from unit.risk.risk_builders import Lived, rule

LOOSE = {
    "position_limit": "9", "underlying_limit": "9", "venue_limit": "9", "total_limit": "9", "daily_loss_limit": "9",
    "drawdown_limit": "9", "trade_size_usd_max": "9999", "loss_per_trade_usd_max": "9999",
}  # fmt: skip
PRICES = st.integers(1, 9999).map(lambda n: Price(Decimal(n) / 10_000))


def asks(*levels):
    return a_market(), a_price(), a_book(asks=tuple((Decimal(price), Decimal(size)) for price, size in levels))


def test_fixed_sizing_spends_the_same_with_its_fee():
    order = Lived(trade_size_usd="10").ask()

    assert order.quantity == Decimal("19.32")  # 10 / 0.5175, in steps of two hundredths
    assert order.cost_max == Decimal("9.66") + Decimal("0.3381")


def test_half_kelly_spends_half_of_what_makes_the_bankroll_grow_most():
    order = Lived(sizing="half_kelly", **LOOSE).ask()

    # (0.59 - 0.5175) / (1 - 0.5175) / 2 of 200 dollars, at 0.5175 a share
    assert order.quantity == Decimal("29.02")


def test_half_kelly_spends_less_of_a_smaller_bankroll_and_nothing_without_an_edge():
    small = Lived(sizing="half_kelly", initial_bankroll="100", **LOOSE)
    none = Lived(sizing="half_kelly", min_edge="0", **LOOSE)

    assert small.ask().quantity == Decimal("14.50")
    assert rule(none.ask(uncertainty=Decimal("0.09"))) == "size_is_at_least_minimum"


def test_an_order_takes_no_more_than_the_opportunity_offers():
    assert Lived().ask(quantity=Decimal("7.5")).quantity == Decimal("7.50")


def test_an_order_takes_no_more_than_the_book_offers():
    assert Lived(*asks(("0.50", "6.01"))).ask().quantity == Decimal("6.00")


def test_an_order_reaches_as_deep_as_its_money_does():
    order = Lived(*asks(("0.46", 3), ("0.48", 3), ("0.50", 100)), trade_size_usd="4").ask()

    assert order.limit == Decimal("0.50")
    assert order.quantity == Decimal("7.72")  # 4 / 0.5175 at the worst level
    walked = Decimal("0.46") * 3 + Decimal("0.48") * 3 + Decimal("0.50") * Decimal("1.72")
    assert order.expected_edge == pytest.approx(
        Decimal("0.60") - walked / order.quantity - order.expected_fee / order.quantity - Decimal("0.01"),
        abs=Decimal("0.000001"),
    )


def test_an_order_prefers_more_shares_to_a_lower_limit():
    order = Lived(*asks(("0.47", 6), ("0.48", 100))).ask()

    assert (order.limit, order.quantity) == (Decimal("0.48"), Decimal("10.00"))


@given(PRICES, st.integers(0, 10**9))
def test_whole_lots_are_always_representable_and_never_more(limit, millionths):
    wanted = Decimal(millionths) / 10**6
    quantity = amounts.whole_lots(wanted, limit)

    assert quantity <= wanted < quantity + amounts.lot(limit)
    assert amounts.is_representable(notional(limit, quantity), quantity)


@given(PRICES, st.integers(1, 50))
def test_no_smaller_step_is_representable(limit, step):
    smaller = Shares(amounts.lot(limit) - step * Decimal("0.01"))

    if smaller > 0:
        assert not amounts.is_representable(notional(limit, smaller), smaller)


@pytest.mark.parametrize(
    ("limit", "step"), [("0.50", "0.02"), ("0.51", 1), ("0.515", 2), ("0.4999", 100), ("0.25", "0.04")]
)
def test_the_steps_that_the_prices_of_markets_allow(limit, step):
    assert amounts.lot(Price(Decimal(limit))) == Decimal(step)


@given(PRICES, st.integers(5, 500), st.lists(PRICES, min_size=1, max_size=5), st.integers(1, 3), st.integers(0, 10))
def test_no_way_of_spending_an_orders_dollars_costs_more_than_its_worst_case(limit, quantity, fills, exponent, percent):
    fee = FeeSchedule(rate=Decimal(percent) / 100, exponent=exponent, taker_only=True)
    dollars = notional(limit, Shares(Decimal(quantity)))
    spent = Decimal(0)
    for price in (min(price, limit) for price in fills):
        share = dollars / len(fills)
        spent += share + taker_fee(price, Shares(share / price), fee.rate, fee.exponent)

    assert spent <= fee.worst_cost(dollars, Price(Decimal("0.0001"))) + Decimal("0.0000001")


def test_a_fee_that_does_not_shrink_with_the_price_is_bounded_by_the_tick():
    flat = FeeSchedule(rate=Decimal("0.01"), exponent=0, taker_only=True)

    assert flat.worst_cost(Usd(Decimal(1)), Price(Decimal("0.01"))) == 2
    assert flat.worst_cost(Usd(Decimal(1)), Price(Decimal(0))) > 1


LEVELS = st.lists(st.tuples(st.integers(1, 98), st.integers(1, 3000)), min_size=1, max_size=6)


@given(LEVELS, st.integers(1, 99), st.integers(100, 5000), st.sampled_from(["fixed", "half_kelly"]))
def test_every_approved_order_is_one_that_the_venue_takes(levels, limit, cents, sizing):
    book = sorted({Decimal(price) / 100: Decimal(size) / 10 for price, size in levels}.items())
    lived = Lived(
        *asks(*book),
        sizing=sizing,
        trade_size_usd=Decimal(cents) / 100,
        credible_edge_max="1",
        price_collar="1",
        min_edge="0",
    )
    fair = min(Decimal(limit) / 100 + Decimal("0.10"), Decimal(1))

    order = lived.ask(limit=Decimal(limit) / 100, fair_value=fair, gross_edge=Decimal("0.1"), quantity=Decimal(1000))

    if not isinstance(order, OrderApproved):
        return
    depth = sum(size for price, size in book if price <= order.limit)
    assert order.limit in dict(book)
    assert order.limit <= Decimal(limit) / 100
    assert 5 <= order.quantity <= depth
    assert order.maker_amount == order.limit * order.quantity * 10**6
    assert order.maker_amount % 10_000 == 0
    assert order.maker_amount >= 10**6
    assert order.taker_amount == order.quantity * 10**6
    assert order.taker_amount % 100 == 0
    assert order.cost_max <= 20
    assert order.expected_edge >= 0
