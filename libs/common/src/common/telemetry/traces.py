"""Traces of trades, as the runtime sees them: what a tracer is asked, and one that does nothing.

A trace begins with an opportunity and goes on through decision, order, fills, settlement, the ledger's rows and the
alert; its context travels in NATS headers. Ticks are never traced. Where no endpoint is set nothing of OpenTelemetry is
so much as imported.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from common.contracts.base import Event

TRACED = frozenset(
    {
        "opportunity_found", "order_approved", "order_denied", "order_submitted", "order_refused", "order_accepted",
        "order_rejected", "order_unknown", "order_cancelled", "order_filled", "fill_matched", "fill_confirmed",
        "fill_failed", "position_settled", "alert_raised",
    }
)  # fmt: skip
"""The events that make up a trade. Market data is counted, not traced."""
NOTHING: Mapping[str, str] = {}
Traced = tuple[Event, Mapping[str, str]]
"""An event with the headers that it came with."""


class Tracer(Protocol):
    """Opens spans for the events of trades and carries their context from message to message."""

    def span(
        self, outcome: Event, cause: Event, headers: Mapping[str, str], /
    ) -> AbstractContextManager[Mapping[str, str]]:
        """Be within an outcome, whose cause came with those headers; give the headers that pass the context on."""

    def handling(self, messages: Sequence[Traced], /) -> AbstractContextManager[None]:
        """Be within the handling of messages that have no outcome, such as storing them."""

    def close(self) -> None:
        """Export what is left, for as long as that may take at the end."""


class Off:
    """Traces nothing."""

    def __init__(self) -> None:
        self._within = nullcontext(NOTHING)
        self._handling = nullcontext()

    def span(
        self, _outcome: Event, _cause: Event, _headers: Mapping[str, str]
    ) -> AbstractContextManager[Mapping[str, str]]:
        return self._within

    def handling(self, _messages: Sequence[Traced]) -> AbstractContextManager[None]:
        return self._handling

    def close(self) -> None:
        return


OFF = Off()


def open_tracer(service: str, endpoint: str) -> Tracer:
    """Answer a tracer that exports to an OTLP endpoint over HTTP, or the one that does nothing where there is none."""
    if not endpoint:
        return OFF
    from common.telemetry.spans import Spans, otlp  # noqa: PLC0415 - most runs trace nothing and need none of it

    return Spans(service, otlp(endpoint))
