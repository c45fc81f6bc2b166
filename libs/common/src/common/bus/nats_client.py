"""The NATS client with its detours taken out of a message's way, in both directions.

As it comes, the client hands each message it reads to a task by a queue, and each command it sends to another task, and
draws random numbers for the inbox of each request. None of that is judgement, and on the way of a trade every hop of it
is paid at each service. Here a subscription's callback is called as its message is read, a command is given to the
socket where nothing waits before it, and requests are numbered.

What remains is the client's: connecting, coming back, draining, every limit, and what has no callback. It overrides
methods that the client keeps to itself; its version is pinned, and the bus's tests hold for both.
"""

import asyncio
import json
from typing import Any

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import errors as js_errors

UNSENT_BYTES_MAX = 64 * 1024
"""What may wait in the socket's buffer before commands queue up behind it, where the client waits for it to empty."""


class PromptClient(Client):
    """A client whose callbacks must not wait for anything: nothing more is read from the connection meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._requests = 0

    async def store(self, address: str, payload: bytes, headers: dict[str, str], timeout_s: float) -> None:
        """Publish to a stream and wait until the server has it. Raises the client's errors and JetStream's."""
        try:
            answer = await self.request(address, payload, timeout=timeout_s, headers=headers)
        except errors.NoRespondersError:
            raise js_errors.NoStreamResponseError from None
        found = json.loads(answer.data)
        if "error" in found:
            raise js_errors.APIError.from_error(found["error"])

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        subscription = self._subs.get(sid)
        callback = None if subscription is None else subscription._cb  # noqa: SLF001 - there is no other way to it
        if subscription is None or callback is None or subscription._max_msgs or subscription._jsi:  # noqa: SLF001
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        subscription._received += 1  # noqa: SLF001
        found = await self._process_headers(headers) if headers else None
        try:
            await callback(self._build_message(sid, subject, reply, data, found))
        except Exception as error:  # noqa: BLE001 - as the client does: what a callback does wrong is told, not raised
            await self._error_cb(error)

    async def _send_command(self, cmd: bytes, priority: bool = False) -> None:
        transport, is_busy = self._transport, self._pending or priority or self._unsent_bytes() > UNSENT_BYTES_MAX
        if transport is None or is_busy or not self.is_connected:
            await super()._send_command(cmd, priority)
            return
        try:
            transport.write(cmd)
        except RuntimeError as error:  # the socket is closed, and the client has not been told yet
            raise errors.ConnectionReconnectingError from error

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        if self._pending or force_flush or not self.is_connected:
            return await super()._flush_pending(force_flush)
        return None

    async def _request_new_style(
        self, subject: str, payload: bytes, timeout: float = 1, headers: dict[str, Any] | None = None  # noqa: ASYNC109
    ) -> Msg:  # fmt: skip
        if self.is_draining_pubs:
            raise errors.ConnectionDrainingError
        if not self._resp_sub_prefix:
            await self._init_request_sub()
        assert self._resp_sub_prefix is not None
        self._requests += 1
        token, loop = str(self._requests), asyncio.get_running_loop()
        answer: asyncio.Future[Msg] = loop.create_future()
        self._resp_map[token] = answer
        expiry = loop.call_later(timeout, _expire, answer)
        try:
            await self.publish(subject, payload, reply=self._resp_sub_prefix.decode() + token, headers=headers)
            return await answer
        finally:
            expiry.cancel()
            self._resp_map.pop(token, None)

    def _unsent_bytes(self) -> int:
        writer = getattr(self._transport, "_io_writer", None)
        return 0 if writer is None else writer.transport.get_write_buffer_size()


def _expire(answer: "asyncio.Future[Msg]") -> None:
    if not answer.done():
        answer.set_exception(errors.TimeoutError())
