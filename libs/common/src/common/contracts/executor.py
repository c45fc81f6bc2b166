"""What `executor` says: what became of an approval, an order, a fill and a position."""

from typing import Literal

from common.clock import Instant
from common.contracts.base import Event, Key, Price, Shares, Usd
from common.contracts.venue import Outcome

TradingMode = Literal["paper", "live"]


class OrderEvent(Event):
    """What the events of one order share."""

    event_id: str
    order_id: str
    opportunity_id: str
    market_id: Key
    token_id: Key
    mode: TradingMode
    at: Instant


class OrderSubmitted(OrderEvent):
    """The order has left for the venue; nothing is known of it yet."""

    type: Literal["order_submitted"] = "order_submitted"
    received_at: Instant
    """When the frame that led to the order came in."""
    approved_at: Instant


class OrderRefused(OrderEvent):
    """The executor did not send it: a check at the last hop said no. Terminal."""

    type: Literal["order_refused"] = "order_refused"
    rule: Key
    detail: str


class OrderAccepted(OrderEvent):
    """The venue has it."""

    type: Literal["order_accepted"] = "order_accepted"
    venue_order_id: str


class OrderRejected(OrderEvent):
    """The venue said no. Terminal."""

    type: Literal["order_rejected"] = "order_rejected"
    code: Key
    detail: str


class OrderUnknown(OrderEvent):
    """Nobody can say what became of it: it is asked for by its id, never sent again, never counted as rejected."""

    type: Literal["order_unknown"] = "order_unknown"
    detail: str


class OrderCancelled(OrderEvent):
    """What was left of it is gone: killed, expired or cancelled. Terminal. `filled` says what it had got."""

    type: Literal["order_cancelled"] = "order_cancelled"
    reason: str
    filled: Shares


class OrderFilled(OrderEvent):
    """It got all that it asked for. Terminal."""

    type: Literal["order_filled"] = "order_filled"
    filled: Shares


class FillEvent(Event):
    """What the events of one fill share. A fill is known by its id, whoever repeats it."""

    event_id: str
    fill_id: str
    order_id: str
    market_id: Key
    token_id: Key
    mode: TradingMode
    at: Instant


class FillMatched(FillEvent):
    """A match, not yet final. Price in dollars a share; `fee` in dollars on top of a buy, off a sale."""

    type: Literal["fill_matched"] = "fill_matched"
    outcome: Outcome
    side: Literal["BUY", "SELL"]
    price: Price
    quantity: Shares
    fee: Usd
    strategy: Key
    slug: str


class FillConfirmed(FillEvent):
    """The match is final."""

    type: Literal["fill_confirmed"] = "fill_confirmed"


class FillFailed(FillEvent):
    """The match came to nothing and is void, exactly once."""

    type: Literal["fill_failed"] = "fill_failed"
    reason: str


class PositionSettled(Event):
    """A market with a position in it was resolved: what the shares cost, and what they paid.

    `pnl` is payout less cost less fees, from the official outcome.
    """

    type: Literal["position_settled"] = "position_settled"
    event_id: str
    market_id: Key
    slug: str
    mode: TradingMode
    winner: Outcome
    up_shares: Shares
    down_shares: Shares
    cost: Usd
    fees: Usd
    payout: Usd
    pnl: Usd
    at: Instant
