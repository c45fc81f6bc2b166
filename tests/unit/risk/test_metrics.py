"""What risk measures: the use of each limit is the one that its own rooms are made of."""

from decimal import Decimal

from prometheus_client import REGISTRY

from builders import NOON, a_settlement, an_opportunity
from risk.core import Question
from risk.metrics import Measure, uses
from unit.risk.risk_builders import Lived


def rooms(lived):
    """What risk itself thinks is left for one more order."""
    gate = lived.gate
    return Question(
        an_opportunity(),
        lived.limits,
        gate.sight,
        gate.exposure,
        gate._losses,
        gate.latch,
        gate._memory,
        gate._ladder,
        NOON,
    ).rooms


def measured(lived):
    state = lived.gate.state("test", NOON, NOON)
    return {(use.limit, use.scope): use for use in uses(state, lived.gate.exposure, lived.limits)}


def left(use):
    return use.most - use.used


def test_what_a_limit_allows_less_what_is_used_is_the_room_that_risk_sees():
    lived = Lived()
    lived.trade("a position")
    lived.ask(event_id="in flight", limit=Decimal("0.51"))
    found, seen = measured(lived), rooms(lived)

    assert left(found["underlying", "BTC"]) == seen.underlying
    assert left(found["venue", "polymarket"]) == seen.venue
    assert left(found["total", "account"]) == seen.account
    assert left(found["daily_loss", "account"]) == seen.daily_loss
    assert left(found["drawdown", "account"]) == seen.drawdown
    assert left(found["position", "largest"]) == seen.market
    assert found["underlying", "ETH"].used == 0


def test_after_a_loss_the_daily_limit_counts_it_and_the_rooms_still_agree():
    lived = Lived()
    order = lived.trade("lost")
    lived.tell(a_settlement(market_id=order.market_id, winner="Down" if order.outcome == "Up" else "Up"))
    found, seen = measured(lived), rooms(lived)

    assert found["daily_loss", "account"].used > 0
    assert left(found["daily_loss", "account"]) == seen.daily_loss
    assert left(found["drawdown", "account"]) == seen.drawdown


def test_the_gauges_say_how_the_account_stands():
    lived = Lived()
    lived.trade("a position")

    Measure(lived.gate, lived.limits)(NOON)

    def value(name, **labels):
        return REGISTRY.get_sample_value(f"pm_arb_{name}", labels)

    assert value("trading_state", state="ACTIVE") == 1
    assert value("trading_state", state="HALTED") == 0
    assert value("equity_usd") == 200
    assert value("positions_open") == 1
    assert value("exposure_usd", kind="invested") == value("limit_used_usd", limit="position", scope="largest") > 0
    assert value("limit_max_usd", limit="position", scope="largest") == 20
    assert value("limit_max_orders", limit="open_orders") == 10
