"""Spans of trades: what hangs under what, and that none are made when nobody asked for them."""

import subprocess
import sys

import pytest
import structlog
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from alerter.core import AlertRaised
from builders import NOON, a_book, a_fill, a_price, after, an_approval, an_opportunity
from common.contracts.executor import OrderAccepted
from common.contracts.runtime import Tick
from common.telemetry.spans import REMEMBERED_MAX, Spans
from common.telemetry.traces import OFF, open_tracer
from unit.ledger.ledger_builders import an_order_event


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


def a_raised_alert():
    return AlertRaised(
        event_id="a1", kind="trade", about="fill1", key="trade:fill1", priority=0, occurred_at=NOON, at=NOON,
        title="Trade executed", message="Bought", retry_s=None, expire_s=None, uncounted=False,
    )  # fmt: skip


def told(spans, outcome, cause, headers=()):
    with spans.span(outcome, cause, dict(headers)) as carried:
        return dict(carried)


def test_a_trace_begins_with_the_frame_in_the_name_of_the_service_that_it_came_in_by(exporter):
    spans = Spans("scanner", SimpleSpanProcessor(exporter))

    told(spans, an_opportunity(), a_price())
    told(spans, an_opportunity(event_id="o2"), a_book())

    frames = [span for span in exporter.get_finished_spans() if span.parent is None]
    assert [frame.name for frame in frames] == ["oracle price_updated", "venue book_updated"]
    assert [frame.resource.attributes["service.name"] for frame in frames] == ["pm-arb-oracle", "pm-arb-venue"]
    assert frames[0].start_time == an_opportunity().received_at
    found = [span for span in exporter.get_finished_spans() if span.name == "scanner opportunity_found"]
    assert [span.parent.span_id for span in found] == [frame.context.span_id for frame in frames]


def test_what_comes_without_headers_is_recognised_by_its_order(exporter):
    spans = Spans("executor", SimpleSpanProcessor(exporter))
    approved = an_approval()
    sent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    told(spans, approved, an_opportunity(), sent)

    told(spans, an_order_event(OrderAccepted, "e1", order_id=approved.order_id, venue_order_id="0xv"), Tick(at=NOON))
    told(spans, a_fill(order_id=approved.order_id), Tick(at=after(1)))

    ids = {format(span.context.trace_id, "032x") for span in exporter.get_finished_spans()}
    assert ids == {"0af7651916cd43dd8448eb211c80319c"}


def test_an_alert_has_a_span_when_a_trade_caused_it_and_none_otherwise(exporter):
    spans = Spans("alerter", SimpleSpanProcessor(exporter))

    assert told(spans, a_raised_alert(), Tick(at=NOON)) == {}
    assert exporter.get_finished_spans() == ()

    told(spans, a_raised_alert(), a_fill(), {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    assert [span.name for span in exporter.get_finished_spans()] == ["alerter alert_raised"]


def test_log_lines_within_a_span_carry_the_id_of_its_trace_and_those_after_it_none(exporter):
    spans = Spans("scanner", SimpleSpanProcessor(exporter))

    with spans.span(an_opportunity(), a_price(), {}):
        within = structlog.contextvars.get_contextvars()["trace_id"]

    assert within == format(exporter.get_finished_spans()[0].context.trace_id, "032x")
    assert "trace_id" not in structlog.contextvars.get_contextvars()


def test_what_is_remembered_is_bounded(exporter):
    spans = Spans("scanner", SimpleSpanProcessor(exporter))

    for n in range(REMEMBERED_MAX):
        told(spans, an_approval(order_id=f"order{n}", opportunity_id=f"o{n}"), an_opportunity())

    assert len(spans._remembered) == REMEMBERED_MAX


def test_when_off_nothing_is_done_and_nothing_of_opentelemetry_is_imported():
    assert open_tracer("risk", "") is OFF
    with OFF.span(an_approval(), an_opportunity(), {}) as carried:
        assert carried == {}
    look = "import sys, common.runtime.service; print([m for m in sys.modules if m.startswith('opentelemetry')])"

    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
