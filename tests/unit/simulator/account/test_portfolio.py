"""What settled trades come to: averages, what was earned, and what came or went without a trade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.exchange.data.portfolio import Basis, Leg, as_held, bases, legs_of
from simulator.matching.values import Side, TradeStatus
from support.account_records import DOWN, MAKER_WALLET, TAKER_WALLET, UP, a_fill, a_trade

E6 = 1_000_000


def a_leg(side=Side.BUY, shares=10, usd_e6=5 * E6, fee_e6=0, at_ns=1):
    return Leg(at_ns, UP, side, shares * E6, usd_e6, fee_e6)


def test_a_takers_leg_has_the_fee_and_a_makers_is_in_its_own_terms():
    trade = a_trade(status=TradeStatus.MINED, fills=(a_fill(),))

    (taken,) = legs_of(TAKER_WALLET, [trade])
    assert (taken.token, taken.side, taken.usd_e6, taken.fee_e6) == (UP, Side.BUY, 5_700_000, 171_570)
    (made,) = legs_of(MAKER_WALLET, [trade])
    assert (made.token, made.side, made.usd_e6, made.fee_e6) == (DOWN, Side.BUY, 4_300_000, 0)


@pytest.mark.parametrize("status", [TradeStatus.MATCHED, TradeStatus.RETRYING, TradeStatus.FAILED])
def test_what_the_chain_has_not_seen_does_not_count(status):
    assert legs_of(TAKER_WALLET, [a_trade(status=status)]) == []


def test_buying_averages_and_selling_realizes_without_fees():
    bought = [a_leg(shares=10, usd_e6=4 * E6, fee_e6=100), a_leg(shares=10, usd_e6=6 * E6, fee_e6=200, at_ns=2)]
    basis = bases([*bought, a_leg(Side.SELL, shares=5, usd_e6=4 * E6, fee_e6=999, at_ns=3)])[UP]

    assert (basis.held_e6, basis.cost_e6, basis.average_e6) == (15 * E6, 7_500_000, 500_000)
    assert (basis.realized_e6, basis.fees_e6, basis.bought_e6) == (1_500_000, 300, 20 * E6)
    assert (basis.first_ns, basis.last_ns) == (1, 3)


def test_what_came_by_a_split_or_went_by_a_merge_counts_for_half_a_dollar():
    split = as_held(Basis(), 10 * E6, None)
    assert (split.cost_e6, split.average_e6) == (5 * E6, 500_000)

    merged = as_held(bases([a_leg(usd_e6=3 * E6)])[UP], 4 * E6, None)
    assert (merged.held_e6, merged.cost_e6, merged.realized_e6) == (4 * E6, 1_200_000, 3 * E6 - 1_800_000)


@pytest.mark.parametrize(("payout_e6", "earned_e6"), [(E6, 5 * E6), (0, -5 * E6)])
def test_what_was_redeemed_has_earned_what_it_paid(payout_e6, earned_e6):
    redeemed = as_held(bases([a_leg()])[UP], 0, payout_e6)
    assert (redeemed.held_e6, redeemed.cost_e6, redeemed.realized_e6) == (0, 0, earned_e6)
    assert redeemed.average_e6 == 500_000, "a closed position keeps the average of what was bought"


def test_what_is_sold_beyond_what_was_bought_came_by_a_split():
    basis = bases([a_leg(Side.SELL, shares=10, usd_e6=7 * E6)])[UP]
    assert (basis.held_e6, basis.realized_e6, basis.spent_e6) == (0, 2 * E6, 5 * E6)


LEGS = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.integers(1, 10**9), st.integers(0, 10**9)), min_size=1, max_size=20
)


@given(LEGS, st.integers(0, 10**9), st.sampled_from([None, 0, E6]))
def test_money_in_is_money_out_or_cost_whatever_was_traded(drawn, held_e6, payout_e6):
    legs = [Leg(1, UP, side, shares_e6, usd_e6, 0) for side, shares_e6, usd_e6 in drawn]
    basis = bases(legs)[UP]
    sold_e6 = sum(leg.usd_e6 for leg in legs if leg.side is Side.SELL)
    assert basis.spent_e6 + basis.realized_e6 == basis.cost_e6 + sold_e6
    assert basis.held_e6 >= 0

    final = as_held(basis, held_e6, payout_e6)
    assert final.held_e6 == held_e6
    assert final.cost_e6 >= 0
