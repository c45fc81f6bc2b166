"""One trade, seen by a real OTLP receiver: every service's spans of it under one id, none of a tick, and none when off."""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from end_to_end.running_system import RunningSystem, eventually

TRADE = {
    "pm-arb-scanner opportunity_found", "pm-arb-risk order_approved", "pm-arb-executor order_submitted",
    "pm-arb-executor order_accepted", "pm-arb-executor fill_matched", "pm-arb-executor fill_confirmed",
    "pm-arb-executor order_filled", "pm-arb-ledger fill_matched", "pm-arb-alerter alert_raised",
}  # fmt: skip
FRAMES = {"pm-arb-oracle price_updated", "pm-arb-venue book_updated"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class Receiver:
    """Takes spans as a collector does, and keeps them by trace."""

    def __init__(self):
        self.traces = defaultdict(list)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.take(self.path, request)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                """Requests are not news."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, path, request):
        assert path == "/v1/traces"
        for resource in request.resource_spans:
            [service] = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.traces[span.trace_id.hex()].append((service, span))

    def names(self, trace_id):
        return {f"{service} {span.name.partition(' ')[2]}" for service, span in list(self.traces[trace_id])}

    def whole_trades(self):
        """Answer the ids of the traces that hold a trade from the frame to the alert."""
        found = [trace_id for trace_id in list(self.traces) if self.names(trace_id) >= TRADE]
        return [trace_id for trace_id in found if self.names(trace_id) & FRAMES]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver():
    listening = Receiver()
    yield listening
    listening.close()


@pytest.fixture
def system():
    running = RunningSystem()
    yield running
    running.abandon()


def test_one_trade_has_spans_of_every_service_under_one_trace_id(receiver, system):
    system.start(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    system.wait_until_ready()

    eventually(receiver.whole_trades, 120, "a trade traced from its frame to its alert")
    trace_id = receiver.whole_trades()[0]
    spans = {span.span_id: span for _, span in receiver.traces[trace_id]}
    roots = [span for span in spans.values() if span.parent_span_id not in spans]
    every = {span.name for spans in list(receiver.traces.values()) for _, span in list(spans)}

    assert len(roots) == 1
    assert roots[0].parent_span_id == b""
    assert roots[0].start_time_unix_nano == min(span.start_time_unix_nano for span in spans.values())
    assert not [name for name in every if name.endswith((" tick", " market_valued", " went_live"))]
    for service in ("scanner", "risk", "executor", "ledger", "alerter"):
        logged = (system.folder.root / "logs" / f"{service}.jsonl").read_text().splitlines()
        assert trace_id in {json.loads(line).get("trace_id") for line in logged if line.startswith("{")}, service
