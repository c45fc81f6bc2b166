"""The amounts that are signed: their ratio is the limit itself, in as many decimals as the venue takes."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from builders import an_approval
from executor.core.amounts import amounts
from risk.core.amounts import whole_lots
from simulator.exchange.identity.signed_order import SignedOrder
from simulator.exchange.intake.amounts import priced
from simulator.matching.values import TICKS_E4, OrderType, Side

TICKS = {"0.1": 3, "0.01": 4, "0.005": 5, "0.0025": 6, "0.001": 5, "0.0001": 6}
SHARES = st.decimals(min_value="0.0001", max_value=100_000, places=8)


@st.composite
def limits(draw):
    """A tick of the venue's and a price on it."""
    tick = Decimal(draw(st.sampled_from(sorted(TICKS))))
    return tick * draw(st.integers(1, int(1 / tick) - 1)), tick


def made(side, limit, shares, order_type, tick):
    try:
        return amounts(side, limit, shares, order_type, tick)
    except ValueError:
        return None


def decimals(amount_e6):
    return max(0, -Decimal(amount_e6).scaleb(-6).normalize().as_tuple().exponent)


@given(limits(), st.sampled_from(["BUY", "SELL"]), st.sampled_from(["FAK", "FOK", "GTC", "GTD"]), SHARES)
def test_the_ratio_is_the_limit_and_no_more_is_spent_or_asked_for_than_was_meant(priced_at, side, order_type, shares):
    limit, tick = priced_at
    found = made(side, limit, shares, order_type, tick)
    assume(found)
    dollars, size = (found.maker, found.taker) if side == "BUY" else (found.taker, found.maker)

    assert Fraction(dollars, size) == Fraction(limit)
    assert 0 < size <= shares * 1_000_000
    assert dollars <= limit * shares * 1_000_000


@given(limits(), st.sampled_from(["BUY", "SELL"]), st.sampled_from(["FAK", "FOK"]), SHARES)
def test_an_order_that_never_rests_gives_two_decimals_and_asks_for_four(priced_at, side, order_type, shares):
    limit, tick = priced_at
    found = made(side, limit, shares, order_type, tick)
    assume(found)

    assert decimals(found.maker) <= 2
    assert decimals(found.taker) <= 4


@given(limits(), st.sampled_from(["BUY", "SELL"]), st.sampled_from(["GTC", "GTD"]), SHARES)
def test_an_order_that_may_rest_loses_nothing_but_what_is_beyond_a_hundredth_of_a_share(
    priced_at, side, order_type, shares
):
    limit, tick = priced_at
    found = made(side, limit, shares, order_type, tick)
    if found is None:
        assert shares < Decimal("0.01")
        return
    dollars, size = (found.maker, found.taker) if side == "BUY" else (found.taker, found.maker)

    assert size == int(shares * 100) * 10_000
    assert decimals(dollars) <= TICKS[str(tick.normalize())]


@given(limits(), st.sampled_from(list(Side)), st.sampled_from(list(OrderType)), SHARES)
def test_the_simulated_exchange_reads_the_very_limit_from_them(priced_at, side, order_type, shares):
    limit, tick = priced_at
    found = made(side.value, limit, shares, order_type.value, tick)
    assume(found)
    order = SignedOrder(1, "0x", "0x", "1", found.maker, found.taker, side, 0, 1, b"", b"", b"")

    read = priced(order, order_type, TICKS_E4[str(tick.normalize())], "0x")
    assert (read.price_e4, read.words) == (int(limit * 10_000), "")


@given(limits(), st.decimals(min_value=1, max_value=10_000, places=2))
def test_what_risk_has_sized_is_signed_unchanged(priced_at, shares):
    limit, tick = priced_at
    quantity = whole_lots(shares, limit)
    assume(quantity)

    found = amounts("BUY", limit, quantity, "FAK", tick)
    assert (found.maker, found.taker) == (limit * quantity * 1_000_000, quantity * 1_000_000)


def test_the_amounts_of_an_approval_are_found_again():
    approval = an_approval()
    found = amounts(approval.side, approval.limit, approval.quantity, approval.order_type, approval.tick)
    assert (found.maker, found.taker) == (approval.maker_amount, approval.taker_amount)


@pytest.mark.parametrize(
    ("limit", "tick", "shares", "expected"),
    [
        ("0.51", "0.01", "9.99", (4_590_000, 9_000_000)),
        ("0.5", "0.01", "9.999", (4_990_000, 9_980_000)),
        ("0.985", "0.001", "10.131979", (9_850_000, 10_000_000)),
        ("0.5001", "0.0001", "250", (100_020_000, 200_000_000)),
        ("0.8", "0.1", "1.2345", (980_000, 1_225_000)),
    ],
)
def test_a_purchase_at_the_market_goes_in_steps_that_the_limit_can_express(limit, tick, shares, expected):
    found = amounts("BUY", Decimal(limit), Decimal(shares), "FAK", Decimal(tick))
    assert (found.maker, found.taker) == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit": "0.505"}, "limit: expected a multiple of 0.01 from 0.01 to 1 - 0.01, found 0.505"),
        ({"limit": "0"}, "limit: expected a multiple"),
        ({"limit": "1"}, "limit: expected a multiple"),
        ({"limit": "NaN"}, "limit: expected a multiple"),
        ({"limit": "0.51", "shares": "0.99"}, "shares: expected at least 1 to be exact at 0.51, found 0.99"),
        (
            {"limit": "0.5001", "tick": "0.0001", "shares": "99.99"},
            "shares: expected at least 100 to be exact at 0.5001",
        ),
        ({"shares": "0"}, "shares: expected more than 0"),
        ({"shares": "-1"}, "shares: expected more than 0"),
        ({"shares": "Infinity"}, "shares: expected more than 0"),
        ({"shares": "NaN"}, "shares: expected more than 0"),
        ({"shares": "1e10"}, "at most 1000000000, found 1E"),
        ({"tick": "0.02"}, "tick: expected one of 0.1, 0.01, 0.005, 0.0025, 0.001, 0.0001, found 0.02"),
        ({"tick": "0"}, "tick: expected one of"),
        ({"order_type": "IOC"}, "order type: expected one of FAK, FOK, GTC, GTD, found 'IOC'"),
        ({"side": "buy"}, "side: expected one of BUY, SELL, found 'buy'"),
    ],
)
def test_what_cannot_be_expressed_is_refused_and_says_why(changes, words):
    fields = {"side": "BUY", "limit": "0.50", "shares": "10", "order_type": "FAK", "tick": "0.01"} | changes
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace("+", r"\+")):
        amounts(
            fields["side"], Decimal(fields["limit"]), Decimal(fields["shares"]), fields["order_type"],
            Decimal(fields["tick"]),
        )  # fmt: skip
