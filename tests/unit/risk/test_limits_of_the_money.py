"""Controls on size, exposure, cash and loss: each tripped, and each passed with not a cent to spare."""

from decimal import Decimal

import pytest

from builders import DOWN, MARKET, NOON, a_book, a_fill, a_market, a_price, a_settlement, after
from common.clock import SECOND, Instant
from common.contracts.executor import FillConfirmed, FillFailed
from unit.risk.risk_builders import (
    LEAST_COST,
    Lived,
    accepted,
    cancelled,
    completed,
    limits,
    lost,
    refused,
    rejected,
    rule,
    the_fill_of,
)

LEAST_SHARE = LEAST_COST / 200
HAIR = Decimal("0.000001")
WIDE = {"position_limit": "9", "underlying_limit": "9", "venue_limit": "9", "total_limit": "9"}
LOOSE = {"daily_loss_limit": "9", "drawdown_limit": "9"}


def test_too_many_shares_are_denied():
    many = Lived(a_market(size_min=Decimal(501)), a_book(asks=((Decimal("0.01"), Decimal(9000)),)), a_price())

    denial = many.ask(
        limit=Decimal("0.01"), fair_value=Decimal("0.1"), quantity=Decimal(9000), margin=Decimal("0.01"),
        gross_edge=Decimal("0.09"), event_id="many",
    )  # fmt: skip

    assert rule(denial) == "size_is_at_least_minimum"  # Five dollars buy 467.
    richer = Lived(
        a_market(size_min=Decimal(501)), a_book(asks=((Decimal("0.01"), Decimal(9000)),)), a_price(), trade_size_usd="9"
    )
    denial = richer.ask(
        limit=Decimal("0.01"), fair_value=Decimal("0.1"), quantity=Decimal(9000), gross_edge=Decimal("0.09")
    )
    assert rule(denial) == "order_quantity_is_small"


def test_an_order_shrinks_to_the_most_shares_that_are_allowed():
    order = Lived(order_shares_max="6").ask()

    assert rule(order) == "approved"
    assert order.quantity == 6


DOLLAR_LIMITS = {
    "trade_size_usd_max": "order_notional_is_small",
    "loss_per_trade_usd_max": "single_trade_loss_is_small",
}


@pytest.mark.parametrize("setting", DOLLAR_LIMITS)
def test_a_trade_that_cannot_shrink_within_its_dollars_is_denied(setting):
    assert rule(Lived(**{setting: LEAST_COST - HAIR}).ask()) == DOLLAR_LIMITS[setting]


@pytest.mark.parametrize("setting", DOLLAR_LIMITS)
def test_a_trade_shrinks_to_fit_its_dollars_with_the_fee(setting):
    order = Lived(**{setting: LEAST_COST}).ask()

    assert rule(order) == "approved"
    assert order.quantity == 5


BANKROLL_LIMITS = {
    "position_limit": "market_has_room",
    "underlying_limit": "underlying_has_room",
    "venue_limit": "venue_has_room",
    "total_limit": "account_has_room",
    "daily_loss_limit": "daily_loss_has_room",
    "drawdown_limit": "drawdown_has_room",
}


@pytest.mark.parametrize("setting", BANKROLL_LIMITS)
def test_an_order_that_cannot_shrink_within_a_share_of_the_bankroll_is_denied(setting):
    assert rule(Lived(**{setting: LEAST_SHARE - HAIR}).ask()) == BANKROLL_LIMITS[setting]


@pytest.mark.parametrize("setting", BANKROLL_LIMITS)
def test_an_order_shrinks_to_fit_a_share_of_the_bankroll(setting):
    order = Lived(**{setting: LEAST_SHARE}).ask()

    assert rule(order) == "approved"
    assert order.quantity == 5


def test_a_balance_that_does_not_cover_the_cost_is_denied():
    assert rule(Lived(initial_bankroll=LEAST_COST - HAIR, **WIDE, **LOOSE).ask()) == "balance_covers_cost"


def test_an_order_shrinks_to_the_last_of_the_balance():
    assert rule(Lived(initial_bankroll=LEAST_COST, **WIDE, **LOOSE).ask()) == "approved"


