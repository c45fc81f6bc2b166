"""The size ladder: `size_is_on_ladder` lets orders grow with the trades that came to a good end."""

from decimal import Decimal

import pytest

from builders import NOON, a_fill, a_settlement
from common.contracts.executor import FillConfirmed, FillFailed, ReconciliationDone, adopted_id
from common.settings import load
from risk.core.ladder import Ladder
from risk.service import limits as limits_of
from risk.settings import Settings
from unit.risk.risk_builders import LEAST_COST, Lived, rule

RUNGS = ((0, Decimal(10)), (2, Decimal(50)), (4, Decimal(250)))
HAIR = Decimal("0.000001")


def a_confirmation(order, mode="paper", fill="f"):
    return FillConfirmed(
        event_id=f"{order}{fill}", fill_id=fill, order_id=order, market_id="m", token_id="1", mode=mode, at=NOON
    )


def climbed(*events):
    ladder = Ladder(RUNGS)
    for event in events:
        ladder.observe(event)
    return ladder


def test_an_order_above_its_rung_is_denied_and_shrinks_to_it_where_it_can():
    too_low = Lived(size_ladder=((0, LEAST_COST - HAIR),)).ask()
    assert rule(too_low) == "size_is_on_ladder"
    assert too_low.detail.endswith("trades=0")

    fits = Lived(size_ladder=((0, LEAST_COST),)).ask()
    assert (rule(fits), fits.quantity) == ("approved", 5)


@pytest.mark.parametrize(("trades", "dollars"), [(0, 10), (1, 10), (2, 50), (3, 50), (4, 250), (90, 250)])
def test_each_rung_is_reached_by_its_trades(trades, dollars):
    ladder = climbed(*(a_confirmation(f"o{n}") for n in range(trades)))

    assert (ladder.trades, ladder.largest) == (trades, dollars)


def test_an_order_counts_once_however_many_fills_it_had_and_however_often_they_are_told():
    events = [a_confirmation("o1", fill=fill) for fill in ("a", "b", "c")]

    assert climbed(*events, *events).trades == 1


def test_what_nobody_here_placed_proves_nothing():
    strangers = [a_confirmation(adopted_id(f"0x{n}")) for n in range(3)]

    assert climbed(*strangers, a_confirmation("o1")).trades == 1


def test_a_fill_that_is_not_final_or_failed_proves_nothing():
    failed = FillFailed(
        event_id="x",
        fill_id="fill1",
        order_id="order1",
        market_id="m",
        token_id="1",
        mode="paper",
        reason="reverted",
        at=NOON,
    )

    assert climbed(a_fill(), failed, a_settlement()).trades == 0


def a_reconciliation(mode):
    return ReconciliationDone(
        event_id="r", mode=mode, verdict="agreed", severity="none", detail="", discrepancies=(), open_orders=0, tokens=0,
        collateral=None, baseline=None, wallet="", signature_type=0, at=NOON,
    )  # fmt: skip


def test_what_was_proven_on_paper_is_no_proof_with_money():
    proven = [a_confirmation(f"o{n}") for n in range(9)]

    live = climbed(*proven, a_reconciliation("live"))
    assert (live.trades, live.largest) == (0, 10)
    assert climbed(*proven, a_reconciliation("live"), a_reconciliation("paper")).largest == 250


def test_by_default_the_first_fifty_trades_are_of_ten_dollars_at_most_and_then_the_owners_cap_binds():
    numbers = limits_of(load(Settings, {}))

    assert numbers.size_ladder == ((0, 10), (50, 50), (200, 250), (500, 500))
    assert numbers.trade_size_usd_max == 20
    assert numbers.trade_size_usd < numbers.size_ladder[0][1], "the usual trade is far below the first rung"
