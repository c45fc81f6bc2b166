"""What the loop counts of each input. Labels are bound once, when a type is first met, and not with every input."""

from functools import cache

from prometheus_client import Counter, Histogram

from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.risk import OrderDenied
from common.telemetry.metrics import DECIDE_SECONDS, DENIALS, HOP_SECONDS, INPUTS, OUTCOMES


class Meter:
    """The counts of one service's loop."""

    def __init__(self, service: str) -> None:
        self._decide_seconds = DECIDE_SECONDS.labels(service=service)
        self._inputs = cache(lambda kind: INPUTS.labels(service=service, type=_name(kind)))
        self._outcomes = cache(lambda kind: _outcome(service, kind))

    def count(self, event: Event, outcome: Event | None, began: Instant, done: Instant) -> None:
        """Count one input, and what followed from it."""
        self._inputs(type(event)).inc()
        self._decide_seconds.observe(since(done, began) / SECOND)
        if outcome is None:
            return
        outcomes, hop_seconds = self._outcomes(type(outcome))
        outcomes.inc()
        if hop_seconds is not None:
            hop_seconds.observe(max(0, since(done, getattr(outcome, "received_at", done))) / SECOND)
        if isinstance(outcome, OrderDenied):
            DENIALS.labels(rule=outcome.rule).inc()


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
