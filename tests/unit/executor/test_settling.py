"""Settling by the official outcome: once, to the cent, whenever it was said and whatever comes after it."""

from decimal import Decimal

import pytest

from builders import MARKET, NOON, a_market, after
from common.contracts.executor import FillFailed, FillMatched, PositionSettled
from unit.executor.desk_builders import Lived, completed, confirmed, failed, filled

END = after(320)
PATIENT = {"order_timeout_ms": 10**9}
"""Nothing is asked for meanwhile: these tests are about settling."""


def resolved(winner="Up", **changes):
    return a_market(event_id="m9", change="resolved", winner=winner, accepting_orders=False, observed_at=END, **changes)


def a_position(*reports):
    lived = Lived(**PATIENT)
    lived.approve()
    for report in reports or (filled(), completed(), confirmed()):
        lived.tell(report)
    return lived


@pytest.mark.parametrize(("winner", "payout", "pnl"), [("Up", 10, "4.825"), ("Down", 0, "-5.175")])
def test_a_position_pays_a_dollar_a_share_or_nothing(winner, payout, pnl):
    settled = a_position().tell(resolved(winner), END)

    assert settled == PositionSettled(
        event_id=settled.event_id, market_id=MARKET, slug="btc-updown-5m-1800014400", mode="paper", winner=winner,
        up_shares=Decimal(10), down_shares=Decimal(0), cost=Decimal("5.00"), fees=Decimal("0.175"),
        payout=Decimal(payout), pnl=Decimal(pnl), at=END,
    )  # fmt: skip


def test_a_position_is_settled_once():
    lived = a_position()
    lived.tell(resolved(), END)

    assert (lived.tell(resolved(), END), lived.tick(400)) == (None, None)
    assert lived.desk.positions == ()


def test_a_position_is_settled_once_across_a_restart():
    lived = a_position()
    lived.tell(resolved(), END)
    again = lived.restarted()

    assert (again.tick(400), again.tell(resolved(), END)) == (None, None)


def test_a_market_without_a_position_settles_nothing():
    assert Lived().tell(resolved(), END) is None


def test_a_market_without_a_winner_settles_nothing():
    assert a_position().tell(a_market(event_id="m2", accepting_orders=False), END) is None


def test_what_was_resolved_while_the_service_was_down_is_settled_after_the_start_one_a_tick():
    markets = [a_market(market_id=f"0x{n}", slug=f"s{n}") for n in range(3)]
    lived = Lived(markets=markets, **PATIENT)
    for n in range(3):
        lived.approve(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}", market_id=f"0x{n}")
        for report in (filled(fill_id=f"f{n}", order_id=f"order{n}"), completed(order_id=f"order{n}")):
            lived.tell(report)
        lived.tell(confirmed(fill_id=f"f{n}", order_id=f"order{n}"))
    lived.catalogue |= {m.market_id: resolved(market_id=m.market_id, slug=m.slug) for m in markets[:2]}
    again = lived.restarted()

    settled = [again.tick(400 + n) for n in range(3)]

    assert [(e.market_id, e.slug) if e else None for e in settled] == [("0x0", "s0"), ("0x1", "s1"), None]
    assert [p.market_id for p in again.desk.positions] == ["0x2"]


def test_a_provisional_position_is_settled_too():
    assert a_position(filled()).tell(resolved(), END).up_shares == 10


def test_a_fill_that_is_told_of_after_the_settlement_is_recorded_and_settled_by_the_same_outcome():
    lived = a_position(filled(4))
    lived.tell(resolved(), END)

    late = lived.tell(filled(6, fill_id="fill2"), END)

    assert type(late) is FillMatched
    assert (lived.desk.positions, lived.desk.noted) == ((), {"fill_after_settlement": 1})
    assert lived.tick(400) is None


def test_a_fill_that_fails_after_the_settlement_is_reversed_once_and_noted():
    lived = a_position(filled())
    lived.tell(resolved(), END)

    told = [lived.tell(failed(), END), lived.tell(failed(), END)]

    assert [type(event) for event in told if event] == [FillFailed]
    assert lived.desk.noted == {"failure_after_settlement": 1}


def test_a_first_fill_after_the_outcome_is_settled_by_the_next_tick():
    lived = Lived(**PATIENT)
    lived.approve()
    lived.tell(resolved(), END)
    lived.tell(filled(), END)

    settled, again = lived.tick(400), lived.tick(401)

    assert (type(settled), settled.pnl, again) == (PositionSettled, Decimal("4.825"), None)


def test_a_first_fill_after_the_outcome_that_fails_leaves_nothing_to_settle():
    lived = Lived(**PATIENT)
    lived.approve()
    lived.tell(resolved(), END)
    for report in (filled(), failed()):
        lived.tell(report, END)

    assert lived.tick(400) is None


def test_what_fails_after_the_outcome_does_not_keep_others_from_being_settled():
    lived = Lived(markets=[a_market(market_id="0x1"), a_market(market_id="0x2")], **PATIENT)
    for n in (1, 2):
        lived.approve(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}", market_id=f"0x{n}")
        lived.tell(resolved(market_id=f"0x{n}"), END)
        lived.tell(filled(order_id=f"order{n}", fill_id=f"fill{n}"), END)
    lived.tell(failed(order_id="order1", fill_id="fill1"), END)

    assert lived.tick(400).market_id == "0x2"


def test_a_fill_that_fails_before_the_settlement_is_nothing_odd():
    lived = a_position(filled(), failed())

    assert (lived.tell(resolved(), END), lived.desk.noted) == (None, {})


def test_an_older_word_of_the_catalogue_does_not_reopen_a_market():
    lived = a_position()
    lived.tell(resolved(), END)
    lived.tell(a_market(event_id="m3", observed_at=NOON), END)

    assert lived.approve(event_id="d2", order_id="order2", opportunity_id="o2").rule == "market_is_known"


def test_an_older_word_does_not_replace_a_newer_one():
    lived = Lived(markets=[a_market(observed_at=after(10), accepting_orders=False)])
    lived.tell(a_market(observed_at=after(5)))

    assert lived.approve().rule == "market_is_open"


def test_markets_beyond_the_memory_are_forgotten():
    lived = Lived(markets=[a_market(market_id=f"0x{n}") for n in range(5)], markets_kept_max=3)

    known = [lived.approve(market_id=f"0x{n}", order_id=f"o{n}", opportunity_id=f"p{n}").type for n in range(5)]

    for n in range(5):
        lived.tell(resolved(market_id=f"0x{n}"))
    assert sum(1 for n in range(5) if lived.desk.markets.winner(f"0x{n}")) == 3
    assert known == ["order_refused"] * 2 + ["order_submitted"] * 3