# Each order below is of 4.83 dollars at 0.50, which can cost 5.1681 with the highest fee.
COST = Decimal("5.1681")
FILLED = Decimal("4.99905")
"""The same, filled: 9.66 shares at 0.50, and their fee."""


def the_next(lived, n=2, **changes):
    return rule(lived.ask(event_id=f"o{n}", book_at=Instant(NOON + n), **changes))


USES = {
    "position_limit": "market_has_room",
    "underlying_limit": "underlying_has_room",
    "total_limit": "account_has_room",
}
NARROW = {"daily_loss_limit": "1", "drawdown_limit": "1"}


@pytest.mark.parametrize("setting", BANKROLL_LIMITS)
def test_a_reservation_uses_up_room(setting):
    just_enough = (COST + LEAST_COST) / 200
    fits, full = Lived(**{setting: just_enough}), Lived(**{setting: just_enough - HAIR})
    fits.ask()
    full.ask()

    assert the_next(fits) == "approved"
    assert the_next(full) == BANKROLL_LIMITS[setting]


@pytest.mark.parametrize("setting", BANKROLL_LIMITS)
def test_a_position_uses_up_room(setting):
    just_enough = (FILLED + LEAST_COST) / 200
    fits, full = Lived(**{setting: just_enough}), Lived(**{setting: just_enough - HAIR})
    fits.trade(event_id="one", book_at=Instant(NOON + 1))
    full.gate.observe(a_fill(quantity=Decimal("9.66"), fee=Decimal("0.16905")))

    assert the_next(fits) == "approved"
    assert the_next(full) == BANKROLL_LIMITS[setting]


@pytest.mark.parametrize("setting", BANKROLL_LIMITS)
@pytest.mark.parametrize("ending", [refused, rejected, cancelled])
def test_an_order_that_came_to_nothing_gives_its_room_back(setting, ending):
    lived = Lived(**{setting: (COST + HAIR) / 200})
    order = lived.ask()
    assert the_next(lived) == BANKROLL_LIMITS[setting]

    lived.tell(ending(order))

    assert the_next(lived, 3) == "approved"


@pytest.mark.parametrize("setting", BANKROLL_LIMITS)
def test_an_order_of_unknown_fate_keeps_its_room(setting):
    lived = Lived(**{setting: (COST + HAIR) / 200})
    order = lived.ask()
    lived.tell(lost(order))

    assert the_next(lived) == "market_has_no_unknown_order"
    lived.tell(accepted(order))
    assert the_next(lived, 3) == BANKROLL_LIMITS[setting]


def test_an_approval_that_nobody_answers_keeps_its_room_for_ever():
    lived = Lived(position_limit=(COST + HAIR) / 200)
    lived.ask()
    for event in (a_book(received_at=after(7200)), a_price(received_at=after(7200)), a_market(ends_at=after(9000))):
        lived.gate.observe(event)

    assert the_next(lived, now=after(7200), valid_until=after(7201)) == "market_has_room"


def test_a_partial_fill_turns_only_its_part_into_a_position():
    lived = Lived()
    order = lived.ask()

    lived.tell(the_fill_of(order, quantity=Decimal("4.66"), fee=Decimal("0.08155")))

    held = Decimal("2.33") + Decimal("0.08155")
    assert lived.gate.exposure.of_market(MARKET) == held + Decimal("2.50") * Decimal("1.07")


def test_other_markets_underlyings_and_venues_have_room_of_their_own():
    for setting, change in {
        "position_limit": {"market_id": "m2"},
        "underlying_limit": {"market_id": "m2", "symbol": "ETH"},
        "venue_limit": {"market_id": "m2", "venue": "elsewhere"},
    }.items():
        worlds = [a_market(), a_book(), a_price(), a_price(symbol="ETH")]
        other = [a_market(**change, up_token_id="3"), a_book(token_id="3", market_id="m2")]
        lived = Lived(*worlds, *other, **{setting: (COST + HAIR) / 200})
        lived.ask()

        assert the_next(lived) == BANKROLL_LIMITS[setting]
        assert the_next(lived, 3, token_id="3", **change) == "approved", setting


