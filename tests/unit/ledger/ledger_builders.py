"""A journal to be stored: the way of a few trades, in the order it would be written."""

from decimal import Decimal

from builders import MARKET, NOON, UP, a_denial, a_fill, a_settlement, after, an_approval, an_opportunity
from common.contracts.executor import (
    ExecutorLeaseAcquired,
    ExecutorStateChanged,
    FillConfirmed,
    FillFailed,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
    PositionRedeemed,
    ReconciliationDone,
)
from common.contracts.risk import RiskLeaseAcquired, RiskStateChanged, TradingHalted, TradingResumed
from common.contracts.subjects import subject_of
from common.runtime.assembly import Recorded
from samples import SAMPLES

ANOTHER_MARKET = "0x" + "cd" * 32
HOW_IT_STOOD = (RiskLeaseAcquired, ExecutorLeaseAcquired, ExecutorStateChanged, ReconciliationDone, PositionRedeemed)


def recorded(events, start=1):
    """Place events in the journal one after another."""
    return [
        Recorded(n, subject_of(type(event)).address(event), event, after(n / 1000))
        for n, event in enumerate(events, start)
    ]


def an_order_event(kind, event_id, order_id="order1", **changes):
    fields = {
        "event_id": event_id, "order_id": order_id, "opportunity_id": "o1", "market_id": MARKET, "token_id": UP,
        "mode": "paper", "at": after(1),
    }  # fmt: skip
    return kind(**(fields | changes))


def a_fill_event(kind, event_id, fill_id="fill1", **changes):
    fields = {
        "event_id": event_id, "fill_id": fill_id, "order_id": "order1", "market_id": MARKET, "token_id": UP,
        "mode": "paper", "at": after(3),
    }  # fmt: skip
    return kind(**(fields | changes))


def a_risk_state(event_id, **changes):
    fields = {
        "event_id": event_id, "state": "ACTIVE", "reason": "", "equity": Decimal(200), "cash": Decimal(190),
        "high_water_mark": Decimal(200), "realised_today": Decimal(0), "day": "2027-01-15", "at_risk": Decimal(10),
        "open_orders": 1, "at": NOON,
    }  # fmt: skip
    return RiskStateChanged(**(fields | changes))


def a_win():
    """Ten shares of Up in two fills, one of them void at the end, settled in its favour."""
    return [
        an_opportunity(),
        an_approval(),
        an_order_event(OrderSubmitted, "e1", received_at=NOON, approved_at=NOON),
        an_order_event(OrderAccepted, "e2", venue_order_id="0xv1"),
        a_fill(event_id="f1", fill_id="fill1", quantity=Decimal(6), price=Decimal("0.49"), fee=Decimal("0.10495")),
        a_fill(event_id="f2", fill_id="fill2", quantity=Decimal(4), price=Decimal("0.50"), fee=Decimal("0.07")),
        an_order_event(OrderFilled, "e3", filled=Decimal(10)),
        a_fill_event(FillConfirmed, "c1", "fill1"),
        a_fill_event(FillFailed, "x2", "fill2", reason="reverted"),
        a_settlement(
            up_shares=Decimal(6), cost=Decimal("2.94"), fees=Decimal("0.10495"), payout=Decimal(6), pnl=Decimal("2.95505")
        ),
    ]  # fmt: skip


def a_loss():
    """Five shares of Down, partly filled, settled against it."""
    order = {"order_id": "order2", "market_id": ANOTHER_MARKET, "opportunity_id": "o2"}
    return [
        an_opportunity(event_id="o2", market_id=ANOTHER_MARKET, outcome="Down"),
        an_approval(event_id="d2", **order, outcome="Down", limit=Decimal("0.40")),
        an_order_event(OrderSubmitted, "e5", received_at=NOON, approved_at=NOON, **order),
        a_fill(
            event_id="f5", fill_id="fill5", order_id="order2", market_id=ANOTHER_MARKET, outcome="Down",
            quantity=Decimal(5), price=Decimal("0.40"), fee=Decimal("0.084"),
        ),
        an_order_event(OrderCancelled, "e6", reason="killed", filled=Decimal(5), **order),
        a_settlement(
            event_id="s2", market_id=ANOTHER_MARKET, up_shares=Decimal(0), down_shares=Decimal(5), cost=Decimal(2),
            fees=Decimal("0.084"), payout=Decimal(0), pnl=Decimal("-2.084"),
        ),
    ]  # fmt: skip


def the_rest():
    """Refusals, an order that nobody can answer for, and how risk stood."""
    return [
        a_denial(),
        an_approval(event_id="d3", order_id="order3"),
        an_order_event(OrderRejected, "e7", "order3", code="not_enough_balance", detail="balance 0"),
        an_approval(event_id="d4", order_id="order4"),
        an_order_event(OrderUnknown, "e8", "order4", detail="no answer"),
        a_risk_state("r1"),
        a_risk_state("r2", equity=Decimal(195), at=after(20)),
        a_risk_state("r3", equity=Decimal(196), at=after(70)),
        TradingHalted(event_id="h1", rule="operator", reason="by hand", at=after(80)),
        TradingResumed(event_id="h2", reason="by hand", at=after(90)),
        # Ids of their own: one that another event has would be taken for that one said again.
        *(SAMPLES[kind].model_copy(update={"event_id": f"stood{n}"}) for n, kind in enumerate(HOW_IT_STOOD)),
    ]


def a_journal():
    return recorded([*a_win(), *a_loss(), *the_rest()])
