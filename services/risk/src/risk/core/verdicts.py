"""What the gate says of an opportunity: an order in full, down to its salt, or the rule that refused, and figures."""

import inspect

from common import ids
from common.clock import MILLISECOND, Instant, later
from common.contracts.risk import OrderApproved, OrderDenied
from common.money import MICRO, floor_to, to_micro
from risk.core.limits import LIMITS, Limit
from risk.core.manual import MANUAL_LIMITS
from risk.core.question import Question


def judge(
    question: Question, version: str, limits: tuple[Limit, ...] = LIMITS, *, fencing_token: int
) -> OrderApproved | OrderDenied:
    """Ask every limit in order; the first refusal is the verdict, and where there is none the order is approved.

    `fencing_token` is of the lease under which the order is approved, zero where there is none.
    """
    for limit in limits:
        detail = limit(question)
        if detail is not None:
            return _denied(question, limit.__name__, detail, version)
    return _approved(question, version, fencing_token)


def denial_codes() -> dict[str, str]:
    """Say what each rule demands, for the documents."""
    own = (limit for limit in MANUAL_LIMITS if limit not in LIMITS)
    return {limit.__name__: inspect.getdoc(limit) or "" for limit in (*LIMITS, *own)}


def _denied(q: Question, rule: str, detail: str, version: str) -> OrderDenied:
    o = q.opportunity
    return OrderDenied(
        event_id=ids.derive("decision", o.event_id),
        opportunity_id=o.event_id,
        strategy=o.strategy,
        market_id=o.market_id,
        slug=o.slug,
        outcome=o.outcome,
        rule=rule,
        detail=detail,
        limits_version=version,
        denied_at=q.now,
    )


def _approved(q: Question, version: str, fencing_token: int) -> OrderApproved:
    o, draft = q.opportunity, q.draft
    order_id = ids.derive("order", o.event_id)
    return OrderApproved(
        event_id=ids.derive("decision", o.event_id),
        opportunity_id=o.event_id,
        order_id=order_id,
        strategy=o.strategy,
        venue=o.venue,
        market_id=o.market_id,
        slug=o.slug,
        symbol=o.symbol,
        token_id=o.token_id,
        outcome=o.outcome,
        side=o.side,
        order_type="FAK",
        limit=draft.limit,
        quantity=draft.quantity,
        maker_amount=to_micro(draft.notional),
        taker_amount=to_micro(draft.quantity),
        tick=q.book.tick,
        size_min=q.market.size_min,
        fee=o.fee,
        cost_max=draft.cost_max,
        fair_value=o.fair_value,
        expected_edge=floor_to(q.net_edge, MICRO),
        expected_fee=draft.fee,
        salt=ids.derive_salt(order_id),
        timestamp_ms=q.now // MILLISECOND,
        valid_until=_valid_until(q),
        limits_version=version,
        received_at=o.received_at,
        approved_at=q.now,
        fencing_token=fencing_token,
        protocol_version=q.market.protocol_version,
        is_neg_risk=q.market.is_neg_risk,
    )


def _valid_until(q: Question) -> Instant:
    return min(q.opportunity.valid_until, later(q.now, ms=q.limits.order_valid_ms))
