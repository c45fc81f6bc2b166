"""One trade, seen by a real OTLP receiver: every service's spans of it under one id, none of a tick, and none when off."""

import json

import pytest

from end_to_end.running_system import RunningSystem, eventually
from support.otlp import Receiver

TRADE = {
    "pm-arb-scanner opportunity_found", "pm-arb-risk order_approved", "pm-arb-executor order_submitted",
    "pm-arb-executor order_accepted", "pm-arb-executor fill_matched", "pm-arb-executor fill_confirmed",
    "pm-arb-executor order_filled", "pm-arb-ledger fill_matched", "pm-arb-alerter alert_raised",
}  # fmt: skip
FRAMES = {"pm-arb-oracle price_updated", "pm-arb-venue book_updated"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class Trades(Receiver):
    """Finds the traces that hold a whole trade."""

    def names(self, trace_id):
        return {f"{service} {span.name.partition(' ')[2]}" for service, span in list(self.traces[trace_id])}

    def whole_trades(self):
        """Answer the ids of the traces that hold a trade from the frame to the alert."""
        found = [trace_id for trace_id in list(self.traces) if self.names(trace_id) >= TRADE]
        return [trace_id for trace_id in found if self.names(trace_id) & FRAMES]


@pytest.fixture
def receiver():
    listening = Trades()
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
