"""What the loop counts of each input. Labels are bound once, when a type is first met, and not with every input."""

from functools import cache

from prometheus_client import Counter, Histogram

from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.risk import OrderDenied
from common.telemetry.metrics import AGE_SECONDS, DECIDE_SECONDS, DENIALS, HOP_SECONDS, INPUTS, OUTCOMES


class Meter:
    """The counts of one service's loop."""

    def __init__(self, service: str) -> None:
        self._decide_seconds = DECIDE_SECONDS.labels(service=service)
        self._inputs = cache(lambda kind: _input(service, kind))
        self._outcomes = cache(lambda kind: _outcome(service, kind))

    def count(self, event: Event, outcome: Event | None, began: Instant, done: Instant) -> None:
        """Count one input, and what followed from it."""
        inputs, age_seconds = self._inputs(type(event))
        inputs.inc()
        if age_seconds is not None:
            age_seconds.observe(max(0, since(done, getattr(event, "received_at", done))) / SECOND)
        self._decide_seconds.observe(since(done, began) / SECOND)
        if outcome is None:
            return
        outcomes, hop_seconds = self._outcomes(type(outcome))
        outcomes.inc()
        if hop_seconds is not None:
            hop_seconds.observe(max(0, since(done, getattr(outcome, "received_at", done))) / SECOND)
        if isinstance(outcome, OrderDenied):
            DENIALS.labels(rule=outcome.rule).inc()


def _input(service: str, kind: type[Event]) -> tuple[Counter, Histogram | None]:
    name = _name(kind)
    is_from_outside = "received_at" in kind.model_fields
    return (
        INPUTS.labels(service=service, type=name),
        AGE_SECONDS.labels(service=service, type=name) if is_from_outside else None,
    )


def _outcome(service: str, kind: type[Event]) -> tuple[Counter, Histogram | None]:
    name = _name(kind)
    is_hop = "received_at" in kind.model_fields
    return (
        OUTCOMES.labels(service=service, type=name),
        HOP_SECONDS.labels(service=service, outcome=name) if is_hop else None,
    )


def _name(kind: type[Event]) -> str:
    field = kind.model_fields.get("type")
    return "" if field is None else str(field.default)
