"""The venue's account held against the record: what counts as a difference, and what only looks like one."""

from decimal import Decimal

import pytest

from builders import NOON, UP, a_market, after
from common.contracts.executor import PositionRedeemed
from executor.core.inputs import CancelAsked, RedemptionAsked
from unit.executor.reconciliation_builders import (
    Books,
    a_holding,
    a_venue_fill,
    a_venue_order,
    kinds,
)

BOUGHT = {"fills": (a_venue_fill(),), "holdings": (a_holding(),), "collateral": Decimal("194.825")}
"""What the venue says after ten shares were bought at 0.50 with a fee of 17.5 cents, of 200 dollars."""


def bought(**changes):
    """Books with a first look at 200 dollars, and one confirmed purchase after it."""
    books = Books(**changes)
    books.look(-60)
    books.bought(0, confirmed=2)
    return books


# --- saying it ---


def test_the_first_complete_look_is_said_and_sets_the_baseline():
    outcome = Books().look(0, collateral=Decimal("123.45"))

    assert (outcome.verdict, outcome.severity, outcome.discrepancies) == ("agreed", "none", ())
    assert (outcome.collateral, outcome.baseline) == (Decimal("123.45"), Decimal("123.45"))
    assert (outcome.wallet, outcome.signature_type, outcome.mode) == ("0xwallet", 0, "live")


def test_what_has_not_changed_is_said_again_once_an_hour():
    books = Books()
    books.look(0)

    assert [books.look(seconds) for seconds in (10, 1800, 3599)] == [None, None, None]
    assert books.look(3601).verdict == "agreed"
    assert books.look(3611) is None


def test_a_start_says_it_anew_on_the_baseline_that_it_was_left_with():
    books = bought()

    outcome = books.restarted(100).look(100, **BOUGHT)

    assert (outcome.verdict, outcome.baseline) == ("agreed", Decimal(200))


def test_the_baseline_leaves_out_what_trades_explain():
    books = Books()
    books.bought(-100, confirmed=-90)

    assert books.look(0, **BOUGHT).baseline == Decimal(200)


# --- looking at all ---


def test_an_incomplete_snapshot_aborts_reconciliation():
    books = bought()
    books.look(10, **BOUGHT)

    outcome = books.look(60, gap="trades: no answer within 5000 ms", orders=(), holdings=(a_holding(0),))

    assert (outcome.verdict, outcome.severity, outcome.discrepancies) == ("incomplete", "none", ())
    assert outcome.detail == "trades: no answer within 5000 ms"
    assert books.look(70, **BOUGHT).verdict == "agreed"


def test_incomplete_snapshots_in_a_row_are_worth_a_word_and_then_stop_buying():
    books = Books()
    books.look(0)

    said = [books.look(10 * n, gap="balance: 503") for n in range(1, 8)]

    assert [outcome and outcome.severity for outcome in said] == ["none", None, "warn", None, None, "reduce", None]


def test_before_the_first_complete_look_and_with_an_old_one_no_order_may_leave():
    books = Books()
    assert books.reconciler.why_unreconciled(NOON) == "no complete answer of the venue yet"

    books.look(1, gap="trades: 503")
    assert books.reconciler.why_unreconciled(after(2)) == "no complete answer of the venue yet"

    books.look(10)
    assert books.reconciler.why_unreconciled(after(40)) == ""
    assert books.reconciler.why_unreconciled(after(41)) == "last_complete_ms=31000 max=30000"


def test_a_process_that_starts_anew_looks_before_its_first_order():
    books = Books()
    books.look(0)

    assert books.restarted(5).reconciler.why_unreconciled(after(5)) == "no complete answer of the venue yet"


# --- orders ---


def test_an_order_nobody_here_placed_halts_at_once_and_is_asked_to_be_cancelled():
    books = Books()
    books.look(0)

    outcome = books.look(10, orders=(a_venue_order(order_id="", venue_order_id="0xf"),))

    assert kinds(outcome) == [("foreign_order", "halt")]
    assert outcome.discrepancies[0].usd == 5
    cancel = books.tick(11)
    assert isinstance(cancel, CancelAsked)
    assert cancel.venue_order_id == "0xf"
    assert not any(isinstance(books.tick(seconds), CancelAsked) for seconds in (12, 20))
    assert books.tick(22).venue_order_id == "0xf"


def test_a_stranger_that_is_gone_is_not_asked_to_be_cancelled_again():
    books = Books()
    books.look(0, orders=(a_venue_order(order_id="", venue_order_id="0xf"),))
    books.look(10)

    assert not any(isinstance(books.tick(seconds), CancelAsked) for seconds in (11, 12, 13))


