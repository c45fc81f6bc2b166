"""What `executor` says: what became of an approval, an order, a fill and a position."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common.clock import Instant
from common.contracts.base import Event, Key, Price, Record, Shares, Usd
from common.contracts.venue import Liquidity, Outcome

TradingMode = Literal["paper", "live"]
Severity = Literal["none", "warn", "reduce", "halt"]
Verdict = Literal["agreed", "differs", "incomplete"]


class OrderEvent(Event):
    """What the events of one order share."""

    event_id: str
    order_id: str
    opportunity_id: str
    market_id: Key
    token_id: Key
    mode: TradingMode
    at: Instant


ADOPTED = "adopted-"


def adopted_id(venue_order_id: str) -> str:
    """Name an order that nobody here placed, by what the venue calls it."""
    return ADOPTED + venue_order_id.lower().removeprefix("0x")


def is_adopted(order_id: str) -> bool:
    """Whether an order is one that nobody here placed, taken into the record as it was found at the venue."""
    return order_id.startswith(ADOPTED)


class OrderAdopted(OrderEvent):
    """An order that nobody here placed is open under our key: it is in the record from here on, and is cancelled.

    Of no opportunity and no approval; its matches are booked like ours, for the account is one.
    """

    type: Literal["order_adopted"] = "order_adopted"
    venue_order_id: str
    side: Literal["BUY", "SELL"]
    price: Price
    quantity: Shares
    filled: Shares


class OrderSubmitted(OrderEvent):
    """The order has left for the venue; nothing is known of it yet."""

    type: Literal["order_submitted"] = "order_submitted"
    received_at: Instant
    """When the frame that led to the order came in."""
    approved_at: Instant
    venue_order_id: str = ""
    """What the venue will call it: known before it is sent, for it is the hash of what was signed."""


class OrderRefused(OrderEvent):
    """The executor did not send it: a check at the last hop said no. Terminal."""

    type: Literal["order_refused"] = "order_refused"
    rule: Key
    detail: str


class OrderAccepted(OrderEvent):
    """The venue has it: it rests, is held for the market's taker delay, or is matched already."""

    type: Literal["order_accepted"] = "order_accepted"
    venue_order_id: str
    status: Literal["live", "delayed", "matched"] = "live"


class OrderRejected(OrderEvent):
    """The venue said no. Terminal."""

    type: Literal["order_rejected"] = "order_rejected"
    code: Key
    detail: str


class OrderUnknown(OrderEvent):
    """Nobody can say what became of it: it is asked for by its id, never sent again, never counted as rejected."""

    type: Literal["order_unknown"] = "order_unknown"
    detail: str
    cause: Literal["venue", "restart"] = "venue"
    """Whether the venue gave no answer, or the executor itself began anew and asks what its predecessor did."""


class OrderCancelled(OrderEvent):
    """What was left of it is gone: killed, expired or cancelled. Terminal. `filled` says what it had got."""

    type: Literal["order_cancelled"] = "order_cancelled"
    reason: str
    filled: Shares
    kind: Literal["cancelled", "expired"] = "cancelled"


class OrderFilled(OrderEvent):
    """It got all that it asked for. Terminal; its fills are final only when each of them is confirmed."""

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
    liquidity: Liquidity = "taker"


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


class PositionRedeemed(Event):
    """What a settled market owed has been paid out: the winning shares are gone, and their dollars are there."""

    type: Literal["position_redeemed"] = "position_redeemed"
    event_id: str
    market_id: Key
    slug: str
    mode: TradingMode
    payout: Usd
    by: Literal["venue", "executor"]
    """Whether the venue redeemed it by itself, or the executor asked for it."""
    at: Instant


class Discrepancy(Record):
    """One thing in which the venue and the executor's book differ."""

    kind: Literal["foreign_order", "missing_order", "foreign_fill", "missing_fill", "position", "price", "collateral"]
    about: str
    """The order, the fill or the token that it is about; empty for the collateral."""
    expected: str
    found: str
    usd: Usd
    """What is at stake in it, in dollars; zero where that is not known."""
    severity: Literal["warn", "reduce", "halt"]


class AcceptedShares(Record):
    """A difference that a person accepted: so many shares are held beyond the record, or (negative) lacking from it."""

    token_id: str
    shares: Decimal


class ReconciliationDone(Event):
    """The executor's book was held against the venue's: at the start, whenever the answer changes, and hourly.

    `incomplete` says that the venue did not tell everything: nothing follows from it, and never that nothing is held.
    """

    type: Literal["reconciliation_done"] = "reconciliation_done"
    event_id: str
    mode: TradingMode
    verdict: Verdict
    severity: Severity
    detail: str
    discrepancies: tuple[Discrepancy, ...]
    open_orders: Annotated[int, Field(ge=0)]
    tokens: Annotated[int, Field(ge=0)]
    """How many tokens were compared."""
    collateral: Usd | None
    """Dollars in the wallet as the venue says; None where there is no wallet."""
    baseline: Usd | None
    """Collateral less all cash that the record explains: what was there before the first trade, deposits included."""
    wallet: str
    """The address that pays, and how it signs: with them any order's hash can be worked out from the record."""
    signature_type: int
    at: Instant
    accepted_at: Instant = Instant(0)
    """When a person last accepted the account as it was, or it was first looked at: matches from before are history."""
    accepted: tuple[AcceptedShares, ...] = ()


class ExecutorStateChanged(Event):
    """What keeps orders from leaving, said whenever it changes; empty when nothing does."""

    type: Literal["executor_state_changed"] = "executor_state_changed"
    event_id: str
    mode: TradingMode
    halted_by: tuple[str, ...]
    at: Instant


class ExecutorLeaseAcquired(Event):
    """One replica of the executor is the active one from here on. Tokens only grow; an older one is void."""

    type: Literal["executor_lease_acquired"] = "executor_lease_acquired"
    event_id: str
    holder: Key
    token: Annotated[int, Field(ge=1)]
    at: Instant
