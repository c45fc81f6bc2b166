"""One sample of every message."""

from decimal import Decimal

from builders import (
    NOON,
    a_book,
    a_denial,
    a_fill,
    a_market,
    a_price,
    a_settlement,
    a_settlement_price,
    after,
    an_approval,
    an_opportunity,
)
from common.contracts import control, executor, oracle, risk, scanner

ORDER = {
    "order_id": "order1", "opportunity_id": "o1", "market_id": "0xm", "token_id": "1", "mode": "paper", "at": NOON,
}  # fmt: skip
FILL = {"fill_id": "fill1", "order_id": "order1", "market_id": "0xm", "token_id": "1", "mode": "paper", "at": NOON}

_ALL = (
    a_price(),
    a_settlement_price(),
    oracle.SourceStatusChanged(source="binance", symbol="BTC", topic="trade", status="silent", detail="age 4 s", at=NOON),
    a_book(),
    a_market(),
    an_opportunity(),
    scanner.MarketValued(
        market_id="0xm", slug="btc-updown-5m-1", symbol="BTC", fair_value=Decimal("0.6"), uncertainty=Decimal("0.01"), bid=Decimal("0.5"),
        ask=None, net_edge=None, note="strike_unknown", seconds_left=Decimal(20), refusals={"stale_book": 1}, at=NOON,
    ),
    an_approval(),
    a_denial(),
    risk.RiskStateChanged(
        event_id="r1", state="ACTIVE", reason="", equity=Decimal(200), cash=Decimal(190), high_water_mark=Decimal(200),
        realised_today=Decimal(0), day="2027-01-15", at_risk=Decimal(10), open_orders=1, at=NOON,
    ),
    risk.TradingHalted(event_id="h1", rule="operator", reason="by hand", at=NOON),
    risk.TradingResumed(event_id="h2", reason="by hand", at=NOON),
    executor.OrderSubmitted(event_id="e1", received_at=NOON, approved_at=NOON, **ORDER),
    executor.OrderRefused(event_id="e2", rule="approval_is_valid", detail="late", **ORDER),
    executor.OrderAccepted(event_id="e3", venue_order_id="0x1", **ORDER),
    executor.OrderRejected(event_id="e4", code="not_enough_balance", detail="words", **ORDER),
    executor.OrderUnknown(event_id="e5", detail="no answer", **ORDER),
    executor.OrderCancelled(event_id="e6", reason="killed", filled=Decimal(3), **ORDER),
    executor.OrderFilled(event_id="e7", filled=Decimal(10), **ORDER),
    executor.OrderAdopted(
        event_id="e8", venue_order_id="0xf", side="BUY", price=Decimal("0.5"), quantity=Decimal(10), filled=Decimal(0), **ORDER
    ),
    a_fill(),
    executor.FillConfirmed(event_id="c1", **FILL),
    executor.FillFailed(event_id="x1", reason="reverted", **FILL),
    a_settlement(),
    executor.PositionRedeemed(
        event_id="p2", market_id="0xm", slug="btc-updown-5m-1", mode="live", payout=Decimal(10), by="venue", at=NOON
    ),
    executor.ReconciliationDone(
        event_id="s1", mode="live", verdict="differs", severity="reduce", detail="position of 1",
        discrepancies=(
            executor.Discrepancy(
                kind="position", about="1", expected="10", found="12", usd=Decimal("1.20"), severity="reduce"
            ),
        ),
        open_orders=0, tokens=1, collateral=Decimal(190), baseline=Decimal(200), wallet="0xw", signature_type=0, at=NOON,
    ),
    executor.ExecutorStateChanged(event_id="t1", mode="live", halted_by=("bus lost",), at=NOON),
    executor.ExecutorLeaseAcquired(event_id="l2", holder="executor-1", token=4, at=NOON),
    risk.RiskLeaseAcquired(event_id="l1", holder="risk-1", token=3, at=NOON),
    control.HaltRequested(reason="stop", at=NOON),
    control.ResumeRequested(reason="go", at=NOON),
    control.RearmRequested(reason="seen", at=NOON),
    control.OrderRequested(
        event_id="m1", market="btc-updown-5m-1", outcome="Up", usd=Decimal(1), limit=Decimal("0.55"), valid_until=after(5), at=NOON
    ),
    control.HeartbeatSent(
        service="risk", state="live", ready=True, detail="", started_at=NOON, sequence=1, figures={"open": "1"}, at=after(1)
    ),
)  # fmt: skip

SAMPLES = {type(sample): sample for sample in _ALL}
