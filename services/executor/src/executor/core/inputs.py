"""What the gateway tells the desk, and what the desk asks of it alone: what never leaves the service.

A report says what the venue said, no more: whether it is believed is the desk's affair. They are events with a type
of their own, so that a tape of them can be played back.
"""

from typing import ClassVar, Literal

from common.clock import Instant
from common.contracts.base import Event, Key, Price, Record, Shares, Usd
from common.contracts.venue import Liquidity

Standing = Literal["heartbeat", "user_stream", "credentials", "access"]
"""What orders depend on at the venue, each of which may go and come back by itself."""


class GatewayReport(Event):
    """What the reports of the gateway share: the order they are about, and when the venue says it was."""

    may_be_shed: ClassVar[bool] = False
    order_id: str
    at: Instant


class GatewayAccepted(GatewayReport):
    """The venue has the order: it rests, is held, or is matched already."""

    type: Literal["gateway_accepted"] = "gateway_accepted"
    venue_order_id: str
    status: Literal["live", "delayed", "matched"] = "live"


class GatewayRejected(GatewayReport):
    """The venue said no, in its own words."""

    type: Literal["gateway_rejected"] = "gateway_rejected"
    code: Key
    detail: str


class GatewayFilled(GatewayReport):
    """A match, not yet final; `fee` in dollars on top of a buy, off a sale."""

    type: Literal["gateway_filled"] = "gateway_filled"
    fill_id: str
    """Unique to the match and the order: one trade of the venue may touch several of our orders."""
    price: Price
    quantity: Shares
    fee: Usd
    liquidity: Liquidity = "taker"


class GatewayFillConfirmed(GatewayReport):
    """A match is final."""

    type: Literal["gateway_fill_confirmed"] = "gateway_fill_confirmed"
    fill_id: str


class GatewayFillRetried(GatewayReport):
    """The venue tries to settle a match once more; nothing is decided by it."""

    type: Literal["gateway_fill_retried"] = "gateway_fill_retried"
    fill_id: str


class GatewayFillFailed(GatewayReport):
    """A match came to nothing."""

    type: Literal["gateway_fill_failed"] = "gateway_fill_failed"
    fill_id: str
    reason: str


class GatewayCompleted(GatewayReport):
    """The order got all that it asked for; `filled` is the venue's own count."""

    type: Literal["gateway_completed"] = "gateway_completed"
    filled: Shares


class GatewayCancelled(GatewayReport):
    """What was left of the order is gone; `filled` is the venue's own count of what it had got."""

    type: Literal["gateway_cancelled"] = "gateway_cancelled"
    filled: Shares
    reason: str
    kind: Literal["cancelled", "expired"] = "cancelled"


class GatewayCancelDeclined(GatewayReport):
    """The venue would not cancel: the order stays as it is until its own end is reported."""

    type: Literal["gateway_cancel_declined"] = "gateway_cancel_declined"
    reason: str


class GatewayLost(GatewayReport):
    """The order left and no answer came: a timeout, a broken connection, a server's failure. It is not a rejection."""

    type: Literal["gateway_lost"] = "gateway_lost"
    detail: str


class GatewayNotFound(GatewayReport):
    """The venue was asked for the order and does not know it."""

    type: Literal["gateway_not_found"] = "gateway_not_found"


class FillAsked(Event):
    """The desk wants to know whether a match became final: an outcome that only the gateway hears."""

    type: Literal["fill_asked"] = "fill_asked"
    event_id: str
    order_id: str
    fill_id: str
    matched_at: Instant
    at: Instant


class VenueOrder(Record):
    """An open order as the venue lists it. `order_id` is ours where the hash is one of ours, else empty."""

    venue_order_id: str
    order_id: str
    market_id: str
    token_id: str
    side: Literal["BUY", "SELL"]
    price: Price
    quantity: Shares
    matched: Shares


class VenueFill(Record):
    """A match as the venue lists it, of one of our key's orders; failed ones are not among them."""

    fill_id: str
    order_id: str
    """Ours; empty where nobody here placed the order."""
    venue_order_id: str
    market_id: str
    token_id: str
    side: Literal["BUY", "SELL"]
    price: Price
    quantity: Shares
    is_final: bool
    matched_at: Instant
    liquidity: Liquidity = "taker"


class VenueHolding(Record):
    """How many shares of a token the wallet has, as the venue believes."""

    token_id: str
    shares: Shares


class VenueSnapshot(Event):
    """All that the venue says of the account, gathered between two moments: the whole truth only if `gap` is empty.

    `collateral` and `allowance` are dollars; None where there is no wallet behind the gateway (paper).
    """

    type: Literal["venue_snapshot"] = "venue_snapshot"
    may_be_shed: ClassVar[bool] = False
    gap: str
    """Why it is not complete, or empty."""
    orders: tuple[VenueOrder, ...]
    fills: tuple[VenueFill, ...]
    fills_since: Instant
    """Fills that were matched before are not listed."""
    failed: tuple[str, ...] = ()
    """The fills that came to nothing, of the same time."""
    holdings: tuple[VenueHolding, ...]
    """Of every token that was asked about; a token that is missing was not asked about."""
    collateral: Usd | None
    allowance: Usd | None
    wallet: str
    signature_type: int
    asked_at: Instant
    at: Instant


class VenueStanding(Event):
    """Something that orders depend on went, or came back: while any of them is gone no order leaves."""

    type: Literal["venue_standing"] = "venue_standing"
    may_be_shed: ClassVar[bool] = False
    what: Standing
    is_well: bool
    detail: str
    at: Instant


class CancelAsked(Event):
    """The desk wants an order gone that it knows only by the venue's name: an outcome that only the gateway hears."""

    type: Literal["cancel_asked"] = "cancel_asked"
    event_id: str
    venue_order_id: str
    at: Instant


class RedemptionAsked(Event):
    """The desk wants the winning shares of a settled market paid out: an outcome that only the gateway hears."""

    type: Literal["redemption_asked"] = "redemption_asked"
    event_id: str
    market_id: str
    protocol_version: str
    is_neg_risk: bool
    at: Instant
