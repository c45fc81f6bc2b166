"""Controls on what is asked, when, and of which market: each tripped, and each passed just inside."""

from decimal import Decimal

import pytest

from builders import DOWN, FEE, NOON, UP, a_book, a_market, a_price, after, an_approval, an_opportunity
from common.clock import Instant, later
from common.contracts.control import HaltRequested
from unit.risk.risk_builders import Lived, rule


def test_an_opportunity_within_every_limit_is_approved():
    assert rule(Lived().ask()) == "approved"


def test_an_opportunity_that_expired_is_denied():
    assert rule(Lived().ask(now=Instant(after(1) + 1))) == "opportunity_is_valid"


def test_an_opportunity_may_be_taken_until_it_expires():
    assert rule(Lived().ask(now=after(1))) == "approved"


def test_an_opportunity_from_the_future_is_denied():
    ahead = Instant(later(NOON, ms=500) + 1)

    assert rule(Lived().ask(found_at=ahead)) == "opportunity_is_valid"


def test_a_clock_that_is_ahead_within_bounds_is_tolerated():
    assert rule(Lived().ask(found_at=later(NOON, ms=500))) == "approved"


def test_the_same_offer_under_another_name_is_denied_within_the_window():
    lived = Lived()
    lived.ask(event_id="first")

    assert rule(lived.ask(event_id="second", now=later(NOON, ms=999))) == "not_a_repeat"


def test_the_same_offer_may_be_taken_again_after_the_window():
    lived = Lived()
    lived.ask(event_id="first")

    assert rule(lived.ask(event_id="second", now=later(NOON, ms=1000))) == "approved"


@pytest.mark.parametrize(
    "change", [{"book_at": after(0.1)}, {"limit": Decimal("0.51")}, {"outcome": "Down", "token_id": DOWN}]
)
def test_another_offer_is_not_a_repeat(change):
    lived = Lived(a_market(), a_book(), a_book(token_id=DOWN), a_price())
    lived.ask(event_id="first")

    assert rule(lived.ask(event_id="second", **change)) == "approved"


def test_an_offer_that_was_denied_is_no_repeat():
    lived = Lived()
    assert rule(lived.ask(event_id="first", fee=FEE.model_copy(update={"rate": Decimal("0.05")}))) == "edge_holds"

    assert rule(lived.ask(event_id="second")) == "approved"


def test_a_halt_denies_everything():
    lived = Lived()
    lived.tell(HaltRequested(reason="lunch", at=NOON))

    denial = lived.ask()

    assert rule(denial) == "trading_is_active"
    assert "lunch" in denial.detail


def test_while_exposure_is_being_reduced_nothing_is_bought():
    denial = Lived(reduce_only=True).ask()

    assert rule(denial) == "trading_is_active"
    assert "REDUCING" in denial.detail


def _ask_often(lived, count, every_s=0.1):
    return [
        rule(lived.ask(event_id=f"o{n}", book_at=Instant(NOON + n), now=after(n * every_s), valid_until=after(90)))
        for n in range(count)
    ]


def test_one_order_too_many_within_a_minute_is_denied():
    lived = Lived(orders_per_minute_max=3, trade_size_usd="3")

    assert _ask_often(lived, 4) == ["approved", "approved", "approved", "message_rate_is_low"]


def test_orders_are_counted_within_a_minute_only():
    lived = Lived(a_market(), a_book(), a_price(), orders_per_minute_max=3, trade_size_usd="3")
    _ask_often(lived, 3, every_s=0)
    lived.gate.observe(a_book(received_at=after(60)))
    lived.gate.observe(a_price(received_at=after(60)))

    assert rule(lived.ask(event_id="later", now=Instant(after(60) - 1), valid_until=after(90))) == "message_rate_is_low"
    assert rule(lived.ask(event_id="later still", now=after(60), valid_until=after(90))) == "approved"


def test_one_open_order_too_many_is_denied():
    lived = Lived(open_orders_max=2, trade_size_usd="3")

    assert _ask_often(lived, 3) == ["approved", "approved", "open_orders_are_few"]


def test_orders_that_ended_are_not_open():
    lived = Lived(open_orders_max=2, trade_size_usd="3")
    lived.trade(event_id="one")
    lived.trade(event_id="two", book_at=after(0.1))

    assert rule(lived.ask(event_id="three", book_at=after(0.2))) == "approved"


