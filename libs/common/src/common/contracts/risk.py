"""What `risk` says: what may be done, in full detail, what may not and by which rule, and how it stands."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common.clock import Instant
from common.contracts.base import Event, Key, Price, Shares, Symbol, Usd
from common.contracts.venue import FeeSchedule, Outcome

TradingState = Literal["ACTIVE", "REDUCING", "HALTED"]


class OrderApproved(Event):
    """An order that may be placed, once, until `valid_until`. It is the write-ahead record of the order.

    Everything that the order's hash depends on is in it. `maker_amount` and `taker_amount` are the venue's integers of
    1e-6: what a BUY gives in dollars, and what it takes in shares. `cost_max` is notional and fee at the limit.
    """

    type: Literal["order_approved"] = "order_approved"
    event_id: str
    opportunity_id: str
    order_id: str
    """Derived from the opportunity: the name of the order within the system."""
    strategy: Key
    venue: Key
    market_id: Key
    slug: str
    symbol: Symbol
    token_id: Key
    outcome: Outcome
    side: Literal["BUY", "SELL"]
    order_type: Literal["FAK", "FOK", "GTC", "GTD"]
    limit: Price
    quantity: Shares
    maker_amount: int
    taker_amount: int
    tick: Price
    size_min: Shares
    fee: FeeSchedule
    cost_max: Usd
    fair_value: Annotated[Decimal, Field(ge=0, le=1)]
    expected_edge: Decimal
    expected_fee: Usd
    salt: int
    timestamp_ms: int
    valid_until: Instant
    limits_version: str
    received_at: Instant
    """When the frame that led to it came in."""
    approved_at: Instant
    fencing_token: Annotated[int, Field(ge=0)] = 0
    """Of the lease under which it was approved; zero where there is none. An approval with an older one is void."""
    protocol_version: str = "v1"
    is_neg_risk: bool = False
    """With the version it says on which of the venue's exchanges the order is signed for."""
    post_only: bool = False
    expires_at: Instant | None = None
    """When a GTD order ends."""


class OrderDenied(Event):
    """An opportunity that may not be taken: the first rule that refused it, and the figures."""

    type: Literal["order_denied"] = "order_denied"
    event_id: str
    opportunity_id: str
    strategy: Key
    market_id: Key
    slug: str
    outcome: Outcome
    rule: Key
    detail: str
    limits_version: str
    denied_at: Instant


class RiskStateChanged(Event):
    """How risk stands. Published when it changes, so that a high-water mark outlives a restart.

    `equity` is cash and open positions at cost; `realised_today` counts from 00:00 UTC of `day`.
    `at_risk` is the worst-case loss of everything open, in flight and reserved.
    """

    type: Literal["risk_state_changed"] = "risk_state_changed"
    event_id: str
    state: TradingState
    reason: str
    equity: Usd
    cash: Usd
    high_water_mark: Usd
    realised_today: Usd
    day: str
    at_risk: Usd
    open_orders: int
    at: Instant


class TradingHalted(Event):
    """Risk stopped trading by itself or passed on an operator's word; only an operator's resume lifts it."""

    type: Literal["trading_halted"] = "trading_halted"
    event_id: str
    rule: Key
    reason: str
    at: Instant


class TradingResumed(Event):
    """An operator lifted a halt."""

    type: Literal["trading_resumed"] = "trading_resumed"
    event_id: str
    reason: str
    at: Instant


class RiskLeaseAcquired(Event):
    """One replica of risk is the active one from here on. Tokens only grow; an approval with an older one is void."""

    type: Literal["risk_lease_acquired"] = "risk_lease_acquired"
    event_id: str
    holder: Key
    token: Annotated[int, Field(ge=1)]
    at: Instant
