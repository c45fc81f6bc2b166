"""What the events of opportunities, orders, fills and positions change in the tables."""

from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAccepted,
    OrderAdopted,
    OrderCancelled,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
    PositionRedeemed,
    PositionSettled,
)
from common.contracts.risk import OrderApproved, OrderDenied
from common.contracts.scanner import OpportunityFound
from common.money import Shares
from ledger.core.changes import changes, moment
from ledger.core.rows import (
    DecisionRow,
    FillRow,
    FillStatusRow,
    OpportunityRow,
    OrderRow,
    OrderStateRow,
    OrderStatus,
    OrderStatusRow,
    RedemptionRow,
    Row,
    SettlementRow,
)


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
        expected_fee=event.expected_fee, protocol_version=event.protocol_version, is_neg_risk=event.is_neg_risk,
        post_only=event.post_only, fencing_token=event.fencing_token,
        expires_at=None if event.expires_at is None else moment(event.expires_at),
        received_at=moment(event.received_at), created_at=moment(event.approved_at),
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
    return _step(event, sequence, "submitted", venue_order_id=event.venue_order_id or None)


@changes.register
def _refused(event: OrderRefused, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "refused", code=event.rule, detail=event.detail)


@changes.register
def _accepted(event: OrderAccepted, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "accepted", code=event.status, venue_order_id=event.venue_order_id)


@changes.register
def _rejected(event: OrderRejected, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "rejected", code=event.code, detail=event.detail)


@changes.register
def _unknown(event: OrderUnknown, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, "unknown", detail=event.detail)


@changes.register
def _cancelled(event: OrderCancelled, sequence: int) -> tuple[Row, ...]:
    return _step(event, sequence, event.kind, detail=event.reason, filled=event.filled)


@changes.register
def _adopted(event: OrderAdopted, sequence: int) -> tuple[Row, ...]:
    detail = f"nobody here placed it: {event.side} {event.quantity:f} @ {event.price:f}"
    return _step(event, sequence, "adopted", detail=detail, filled=event.filled, venue_order_id=event.venue_order_id)


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
    trouble = None if status == "accepted" else ": ".join(text for text in (code, detail) if text)
    latest = OrderStatusRow(
        status_sequence=sequence, order_id=event.order_id, opportunity_id=event.opportunity_id,
        market_id=event.market_id, token_id=event.token_id, mode=event.mode, status=status,
        error_message=trouble or None, venue_order_id=venue_order_id, status_at=moment(event.at),
    )  # fmt: skip
    return history, latest


@changes.register
def _matched(event: FillMatched, sequence: int) -> tuple[Row, ...]:
    row = FillRow(
        sequence=sequence, fill_id=event.fill_id, order_id=event.order_id, market_id=event.market_id,
        token_id=event.token_id, mode=event.mode, slug=event.slug, strategy=event.strategy, outcome=event.outcome,
        side=event.side, price=event.price, quantity=event.quantity, fee=event.fee, liquidity=event.liquidity,
        matched_at=moment(event.at),
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
def _redeemed(event: PositionRedeemed, sequence: int) -> tuple[Row, ...]:
    row = RedemptionRow(
        sequence=sequence, event_id=event.event_id, market_id=event.market_id, slug=event.slug, mode=event.mode,
        payout=event.payout, redeemed_by=event.by, redeemed_at=moment(event.at),
    )  # fmt: skip
    return (row,)
