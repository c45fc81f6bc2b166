"""NATS's own numbers for Prometheus: asked of its monitoring port when Prometheus asks, and never in between.

`bootstrap --keep` serves them, for it stays beside the server. What matters most is how far each durable consumer lies
behind the journal. Of a cluster it tells what the one server knows that it is told to ask.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from common.contracts.subjects import STREAMS

TIMEOUT_S = 2.0
ANSWER_BYTES_MAX = 4_000_000
STREAM_BYTES_MAX = {stream.name: stream.max_bytes for stream in STREAMS}

Numbers = Mapping[str, Any]
Read = Callable[[Numbers], Any]

SERVER: tuple[tuple[type[GaugeMetricFamily | CounterMetricFamily], str, str, Read], ...] = (
    (GaugeMetricFamily, "connections", "Connections of clients", lambda v: v["connections"]),
    (GaugeMetricFamily, "subscriptions", "Subscriptions of all clients", lambda v: v["subscriptions"]),
    (GaugeMetricFamily, "memory_bytes", "Memory that the server takes", lambda v: v["mem"]),
    (GaugeMetricFamily, "cpu_ratio", "Processor that the server takes; 1 is one core", lambda v: v["cpu"] / 100),
    (CounterMetricFamily, "slow_consumers", "Clients cut off because they did not read", lambda v: v["slow_consumers"]),
    (CounterMetricFamily, "in_messages", "Messages that came in", lambda v: v["in_msgs"]),
    (CounterMetricFamily, "out_messages", "Messages that went out", lambda v: v["out_msgs"]),
    (CounterMetricFamily, "in_bytes", "Bytes that came in", lambda v: v["in_bytes"]),
    (CounterMetricFamily, "out_bytes", "Bytes that went out", lambda v: v["out_bytes"]),
    (CounterMetricFamily, "jetstream_errors", "Requests to JetStream that failed",
     lambda v: v["jetstream"]["stats"]["api"].get("errors", 0)),
)  # fmt: skip
STREAM: tuple[tuple[str, str, Read], ...] = (
    ("messages", "Messages that a stream holds", lambda s: s["state"]["messages"]),
    ("bytes", "What a stream takes", lambda s: s["state"]["bytes"]),
    ("bytes_max", "What a stream may take; beyond it the oldest goes", lambda s: STREAM_BYTES_MAX.get(s["name"], 0)),
    ("first_sequence", "The oldest message that a stream holds", lambda s: s["state"]["first_seq"]),
    ("last_sequence", "The last message of a stream", lambda s: s["state"]["last_seq"]),
)
CONSUMER: tuple[tuple[str, str, Read], ...] = (
    ("handled_sequence", "All up to here was handled", lambda c: c["ack_floor"].get("stream_seq", 0)),
    ("waiting_messages", "Messages for it that were not sent to it yet", lambda c: c["num_pending"]),
    ("unhandled_messages", "Messages that were sent to it and not acknowledged", lambda c: c["num_ack_pending"]),
    ("redelivered_messages", "Messages unacknowledged that were sent again", lambda c: c["num_redelivered"]),
)


class NatsCollector(Collector):
    """Asks the server and tells Prometheus; a server that does not answer is a figure too."""

    def __init__(self, monitor_url: str) -> None:
        self._url = monitor_url.rstrip("/")

    def describe(self) -> Iterable[Metric]:
        """Name every metric without asking anybody."""
        return [_up(is_up=False), *_server({}), *_streams([])]

    def collect(self) -> Iterator[Metric]:
        try:
            server, streams = self._ask("varz"), _details(self._ask("jsz?consumers=true"))
            families = [*_server(server), *_streams(streams)]
        except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
            yield _up(is_up=False)
            return
        yield _up(is_up=True)
        yield from families

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._url}/{path}", timeout=TIMEOUT_S) as answer:  # noqa: S310 - an operator's setting
            return json.loads(answer.read(ANSWER_BYTES_MAX))


def _up(*, is_up: bool) -> Metric:
    family = GaugeMetricFamily("pm_arb_nats_up", "1 when the server answered on its monitoring port")
    family.add_metric([], is_up)
    return family


def _details(answer: Numbers) -> list[Numbers]:
    return [stream for account in answer.get("account_details", []) for stream in account.get("stream_detail", [])]


def _server(numbers: Numbers) -> Iterator[Metric]:
    for kind, name, text, read in SERVER:
        family = kind(f"pm_arb_nats_{name}", text)
        if numbers:
            family.add_metric([], read(numbers))
        yield family


def _streams(streams: list[Numbers]) -> Iterator[Metric]:
    for name, text, read in STREAM:
        family = GaugeMetricFamily(f"pm_arb_stream_{name}", text, labels=["stream"])
        for stream in streams:
            family.add_metric([stream["name"]], read(stream))
        yield family
    for name, text, read in CONSUMER:
        family = GaugeMetricFamily(f"pm_arb_consumer_{name}", text, labels=["stream", "consumer"])
        for stream in streams:
            for consumer in stream.get("consumer_detail") or []:
                family.add_metric([stream["name"], consumer["name"]], read(consumer))
        yield family
