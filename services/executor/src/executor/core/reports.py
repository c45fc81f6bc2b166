"""From what the gateway reports to what the executor says: one message for each happening, named after its cause."""

from decimal import Decimal
from typing import Literal, TypedDict

from common import ids
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
    TradingMode,
)
from common.contracts.risk import OrderApproved
from common.money import Shares
from executor.core.inputs import (
    GatewayAccepted,
    GatewayCancelDeclined,
    GatewayCancelled,
    GatewayCompleted,
    GatewayFillConfirmed,
    GatewayFilled,
    GatewayFillFailed,
    GatewayFillRetried,
    GatewayLost,
    GatewayNotFound,
    GatewayRejected,
    GatewayReport,
)
from executor.core.order import Order
from executor.core.states import FillHappening, Happening

EndKind = Literal["cancelled", "expired"]

NEVER_REACHED = "never reached the venue"
NOT_KNOWN_ANY_MORE = "no longer known to the venue"

_HAPPENINGS: dict[type[GatewayReport], Happening] = {
    GatewayRejected: Happening.REJECTED,
    GatewayFilled: Happening.MATCHED,
    GatewayCompleted: Happening.COMPLETED,
    GatewayCancelDeclined: Happening.CANCEL_DECLINED,
    GatewayLost: Happening.LOST,
    GatewayNotFound: Happening.NOT_FOUND,
}
FILL_HAPPENINGS: dict[type[GatewayReport], FillHappening] = {
    GatewayFillConfirmed: FillHappening.CONFIRMED,
    GatewayFillRetried: FillHappening.RETRIED,
    GatewayFillFailed: FillHappening.FAILED,
}


_HAPPENED: dict[type[OrderEvent], Happening] = {
    OrderSubmitted: Happening.SUBMITTED,
    OrderRefused: Happening.REFUSED,
    OrderRejected: Happening.REJECTED,
    OrderUnknown: Happening.LOST,
    OrderFilled: Happening.COMPLETED,
}


def happening_of(report: GatewayReport) -> Happening:
    """Say what a report is to its order."""
    match report:
        case GatewayAccepted():
            return _acknowledged(report.status)
        case GatewayCancelled():
            return Happening(report.kind)
        case _:
            return _HAPPENINGS[type(report)]


def happened(event: OrderEvent) -> Happening:
    """Say what a message of the record is to its order."""
    match event:
        case OrderAccepted():
            return _acknowledged(event.status)
        case OrderCancelled():
            return Happening(event.kind)
        case _:
            return _HAPPENED[type(event)]


def _acknowledged(status: str) -> Happening:
    return Happening.DELAYED if status == "delayed" else Happening.ACCEPTED


class _OrderFields(TypedDict):
    order_id: str
    opportunity_id: str
    market_id: str
    token_id: str
    mode: TradingMode


class _FillFields(TypedDict):
    fill_id: str
    order_id: str
    market_id: str
    token_id: str
    mode: TradingMode


