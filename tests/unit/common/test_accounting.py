"""What trades come to, in whatever order and however often the executor says it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MARKET, a_fill
from common.accounting import Account, Booked, Settlement
from common.accounting import account as account_module
from common.money import Shares, Usd

OPENING = Usd(Decimal(200))


def an_account() -> Account:
    return Account(OPENING)


def booked(cash: str, realised: str, invested: str, revocable: str = "0") -> Booked:
    return Booked(
        cash=Usd(Decimal(cash)), realised=Usd(Decimal(realised)), invested=Usd(Decimal(invested)),
        revocable=Usd(Decimal(revocable)),
    )  # fmt: skip


def test_a_buy_turns_cash_into_a_position_at_cost_with_its_fee():
    account = an_account()

    assert account.matched(a_fill()) == booked("-5.175", "0", "5.175")

    held = account.position(MARKET).up
    assert (held.shares, held.cost, held.fees, held.provisional) == (10, 5, Decimal("0.175"), 10)
    assert (account.cash, account.invested, account.equity) == (Decimal("194.825"), Decimal("5.175"), 200)


def test_a_winner_pays_a_dollar_a_share_and_a_loser_nothing():
    won, lost = an_account(), an_account()
    for account in (won, lost):
        account.matched(a_fill())

    assert won.settled(MARKET, "Up") == booked("10", "4.825", "-5.175", revocable="4.825")
    assert lost.settled(MARKET, "Down") == booked("0", "-5.175", "-5.175")
    assert won.equity == Decimal("204.825")
    assert lost.equity == Decimal("194.825")
    assert won.positions() == ()


def test_a_preview_says_what_a_settlement_would_come_to_and_changes_nothing():
    account = an_account()
    account.matched(a_fill())
    account.matched(
        a_fill(fill_id="fill2", outcome="Down", price=Decimal("0.30"), quantity=Decimal(4), fee=Decimal("0.05"))
    )

    preview = account.preview(MARKET, "Down")

    assert preview == Settlement(
        up_shares=Shares(Decimal(10)), down_shares=Shares(Decimal(4)), cost=Usd(Decimal("6.20")),
        fees=Usd(Decimal("0.225")), payout=Usd(Decimal(4)),
    )  # fmt: skip
    assert preview is not None
    assert preview.pnl == account.settled(MARKET, "Down").realised
    assert account.preview(MARKET, "Down") is None
    assert account.preview("another", "Up") is None


def test_a_duplicate_fill_counts_once():
    account = an_account()
    account.matched(a_fill())

    assert account.matched(a_fill()) is None
    assert account.matched(a_fill(event_id="another name for it")) is None
    assert account.cash == Decimal("194.825")
    assert account.ignored == 2


def test_a_replayed_matched_after_confirmed_is_ignored():
    account = an_account()
    account.matched(a_fill())

    assert account.confirmed(MARKET, "fill1") == booked("0", "0", "0")
    assert account.matched(a_fill()) is None
    assert account.confirmed(MARKET, "fill1") is None
    assert account.position(MARKET).up.provisional == 0
    assert account.status_of(MARKET, "fill1") == "CONFIRMED"


def test_a_failed_fill_is_reversed_exactly_once_and_stays_void():
    account = an_account()
    account.matched(a_fill())

    assert account.failed(MARKET, "fill1") == booked("5.175", "0", "-5.175")
    assert account.failed(MARKET, "fill1") is None
    assert account.confirmed(MARKET, "fill1") is None
    assert account.matched(a_fill()) is None
    assert (account.cash, account.equity) == (OPENING, OPENING)


def test_a_failure_heard_before_its_match_voids_the_match():
    account = an_account()
    account.failed(MARKET, "fill1")

    assert account.matched(a_fill()) is None
    assert account.cash == OPENING


def test_a_confirmation_heard_before_its_match_does_not_lose_the_position():
    account = an_account()
    account.confirmed(MARKET, "fill1")
    account.matched(a_fill())

    assert account.position(MARKET).up.shares == 10
    assert account.position(MARKET).up.provisional == 0


def test_a_confirmed_fill_is_final():
    account = an_account()
    account.matched(a_fill())
    account.confirmed(MARKET, "fill1")

    assert account.failed(MARKET, "fill1") is None
    assert account.position(MARKET).up.shares == 10


def test_a_fill_that_fails_after_its_market_was_settled_takes_its_payout_back():
    account = an_account()
    account.matched(a_fill())
    account.settled(MARKET, "Up")

    assert account.failed(MARKET, "fill1") == booked("-4.825", "-4.825", "0", revocable="-4.825")
    assert account.equity == OPENING


def test_a_fill_that_arrives_after_its_market_was_settled_is_settled_at_once():
    account = an_account()
    account.matched(a_fill())
    account.settled(MARKET, "Up")

    assert account.matched(a_fill(fill_id="late")) == booked("4.825", "4.825", "0", revocable="4.825")
    assert account.matched(a_fill(fill_id="later", outcome="Down")) == booked("-5.175", "-5.175", "0")
    assert account.invested == 0


def test_a_profit_that_was_paid_out_before_its_fill_was_final_is_revocable_until_it_is():
    account = an_account()
    account.matched(a_fill())
    account.settled(MARKET, "Up")
    assert account.revocable == Decimal("4.825")

    account.confirmed(MARKET, "fill1")

    assert account.revocable == 0


def test_a_market_is_settled_once():
    account = an_account()
    account.matched(a_fill())
    account.settled(MARKET, "Up")

    assert account.settled(MARKET, "Up") is None
    assert account.settled(MARKET, "Down") is None
    assert account.cash == Decimal("204.825")


def test_a_sale_reduces_shares_at_average_cost():
    account = an_account()
    account.matched(a_fill(price=Decimal("0.40"), fee=Decimal("0.10")))
    account.matched(a_fill(fill_id="fill2", price=Decimal("0.60"), fee=Decimal("0.10")))

    sale = a_fill(fill_id="fill3", side="SELL", price=Decimal("0.70"), quantity=Decimal(5), fee=Decimal("0.05"))

    # Five of twenty shares cost 2.50 and 0.05 of fees; they fetch 3.50 less 0.05.
    assert account.matched(sale) == booked("3.45", "0.90", "-2.55", revocable="3.45")
    assert account.position(MARKET).up.shares == 15
    assert account.position(MARKET).up.cost == Decimal("7.50")


def test_a_voided_purchase_beneath_a_sale_leaves_what_truly_happened():
    account = an_account()
    account.matched(a_fill())
    account.matched(a_fill(fill_id="fill2", price=Decimal("0.60")))
    account.matched(a_fill(fill_id="fill3", side="SELL", price=Decimal("0.70"), quantity=Decimal(5), fee=Decimal(0)))

    account.failed(MARKET, "fill2")

    only_these = an_account()
    only_these.matched(a_fill())
    only_these.matched(a_fill(fill_id="fill3", side="SELL", price=Decimal("0.70"), quantity=Decimal(5), fee=Decimal(0)))
    assert account.cash == only_these.cash
    assert account.position(MARKET) == only_these.position(MARKET)


def test_dust_is_tolerated():
    account = an_account()
    account.matched(a_fill(quantity=Decimal("7.575758")))
    account.matched(a_fill(fill_id="fill2", side="SELL", quantity=Decimal("7.57"), fee=Decimal(0)))

    position = account.position(MARKET)
    assert position.up.shares == Decimal("0.005758")
    assert position.is_flat
    assert account.positions() == ()
    assert account.settled(MARKET, "Up").cash == Decimal("0.005758")


def test_shares_sold_beyond_those_held_are_shown_and_never_held_as_less_than_nothing():
    account = an_account()
    account.matched(a_fill())
    account.matched(a_fill(fill_id="fill2", side="SELL", quantity=Decimal(12), fee=Decimal(0)))

    assert account.position(MARKET).up.shares == 0
    assert account.position(MARKET).oversold == 2


def test_markets_settled_long_ago_keep_their_sums_and_give_up_their_fills():
    account = an_account()
    markets = [f"m{n}" for n in range(account_module.IDLE_MARKETS_MAX + 1)]
    for market_id in markets:
        account.matched(a_fill(market_id=market_id, fill_id=market_id))
        account.settled(market_id, "Up")

    assert account.realised == len(markets) * Decimal("4.825")
    assert account.failed("m0", "m0") is None
    assert account.matched(a_fill(market_id="m0", fill_id="m0")) is None
    assert account.failed("m1", "m1") is not None


FILLS = st.builds(
    lambda n, market, outcome, side, price, quantity, fee: a_fill(
        fill_id=f"f{n}", market_id=market, outcome=outcome, side=side, price=Decimal(price) / 1000,
        quantity=Decimal(quantity) / 1000000, fee=Decimal(fee) / 100000,
    ),
    st.integers(0, 15), st.sampled_from(["m1", "m2"]), st.sampled_from(["Up", "Down"]),
    st.sampled_from(["BUY", "BUY", "SELL"]), st.integers(1, 999), st.integers(1, 50_000_000), st.integers(0, 90_000),
)  # fmt: skip
FACTS = st.one_of(
    FILLS.map(lambda fill: ("matched", fill)),
    st.tuples(
        st.sampled_from(["confirmed", "failed"]), st.sampled_from(["m1", "m2"]), st.integers(0, 15).map("f{}".format)
    ),
    st.tuples(st.just("settled"), st.sampled_from(["m1", "m2"]), st.sampled_from(["Up", "Down"])),
)


@given(st.lists(FACTS, max_size=40))
def test_equity_is_always_the_opening_and_what_was_realised(facts):
    account = an_account()
    for method, *details in facts:
        before = account.cash, account.realised, account.invested
        answer = getattr(account, method)(*details)
        after = account.cash, account.realised, account.invested
        if answer is None:
            assert after == before
        assert account.equity == OPENING + account.realised
        assert account.invested >= 0
        assert account.revocable >= 0


@given(st.lists(FACTS, max_size=30))
def test_saying_everything_twice_changes_nothing(facts):
    once, twice = an_account(), an_account()
    for method, *details in facts:
        getattr(once, method)(*details)
        for _ in range(2):
            getattr(twice, method)(*details)
    for method, *details in facts:
        assert getattr(twice, method)(*details) is None

    for market_id in ("m1", "m2"):
        assert once.position(market_id) == twice.position(market_id)
    assert (once.cash, once.realised) == (twice.cash, twice.realised)


BUYS = st.builds(
    lambda n, market, outcome, price, quantity: a_fill(
        fill_id=f"f{n}", market_id=market, outcome=outcome, price=Decimal(price) / 100, quantity=Decimal(quantity)
    ),
    st.integers(0, 15), st.sampled_from(["m1", "m2"]), st.sampled_from(["Up", "Down"]), st.integers(1, 99), st.integers(1, 50),
)  # fmt: skip
BUYING_FACTS = st.one_of(
    BUYS.map(lambda fill: ("matched", fill)),
    st.tuples(
        st.sampled_from(["confirmed", "failed"]), st.sampled_from(["m1", "m2"]), st.integers(0, 15).map("f{}".format)
    ),
    st.tuples(st.just("settled"), st.sampled_from(["m1", "m2"]), st.sampled_from(["Up", "Down"])),
)


@given(
    st.lists(BUYING_FACTS, max_size=40),
    st.lists(st.booleans(), min_size=16, max_size=16),
    st.sampled_from(["Up", "Down"]),
)
def test_no_failure_and_no_outcome_costs_more_than_what_is_invested_and_revocable(facts, fails, winner):
    account = an_account()
    for method, *details in facts:
        getattr(account, method)(*details)
    worst = account.equity - account.invested - account.revocable

    for n, fail in enumerate(fails):
        for market_id in ("m1", "m2"):
            if fail and account.status_of(market_id, f"f{n}") == "MATCHED":
                account.failed(market_id, f"f{n}")
    for market_id in ("m1", "m2"):
        account.settled(market_id, winner)

    assert account.equity >= worst
    assert account.cash >= worst


@pytest.mark.parametrize("outcome", ["Up", "Down"])
def test_the_cash_of_bought_and_settled_shares_is_exact(outcome):
    account = an_account()
    for n in range(100):
        account.matched(
            a_fill(
                fill_id=f"f{n}", outcome=outcome, price=Decimal("0.33"), quantity=Decimal("0.1"), fee=Decimal("0.00001")
            )
        )
    account.settled(MARKET, outcome)

    assert account.cash == OPENING - Decimal("3.3") - Decimal("0.001") + 10