def test_a_stranger_stops_orders_until_an_operator_has_looked_even_after_a_restart():
    books = Books()
    books.look(0, orders=(a_venue_order(order_id="", venue_order_id="0xf"),))
    books.look(10)

    again = books.restarted(20)
    again.look(20)
    assert again.reconciler.why_unreconciled(after(21)).startswith("reconciliation: foreign_order 0xf")

    again.resumed(30)
    assert again.reconciler.why_unreconciled(after(31)) == ""


def test_an_old_resume_lifts_no_younger_halt():
    books = Books()
    books.look(10, orders=(a_venue_order(order_id="", venue_order_id="0xf"),))

    books.resumed(5)

    assert books.reconciler.halted_by


def test_our_order_that_is_over_here_and_open_there_is_found_by_the_second_look_and_cancelled():
    books = Books()
    approval = books.order(0)
    books.over(approval, 1)

    assert books.look(10, orders=(a_venue_order(),)).verdict == "agreed"
    outcome = books.look(20, orders=(a_venue_order(),))

    assert kinds(outcome) == [("missing_order", "reduce")]
    assert books.tick(21).venue_order_id == "0x1"


def test_an_order_that_ended_while_the_venue_was_asked_is_no_difference():
    books = Books()
    books.over(books.order(0), 8)

    assert [books.look(10, orders=(a_venue_order(),)).verdict, books.look(20)] == ["agreed", None]


def test_our_open_order_that_the_venue_lists_is_as_it_should_be():
    books = Books()
    books.order(0)

    assert books.look(10, orders=(a_venue_order(),)).verdict == "agreed"
    assert books.look(20, orders=(a_venue_order(),)) is None
    assert books.reconciler.vanished == ()


def test_a_live_order_that_the_venue_does_not_list_is_to_be_asked_for_and_never_guessed_about():
    books = Books()
    books.order(0)

    assert books.look(10).verdict == "agreed"

    assert books.reconciler.vanished == ("order1",)


def test_an_order_that_was_sent_while_the_venue_was_asked_is_not_missed():
    books = Books()
    books.order(8)
    books.look(10)

    assert books.reconciler.vanished == ()


# --- fills ---


def test_a_match_of_an_order_nobody_here_placed_halts_at_once():
    books = Books()
    books.look(0)

    outcome = books.look(10, fills=(a_venue_fill(order_id="", matched_at=after(5)),))

    assert kinds(outcome) == [("foreign_fill", "halt")]


def test_what_was_matched_before_the_first_look_is_history():
    books = Books()

    assert books.look(10, fills=(a_venue_fill(order_id="", matched_at=after(5)),)).verdict == "agreed"


@pytest.mark.parametrize(("quantity", "severity"), [("1.9", "warn"), ("9", "reduce"), ("11", "halt")])
def test_a_match_that_we_lack_weighs_by_its_dollars(quantity, severity):
    books = Books()
    books.look(-10)
    missing = {"fills": (a_venue_fill(quantity=Decimal(quantity)),)}

    assert books.look(10, **missing) is None
    assert kinds(books.look(20, **missing)) == [("missing_fill", severity)]


def test_a_match_that_is_still_on_its_way_to_us_is_not_missed():
    books = Books()
    books.look(-10)

    assert books.look(3, fills=(a_venue_fill(),)) is None
    books.bought(0, confirmed=4)
    assert books.look(14, **BOUGHT) is None
    assert books.look(24, **BOUGHT) is None


def test_a_match_of_ours_that_the_venue_does_not_list_is_found_by_the_second_look():
    books = bought()
    unlisted = BOUGHT | {"fills": ()}

    assert books.look(10, **unlisted) is None
    assert kinds(books.look(20, **unlisted)) == [("missing_fill", "reduce")]


def test_a_match_from_before_the_venue_was_asked_to_list_is_not_missed():
    books = bought()
    unlisted = BOUGHT | {"fills": (), "fills_since": after(30)}

    assert [books.look(seconds, **unlisted) for seconds in (40, 50)] == [None, None]


def test_a_void_match_is_not_expected_anywhere():
    books = Books()
    books.look(-60)
    books.bought(0)
    books.voided(5)

    assert [books.look(seconds) for seconds in (10, 20, 30, 40)] == [None] * 4


@pytest.mark.parametrize(("price", "found"), [("0.55", None), ("0.551", [("price", "reduce")])])
def test_a_price_that_is_off_by_more_than_five_cents_is_a_discrepancy(price, found):
    books = bought()
    off = BOUGHT | {"fills": (a_venue_fill(price=Decimal(price)),)}
    books.look(10, **off)

    outcome = books.look(20, **off)

    assert (outcome and kinds(outcome)) == found


