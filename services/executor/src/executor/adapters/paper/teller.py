"""What the paper venue says: each report once, in order, and the last one of an order ends it."""

from functools import partial

from common import ids
from common.clock import Instant, later
from common.money import Price, Shares, Usd
from executor.adapters.paper.order import PaperOrder, Stage
from executor.adapters.paper.schedule import Schedule
from executor.adapters.paper.words import EXPIRED, Refusal
from executor.core.desk import paper_name
from executor.core.inputs import (
    GatewayAccepted,
    GatewayCancelDeclined,
    GatewayCancelled,
    GatewayCompleted,
    GatewayFillConfirmed,
    GatewayFilled,
    GatewayNotFound,
    GatewayRejected,
    GatewayReport,
)


class Teller:
    """Writes the reports and keeps them until they are taken. A match is final after `confirm_ms`."""

    def __init__(self, schedule: Schedule, confirm_ms: int) -> None:
        self._schedule, self._confirm_ms = schedule, confirm_ms
        self._reports: list[GatewayReport] = []

    @property
    def has_news(self) -> bool:
        return bool(self._reports)

    def take(self) -> list[GatewayReport]:
        """Answer what was said since the last call."""
        reports, self._reports = self._reports, []
        return reports

    def accepted(self, order: PaperOrder, at: Instant, *, is_held: bool = False) -> None:
        order_id = order.approval.order_id
        order.accepted = GatewayAccepted(
            order_id=order_id, at=at, venue_order_id=paper_name(order.approval), status="delayed" if is_held else "live"
        )
        self._reports.append(order.accepted)

    def filled(self, order: PaperOrder, price: Price, quantity: Shares, fee: Usd, at: Instant) -> None:
        order_id = order.approval.order_id
        fill_id = ids.derive("paper_fill", order_id, len(order.fills))
        fill = GatewayFilled(order_id=order_id, fill_id=fill_id, price=price, quantity=quantity, fee=fee, at=at)
        order.fills.append(fill)
        self._reports.append(fill)
        self.confirm_later(order_id, fill_id, at, at)

    def confirm_later(self, order_id: str, fill_id: str, matched_at: Instant, now: Instant) -> None:
        """Plan to say that a match is final: a paper match needs nothing but time."""
        final_at = max(now, later(matched_at, ms=self._confirm_ms))
        self._schedule.at(final_at, partial(self._confirmed, order_id, fill_id))

    def rejected(self, order: PaperOrder, refusal: Refusal, at: Instant) -> None:
        order_id = order.approval.order_id
        self._end(order, GatewayRejected(order_id=order_id, code=refusal.code, detail=refusal.detail, at=at))

    def completed(self, order: PaperOrder, at: Instant) -> None:
        self._end(order, GatewayCompleted(order_id=order.approval.order_id, filled=Shares(order.filled), at=at))

    def cancelled(self, order: PaperOrder, reason: str, at: Instant) -> None:
        order_id = order.approval.order_id
        self._end(order, GatewayCancelled(order_id=order_id, filled=Shares(order.filled), reason=reason, at=at))

    def expired(self, order: PaperOrder, at: Instant) -> None:
        """End an order at the moment that it stated."""
        self._end(order, GatewayCancelled(
            order_id=order.approval.order_id, filled=Shares(order.filled), reason=EXPIRED, kind="expired", at=at,
        ))  # fmt: skip

    def cancel_declined(self, order: PaperOrder, reason: str, at: Instant) -> None:
        self._reports.append(GatewayCancelDeclined(order_id=order.approval.order_id, reason=reason, at=at))

    def not_found(self, order_id: str, at: Instant) -> None:
        self._reports.append(GatewayNotFound(order_id=order_id, at=at))

    def _confirmed(self, order_id: str, fill_id: str, at: Instant) -> None:
        self._reports.append(GatewayFillConfirmed(order_id=order_id, fill_id=fill_id, at=at))

    def _end(self, order: PaperOrder, report: GatewayReport) -> None:
        order.stage, order.end = Stage.DONE, report
        self._reports.append(report)
