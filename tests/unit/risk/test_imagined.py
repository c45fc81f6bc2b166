"""What the gate makes up to rehearse by: an opportunity on a book that was heard lately, as it would come now."""

from decimal import Decimal

import pytest

from builders import NOON, a_book, a_market, a_price, after
from common.contracts.risk import OrderApproved
from risk.core.imagined import NAME
from unit.risk.risk_builders import Lived


def test_it_is_found_now_on_the_book_that_was_heard_last_and_would_be_approved_of():
    lived = Lived()
    made_up = lived.gate.imagine(after(1))
    book, market = a_book(), a_market()
    assert (made_up.event_id, made_up.strategy) == (NAME, NAME)
    assert (made_up.market_id, made_up.token_id, made_up.limit) == (book.market_id, book.token_id, book.asks[0][0])
    assert (made_up.found_at, made_up.ends_at) == (after(1), market.ends_at)
    assert isinstance(lived.gate.decide(made_up, after(1)), OrderApproved)


def test_it_goes_with_the_world_however_long_ago_the_last_real_one_was():
    lived = Lived()
    assert lived.ask() is not None
    later, moved = 3600, a_market(market_id="0xlater", starts_at=after(3500), ends_at=after(3900), event_id="later")
    for event in (
        moved, a_book(market_id="0xlater", source_at=after(later), received_at=after(later)),
        a_price(price=Decimal(71000), source_at=after(later), received_at=after(later)),
    ):  # fmt: skip
        lived.tell(event, after(later))
    made_up = lived.gate.imagine(after(later))
    assert (made_up.market_id, made_up.underlying_price) == ("0xlater", 71000)
    assert isinstance(lived.gate.decide(made_up, after(later)), OrderApproved)


def test_it_is_found_among_the_books_of_many_markets_that_have_not_begun():
    lived = Lived()
    for number in range(20):
        name = f"0xnext{number}"
        for event in (
            a_market(market_id=name, event_id=name, starts_at=after(300), ends_at=after(600)),
            a_book(market_id=name, token_id=f"{name}up"), a_book(market_id=name, token_id=f"{name}down"),
        ):  # fmt: skip
            lived.tell(event, NOON)
    assert lived.gate.imagine(after(1)).market_id == a_market().market_id


@pytest.mark.parametrize(
    "world",
    [
        (a_market(), a_price()), (a_book(), a_price()), (a_market(), a_book()),
        (a_market(starts_at=after(60)), a_book(), a_price()), (a_market(), a_book(asks=()), a_price()),
        (a_market(), a_book(asks=((Decimal("0.99"), Decimal(10)),)), a_price()),
    ],
    ids=["no book", "no market", "no price", "not begun", "no offer", "too dear"],
)  # fmt: skip
def test_where_no_book_allows_for_one_there_is_none(world):
    assert Lived(*world).gate.imagine(NOON) is None


def test_a_real_one_is_decided_as_if_none_had_been_made_up():
    lived, twin = Lived(open_orders_max=10, repeat_window_ms=0), Lived(open_orders_max=10, repeat_window_ms=0)
    for number in range(3):
        assert isinstance(lived.gate.decide(lived.gate.imagine(NOON), NOON), OrderApproved)
        assert lived.ask(event_id=f"o{number}") == twin.ask(event_id=f"o{number}")
    assert lived.gate.exposure.total == twin.gate.exposure.total