# --- shares ---


def test_lagging_position_data_is_not_flat():
    books = bought()

    assert books.look(5, **BOUGHT | {"holdings": (a_holding(0),)}) is None
    assert books.look(15, **BOUGHT | {"holdings": (a_holding(0),)}) is None
    assert books.look(25, **BOUGHT) is None


def test_a_position_that_stays_away_is_found_by_the_second_look():
    books = bought()
    flat = BOUGHT | {"holdings": (a_holding(0),)}

    assert books.look(30, **flat) is None
    outcome = books.look(40, **flat)

    assert kinds(outcome) == [("position", "reduce")]
    assert (outcome.discrepancies[0].expected, outcome.discrepancies[0].found) == ("10", "0")


def test_a_match_between_two_looks_starts_the_waiting_anew():
    books = bought()
    flat = BOUGHT | {"holdings": (a_holding(0),)}
    books.look(30, **flat)
    books.bought(35, fill_id="fill2", quantity=Decimal("0.1"), fee=Decimal(0), confirmed=36)
    flat |= {"fills": (*flat["fills"], a_venue_fill(fill_id="fill2", quantity=Decimal("0.1"), matched_at=after(35)))}

    assert books.look(40, **flat) is None
    assert kinds(books.look(50, **flat)) == [("position", "reduce")]


def test_a_difference_that_lasts_is_found_however_much_is_traded():
    books = bought()
    fills = [a_venue_fill()]
    said = []
    for n in range(9):
        books.bought(21 + 10 * n, fill_id=f"more{n}", quantity=Decimal("0.01"), fee=Decimal(0))
        fills.append(a_venue_fill(fill_id=f"more{n}", quantity=Decimal("0.01"), matched_at=after(21 + 10 * n)))
        said.append(books.look(30 + 10 * n, **BOUGHT | {"fills": tuple(fills), "holdings": (a_holding(0),)}))

    assert said[:6] == [None] * 6
    assert kinds(said[6]) == [("position", "reduce")]


@pytest.mark.parametrize("shares", ["9.99", "10.01", "8.01", "11.99"])
def test_dust_is_tolerated(shares):
    books = bought()
    dusty = BOUGHT | {"holdings": (a_holding(shares),)}

    assert [books.look(seconds, **dusty) for seconds in (30, 40, 50)] == [None] * 3


@pytest.mark.parametrize(("shares", "severity"), [("7.9", "reduce"), ("12.1", "reduce"), ("20.1", "halt")])
def test_shares_weigh_by_what_was_paid_for_them(shares, severity):
    books = bought()
    off = BOUGHT | {"holdings": (a_holding(shares),)}
    books.look(30, **off)

    assert kinds(books.look(40, **off)) == [("position", severity)]


def test_a_position_nobody_here_has_halts_however_small():
    books = Books()
    books.look(0)
    strange = {"holdings": (a_holding("0.5", token_id="77"),)}
    books.look(10, **strange)

    assert kinds(books.look(20, **strange)) == [("position", "halt")]


def test_a_match_that_is_not_final_may_be_in_the_wallet_or_not():
    for shares, collateral in ((0, 200), (10, "194.825")):
        books = Books()
        books.look(-60)
        books.bought(0)
        seen = {"fills": (a_venue_fill(),), "holdings": (a_holding(shares),), "collateral": Decimal(collateral)}

        assert [books.look(seconds, **seen) for seconds in (30, 40, 50)] == [None] * 3


def test_shares_that_lost_are_worth_nothing_wherever_they_are():
    books = bought()
    books.settled(320, winner="Down")

    for shares in (10, 0):
        assert books.look(400 + shares, **BOUGHT | {"holdings": (a_holding(shares),)}) is None


# --- dollars ---


def test_a_shortfall_that_persists_stops_buying_and_a_large_one_trading():
    for collateral, severity in (("193.8", "reduce"), ("189.8", "halt")):
        books = bought()
        short = BOUGHT | {"collateral": Decimal(collateral)}

        assert books.look(30, **short) is None
        outcome = books.look(40, **short)

        assert kinds(outcome) == [("collateral", severity)]
        assert outcome.baseline == 200


def test_a_shortfall_that_is_made_good_is_said_to_agree():
    books = bought()
    for seconds in (30, 40):
        books.look(seconds, **BOUGHT | {"collateral": Decimal("193.8")})

    assert books.look(50, **BOUGHT).verdict == "agreed"


