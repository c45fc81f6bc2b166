"""Creates the streams and durable consumers of the table; run again, it changes nothing or brings them up to date."""

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from common.bus.nats import deliver_subject
from common.contracts.subjects import DURABLE_FILTERS, JOURNAL, LEASES, STREAMS, SUBJECTS, Stream, lease_subject

DUPLICATE_WINDOW_S = 600
ACK_WAIT_S = 5
ACK_PENDING_MAX = 4000
REQUEST_TIMEOUT_S = 3.0
"""A cluster agrees on a stream before it answers, and while it has no leader it does not answer at all."""


async def ensure(client: Client, replicas: int = 1) -> None:
    """Create or update every stream and consumer. Needs the bootstrap user's rights.

    `replicas` says on how many servers of a cluster each stream is kept: with three, one may be lost.
    """
    js = client.jetstream(timeout=REQUEST_TIMEOUT_S)
    for stream in STREAMS:
        await _ensure_stream(js, _config(stream, captured(stream), replicas))
    await _ensure_stream(js, _bucket(LEASES, replicas))
    for durable, filter_ in DURABLE_FILTERS.items():
        await js.add_consumer(JOURNAL.name, _consumer(durable, filter_))


def captured(stream: Stream) -> list[str]:
    """Answer the subjects that a stream captures."""
    return [s.filter for s in SUBJECTS if s.stream is stream]


def _config(stream: Stream, subjects: list[str], replicas: int) -> StreamConfig:
    return StreamConfig(
        name=stream.name,
        description=stream.why,
        subjects=subjects,
        storage=StorageType.MEMORY if stream.storage == "memory" else StorageType.FILE,
        max_age=stream.max_age_s,
        max_bytes=stream.max_bytes,
        max_msgs_per_subject=1 if stream.last_per_subject else -1,
        discard=DiscardPolicy.OLD,
        duplicate_window=min(DUPLICATE_WINDOW_S, stream.max_age_s),
        allow_direct=True,
        num_replicas=replicas,
    )


def _bucket(stream: Stream, replicas: int) -> StreamConfig:
    """Add what makes a stream a key-value bucket in the eyes of every client."""
    config = _config(stream, [lease_subject(">")], replicas)
    return config.evolve(allow_rollup_hdrs=True, deny_delete=True)


async def _ensure_stream(js: JetStreamContext, config: StreamConfig) -> None:
    try:
        await js.stream_info(str(config.name))
    except NotFoundError:
        await js.add_stream(config)
    else:
        await js.update_stream(config)


def _consumer(durable: str, filter_: str) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=durable,
        deliver_subject=deliver_subject(durable),
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        max_ack_pending=ACK_PENDING_MAX,
        filter_subject=None if filter_ == ">" else filter_,
    )
