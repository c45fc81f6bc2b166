"""The bus over NATS and JetStream.

Trade subjects are published with their identity as `Nats-Msg-Id` and waited for until the server has stored and
synced them. Nothing is buffered while the connection is gone: a message that waited could be delivered too late.
Streams are read back by direct gets in batches, which need no consumer and so no right to create one. Any server of a
cluster may answer one, and may lag behind: what is read whole is read until its last message was seen, or not at all.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

import structlog
from nats import errors as nats_errors
from nats.aio.msg import Msg
from nats.js import errors as js_errors

from common.bus import nats_leases
from common.bus.api import DurableHandler, Forewarned, Handler, Kept, Message
from common.bus.codec import decode, encode
from common.bus.nats_foretold import Foretold
from common.bus.nats_marks import delivery, stored_at
from common.bus.nats_prompt import PromptClient, Store, hear
from common.clock import Clock, Instant, SystemClock
from common.contracts.base import Event
from common.contracts.subjects import STREAMS, SUBJECTS, Kind, subject_of
from common.errors import BusError, MessageRefusedError
from common.telemetry.metrics import MESSAGES_REFUSED

PUBLISH_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 1.5
READ_TRIES_MAX = 8
CONNECT_TIMEOUT_S = 2.0
READ_BATCH = 500
LAGGING_WAIT_S = 0.02
LAGGING_TIMEOUT_S = 5.0
LAST_ONLY = frozenset(s.name for s in STREAMS if s.last_per_subject)
"""Where a newer message takes the place of the older one, so that no past state of the stream can be asked for."""
IN_MEMORY = frozenset(s.name for s in STREAMS if s.storage == "memory")
STREAM_NOT_FOUND = 10059
RECONNECT_WAIT_S: Any = 0.25  # the client takes fractions, though its annotation says int
ROW_MAX = 16  # publications after which the event loop has its turn and sends them, if it had none before

AnswerT = TypeVar("AnswerT")
log = structlog.get_logger()

Listener = Callable[[bool], None]
"""Told whether the connection is there, each time that changes."""


def deliver_subject(durable: str) -> str:
    """Name the subject that a durable consumer's deliveries come on."""
    return f"deliver.{durable}"


