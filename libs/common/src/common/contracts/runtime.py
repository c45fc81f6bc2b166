"""What the runtime itself tells a core: that time passes, that it is live, that the bus went or came back."""

from typing import Annotated, Literal

from pydantic import Field

from common.clock import Instant
from common.contracts.base import Event, Key


class Tick(Event):
    """Time has passed. Every core gets one at a fixed interval, however quiet the world is."""

    type: Literal["tick"] = "tick"
    at: Instant


class WentLive(Event):
    """Recovery is over: what comes from here on is new."""

    type: Literal["went_live"] = "went_live"
    at: Instant


class BusLost(Event):
    """The connection to the bus is gone; what others say is not heard."""

    type: Literal["bus_lost"] = "bus_lost"
    at: Instant


class BusRestored(Event):
    """The connection to the bus is back."""

    type: Literal["bus_restored"] = "bus_restored"
    at: Instant


class StopRequested(Event):
    """The process was told to end: what is in hand is finished, nothing new begins."""

    type: Literal["stop_requested"] = "stop_requested"
    at: Instant


class LeaseAcquired(Event):
    """This replica is the active one from here on, under a token that is larger than any before it."""

    type: Literal["lease_acquired"] = "lease_acquired"
    holder: Key
    token: Annotated[int, Field(ge=1)]
    at: Instant


class LeaseLost(Event):
    """This replica is not the active one any more, or cannot be sure of it: it must not act."""

    type: Literal["lease_lost"] = "lease_lost"
    at: Instant
