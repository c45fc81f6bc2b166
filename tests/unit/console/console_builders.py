"""What the console's tests build: a situation, audit records, figures of a report."""

from decimal import Decimal
from typing import Any

from builders import NOON, after
from common.contracts.control import HeartbeatSent
from common.contracts.executor import OrderCancelled, OrderFilled
from common.contracts.risk import RiskStateChanged
from common.contracts.scanner import MarketValued
from common.contracts.subjects import SERVICES
from console.audit.arithmetic import Fill, Settlement, Truth, Verdict
from console.report.figures import LedgerFigures, Period, RunFigures
from console.up.supervisor import ProcessHealth
from console.view.frames import Situation

SLUG = "btc-updown-5m-1800014400"
MARKET = "0x" + "ab" * 32


def a_beat(service: str = "risk", **changes: Any) -> HeartbeatSent:
    fields: dict[str, Any] = {
        "service": service, "state": "live", "ready": True, "detail": "", "started_at": NOON, "sequence": 1, "figures": {},
        "at": NOON,
    }  # fmt: skip
    return HeartbeatSent(**(fields | changes))


def a_risk_state(**changes: Any) -> RiskStateChanged:
    fields: dict[str, Any] = {
        "event_id": "r1", "state": "ACTIVE", "reason": "", "equity": Decimal(200), "cash": Decimal(195),
        "high_water_mark": Decimal(200), "realised_today": Decimal(0), "day": "2027-01-15", "at_risk": Decimal(5),
        "open_orders": 0, "at": NOON,
    }  # fmt: skip
    return RiskStateChanged(**(fields | changes))


def a_valuation(**changes: Any) -> MarketValued:
    fields: dict[str, Any] = {
        "market_id": MARKET, "slug": SLUG, "symbol": "BTC", "fair_value": Decimal("0.62"), "uncertainty": Decimal("0.01"),
        "bid": Decimal("0.60"), "ask": Decimal("0.61"), "net_edge": Decimal("0.003"), "note": "", "seconds_left": Decimal(10),
        "refusals": {}, "at": NOON,
    }  # fmt: skip
    return MarketValued(**(fields | changes))


def an_end(
    kind: type[OrderFilled | OrderCancelled], filled: str = "10", **changes: Any
) -> OrderFilled | OrderCancelled:
    fields: dict[str, Any] = {
        "event_id": "e1", "order_id": "order1", "opportunity_id": "o1", "market_id": MARKET, "token_id": "1" * 70,
        "mode": "paper", "at": NOON, "filled": Decimal(filled),
    }  # fmt: skip
    reason = {"reason": "killed"} if kind is OrderCancelled else {}
    return kind(**(fields | reason | changes))


def a_situation(**changes: Any) -> Situation:
    fields: dict[str, Any] = {
        "title": "seeded world 1", "started_at": NOON, "ready_at": after(5), "seconds": 180, "bus": "nats://127.0.0.1:4222",
        "phase": "running", "processes": tuple(ProcessHealth(name, "running", 7) for name in ("nats", *SERVICES)),
    }  # fmt: skip
    return Situation(**(fields | changes))


def an_audit_fill(**changes: Any) -> Fill:
    fields: dict[str, Any] = {
        "fill_id": "f1", "order_id": "order1", "market_id": MARKET, "slug": SLUG, "outcome": "Up", "side": "BUY",
        "price": Decimal("0.50"), "quantity": Decimal(10), "fee": Decimal("0.175"),
    }  # fmt: skip
    return Fill(**(fields | changes))


def a_claim(pnl: str = "4.825", **changes: Any) -> Settlement:
    fields: dict[str, Any] = {"market_id": MARKET, "slug": SLUG, "winner": "Up", "pnl": Decimal(pnl)}
    return Settlement(**(fields | changes))


def a_truth(winner: str = "Up") -> Truth:
    return Truth(winner, Decimal("0.07"), 1)


def a_verdict(**changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "trades": 1, "fills": 1, "fees": Decimal("0.175"), "pnl": Decimal("4.825"), "markets": (), "differences": (),
        "unverified": (),
    }  # fmt: skip
    return Verdict(**(fields | changes))


def a_period(**changes: Any) -> Period:
    fields: dict[str, Any] = {
        "opportunities": 2, "approvals": 1, "denials": {"market_has_room": 1}, "trades": 1, "fills": 1, "fees": Decimal("0.175"),
        "settled": 1, "won": 1, "pnl": Decimal("4.825"), "halts": 0, "first_fill_ns": after(12),
    }  # fmt: skip
    return Period(**(fields | changes))


def ledger_figures(**changes: Any) -> LedgerFigures:
    fields: dict[str, Any] = {
        "stored": 9, "whole": a_period(), "run": a_period(), "open_positions": (),
        "settlements": (
            {"slug": SLUG, "outcome": "Up", "cost": "5", "fees": "0.175", "payout": "10", "pnl": "4.825", "settled_at": ""},
        ),
        "trades": (), "models": ("twap-1",), "limits_versions": ("v1",),
    }  # fmt: skip
    return LedgerFigures(**(fields | changes))


def run_figures(**changes: Any) -> RunFigures:
    fields: dict[str, Any] = {
        "world": "seeded world 1", "seconds": 100.0, "ready_seconds": 5.0, "ready_ns": after(5), "markets_seen": 4,
        "refusals": {"stale_book": 3}, "restarts": {"risk": 1}, "equity": Decimal("204.825"),
        "bankroll": Decimal(200), "risk_state": "ACTIVE",
    }  # fmt: skip
    return RunFigures(**(fields | changes))
