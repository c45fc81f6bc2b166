"""Traces of trades: a span per decision, order and fill, none for ticks; the context travels in NATS headers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from common.contracts.base import Event

TRACED = frozenset(
    {
        "opportunity_found", "order_approved", "order_denied", "order_submitted", "order_refused", "order_accepted",
        "order_rejected", "order_unknown", "order_cancelled", "order_filled", "fill_matched", "fill_confirmed",
        "fill_failed", "position_settled",
    }
)  # fmt: skip
"""The events that make up a trade. Market data is counted, not traced."""


def configure(service: str, endpoint: str, exporter: SpanExporter | None = None) -> TracerProvider:
    """Set up tracing for a process; spans are exported only where an endpoint or an exporter is given."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"pm-arb-{service}"}))
    if exporter is None and endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


class Tracer:
    """Opens spans for the events of trades and carries their context from message to message."""

    def __init__(self, service: str, provider: TracerProvider) -> None:
        self._service = service
        self._tracer = provider.get_tracer("pm_arb")

    @contextmanager
    def span(self, outcome: Event, headers: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """Open a span for an outcome under its cause's context; give the headers that pass it on."""
        kind = str(getattr(outcome, "type", ""))
        if kind not in TRACED:
            yield {}
            return
        parent = propagate.extract(dict(headers))
        with self._tracer.start_as_current_span(f"{self._service} {kind}", context=parent) as span:
            for name in ("event_id", "opportunity_id", "order_id", "market_id", "rule"):
                value = getattr(outcome, name, None)
                if value is not None:
                    span.set_attribute(f"pm_arb.{name}", str(value))
            carrier: dict[str, str] = {}
            propagate.inject(carrier, context=trace.set_span_in_context(span))
            yield carrier