class NatsBus:
    """One service's connection. Make it with `connect`."""

    def __init__(self, client: PromptClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._js = client.jetstream(timeout=PUBLISH_TIMEOUT_S)
        self._store = Store(client, PUBLISH_TIMEOUT_S)
        self._refusing: set[asyncio.Task[None]] = set()
        self._foretold = Foretold()

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected)

    async def publish(self, event: Event, headers: Mapping[str, str] | None = None) -> None:
        subject = subject_of(type(event))
        address, payload = subject.address(event), encode(event)
        try:
            if subject.kind in (Kind.DURABLE, Kind.STATE):
                await self._store.put(address, payload, {**(headers or {}), "Nats-Msg-Id": event.identity})
            else:
                await self._client.publish(address, payload, headers=dict(headers) if headers else None)
                if self._client.stats["out_msgs"] % ROW_MAX == 0:
                    await asyncio.sleep(0)
        except (nats_errors.Error, js_errors.Error, TimeoutError, OSError) as error:
            raise BusError(f"publish {address}: {type(error).__name__}: {error}") from None

    def send(self) -> None:
        self._client.write_now()

    async def subscribe(self, filter_: str, handler: Handler) -> None:
        def take(raw: Msg) -> None:
            message = self._decoded(raw, 0, self._clock.now())
            if message is not None:
                handler(message)

        await self._subscribe(filter_, take)

    async def foretell(self, filter_: str, handler: Forewarned) -> None:
        def take(raw: Msg) -> None:
            with contextlib.suppress(MessageRefusedError):  # told when it is delivered
                event = decode(raw.subject, raw.data, self._clock.now())
                self._foretold.keep(raw.subject, raw.data, event)
                handler(event)

        await self._subscribe(filter_, take)

    async def consume(self, durable: str, handler: DurableHandler) -> None:
        def take(raw: Msg) -> None:
            delivered, sequence, stored = delivery(raw.reply)
            message = self._decoded(raw, sequence, stored, redelivered=delivered > 1)
            if message is None:
                refusing = asyncio.create_task(raw.term())
                self._refusing.add(refusing)
                refusing.add_done_callback(self._refusing.discard)
            else:
                handler(message, raw.ack)

        await self._subscribe(deliver_subject(durable), take)

    async def replay(
        self, stream: str, filter_: str = ">", start: int = 1, end: int | None = None
    ) -> AsyncIterator[Message]:
        last = await self.last_sequence(stream) if end is None else end
        at, patience = start, _Patience()
        while at <= last:
            batch = await self._read(stream, {"seq": at, "batch": READ_BATCH, "next_by_subj": filter_})
            for message_sequence, message in batch:
                at = message_sequence + 1
                if message is not None and message_sequence <= last:
                    yield message
            if not batch:
                if end is not None or not _is_whole(stream, filter_):
                    return
                await patience.wait(f"read {stream}: expected messages up to {last}, found none from {at} on")

    async def latest(self, stream: str, filter_: str) -> AsyncIterator[Message]:
        up_to, at, patience = await self.last_sequence(stream), 0, _Patience()
        request: dict[str, Any] = {"multi_last": [filter_], "batch": READ_BATCH}
        request |= {} if stream in LAST_ONLY else {"up_to_seq": up_to}
        while at <= up_to and up_to:
            batch = await self._read(stream, request | ({"seq": at} if at else {}))
            for sequence, message in batch:
                at = sequence + 1
                if message is not None:
                    yield message
            if len(batch) < READ_BATCH and at <= up_to:
                if not _is_whole(stream, filter_):
                    return
                await patience.wait(f"read {stream}: expected messages up to {up_to}, found none from {at} on")

    async def last_sequence(self, stream: str) -> int:
        answer = await self._patiently(lambda: self._info(stream))
        if "state" in answer and not answer["state"]["messages"]:
            return 0
        if "error" in answer:
            if stream in IN_MEMORY and answer["error"].get("err_code") == STREAM_NOT_FOUND:
                return 0  # it went with the server that held it, and nothing in it is needed
            raise BusError(f"read {stream}: {answer['error'].get('description')}")
        return int(answer["state"]["last_seq"])

    async def read_lease(self, service: str) -> Kept | None:
        return await nats_leases.read(self._client, service, PUBLISH_TIMEOUT_S)

    async def write_lease(self, service: str, value: bytes, *, after: int, timeout_s: float) -> int | None:
        return await nats_leases.write(self._js, service, value, after=after, timeout_s=timeout_s)

    async def close(self) -> None:
        if self._client.is_connected:
            await self._client.drain()
        elif not self._client.is_closed:
            await self._client.close()

    async def _subscribe(self, filter_: str, take: Callable[[Msg], None]) -> None:
        await hear(self._client, filter_, take)
        await self._client.flush()

    async def _read(self, stream: str, request: dict[str, Any]) -> list[tuple[int, Message | None]]:
        return await self._patiently(lambda: self._read_once(stream, request))

    async def _patiently(self, ask: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        """Ask, and again where no answer came: a server may just have died, and the others be choosing a new leader."""
        for _ in range(READ_TRIES_MAX - 1):
            with contextlib.suppress(BusError):
                return await ask()
        return await ask()

    async def _info(self, stream: str) -> Any:
        try:
            raw = await self._client.request(f"$JS.API.STREAM.INFO.{stream}", b"", timeout=READ_TIMEOUT_S)
        except (nats_errors.Error, TimeoutError, OSError) as error:
            raise BusError(f"read {stream}: {type(error).__name__}: {error}") from None
        return json.loads(raw.data)

    async def _read_once(self, stream: str, request: dict[str, Any]) -> list[tuple[int, Message | None]]:
        """Ask for one batch; answer each message with its sequence, None in place of one that cannot be read."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox)
        try:
            await self._client.publish(f"$JS.API.DIRECT.GET.{stream}", json.dumps(request).encode(), reply=inbox)
            found: list[tuple[int, Message | None]] = []
            while True:
                raw = await subscription.next_msg(timeout=READ_TIMEOUT_S)
                headers = raw.headers or {}
                if "Status" in headers:
                    if headers["Status"] not in ("204", "404"):
                        raise BusError(f"read {stream}: {headers['Status']} {headers.get('Description', '')}")
                    return found
                found.append(self._kept(raw, headers))
        except (nats_errors.Error, TimeoutError, OSError) as error:
            raise BusError(f"read {stream}: {type(error).__name__}: {error}") from None
        finally:
            if self._client.is_connected:
                await subscription.unsubscribe()

    def _kept(self, raw: Msg, headers: Mapping[str, str]) -> tuple[int, Message | None]:
        sequence, stored = int(headers["Nats-Sequence"]), stored_at(headers["Nats-Time-Stamp"])
        try:
            event = decode(headers["Nats-Subject"], raw.data, stored)
        except MessageRefusedError as error:
            _refuse(error)
            return sequence, None
        return sequence, Message(headers["Nats-Subject"], event, sequence, stored, headers)

    def _decoded(self, raw: Msg, sequence: int, at: Instant, *, redelivered: bool = False) -> Message | None:
        try:
            foretold = self._foretold.claim(raw.subject, raw.data) if sequence else None
            event = foretold or decode(raw.subject, raw.data, at)
            return Message(raw.subject, event, sequence, at, raw.headers or {}, redelivered)
        except MessageRefusedError as error:
            _refuse(error)
            return None


async def connect(
    url: str, *, user: str, password: str, clock: Clock | None = None, listener: Listener | None = None
) -> NatsBus:
    """Connect as one user; keeps trying to come back for ever. Raises BusError when the first try fails."""

    async def lost() -> None:
        if listener is not None:
            listener(False)

    async def back() -> None:
        if listener is not None:
            listener(True)

    async def failed(error: Exception) -> None:
        log.warning("bus_error", error=f"{type(error).__name__}: {error}")

    client = PromptClient()
    try:
        # Once connected it comes back by itself for ever; the first try has an end, so that a stop is heard.
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await client.connect(
                url.split(","), user=user or None, password=password or None, name=user,
                inbox_prefix=f"_INBOX.{user or 'any'}",
                max_reconnect_attempts=-1, reconnect_time_wait=RECONNECT_WAIT_S, pending_size=0, connect_timeout=2,
                ping_interval=5, max_outstanding_pings=2, allow_reconnect=True, error_cb=failed, disconnected_cb=lost,
                reconnected_cb=back,
            )  # fmt: skip
    except (nats_errors.Error, TimeoutError, OSError) as error:
        await client.close()
        raise BusError(f"connect {_without_password(url)}: {type(error).__name__}: {error}") from None
    return NatsBus(client, clock or SystemClock())


class _Patience:
    """How long a reader waits for messages that the stream has and a server of the cluster has not heard of yet."""

    def __init__(self) -> None:
        self._until_s = asyncio.get_running_loop().time() + LAGGING_TIMEOUT_S

    async def wait(self, lacking: str) -> None:
        """Wait a little; raises BusError, saying what is lacking, when the time is up."""
        if asyncio.get_running_loop().time() > self._until_s:
            raise BusError(lacking)
        await asyncio.sleep(LAGGING_WAIT_S)


def _is_whole(stream: str, filter_: str) -> bool:
    """Whether a filter leaves nothing of a stream out, so that its last message must be among what is found.

    Of a stream that is held in memory nothing is demanded: it may be gone, and nothing in it is needed.
    """
    if stream in IN_MEMORY:
        return False
    head = filter_.removesuffix(">")
    return filter_.endswith(">") and all(
        subject.pattern.startswith(head) for subject in SUBJECTS if subject.stream and subject.stream.name == stream
    )


def _refuse(error: MessageRefusedError) -> None:
    MESSAGES_REFUSED.labels(subject=".".join(error.subject.split(".")[:2]), code=error.code).inc()
    log.warning("message_refused", subject=error.subject, code=error.code, detail=str(error))


def _without_password(url: str) -> str:
    return ",".join(each.rpartition("@")[2] for each in url.split(","))
