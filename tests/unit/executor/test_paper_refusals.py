"""What the paper venue turns away, in production's words."""

from decimal import Decimal

import pytest

from builders import a_market
from unit.executor.paper_builders import a_venue, book, brief, ms, order

NO_BOOK = "100 rejected no_orderbook: No orderbook exists for the requested token id"
NOT_READY = "100 rejected market_not_ready: the market is not yet ready to process new orders"
PRECISION = (
    "100 rejected invalid_amounts: invalid amounts, the market buy orders maker amount supports a max accuracy of "
    "2 decimals, taker amount a max of 4 decimals"
)


def answer(approval, *, market=None, post_only=False):
    venue = a_venue(book((0.50, 100), (0.505, 100)), market=market)
    venue.submit(approval, ms(0), post_only=post_only)
    return brief(venue.due(ms(100)))


@pytest.mark.parametrize(
    ("market", "words"),
    [
        ({"accepting_orders": False}, NOT_READY),
        ({"fee": None}, NOT_READY),
        ({"winner": "Up", "change": "resolved"}, NO_BOOK),
        ({"ends_at": ms(100)}, NO_BOOK),
        ({"market_id": "0xother"}, NO_BOOK),
    ],
)
def test_a_market_that_takes_no_orders_says_so(market, words):
    assert answer(order(), market=a_market(**market)) == [words]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit": "0.505"}, "breaks_tick_size: Price (0.505) breaks minimum tick size rule: 0.01"),
        ({"quantity": 4}, "below_minimum_size: Size (4) lower than the minimum: 5"),
    ],
)
def test_an_order_off_the_grid_is_rejected(changes, words):
    assert answer(order(**changes)) == [f"100 rejected {words}"]


@pytest.mark.parametrize("order_type", ["FAK", "FOK", "GTC"])
def test_a_marketable_buy_below_a_dollar_is_rejected(order_type):
    venue = a_venue(book((0.10, 100), bids=((0.05, 1),)))
    venue.submit(order(5, "0.10", order_type=order_type), ms(0))

    assert brief(venue.due(ms(100))) == [
        "100 rejected below_minimum_amount: invalid amount for a marketable BUY order ($0.5), min size: $1"
    ]


def test_a_marketable_buy_of_a_dollar_is_taken():
    venue = a_venue(book((0.20, 100), bids=((0.05, 1),)))
    venue.submit(order(5, "0.20"), ms(0))

    assert brief(venue.due(ms(100))) == ["100 accepted"]


@pytest.mark.parametrize(
    ("amounts", "is_taken"),
    [
        ({"maker_amount": 5_000_000, "taker_amount": 10_000_000}, True),
        ({"maker_amount": 5_010_000, "taker_amount": 10_000_100}, True),
        ({"maker_amount": 5_001_000, "taker_amount": 10_000_000}, False),
        ({"maker_amount": 5_000_000, "taker_amount": 10_000_010}, False),
    ],
)
def test_the_amounts_of_a_market_buy_have_two_and_four_decimals(amounts, is_taken):
    assert answer(order(**amounts)) == (["100 accepted"] if is_taken else [PRECISION])


def test_an_order_that_rests_may_have_finer_amounts():
    assert answer(order(order_type="GTC", maker_amount=5_001_000)) == ["100 accepted"]


def test_a_post_only_order_that_crosses_is_rejected():
    assert answer(order(order_type="GTC"), post_only=True) == [
        "100 rejected post_only_would_cross: invalid post-only order: order crosses book"
    ]


def test_a_post_only_order_that_does_not_cross_rests():
    assert answer(order(order_type="GTC", limit="0.49"), post_only=True) == ["100 accepted"]


@pytest.mark.parametrize("order_type", ["FAK", "FOK"])
def test_an_order_cannot_be_both_immediate_and_post_only(order_type):
    with pytest.raises(ValueError, match="expected an order that may rest"):
        a_venue().submit(order(order_type=order_type), ms(0), post_only=True)


def test_the_minimum_is_the_markets_own():
    assert answer(order(4), market=a_market(size_min=Decimal(4), taker_delay_ms=150)) == ["100 accepted"]
