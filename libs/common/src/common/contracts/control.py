"""What an operator says, and what every service says of itself."""

from typing import Annotated, Literal

from pydantic import Field

from common.clock import Instant
from common.contracts.base import Event, Key, Price, Usd
from common.contracts.venue import Outcome


class HaltRequested(Event):
    """Stop. Any payload will do; its text is the reason. No credential is needed to say it on the loopback."""

    type: Literal["halt_requested"] = "halt_requested"
    reason: str
    at: Instant


class ResumeRequested(Event):
    """Go on. Needs the operator's credential."""

    type: Literal["resume_requested"] = "resume_requested"
    reason: str
    at: Instant


class RearmRequested(Event):
    """What stopped because it repeated itself may go on. Needs the operator's credential."""

    type: Literal["rearm_requested"] = "rearm_requested"
    reason: str
    at: Instant


class OrderRequested(Event):
    """An operator wants an order by hand; risk decides, as on any other. Needs the operator's credential."""

    type: Literal["order_requested"] = "order_requested"
    event_id: str
    market: str
    """The market's slug or its id."""
    outcome: Outcome
    usd: Annotated[Usd, Field(gt=0)]
    """What the shares may cost at most; the fee comes on top."""
    limit: Price | None = None
    """The highest price to pay for a share; None for the best offer there is."""
    valid_until: Instant
    at: Instant


class HeartbeatSent(Event):
    """A service is alive, in which state, and its few figures that people watch."""

    type: Literal["heartbeat_sent"] = "heartbeat_sent"
    service: Key
    state: Literal["starting", "recovering", "live", "draining"]
    ready: bool
    detail: str
    started_at: Instant
    sequence: Annotated[int, Field(ge=0)]
    figures: dict[str, str]
    at: Instant
    shard: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    """Which part of the service's work this instance does; empty where one does all of it."""