def test_a_position_in_a_market_that_nobody_knows_counts_against_every_underlying_and_venue():
    for setting in ("underlying_limit", "venue_limit"):
        lived = Lived(**{setting: (COST + HAIR) / 200})
        lived.gate.observe(a_fill(market_id="mystery"))

        assert the_next(lived) == BANKROLL_LIMITS[setting]


def test_the_two_outcomes_of_a_market_share_its_room():
    lived = Lived(a_market(), a_book(), a_price(), a_book(token_id=DOWN), position_limit=(COST + HAIR) / 200)
    lived.ask()

    assert the_next(lived, outcome="Down", token_id=DOWN) == "market_has_room"


def test_a_settlement_frees_exposure_and_books_its_profit():
    lived = Lived(position_limit=(COST + HAIR) / 200)
    lived.trade(event_id="one")
    assert the_next(lived) == "market_has_room"

    lived.tell(a_settlement())

    assert lived.gate.exposure.total == 0
    assert lived.gate.exposure.equity == Decimal(200) + Decimal("9.66") - FILLED


def test_losses_of_the_day_use_up_its_room_until_midnight_utc():
    lived = Lived(daily_loss_limit="0.05")
    lived.trade(event_id="one")
    lived.tell(a_settlement(winner="Down", at=after(1)))
    assert lived.gate.exposure.equity == Decimal(200) - FILLED
    midnight = Instant(NOON + 12 * 3600 * SECOND)
    for event in (a_book, a_price, a_market):
        at = (
            {"observed_at": midnight, "ends_at": Instant(midnight + 300 * SECOND)}
            if event is a_market
            else {"received_at": midnight}
        )
        lived.gate.observe(event(**at))

    late = {"valid_until": midnight, "found_at": midnight, "market_id": MARKET}
    today = lived.ask(event_id="today", now=Instant(midnight - 1), **late)
    tomorrow = lived.ask(event_id="tomorrow", now=midnight, **late, book_at=midnight)

    assert today.quantity == Decimal("9.34")  # Ten dollars less what was lost leave five, fee included.
    assert rule(tomorrow) == "approved"
    assert tomorrow.quantity < Decimal("9.35")  # What today's order may lose counts tomorrow as well.


def test_a_profit_makes_no_room_for_a_larger_loss():
    lived = Lived(daily_loss_limit=(LEAST_COST - HAIR) / Decimal(205))
    lived.gate.observe(a_fill(market_id="won", fee=Decimal(0)))
    lived.gate.observe(FillConfirmed(**_fill_event(market_id="won"), type="fill_confirmed"))
    lived.gate.observe(a_settlement(market_id="won"))
    assert lived.gate.exposure.equity == 205

    assert the_next(lived) == "daily_loss_has_room"


def test_a_profit_whose_fill_is_not_final_is_at_risk():
    lived = Lived()
    lived.gate.observe(a_fill())
    lived.gate.observe(a_settlement())
    assert lived.gate.exposure.at_risk == Decimal("4.825")
    assert lived.gate.exposure.free_cash == 200

    lived.gate.observe(FillFailed(**_fill_event(), type="fill_failed", reason="reorganised"))

    assert lived.gate.exposure.at_risk == 0
    assert lived.gate.exposure.equity == 200


def test_a_profit_that_turns_out_void_on_the_morrow_restates_the_day_it_was_booked_on():
    lived = Lived()
    today, tomorrow = after(12 * 3600 - 1), after(12 * 3600)
    lived.tell(a_fill())
    lived.tell(a_settlement(at=today))
    assert lived.gate.state("test", NOON, today).realised_today == Decimal("4.825")

    lived.tell(FillFailed(**_fill_event(at=tomorrow), type="fill_failed", reason="reverted"))

    assert lived.gate.state("test", NOON, today).realised_today == 0
    assert lived.gate.state("test", NOON, tomorrow).realised_today == 0


