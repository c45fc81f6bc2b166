"""The rows of how the system stood: its state, its halts, its leases, and what reconciliation found."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskStateRow:
    """Table `risk_states`: the last state of each minute, and so the latest of all."""

    sequence: int
    minute_at: datetime
    state: str
    reason: str
    equity: Decimal
    cash: Decimal
    high_water_mark: Decimal
    realised_today: Decimal
    day: date
    at_risk: Decimal
    open_orders: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltRow:
    """Table `halts`: trading was halted or resumed."""

    sequence: int
    event_id: str
    change: Literal["halted", "resumed"]
    rule: str | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """Table `leases`: one replica of a service became the active one."""

    sequence: int
    event_id: str
    service: Literal["risk", "executor"]
    holder: str
    token: int
    acquired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRow:
    """Table `reconciliations`: the executor's book was held against the venue's, and what came of it."""

    sequence: int
    event_id: str
    mode: str
    verdict: str
    severity: str
    detail: str
    open_orders: int
    tokens: int
    collateral: Decimal | None
    baseline: Decimal | None
    wallet: str
    signature_type: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyRow:
    """Table `discrepancies`: one thing in which they differed; `number` is its place in the reconciliation."""

    sequence: int
    reconciliation_id: str
    number: int
    kind: str
    about: str
    expected: str
    found: str
    usd: Decimal
    severity: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorStateRow:
    """Table `executor_states`: what kept orders from leaving, from then on; empty when nothing did."""

    sequence: int
    event_id: str
    mode: str
    halted_by: tuple[str, ...]
    at: datetime
