"""The gateway of a dry run: it signs every order as for real, says so, and posts nothing.

Neither the signature nor the body is logged, for whoever has them can post the order.
"""

import asyncio
from collections.abc import Callable

import structlog

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.executor import OrderRefused, OrderSubmitted, OrderUnknown
from common.contracts.risk import OrderApproved
from common.runtime.core import Inbox
from executor.adapters.live.terms import terms_of
from executor.adapters.metrics import REFUSALS, REPORTS
from executor.adapters.signer import Signer
from executor.core.inputs import GatewayNotFound, GatewayRejected, GatewayReport

log = structlog.get_logger()


class DryRunGateway:
    """Answers each order with a rejection of its own: nothing has left, so no position comes of it."""

    def __init__(self, *, approval: Callable[[str], OrderApproved | None], signer: Callable[[], Signer]) -> None:
        self._approval, self._signer = approval, signer
        self._inbox: Inbox | None = None

    @property
    def is_running(self) -> bool:
        """Whether reports find their way to the core."""
        return self._inbox is not None

    async def carry_out(self, outcome: Event, now: Instant) -> None:
        match outcome:
            case OrderSubmitted():
                self._hand_in(self._sign(outcome.order_id, now))
            case OrderUnknown():
                self._hand_in(GatewayNotFound(order_id=outcome.order_id, at=now))
            case OrderRefused():
                REFUSALS.labels(rule=outcome.rule).inc()
            case _:
                """Nothing else can be asked of orders that never left."""

    async def react(self, event: Event, now: Instant) -> None:
        """Do nothing: there is no open order to cancel."""

    async def run(self, inbox: Inbox) -> None:
        """Hand in reports for ever."""
        self._inbox = inbox
        await asyncio.Event().wait()

    def _sign(self, order_id: str, now: Instant) -> GatewayReport:
        approval = self._approval(order_id)
        assert approval is not None, f"order {order_id}: expected its approval, found none"
        signed = self._signer().sign(terms_of(approval))
        log.info(
            "dry_run_order", order_id=order_id, venue_order_id=signed.order_id, slug=approval.slug,
            outcome=approval.outcome, side=approval.side, limit=str(approval.limit), quantity=str(approval.quantity),
            cost_max=str(approval.cost_max),
        )  # fmt: skip
        words = f"signed as {signed.order_id} and not posted, for DRY_RUN is true"
        return GatewayRejected(order_id=order_id, code="dry_run", detail=words, at=now)

    def _hand_in(self, report: GatewayReport) -> None:
        kind = str(getattr(report, "type", ""))
        REPORTS.labels(type=kind).inc()
        assert self._inbox is not None, "expected an inbox, for orders leave only once the sources run"
        self._inbox.put(report)