def test_cash_that_a_void_fill_would_take_back_is_not_spent():
    lived = Lived(initial_bankroll="8", trade_size_usd="20", **WIDE, **LOOSE)
    lived.tell(a_fill(fee=Decimal(0)))
    lived.tell(a_settlement())
    assert lived.gate.exposure.account.cash == 13

    assert lived.ask(event_id="now").quantity == Decimal("14.94")  # of the 8 dollars that are there whatever happens


def test_a_drawdown_uses_up_room_for_good():
    lived = Lived(drawdown_limit="0.03", trade_size_usd="3")
    lived.trade(event_id="one")
    lived.tell(a_settlement(winner="Down", at=after(1)))

    assert rule(lived.ask(event_id="two", book_at=after(1))) == "approved"
    assert the_next(lived, 3) == "drawdown_has_room"


def test_percentages_are_of_the_equity_that_is_left():
    rich = Lived(trade_size_usd="20", trade_size_usd_max="99", loss_per_trade_usd_max="99", **LOOSE)
    poor = Lived(
        initial_bankroll="100", trade_size_usd="20", trade_size_usd_max="99", loss_per_trade_usd_max="99", **LOOSE
    )

    assert rich.ask().quantity == Decimal("37.38")  # 20 dollars at 0.535 a share.
    assert poor.ask().quantity == Decimal("18.68")


def test_release_happens_exactly_once():
    lived = Lived()
    order, other = lived.ask(), lived.ask(event_id="o2", book_at=after(0.1))
    for _ in range(3):
        for ending in (refused, rejected, cancelled):
            lived.tell(ending(order))

    assert lived.gate.exposure.total == COST
    assert [r.order.order_id for r in lived.gate.exposure.reservations] == [other.order_id]


def test_an_order_is_reserved_exactly_once():
    lived = Lived()
    order = lived.ask()
    lived.gate.observe(order)
    assert lived.gate.exposure.total == COST

    lived.tell(cancelled(order))
    lived.gate.observe(order)

    assert lived.gate.exposure.total == 0


def test_a_fill_that_comes_after_the_cancel_is_still_reserved_for():
    lived = Lived()
    order = lived.ask()

    lived.tell(cancelled(order, filled=4))
    assert lived.gate.exposure.total == 4 * Decimal("0.50") * Decimal("1.07")

    lived.tell(the_fill_of(order, quantity=Decimal(4), fee=Decimal("0.07")))
    assert lived.gate.exposure.total == Decimal("2.07")
    assert len(lived.gate.exposure.reservations) == 0


def test_a_failed_fill_of_an_order_that_ended_leaves_nothing_behind():
    lived = Lived()
    order = lived.ask()
    fill = the_fill_of(order)
    for event in (
        fill,
        completed(order),
        FillFailed(**_fill_event(fill_id=fill.fill_id, order_id=order.order_id), type="fill_failed", reason="reverted"),
    ):
        lived.tell(event)

    assert lived.gate.exposure.total == 0
    assert lived.gate.exposure.account.cash == 200


def test_a_failed_fill_of_an_order_that_lives_may_be_spent_again():
    lived = Lived()
    order = lived.ask()
    fill = the_fill_of(order)
    lived.tell(fill)
    assert lived.gate.exposure.reservations.total == 0

    lived.tell(
        FillFailed(**_fill_event(fill_id=fill.fill_id, order_id=order.order_id), type="fill_failed", reason="retried")
    )

    assert lived.gate.exposure.total == COST


def test_price_improvement_that_buys_more_shares_stays_within_the_reservation():
    lived = Lived()
    order = lived.ask()
    cheap = Decimal("0.05")
    shares = Decimal("4.83") / cheap

    lived.tell(the_fill_of(order, price=cheap, quantity=shares, fee=order.fee.taker(cheap, shares)))

    assert lived.gate.exposure.total <= COST
    assert lived.gate.exposure.reservations.total == 0


def _fill_event(**changes):
    fields = {
        "event_id": "end", "fill_id": "fill1", "order_id": "order1", "market_id": MARKET, "token_id": "1" * 70,
        "mode": "paper", "at": NOON,
    }  # fmt: skip
    return fields | changes


def test_the_version_names_the_numbers():
    assert limits().version == limits().version
    assert limits().version != limits(daily_loss_limit="0.11").version
    assert len(limits().version) == 12
