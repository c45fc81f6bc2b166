"""A desk driven as the runtime drives it, and the messages it hears."""

from decimal import Decimal

from alerter.core import AlertDesk, AlertRaised, AlertSuppressed, DeskLimits
from builders import MARKET, NOON, UP, after
from common.clock import Instant
from common.contracts.control import HeartbeatSent
from common.contracts.executor import Discrepancy, ExecutorStateChanged, ReconciliationDone
from common.contracts.risk import RiskStateChanged
from common.contracts.runtime import Tick, WentLive
from common.contracts.subjects import SERVICES

OTHERS = tuple(service for service in SERVICES if service != "alerter")
SILENCE_S = DeskLimits().heartbeat_silence_s


def a_heartbeat(service="risk", **changes):
    fields = {
        "service": service, "state": "live", "ready": True, "detail": "", "started_at": NOON, "sequence": 1, "figures": {},
        "at": NOON,
    }  # fmt: skip
    return HeartbeatSent(**(fields | changes))


def an_order_event(kind, event_id="e1", **changes):
    fields = {
        "event_id": event_id, "order_id": "order1", "opportunity_id": "o1", "market_id": MARKET, "token_id": UP,
        "mode": "paper", "at": NOON,
    }  # fmt: skip
    return kind(**(fields | changes))


def a_risk_state(**changes):
    fields = {
        "event_id": "r1", "state": "ACTIVE", "reason": "", "equity": Decimal("203.21"), "cash": Decimal(190),
        "high_water_mark": Decimal(204), "realised_today": Decimal("3.21"), "day": "2027-01-15", "at_risk": Decimal(10),
        "open_orders": 1, "at": NOON,
    }  # fmt: skip
    return RiskStateChanged(**(fields | changes))


def a_reconciliation(severity, **changes):
    difference = Discrepancy(
        kind="position", about="1", expected="10", found="0", usd=Decimal(5), severity="warn" if severity == "none" else severity
    )  # fmt: skip
    fields = {
        "event_id": f"c-{severity}", "mode": "live", "verdict": "differs", "severity": severity, "detail": "",
        "discrepancies": (difference,), "open_orders": 0, "tokens": 1, "collateral": Decimal(200),
        "baseline": Decimal(200), "wallet": "0xw", "signature_type": 0, "at": NOON,
    }  # fmt: skip
    return ReconciliationDone(**(fields | changes))


def a_state(*halted_by, event_id="t1"):
    return ExecutorStateChanged(event_id=event_id, mode="live", halted_by=halted_by, at=NOON)


class Shift:
    """One life of a desk: decide, then observe the input, then the outcome."""

    def __init__(self, live_at=NOON, *, beating=True, **limits):
        self.desk = AlertDesk(DeskLimits(**limits))
        self.now = live_at
        self.raised, self.suppressed = [], []
        self._beating = beating
        self.hear(WentLive(at=live_at))

    def hear(self, event, at=None):
        """Take one input; answer the alert that it raised, or None."""
        self.now = Instant(max(self.now, at if at is not None else self.now))
        outcome = self.desk.decide(event, self.now)
        self.desk.observe(event)
        if outcome is None:
            return None
        self.desk.observe(outcome)
        if isinstance(outcome, AlertSuppressed):
            self.suppressed.append(outcome)
            return None
        assert isinstance(outcome, AlertRaised)
        self.raised.append(outcome)
        return outcome

    def wait(self, seconds, *, step_s=1.0, silent=()):
        """Let time pass in ticks while the others beat; answer what was raised meanwhile."""
        before, end = len(self.raised), after(seconds, self.now)
        while self.now < end:
            at = Instant(min(end, after(step_s, self.now)))
            self.hear(Tick(at=at), at)
            for service in OTHERS if self._beating else ():
                if service not in silent:
                    self.hear(a_heartbeat(service, at=at), at)
        return self.raised[before:]

    def titles(self):
        return [alert.title for alert in self.raised]