class Clerk:
    """Writes the messages of one order. `mode` is what tells a paper message from a live one."""

    def __init__(self, mode: TradingMode) -> None:
        self._mode = mode

    def submitted(self, approval: OrderApproved, venue_order_id: str, now: Instant) -> OrderSubmitted:
        event_id = ids.derive("order_submitted", approval.order_id)
        return OrderSubmitted(
            event_id=event_id, received_at=approval.received_at, approved_at=approval.approved_at,
            venue_order_id=venue_order_id, at=now, **self._order(approval),
        )  # fmt: skip

    def refused(self, approval: OrderApproved, rule: str, detail: str, now: Instant) -> OrderRefused:
        event_id = ids.derive("order_refused", approval.order_id)
        return OrderRefused(event_id=event_id, rule=rule, detail=detail, at=now, **self._order(approval))

    def unknown(self, order: Order, detail: str, at: Instant, *, is_restart: bool = False) -> OrderUnknown:
        """Say that nobody knows, so that the gateway asks. Each time of asking is a fact of its own."""
        event_id = ids.derive("order_unknown", order.approval.order_id, order.times_unknown)
        cause: Literal["venue", "restart"] = "restart" if is_restart else "venue"
        return OrderUnknown(event_id=event_id, detail=detail, cause=cause, at=at, **self._order(order.approval))

    def reported(self, order: Order, report: GatewayReport) -> Event | None:
        """Put a report on an order, which its table allows, into the executor's words; None when nobody need know."""
        told: Event | None = None
        match report:
            case GatewayAccepted():
                told = self._accepted(order, report)
            case GatewayRejected():
                told = self._rejected(order, report)
            case GatewayFilled():
                told = self._matched(order, report)
            case GatewayCompleted():
                told = self._completed(order, report)
            case GatewayCancelled():
                filled = max(report.filled, order.filled)
                told = self._cancelled(order, report.reason, filled, report.at, kind=report.kind)
            case GatewayNotFound():
                heard_of = order.fills or order.was_acknowledged
                reason = NOT_KNOWN_ANY_MORE if heard_of else NEVER_REACHED
                told = self._cancelled(order, reason, order.filled, report.at)
            case GatewayLost():
                told = self.unknown(order, report.detail, report.at)
            case _:
                pass
        return told

    def finished(self, order: Order, report: GatewayReport) -> FillConfirmed | FillFailed | None:
        """Put the end of a match into the executor's words; a retry is not one."""
        match report:
            case GatewayFillConfirmed():
                event_id = ids.derive("fill_confirmed", report.order_id, report.fill_id)
                return FillConfirmed(event_id=event_id, at=report.at, **self._fill(order, report.fill_id))
            case GatewayFillFailed():
                event_id = ids.derive("fill_failed", report.order_id, report.fill_id)
                fields = self._fill(order, report.fill_id)
                return FillFailed(event_id=event_id, reason=report.reason, at=report.at, **fields)
            case _:
                return None

    def _accepted(self, order: Order, report: GatewayAccepted) -> OrderAccepted:
        return OrderAccepted(
            event_id=ids.derive("order_accepted", report.order_id, order.times_unknown, report.status),
            venue_order_id=report.venue_order_id, status=report.status, at=report.at, **self._order(order.approval),
        )  # fmt: skip

    def _rejected(self, order: Order, report: GatewayRejected) -> OrderRejected:
        event_id = ids.derive("order_rejected", report.order_id)
        fields = self._order(order.approval)
        return OrderRejected(event_id=event_id, code=report.code, detail=report.detail, at=report.at, **fields)

    def _matched(self, order: Order, report: GatewayFilled) -> FillMatched:
        approval = order.approval
        return FillMatched(
            event_id=ids.derive("fill_matched", report.order_id, report.fill_id), outcome=approval.outcome,
            side=approval.side, price=report.price, quantity=report.quantity, fee=report.fee,
            strategy=approval.strategy, slug=approval.slug, liquidity=report.liquidity, at=report.at,
            **self._fill(order, report.fill_id),
        )  # fmt: skip

    def _completed(self, order: Order, report: GatewayCompleted) -> OrderFilled:
        event_id = ids.derive("order_filled", report.order_id)
        filled = Shares(max(report.filled, order.filled))
        return OrderFilled(event_id=event_id, filled=filled, at=report.at, **self._order(order.approval))

    def _cancelled(
        self, order: Order, reason: str, filled: Decimal, at: Instant, *, kind: EndKind = "cancelled"
    ) -> OrderCancelled:
        event_id = ids.derive("order_cancelled", order.approval.order_id)
        fields = self._order(order.approval)
        return OrderCancelled(event_id=event_id, reason=reason, filled=Shares(filled), kind=kind, at=at, **fields)

    def _order(self, approval: OrderApproved) -> _OrderFields:
        return _OrderFields(
            order_id=approval.order_id, opportunity_id=approval.opportunity_id, market_id=approval.market_id,
            token_id=approval.token_id, mode=self._mode,
        )  # fmt: skip

    def _fill(self, order: Order, fill_id: str) -> _FillFields:
        approval = order.approval
        return _FillFields(
            fill_id=fill_id, order_id=approval.order_id, market_id=approval.market_id, token_id=approval.token_id,
            mode=self._mode,
        )  # fmt: skip
