"""What the events of how the system stands change in the tables: states, halts, leases, reconciliations."""

from datetime import date
from typing import Literal

from common.contracts.executor import ExecutorLeaseAcquired, ExecutorStateChanged, ReconciliationDone
from common.contracts.risk import RiskLeaseAcquired, RiskStateChanged, TradingHalted, TradingResumed
from ledger.core.changes import changes, moment
from ledger.core.rows import Row
from ledger.core.standing_rows import (
    DiscrepancyRow,
    ExecutorStateRow,
    HaltRow,
    LeaseRow,
    ReconciliationRow,
    RiskStateRow,
)


@changes.register
def _stood(event: RiskStateChanged, sequence: int) -> tuple[Row, ...]:
    at = moment(event.at)
    row = RiskStateRow(
        sequence=sequence, minute_at=at.replace(second=0, microsecond=0), state=event.state, reason=event.reason,
        equity=event.equity, cash=event.cash, high_water_mark=event.high_water_mark,
        realised_today=event.realised_today, day=date.fromisoformat(event.day), at_risk=event.at_risk,
        open_orders=event.open_orders, at=at,
    )  # fmt: skip
    return (row,)


@changes.register
def _halted(event: TradingHalted, sequence: int) -> tuple[Row, ...]:
    row = HaltRow(
        sequence=sequence, event_id=event.event_id, change="halted", rule=event.rule, reason=event.reason,
        at=moment(event.at),
    )  # fmt: skip
    return (row,)


@changes.register
def _resumed(event: TradingResumed, sequence: int) -> tuple[Row, ...]:
    row = HaltRow(
        sequence=sequence, event_id=event.event_id, change="resumed", rule=None, reason=event.reason,
        at=moment(event.at),
    )  # fmt: skip
    return (row,)


@changes.register
def _led_by_risk(event: RiskLeaseAcquired, sequence: int) -> tuple[Row, ...]:
    return (_lease(event, sequence, "risk"),)


@changes.register
def _led_by_executor(event: ExecutorLeaseAcquired, sequence: int) -> tuple[Row, ...]:
    return (_lease(event, sequence, "executor"),)


def _lease(
    event: RiskLeaseAcquired | ExecutorLeaseAcquired, sequence: int, service: Literal["risk", "executor"]
) -> LeaseRow:
    return LeaseRow(
        sequence=sequence, event_id=event.event_id, service=service, holder=event.holder, token=event.token,
        acquired_at=moment(event.at),
    )  # fmt: skip


@changes.register
def _reconciled(event: ReconciliationDone, sequence: int) -> tuple[Row, ...]:
    at = moment(event.at)
    whole = ReconciliationRow(
        sequence=sequence, event_id=event.event_id, mode=event.mode, verdict=event.verdict, severity=event.severity,
        detail=event.detail, open_orders=event.open_orders, tokens=event.tokens, collateral=event.collateral,
        baseline=event.baseline, wallet=event.wallet, signature_type=event.signature_type, at=at,
    )  # fmt: skip
    parts = (
        DiscrepancyRow(
            sequence=sequence, reconciliation_id=event.event_id, number=number, kind=one.kind, about=one.about,
            expected=one.expected, found=one.found, usd=one.usd, severity=one.severity, at=at,
        )
        for number, one in enumerate(event.discrepancies, start=1)
    )  # fmt: skip
    return whole, *parts


@changes.register
def _executor_stood(event: ExecutorStateChanged, sequence: int) -> tuple[Row, ...]:
    row = ExecutorStateRow(
        sequence=sequence, event_id=event.event_id, mode=event.mode, halted_by=event.halted_by, at=moment(event.at)
    )
    return (row,)
