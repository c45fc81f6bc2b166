"""Traces of trades with OpenTelemetry. Imported only where an endpoint is set."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from threading import Thread

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import bound_contextvars

from common.contracts.base import Event
from common.contracts.scanner import OpportunityFound
from common.contracts.venue import BookUpdated
from common.telemetry.traces import NOTHING, TRACED, Traced

PARENT = "traceparent"
EXPORT_TIMEOUT_S = 2.0
EXPORT_DELAY_MS = 1000
CLOSE_TIMEOUT_S = 3.0
REMEMBERED_MAX = 5000
NAMED = ("event_id", "opportunity_id", "order_id", "fill_id", "market_id", "slug", "rule", "code", "kind")
KEYS = ("order_id", "opportunity_id", "market_id")
"""What later events are recognised by that come without headers, such as a gateway's reports; the closest first."""
_CONTEXT = TraceContextTextMapPropagator()

log = structlog.get_logger()


def otlp(endpoint: str) -> SpanProcessor:
    """Answer the processor that exports to an endpoint in the background; what cannot be sent is dropped."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_TIMEOUT_S)
    return BatchSpanProcessor(exporter, schedule_delay_millis=EXPORT_DELAY_MS)


class Spans:
    """A span an outcome, under the context of its cause. Log lines within it carry the trace's id, and each is one."""

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        self._service, self._processor = service, processor
        self._providers: dict[str, TracerProvider] = {}
        self._tracer = self._of(service)
        self._remembered: OrderedDict[str, Mapping[str, str]] = OrderedDict()

    @contextmanager
    def span(self, outcome: Event, cause: Event, headers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        """Open a span for an outcome under its cause's context; an alert that no trade caused has none."""
        kind = str(getattr(outcome, "type", ""))
        parent = self._parent(outcome, headers) if kind in TRACED else NOTHING
        if kind not in TRACED or (kind == "alert_raised" and not parent):
            yield NOTHING
            return
        if isinstance(outcome, OpportunityFound):
            parent = self._frame(outcome, cause)
        with self._tracer.start_as_current_span(f"{self._service} {kind}", context=_CONTEXT.extract(parent)) as span:
            names = _describe(span, outcome)
            carrier: dict[str, str] = {}
            _CONTEXT.inject(carrier)
            self._remember(outcome, carrier)
            with bound_contextvars(trace_id=_trace_id(span)):
                yield carrier
                log.info(kind, **names)

    @contextmanager
    def handling(self, messages: Sequence[Traced]) -> Iterator[None]:
        """Open a span for each message that belongs to a trade."""
        with ExitStack() as stack:
            for event, headers in messages:
                kind = str(getattr(event, "type", ""))
                if kind in TRACED and PARENT in headers:
                    span = self._tracer.start_span(f"{self._service} {kind}", context=_CONTEXT.extract(headers))
                    names = _describe(span, event)
                    stack.callback(log.info, kind, trace_id=_trace_id(span), **names)
                    stack.callback(span.end)
            yield

    def close(self) -> None:
        """Export what is left; an endpoint that does not answer holds up the end for no longer than a moment."""
        closing = Thread(target=self._processor.shutdown, name="spans", daemon=True)
        closing.start()
        closing.join(CLOSE_TIMEOUT_S)

    def _frame(self, found: OpportunityFound, cause: Event) -> Mapping[str, str]:
        """Begin the trace with the frame that led to it, in the name of the service that it came in by.

        The one frame in thousands that led to a trade is told of afterwards, from the times that the opportunity
        carries: a span a tick would cost more than the tick.
        """
        service = "venue" if isinstance(cause, BookUpdated) else "oracle"
        name = f"{service} {getattr(cause, 'type', 'frame')}"
        span = self._of(service).start_span(name, context=_CONTEXT.extract({}), start_time=found.received_at)
        span.set_attribute("pm_arb.symbol", found.symbol)
        span.end(max(found.received_at, found.found_at))
        carrier: dict[str, str] = {}
        _CONTEXT.inject(carrier, context=trace.set_span_in_context(span))
        return carrier

    def _parent(self, outcome: Event, headers: Mapping[str, str]) -> Mapping[str, str]:
        if PARENT in headers:
            return headers
        known = (self._remembered.get(str(getattr(outcome, key, ""))) for key in KEYS)
        return next((carrier for carrier in known if carrier), NOTHING)

    def _remember(self, outcome: Event, carrier: Mapping[str, str]) -> None:
        """Keep the first context of each order, opportunity and market: what comes later hangs under it."""
        for key in KEYS:
            name = str(getattr(outcome, key, ""))
            if name and (name not in self._remembered or key == "market_id"):
                self._remembered[name] = carrier
        while len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)

    def _of(self, service: str) -> trace.Tracer:
        """Answer the tracer that speaks in the name of a service."""
        if service not in self._providers:
            provider = TracerProvider(resource=Resource.create({"service.name": f"pm-arb-{service}"}))
            provider.add_span_processor(self._processor)
            self._providers[service] = provider
        return self._providers[service].get_tracer("pm_arb")


def _describe(span: trace.Span, event: Event) -> dict[str, str]:
    """Write into a span what its event is told from others by, and answer it."""
    found = {name: getattr(event, name, None) for name in NAMED}
    names = {name: str(value) for name, value in found.items() if value is not None}
    for name, value in names.items():
        span.set_attribute(f"pm_arb.{name}", value)
    return names


def _trace_id(span: trace.Span) -> str:
    return format(span.get_span_context().trace_id, "032x")
