"""From an event to the changes it makes to the tables. Pure: the same event always makes the same changes."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import singledispatch

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
    PositionSettled,
)
from common.contracts.risk import OrderApproved, OrderDenied, RiskStateChanged, TradingHalted, TradingResumed
from common.contracts.scanner import OpportunityFound
from common.money import Shares
from ledger.core.rows import (
    DecisionRow,
    EventRow,
    FillRow,
    FillStatusRow,
    HaltRow,
    OpportunityRow,
    OrderRow,
    OrderStateRow,
    OrderStatus,
    OrderStatusRow,
    Place,
    RiskStateRow,
    Row,
    SettlementRow,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS_MAX = 100
"""Digits of an amount before or behind the point. No true one comes near; the driver garbles those far beyond."""


def project(event: Event, place: Place) -> tuple[Row, ...]:
    """Answer every change that an event makes, the audit trail's own row first.

    An event that says nothing to people leaves only that row. Raises ValueError or OverflowError when the event holds
    what no table can (a day that is none, an instant outside the calendar, an amount beyond all bounds).
    """
    trail = EventRow(
        sequence=place.sequence, subject=place.subject, type=str(getattr(event, "type", "")), event_id=event.identity,
        stored_at=moment(place.stored_at), event=event.to_json().decode(),
    )  # fmt: skip
    rows = changes(event, place.sequence)
    for row in rows:
        _expect_bounded_amounts(row)
    return (trail, *rows)


def moment(at: Instant) -> datetime:
    """Convert to UTC with the microseconds that Postgres keeps; the audit trail keeps the nanoseconds."""
    return EPOCH + timedelta(microseconds=at // 1000)


def _expect_bounded_amounts(row: Row) -> None:
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, Decimal):
            exponent = value.as_tuple().exponent
            if not isinstance(exponent, int) or exponent < -DIGITS_MAX or value.adjusted() > DIGITS_MAX:
                raise ValueError(f"{field.name}: expected at most {DIGITS_MAX} digits, found an amount of another size")


@singledispatch
def changes(event: Event, sequence: int) -> tuple[Row, ...]:  # noqa: ARG001 - what the other cases need
    """Answer the changes beside the audit trail, one function a type of event below."""
    return ()


@changes.register
def _found(event: OpportunityFound, sequence: int) -> tuple[Row, ...]:
    row = OpportunityRow(
        sequence=sequence, opportunity_id=event.event_id, strategy=event.strategy, venue=event.venue,
        market_id=event.market_id, slug=event.slug, symbol=event.symbol, token_id=event.token_id, outcome=event.outcome,
        side=event.side, fair_value=event.fair_value, uncertainty=event.uncertainty, limit_price=event.limit,
        quantity=event.quantity, average_price=event.average_price, gross_edge=event.gross_edge,
        fee_per_share=event.fee_per_share, margin=event.margin, net_edge=event.net_edge,
        underlying_price=event.underlying_price, strike=event.strike, sigma=event.sigma,
        seconds_left=event.seconds_left, model=event.model, ends_at=moment(event.ends_at),
        received_at=moment(event.received_at), found_at=moment(event.found_at), valid_until=moment(event.valid_until),
    )  # fmt: skip
    return (row,)


@changes.register
def _approved(event: OrderApproved, sequence: int) -> tuple[Row, ...]:
    decision = DecisionRow(
        sequence=sequence, decision_id=event.event_id, opportunity_id=event.opportunity_id, result="approved",
        strategy=event.strategy, market_id=event.market_id, slug=event.slug, outcome=event.outcome,
        order_id=event.order_id, rule=None, detail=None, limit_price=event.limit, quantity=event.quantity,
        cost_max=event.cost_max, fair_value=event.fair_value, expected_edge=event.expected_edge,
        expected_fee=event.expected_fee, limits_version=event.limits_version, decided_at=moment(event.approved_at),
    )  # fmt: skip
    order = OrderRow(
        sequence=sequence, order_id=event.order_id, request_id=event.event_id, opportunity_id=event.opportunity_id,
        strategy=event.strategy, venue=event.venue, market_id=event.market_id, slug=event.slug, symbol=event.symbol,
        token_id=event.token_id, outcome=event.outcome, side=event.side, order_type=event.order_type,
        limit_price=event.limit, quantity=event.quantity, expected_edge=event.expected_edge,
        expected_fee=event.expected_fee, created_at=moment(event.approved_at),
    )  # fmt: skip
    return decision, order


@changes.register
def _denied(event: OrderDenied, sequence: int) -> tuple[Row, ...]:
    row = DecisionRow(
        sequence=sequence, decision_id=event.event_id, opportunity_id=event.opportunity_id, result="denied",
        strategy=event.strategy, market_id=event.market_id, slug=event.slug, outcome=event.outcome, order_id=None,
        rule=event.rule, detail=event.detail, limit_price=None, quantity=None, cost_max=None, fair_value=None,
        expected_edge=None, expected_fee=None, limits_version=event.limits_version, decided_at=moment(event.denied_at),
    )  # fmt: skip
    return (row,)


@changes.register
def _submitted(event: OrderSubmitted, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "submitted")


@changes.register
def _refused(event: OrderRefused, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "refused", code=event.rule, detail=event.detail)


@changes.register
def _accepted(event: OrderAccepted, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "accepted", venue_order_id=event.venue_order_id)


@changes.register
def _rejected(event: OrderRejected, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "rejected", code=event.code, detail=event.detail)


@changes.register
def _unknown(event: OrderUnknown, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "unknown", detail=event.detail)


@changes.register
def _cancelled(event: OrderCancelled, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "cancelled", detail=event.reason, filled=event.filled)


@changes.register
def _filled(event: OrderFilled, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "filled", filled=event.filled)


def _step(
    event: OrderEvent, sequence: int, status: OrderStatus, *, code: str | None = None, detail: str | None = None,
    filled: Shares | None = None, venue_order_id: str | None = None,
) -> tuple[Row, ...]:  # fmt: skip
    """Answer one more step of an order's way, and the status that it leaves the order in."""
    history = OrderStateRow(
        sequence=sequence, event_id=event.event_id, order_id=event.order_id, market_id=event.market_id, mode=event.mode,
        status=status, code=code, detail=detail, filled=filled, at=moment(event.at),
    )  # fmt: skip
    latest = OrderStatusRow(
        status_sequence=sequence, order_id=event.order_id, opportunity_id=event.opportunity_id,
        market_id=event.market_id, token_id=event.token_id, mode=event.mode, status=status,
        error_message=": ".join(text for text in (code, detail) if text) or None, venue_order_id=venue_order_id,
        status_at=moment(event.at),
    )  # fmt: skip
    return history, latest


