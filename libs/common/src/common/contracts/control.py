"""What an operator says, and what every service says of itself."""

from typing import Annotated, Literal

from pydantic import Field

from common.clock import Instant
from common.contracts.base import Event, Key


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