def test_a_deposit_is_told_and_moves_the_baseline():
    books = bought()
    richer = BOUGHT | {"collateral": Decimal("294.825")}

    assert books.look(30, **richer) is None
    outcome = books.look(40, **richer)

    assert kinds(outcome) == [("collateral", "warn")]
    assert outcome.baseline == 300
    assert books.look(50, **richer).verdict == "agreed"
    assert books.restarted(60).look(60, **richer).verdict == "agreed"


def test_no_wallet_is_no_shortfall():
    books = Books()

    assert books.look(0, collateral=None).baseline is None
    assert [books.look(seconds, collateral=None) for seconds in (10, 20)] == [None, None]


def test_another_wallet_than_the_records_halts_at_once():
    books = Books()
    books.look(0)

    outcome = books.look(10, wallet="0xother")

    assert kinds(outcome) == [("collateral", "halt")]
    assert kinds(books.restarted(20).look(20, wallet="0xother")) == [("collateral", "halt")]


# --- a person's word ---


def test_a_resume_accepts_what_was_said_to_differ_and_a_restart_remembers_it():
    books = bought()
    off = BOUGHT | {"holdings": (a_holding(25),), "collateral": Decimal(150)}
    for seconds in (30, 40):
        books.look(seconds, **off)
    assert "reconciliation" in books.reconciler.halted_by

    books.resumed(45)
    outcome = books.look(50, **off)

    assert (outcome.verdict, outcome.baseline) == ("agreed", Decimal("155.175"))
    assert [(a.token_id, a.shares) for a in outcome.accepted] == [(UP, 15)]
    again = books.restarted(60)
    again.resumed(45)
    assert again.look(60, **off).verdict == "agreed"
    assert again.look(70, **off) is None


def test_a_resume_does_not_accept_what_nobody_was_told_of():
    books = bought()
    off = BOUGHT | {"collateral": Decimal(150)}
    books.look(30, **off)
    books.resumed(31)

    assert kinds(books.look(40, **off)) == [("collateral", "halt")]


def test_a_resume_that_is_said_again_at_the_next_start_accepts_nothing_new():
    books = bought()
    books.resumed(20)
    books.look(30, **BOUGHT)

    again = books.restarted(40)
    again.resumed(20)
    for seconds in (40, 50):
        outcome = again.look(seconds, **BOUGHT | {"collateral": Decimal(100)})

    assert kinds(outcome) == [("collateral", "halt")]


# --- payouts ---


def test_a_payout_that_the_venue_makes_by_itself_is_noticed():
    books = bought()
    books.look(30, **BOUGHT)
    books.settled(320)
    paid = BOUGHT | {"holdings": (a_holding(0),), "collateral": Decimal("204.825")}

    assert books.look(330, **paid) is None
    redeemed = books.tick(331)

    assert isinstance(redeemed, PositionRedeemed)
    assert (redeemed.payout, redeemed.by) == (10, "venue")
    assert [books.look(seconds, **paid) for seconds in (340, 350, 400)] == [None] * 3
    assert books.tick(401) is None


def test_a_payout_before_we_know_who_won_is_no_difference():
    books = bought()
    books.look(30, **BOUGHT)
    paid = BOUGHT | {"holdings": (a_holding(0),), "collateral": Decimal("204.825")}

    assert [books.look(seconds, **paid) for seconds in (310, 320, 400)] == [None] * 3
    books.settled(410)
    assert books.tick(411) is None
    books.look(420, **paid)
    assert isinstance(books.tick(421), PositionRedeemed)
    assert books.look(460, **paid) is None


def test_winning_shares_that_vanish_without_their_dollars_are_a_difference_in_the_end():
    books = bought()
    books.settled(320)
    gone = BOUGHT | {"holdings": (a_holding(0),)}

    said = [books.look(330 + 100 * n, **gone) for n in range(10)]

    assert said[:9] == [None] * 9
    assert kinds(said[9]) == [("position", "halt")]
    assert books.tick(1300) is None


def test_a_payout_that_does_not_come_by_itself_is_asked_for_a_few_times():
    books = bought()
    books.settled(320)
    asked = []
    for seconds in range(330, 5000, 10):
        books.look(seconds, **BOUGHT)
        outcome = books.tick(seconds + 1)
        if outcome is not None:
            asked.append((seconds, outcome))

    assert [seconds for seconds, _ in asked] == [620, 1220, 1820, 2420, 3020]
    assert all(isinstance(outcome, RedemptionAsked) for _, outcome in asked)
    assert (asked[0][1].market_id, asked[0][1].protocol_version) == (a_market().market_id, "v1")
    books.look(5010, **BOUGHT | {"holdings": (a_holding(0),), "collateral": Decimal("204.825")})
    assert books.tick(5011).by == "executor"
