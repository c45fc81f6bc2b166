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
Table = tuple[tuple[str, str, Read], ...]
Family = GaugeMetricFamily | CounterMetricFamily

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
STREAM: Table = (
    ("messages", "Messages that a stream holds", lambda s: s["state"]["messages"]),
    ("bytes", "What a stream takes", lambda s: s["state"]["bytes"]),
    ("bytes_max", "What a stream may take; beyond it the oldest goes", lambda s: STREAM_BYTES_MAX.get(s["name"], 0)),
    ("first_sequence", "The oldest message that a stream holds", lambda s: s["state"]["first_seq"]),
    ("last_sequence", "The last message of a stream", lambda s: s["state"]["last_seq"]),
)
CONSUMER: Table = (
    ("handled_sequence", "All up to here was handled", lambda c: c["ack_floor"].get("stream_seq", 0)),
    ("waiting_messages", "Messages for it that were not sent to it yet", lambda c: c["num_pending"]),
    ("unhandled_messages", "Messages that were sent to it and not acknowledged", lambda c: c["num_ack_pending"]),
    ("redelivered_messages", "Messages unacknowledged that were sent again", lambda c: c["num_redelivered"]),
)


Labels = tuple[str, ...]
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Told:
    """What one server told of a stream or a consumer, and whether it leads it; a server alone leads all that it has."""

    labels: Labels
    is_led: bool
    figures: Figures


@dataclass(frozen=True, slots=True)
class Heard:
    """What one server said; nothing where it did not answer, or something was missing in its answer."""

    place: str
    """Where it was asked: host and port."""
    figures: Figures
    streams: Sequence[Told] = ()
    consumers: Sequence[Told] = ()


class NatsCollector(Collector):
    """Asks the servers and tells Prometheus; one that does not answer is a figure too."""

    def __init__(self, monitor_urls: str) -> None:
        """Take where each server says how it is, with commas between them."""
        self._urls = [url.strip().rstrip("/") for url in monitor_urls.split(",")]

    def describe(self) -> Iterable[Metric]:
        """Name every metric without asking anybody."""
        return _families([])

    def collect(self) -> Iterator[Metric]:
        yield from _families([_heard(url) for url in self._urls])


def _heard(url: str) -> Heard:
    """Ask a server, and read all that is told of it at once: an answer in which anything is missing is none."""
    place = urlsplit(url).netloc
    try:
        server, streams = _ask(url, "varz"), _details(_ask(url, "jsz?consumers=true"))
        who = server.get("server_name")
        return Heard(
            place,
            {name: float(read(server)) for _, name, _, read in SERVER},
            [_told(who, (stream["name"],), stream, STREAM) for stream in streams],
            [
                _told(who, (stream["name"], consumer["name"]), consumer, CONSUMER)
                for stream in streams
                for consumer in stream.get("consumer_detail") or []
            ],
        )
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
        return Heard(place, {})


def _ask(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}/{path}", timeout=TIMEOUT_S) as answer:  # noqa: S310 - an operator's setting
        return json.loads(answer.read(ANSWER_BYTES_MAX))


def _details(answer: Numbers) -> list[Numbers]:
    return [stream for account in answer.get("account_details", []) for stream in account.get("stream_detail", [])]


def _told(server: str | None, labels: Labels, thing: Numbers, table: Table) -> Told:
    leader = (thing.get("cluster") or {}).get("leader")
    return Told(labels, leader in {None, "", server}, {name: float(read(thing)) for name, _, read in table})


def _believed(told: Iterable[Told]) -> dict[Labels, Figures]:
    """Answer each thing as its leader tells of it, or somebody where no leader was heard."""
    found: dict[Labels, Figures] = {}
    for each in told:
        if each.is_led or each.labels not in found:
            found[each.labels] = each.figures
    return found


def _families(heard: Sequence[Heard]) -> Iterator[Metric]:
    up = GaugeMetricFamily("pm_arb_nats_up", "1 when the server answered on its monitoring port", labels=["server"])
    for each in heard:
        up.add_metric([each.place], bool(each.figures))
    yield up
    servers: dict[Labels, Figures] = {(each.place,): each.figures for each in heard if each.figures}
    for kind, name, text, _ in SERVER:
        yield _family(kind(f"pm_arb_nats_{name}", text, labels=["server"]), name, servers)
    streams = _believed(told for each in heard for told in each.streams)
    for name, text, _ in STREAM:
        yield _family(GaugeMetricFamily(f"pm_arb_stream_{name}", text, labels=["stream"]), name, streams)
    consumers = _believed(told for each in heard for told in each.consumers)
    for name, text, _ in CONSUMER:
        family = GaugeMetricFamily(f"pm_arb_consumer_{name}", text, labels=["stream", "consumer"])
        yield _family(family, name, consumers)


def _family(family: Family, name: str, known: Mapping[Labels, Figures]) -> Metric:
    for labels, figures in known.items():
        family.add_metric(labels, figures[name])
    return family
