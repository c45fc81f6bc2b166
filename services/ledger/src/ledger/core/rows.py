"""The changes that an event can make to the tables: one record a statement, its fields named as the columns.

Every change names its row by a key of its own (an order, a fill, a decision), so that making it twice is making it
once. `sequence` is the event's place in the journal, and decides which of two words on the same row is the later.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from common.clock import Instant
from ledger.core.standing_rows import (
    DiscrepancyRow,
    ExecutorStateRow,
    HaltRow,
    LeaseRow,
    ReconciliationRow,
    RiskStateRow,
)

OrderStatus = Literal[
    "submitted", "refused", "accepted", "rejected", "unknown", "cancelled", "expired", "filled", "adopted"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityRow:
    """Table `opportunities`: an edge that was seen, with everything it was judged by."""

    sequence: int
    opportunity_id: str
    strategy: str
    venue: str
    market_id: str
    slug: str
    symbol: str
    token_id: str
    outcome: str
    side: str
    fair_value: Decimal
    uncertainty: Decimal
    limit_price: Decimal
    quantity: Decimal
    average_price: Decimal
    gross_edge: Decimal
    fee_per_share: Decimal
    margin: Decimal
    net_edge: Decimal
    underlying_price: Decimal
    strike: Decimal
    sigma: Decimal
    seconds_left: Decimal
    model: str
    ends_at: datetime
    received_at: datetime
    found_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """Table `decisions`: approved, with the order's figures, or denied, with the rule and its figures."""

    sequence: int
    decision_id: str
    opportunity_id: str
    result: Literal["approved", "denied"]
    strategy: str
    market_id: str
    slug: str
    outcome: str
    order_id: str | None
    rule: str | None
    detail: str | None
    limit_price: Decimal | None
    quantity: Decimal | None
    cost_max: Decimal | None
    fair_value: Decimal | None
    expected_edge: Decimal | None
    expected_fee: Decimal | None
    limits_version: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """Table `orders`: what was approved."""

    sequence: int
    order_id: str
    request_id: str
    opportunity_id: str
    strategy: str
    venue: str
    market_id: str
    slug: str
    symbol: str
    token_id: str
    outcome: str
    side: str
    order_type: str
    limit_price: Decimal
    quantity: Decimal
    expected_edge: Decimal
    expected_fee: Decimal
    protocol_version: str
    is_neg_risk: bool
    post_only: bool
    fencing_token: int
    expires_at: datetime | None
    received_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatusRow:
    """Table `orders`: what has become of it, unless a later word is known."""

    status_sequence: int
    order_id: str
    opportunity_id: str
    market_id: str
    token_id: str
    mode: str
    status: OrderStatus
    error_message: str | None
    venue_order_id: str | None
    status_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStateRow:
    """Table `order_states`: one step of an order's way, never changed."""

    sequence: int
    event_id: str
    order_id: str
    market_id: str
    mode: str
    status: OrderStatus
    code: str | None
    detail: str | None
    filled: Decimal | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """Table `fills`: a match, provisional until its status says otherwise."""

    sequence: int
    fill_id: str
    order_id: str
    market_id: str
    token_id: str
    mode: str
    slug: str
    strategy: str
    outcome: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    liquidity: str
    matched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FillStatusRow:
    """Table `fills`: the match became final, or void; the first such word stands."""

    status_sequence: int
    fill_id: str
    order_id: str
    market_id: str
    token_id: str
    mode: str
    status: Literal["confirmed", "failed"]
    reason: str | None
    status_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRow:
    """Table `settlements`: a market with a position in it was resolved."""

    sequence: int
    event_id: str
    market_id: str
    slug: str
    mode: str
    winner: str
    up_shares: Decimal
    down_shares: Decimal
    cost: Decimal
    fees: Decimal
    payout: Decimal
    pnl: Decimal
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionRow:
    """Table `redemptions`: what a settled market owed was paid out."""

    sequence: int
    event_id: str
    market_id: str
    slug: str
    mode: str
    payout: Decimal
    redeemed_by: str
    redeemed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Table `events`: the event as it was said, for audits, and the mark that its sequence is stored."""

    sequence: int
    subject: str
    type: str
    event_id: str
    stored_at: datetime
    event: str


Row = (
    OpportunityRow | DecisionRow | OrderRow | OrderStatusRow | OrderStateRow | FillRow | FillStatusRow | SettlementRow
    | RedemptionRow | RiskStateRow | HaltRow | LeaseRow | ReconciliationRow | DiscrepancyRow | ExecutorStateRow
    | EventRow
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the journal an event stands."""

    sequence: int
    subject: str
    stored_at: Instant
