"""The desk's outcomes: an alert, or one that was held back. They concern this service alone and are not published."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from common.clock import Instant
from common.contracts.base import Event

AlertKind = Literal[
    "trade", "settled", "loss", "failed", "unknown", "halt", "resume", "silent", "back", "bus", "source", "fee",
    "startup", "day", "hour", "suppressed", "test", "reconciliation", "stopped", "running", "lease", "redeemed",
]  # fmt: skip


class Priority(IntEnum):
    """How loudly, on Pushover's scale: an emergency repeats until somebody acknowledges it."""

    LOWEST = -2
    LOW = -1
    NORMAL = 0
    HIGH = 1
    EMERGENCY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An alert that is due, unless it was told already, is too old, or there are too many."""

    kind: AlertKind
    about: str
    """The thing it is about: a service, a source, a day, an order."""
    key: str
    """What it is told once for."""
    title: str
    message: str
    priority: Priority
    occurred_at: Instant
    ageless: bool = False
    """Tell it however old it is."""
    uncounted: bool = False
    """Leave it out of the limit of alerts a minute."""


class AlertOutcome(Event):
    """What the desk's outcomes share."""

    event_id: str
    kind: AlertKind
    about: str
    key: str
    priority: int
    occurred_at: Instant
    """When that happened which it tells of."""
    at: Instant


class AlertRaised(AlertOutcome):
    """Somebody must know. An emergency is repeated every `retry_s` until it is acknowledged, at most `expire_s`."""

    type: Literal["alert_raised"] = "alert_raised"
    title: str
    message: str
    retry_s: int | None
    expire_s: int | None
    uncounted: bool


class AlertSuppressed(AlertOutcome):
    """It was held back: too many within a minute, or too old to be news."""

    type: Literal["alert_suppressed"] = "alert_suppressed"
    reason: Literal["rate", "stale"]
