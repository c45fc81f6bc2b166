"""What the desk makes up to rehearse by: an approval on a market that runs, as it would come now."""

from decimal import Decimal

import pytest

from builders import NOON, UP, a_market, after
from common.contracts.executor import OrderSubmitted
from common.settings import load
from executor.core.imagined import LIMIT, NAME
from executor.service import assemble
from executor.settings import Settings
from unit.executor.desk_builders import Lived

TICKS = ("0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001")


def would_leave(lived, now):
    made_up = lived.desk.imagine(now)
    return made_up is not None and isinstance(lived.desk.decide(made_up, now), OrderSubmitted)


def test_it_is_given_now_for_the_fewest_shares_of_a_market_that_runs_and_would_be_obeyed():
    lived = Lived()
    made_up = lived.desk.imagine(after(1))
    assert (made_up.order_id, made_up.opportunity_id, made_up.event_id) == (NAME, NAME, NAME)
    assert (made_up.market_id, made_up.token_id, made_up.limit) == (a_market().market_id, UP, LIMIT)
    assert (made_up.quantity, made_up.approved_at) == (a_market().size_min, after(1))
    assert isinstance(lived.desk.decide(made_up, after(1)), OrderSubmitted)


@pytest.mark.parametrize("tick", TICKS)
def test_it_is_on_every_tick_of_the_venue(tick):
    assert would_leave(Lived(markets=[a_market(tick=Decimal(tick))]), after(1))


def test_it_is_for_a_share_at_least():
    lived = Lived(markets=[a_market(size_min=Decimal(0))])
    assert lived.desk.imagine(after(1)).quantity == 1
    assert would_leave(lived, after(1))


def test_the_executor_rehearses_on_paper_as_well():
    assembly = assemble(load(Settings, {}))
    assembly.core.observe(a_market())
    assert assembly.imagine(after(1)).order_id == NAME


def test_it_bears_the_token_of_the_risk_that_is_active():
    lived = Lived()
    lived.approve(fencing_token=7)
    assert lived.desk.imagine(after(1)).fencing_token == 7
    assert would_leave(lived, after(1))


def test_it_goes_with_the_world_whatever_became_of_the_market_of_the_last_real_one():
    lived = Lived()
    lived.approve()
    lived.tell(a_market(market_id="0xlater", event_id="later", starts_at=after(3500), ends_at=after(3900)))
    assert lived.desk.imagine(after(3600)).market_id == "0xlater"


@pytest.mark.parametrize(
    "market",
    [
        a_market(starts_at=after(60)), a_market(ends_at=NOON), a_market(accepting_orders=False), a_market(fee=None),
        a_market(untradable_reason="rule_unknown"), a_market(winner="Up", change="resolved"),
        a_market(tick=Decimal("0.3")),
    ],
    ids=["not begun", "ended", "takes no orders", "no fee", "not understood", "resolved", "a tick of no venue"],
)  # fmt: skip
def test_where_no_market_runs_that_allows_for_one_there_is_none(market):
    assert Lived(markets=[market]).desk.imagine(NOON) is None


def test_a_real_one_is_judged_as_if_none_had_been_made_up():
    lived, twin = Lived(), Lived()
    for number in range(3):
        assert would_leave(lived, NOON)
        asked = {"order_id": f"order{number}", "opportunity_id": f"o{number}", "event_id": f"d{number}"}
        assert lived.approve(**asked) == twin.approve(**asked)
    assert (lived.desk.orders.open_count, lived.desk.orders.sent_count, lived.desk.refused) == (3, 3, {})
