"""The paper venue's own account of the orders that it has, in the form in which the live venue's is gathered."""

from collections.abc import Iterable

from common.clock import MILLISECOND, Instant, since
from common.money import Shares
from executor.adapters.paper.order import PaperOrder, Stage
from executor.core.desk import paper_name
from executor.core.inputs import VenueFill, VenueOrder, VenueSnapshot


def snapshot(orders: Iterable[PaperOrder], fills_since: Instant, now: Instant, confirm_ms: int) -> VenueSnapshot:
    """Gather what is open and what was matched. There is no wallet, so nothing is said of dollars and shares held."""
    known = tuple(orders)
    return VenueSnapshot(
        gap="", orders=tuple(_open(order) for order in known if order.stage in {Stage.HELD, Stage.RESTING}),
        fills=tuple(fill for order in known for fill in _fills(order, fills_since, now, confirm_ms)),
        fills_since=fills_since,
        holdings=(), collateral=None, allowance=None, wallet="", signature_type=0, asked_at=now, at=now,
    )  # fmt: skip


def _open(order: PaperOrder) -> VenueOrder:
    approval = order.approval
    return VenueOrder(
        venue_order_id=paper_name(approval), order_id=approval.order_id, market_id=approval.market_id,
        token_id=approval.token_id, side=approval.side, price=approval.limit, quantity=approval.quantity,
        matched=Shares(order.filled),
    )  # fmt: skip


def _fills(order: PaperOrder, fills_since: Instant, now: Instant, confirm_ms: int) -> list[VenueFill]:
    approval = order.approval
    return [
        VenueFill(
            fill_id=fill.fill_id, order_id=approval.order_id, venue_order_id=paper_name(approval),
            market_id=approval.market_id, token_id=approval.token_id, side=approval.side, price=fill.price,
            quantity=fill.quantity, is_final=since(now, fill.at) >= confirm_ms * MILLISECOND, matched_at=fill.at,
        )
        for fill in order.fills
        if fill.at >= fills_since
    ]  # fmt: skip