MARKETS_NOT_ALLOWED = {
    "market=unknown": ([], {}),
    "resolved": ([a_market(change="resolved", winner="Up")], {}),
    "accepting_orders=no": ([a_market(accepting_orders=False)], {}),
    "rule=unknown": ([a_market(rule=None)], {}),
    "fee=unknown": ([a_market(fee=None)], {}),
    "untradable=the fee cannot be read": ([a_market(untradable_reason="the fee cannot be read")], {}),
    "starts_in_ms=1": ([a_market(starts_at=later(NOON, ms=1))], {}),
    "ends_in_ms=1999 min=2000": ([a_market(ends_at=later(NOON, ms=1999))], {}),
    "symbol=SOL": ([a_market(symbol="SOL")], {"symbol": "SOL"}),
    "symbol=ETH": ([a_market()], {"symbol": "ETH"}),
    "venue=kalshi": ([a_market(venue="kalshi")], {"venue": "kalshi"}),
    "venue=elsewhere": ([a_market()], {"venue": "elsewhere"}),
    f"token={DOWN} expected={UP}": ([a_market()], {"token_id": DOWN}),
    f"token=3 expected={UP}": ([a_market()], {"token_id": "3"}),
}


@pytest.mark.parametrize("detail", MARKETS_NOT_ALLOWED)
def test_a_market_that_may_not_be_traded_is_denied_and_the_detail_says_why(detail):
    markets, changes = MARKETS_NOT_ALLOWED[detail]
    lived = Lived(*markets, a_price(), a_price(symbol="ETH"), a_price(symbol="SOL"), a_book(), a_book(token_id="3"))

    denial = lived.ask(**changes)

    assert rule(denial) == "market_is_allowed"
    assert denial.detail == detail


@pytest.mark.parametrize("change", [{"starts_at": NOON}, {"ends_at": later(NOON, ms=2000)}])
def test_a_market_is_open_from_its_start_until_its_close_guard(change):
    assert rule(Lived(a_market(**change), a_book(), a_price()).ask()) == "approved"


def test_a_market_is_judged_by_the_newest_that_is_known_of_it():
    lived = Lived()
    lived.gate.observe(a_market(accepting_orders=False, observed_at=after(1)))
    lived.gate.observe(a_market(observed_at=after(0.5)))

    assert rule(lived.ask()) == "market_is_allowed"


def test_an_unknown_price_is_denied():
    assert rule(Lived(a_market(), a_book(), a_price(symbol="ETH")).ask()) == "price_is_fresh"


def test_a_stale_price_is_denied_whatever_the_opportunity_says():
    lived = Lived(a_market(), a_price(), a_book(received_at=after(3)))

    denial = lived.ask(now=Instant(after(2) + 1), valid_until=after(9), price_at=after(2))

    assert rule(denial) == "price_is_fresh"


def test_a_price_of_the_greatest_age_is_fresh():
    assert rule(Lived().ask(now=after(2), valid_until=after(9))) == "approved"


def test_a_price_from_the_future_is_not_fresh():
    lived = Lived(a_market(), a_book(), a_price(received_at=Instant(later(NOON, ms=500) + 1)))

    assert rule(lived.ask()) == "price_is_fresh"


def test_an_unknown_book_is_denied():
    assert rule(Lived(a_market(), a_price(), a_book(token_id=DOWN)).ask()) == "book_is_fresh"


def test_a_book_of_another_market_is_denied():
    assert rule(Lived(a_market(), a_price(), a_book(market_id="another")).ask()) == "book_is_fresh"


def test_a_stale_book_is_denied_whatever_the_opportunity_says():
    lived = Lived(a_market(), a_book(), a_price(received_at=after(5)))

    denial = lived.ask(now=Instant(after(5) + 1), valid_until=after(9), book_at=after(5))

    assert rule(denial) == "book_is_fresh"


def test_a_book_of_the_greatest_age_is_fresh():
    lived = Lived(a_market(), a_book(), a_price(received_at=after(5)))

    assert rule(lived.ask(now=after(5), valid_until=after(9))) == "approved"


def test_an_older_book_never_replaces_a_newer_one():
    lived = Lived(a_market(), a_price(received_at=after(5)), a_book(received_at=after(5)), a_book())

    assert rule(lived.ask(now=Instant(after(5) + 1), valid_until=after(9))) == "approved"


def test_a_resolved_market_takes_its_books_along():
    lived = Lived(a_market(), a_book(), a_price(), a_market(change="resolved", winner="Up", observed_at=after(1)))

    assert lived.gate.sight.book(UP) is None


def test_an_approval_in_another_market_says_nothing_of_this_one():
    lived = Lived()
    lived.gate.observe(an_approval(market_id="another", order_id="other", opportunity_id="other"))

    assert rule(lived.tell(an_opportunity())) == "approved"