@changes.register
def _matched(event: FillMatched, sequence: int) -> tuple[Row, ...]:
    row = FillRow(
        sequence=sequence, fill_id=event.fill_id, order_id=event.order_id, market_id=event.market_id,
        token_id=event.token_id, mode=event.mode, slug=event.slug, strategy=event.strategy, outcome=event.outcome,
        side=event.side, price=event.price, quantity=event.quantity, fee=event.fee, matched_at=moment(event.at),
    )  # fmt: skip
    return (row,)


@changes.register
def _confirmed(event: FillConfirmed, sequence: int) -> tuple[Row, ...]:
    row = FillStatusRow(
        status_sequence=sequence, fill_id=event.fill_id, order_id=event.order_id, market_id=event.market_id,
        token_id=event.token_id, mode=event.mode, status="confirmed", reason=None, status_at=moment(event.at),
    )  # fmt: skip
    return (row,)


@changes.register
def _failed(event: FillFailed, sequence: int) -> tuple[Row, ...]:
    row = FillStatusRow(
        status_sequence=sequence, fill_id=event.fill_id, order_id=event.order_id, market_id=event.market_id,
        token_id=event.token_id, mode=event.mode, status="failed", reason=event.reason, status_at=moment(event.at),
    )  # fmt: skip
    return (row,)


@changes.register
def _settled(event: PositionSettled, sequence: int) -> tuple[Row, ...]:
    row = SettlementRow(
        sequence=sequence, event_id=event.event_id, market_id=event.market_id, slug=event.slug, mode=event.mode,
        winner=event.winner, up_shares=event.up_shares, down_shares=event.down_shares, cost=event.cost, fees=event.fees,
        payout=event.payout, pnl=event.pnl, settled_at=moment(event.at),
    )  # fmt: skip
    return (row,)


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
