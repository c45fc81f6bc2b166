"""NATS's own numbers for Prometheus: asked of its monitoring port when Prometheus asks, and never in between.

`bootstrap --keep` serves them, for it stays beside the server. What matters most is how far each durable consumer lies
behind the journal. Of a cluster every server is asked, and of each stream and consumer its leader is believed: what the
others know of it is older.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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


@dataclass(frozen=True, slots=True)
class Heard:
    """What one server said: of itself, nothing where it did not answer, and of the streams that it keeps."""

    place: str
    """Where it was asked: host and port."""
    numbers: Numbers
    streams: Sequence[Numbers]

    def leads(self, thing: Numbers) -> bool:
        """Whether it leads a stream or a consumer; a server alone leads all that it has."""
        return (thing.get("cluster") or {}).get("leader") in {None, "", self.numbers.get("server_name")}


class NatsCollector(Collector):
    """Asks the servers and tells Prometheus; one that does not answer is a figure too."""

    def __init__(self, monitor_urls: str) -> None:
        """Take where each server says how it is, with commas between them."""
        self._urls = [url.strip().rstrip("/") for url in monitor_urls.split(",")]

    def describe(self) -> Iterable[Metric]:
        """Name every metric without asking anybody."""
        return [*_servers([]), *_streams([], {})]

    def collect(self) -> Iterator[Metric]:
        heard = [_heard(url) for url in self._urls]
        yield from _servers(heard)
        streams = _believed((each, stream["name"], stream) for each in heard for stream in each.streams)
        consumers = _believed(
            (each, (stream["name"], consumer["name"]), consumer)
            for each in heard
            for stream in each.streams
            for consumer in stream.get("consumer_detail") or []
        )
        yield from _streams(streams.values(), consumers)


def _heard(url: str) -> Heard:
    place = urlsplit(url).netloc
    try:
        numbers, streams = _ask(url, "varz"), _details(_ask(url, "jsz?consumers=true"))
        heard = Heard(place, numbers, streams)
        list(_servers([heard]))  # an answer in which anything is missing is none
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
        return Heard(place, {}, [])
    return heard


def _ask(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}/{path}", timeout=TIMEOUT_S) as answer:  # noqa: S310 - an operator's setting
        return json.loads(answer.read(ANSWER_BYTES_MAX))


def _details(answer: Numbers) -> list[Numbers]:
    return [stream for account in answer.get("account_details", []) for stream in account.get("stream_detail", [])]


def _believed(told: Iterable[tuple[Heard, Any, Numbers]]) -> dict[Any, Numbers]:
    """Answer each thing as its leader tells of it, or somebody where no leader was heard."""
    found: dict[Any, Numbers] = {}
    for heard, key, thing in told:
        if key not in found or heard.leads(thing):
            found[key] = thing
    return found


def _servers(heard: Sequence[Heard]) -> Iterator[Metric]:
    up = GaugeMetricFamily("pm_arb_nats_up", "1 when the server answered on its monitoring port", labels=["server"])
    for each in heard:
        up.add_metric([each.place], bool(each.numbers))
    yield up
    for kind, name, text, read in SERVER:
        family = kind(f"pm_arb_nats_{name}", text, labels=["server"])
        for each in heard:
            if each.numbers:
                family.add_metric([each.place], read(each.numbers))
        yield family


def _streams(streams: Iterable[Numbers], consumers: Mapping[tuple[str, str], Numbers]) -> Iterator[Metric]:
    known = list(streams)
    for name, text, read in STREAM:
        family = GaugeMetricFamily(f"pm_arb_stream_{name}", text, labels=["stream"])
        for stream in known:
            family.add_metric([stream["name"]], read(stream))
        yield family
    for name, text, read in CONSUMER:
        family = GaugeMetricFamily(f"pm_arb_consumer_{name}", text, labels=["stream", "consumer"])
        for (stream_name, consumer_name), consumer in consumers.items():
            family.add_metric([stream_name, consumer_name], read(consumer))
        yield family
