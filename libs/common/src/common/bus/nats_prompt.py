"""The client of NATS without its waits: what is said is written when whoever says it wants, what is heard is handed on.

The client has one task that reads, one that writes and one for each subscription, so that every message in and every
message out waits for other tasks to have their turns. Coming back, limits and errors are the client's own; only what it
would still say of a lost connection is dropped, and what the server would take for too long is refused here.
"""

import asyncio
import json
import time
from typing import Any

import structlog
from nats import errors as nats_errors
from nats.aio.client import DEFAULT_BUFFER_SIZE, NO_RESPONDERS_STATUS, Client
from nats.aio.msg import Msg
from nats.js import errors as js_errors

from common.bus import nats_plain
from common.bus.nats_reading import HandedOn, PromptTransport, Take

FLUSH_WITHIN_S = 10
AGAIN_S = 0.5
"""After so long without an answer a message is sent again: while a stream has no leader nobody hears of it."""

log = structlog.get_logger()


class PromptClient(Client):
    """A client that writes what it is given together, at the event loop's next turn, or at once when told to."""

    def __init__(self) -> None:
        super().__init__()
        self._is_due = False

    async def publish(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Publish as the client does; what is plain, on a connection that is there, without a look at what else may be.

        Raises an error of the client, also where the headers make a message too long: the server would end the
        connection for good.
        """
        command = nats_plain.written(subject, payload, reply, headers) if self._status == Client.CONNECTED else None
        if command is None or len(command) > self._max_payload:
            if len(payload) + nats_plain.size_of(headers) > self._max_payload:
                raise nats_errors.MaxPayloadError
            await super().publish(subject, payload, reply, headers)
            return
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += len(payload)
        self._pending.append(command)
        self._pending_data_size += len(command)
        self._write_soon()

    def write_now(self) -> None:
        """Hand what was published to the socket: a call of the kernel, which is most of what a message costs.

        What waits when the connection is lost is dropped: after it is back it could be too late.
        """
        self._is_due = False
        transport = self._transport if self.is_connected else None
        if self._pending_data_size == 0 or (transport is None and not self.is_reconnecting):
            return
        pending, self._pending, self._pending_data_size = self._pending, [], 0
        if transport is not None:
            try:
                transport.writelines(pending)
            except (RuntimeError, OSError) as error:  # it is closed, and who reads has not had its turn to say so
                log.warning("bus_not_written", error=f"{type(error).__name__}: {error}")

    async def flush(self, timeout: int = FLUSH_WITHIN_S) -> None:  # noqa: ASYNC109 - the client's own signature
        """Wait until the server has answered to all that was said; raises an error of the client.

        The client's own puts its question ahead of what still waits to be written, so that its answer proves nothing
        of that: a subscription might not be there yet.
        """
        self.write_now()
        await super().flush(timeout)

    async def _connect_to_server(self, s: Any) -> None:
        if self._transport or s.uri.scheme != "nats":
            await super()._connect_to_server(s)
            return
        s.last_attempt = time.monotonic()
        self._transport = PromptTransport()  # type: ignore[no-untyped-call]
        await self._transport.connect(s.uri, DEFAULT_BUFFER_SIZE, self.options["connect_timeout"])

    async def _read_loop(self) -> None:
        try:
            if isinstance(self._transport, PromptTransport):
                await self._transport.hand_to(self._ps)
        except nats_errors.ProtocolError as error:
            await self._process_op_err(error)
            return
        await super()._read_loop()

    async def _flush_pending(self, force_flush: bool = False) -> Any:  # noqa: ARG002 - it waits for nothing
        self._write_soon()
        kicked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        kicked.set_result(None)
        return kicked

    def _write_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self.write_now)


async def hear(client: Client, filter_: str, take: Take) -> None:
    """Subscribe; `take` is called as soon as a message was read, and whatever it raises is told and goes no further."""
    await client.subscribe(filter_, future=HandedOn(take))


class Store:
    """Publishes into streams and waits for the server's answer, one subscription for all answers."""

    def __init__(self, client: PromptClient, timeout_s: float) -> None:
        self._client, self._timeout_s = client, timeout_s
        self._inbox = ""
        self._asked = 0
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def put(self, address: str, payload: bytes, headers: dict[str, str]) -> None:
        """Publish and return once it is stored, or was before; said again while nobody answers, for its id is the same.

        Raises an error of the client or of JetStream, and TimeoutError where no answer came in time: it may be stored.
        The time is set once the bytes have left, for they wait for nothing.
        """
        if not self._inbox:
            inbox = self._client.new_inbox()
            await hear(self._client, f"{inbox}.*", self._answered)
            self._inbox = inbox
        self._asked += 1
        reply = f"{self._inbox}.{self._asked}"
        answered = self._waiting[reply] = asyncio.get_running_loop().create_future()
        try:
            await self._say(address, payload, reply, headers)
            async with asyncio.timeout(self._timeout_s):
                while not (await asyncio.wait((answered,), timeout=AGAIN_S))[0]:
                    await self._say(address, payload, reply, headers)
            answer = answered.result()
        finally:
            del self._waiting[reply]
        if answer.headers and answer.headers.get("Status") == NO_RESPONDERS_STATUS:
            raise js_errors.NoStreamResponseError
        found = json.loads(answer.data)
        if "error" in found:
            raise js_errors.APIError.from_error(found["error"])
        if "stream" not in found:
            raise nats_errors.Error(f"expected a stream's answer, found {found!r:.100}")

    async def _say(self, address: str, payload: bytes, reply: str, headers: dict[str, str]) -> None:
        await self._client.publish(address, payload, reply, headers)
        self._client.write_now()

    def _answered(self, answer: Msg) -> None:
        waiting = self._waiting.get(answer.subject)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
