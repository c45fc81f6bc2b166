"""One client's socket: a bounded outbox with its writer, and the loop that reads what the client says."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque

import orjson
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from simulator.stage import Stage
from simulator.world import Frame, Json

OUTBOX_FRAMES_MAX = 4096
MESSAGE_BYTES_MAX = 1 << 20
PROTOCOL_PING_S = 20.0


class Session(ABC):
    """What all sockets share. A client that does not read fast enough is disconnected, as real venues do."""

    channel: str
    sends_arrays = False
    """Whether frames that are due together may travel as one array."""
    pings_itself = False
    """Whether the session, and not the server's library, sends and answers the protocol's pings."""

    def __init__(self, stage: Stage, request: web.Request) -> None:
        self.stage = stage
        self._request = request
        self._socket = web.WebSocketResponse(
            heartbeat=None if self.pings_itself else PROTOCOL_PING_S,
            autoping=not self.pings_itself,
            max_msg_size=MESSAGE_BYTES_MAX,
            compress=False,
        )
        self._outbox: deque[tuple[str, bool]] = deque()
        self._filled = asyncio.Event()
        self._bursts = 0

    async def serve(self) -> web.WebSocketResponse:
        await self._socket.prepare(self._request)
        writer = asyncio.create_task(self._write())
        try:
            await self.stage.hub.join(self.channel, self)
            self.opened()
            async for message in self._socket:
                if message.type == WSMsgType.TEXT:
                    self.received(message.data)
                else:
                    await self.controlled(message)
        finally:
            self.stage.hub.leave(self.channel, self)
            writer.cancel()
        return self._socket

    def opened(self) -> None:  # noqa: B027 - most venues do nothing
        """Do what the venue does when a client has connected."""

    @abstractmethod
    def received(self, text: str) -> None:
        """Act on what the client said."""

    async def controlled(self, message: WSMessage) -> None:  # noqa: B027 - most venues do nothing
        """Act on a message that is no text."""

    def hear(self, frame: Frame, text: str, is_spoiled: bool) -> None:  # noqa: ARG002
        self.send(text, mergeable=not is_spoiled)

    def say(self, payload: Json | list[Json]) -> None:
        """Send content, unless the channel has been silenced."""
        if not self.stage.faults.is_silent(self.channel):
            self.send(orjson.dumps(payload).decode())

    def send(self, text: str, mergeable: bool = False) -> None:
        if len(self._outbox) >= OUTBOX_FRAMES_MAX:
            self.stage.hub.counts[f"slow_{self.channel}"] += 1
            self.drop()
            return
        self._outbox.append((text, mergeable))
        self._filled.set()

    def drop(self) -> None:
        """Cut the connection without a farewell."""
        self.stage.hub.leave(self.channel, self)
        if self._request.transport is not None:
            self._request.transport.abort()

    async def part(self) -> None:
        await self._socket.close(code=WSCloseCode.GOING_AWAY, drain=False)

    async def _write(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._outbox:
                try:
                    await self._socket.send_str(self._next())
                except ConnectionError:
                    return

    def _next(self) -> str:
        """Take the next frame, or every other time all that wait, as an array."""
        text, mergeable = self._outbox.popleft()
        if not (self.sends_arrays and mergeable and self._outbox and self._outbox[0][1]):
            return text
        self._bursts += 1
        if self._bursts % 2:
            return text
        texts = [text]
        while self._outbox and self._outbox[0][1]:
            texts.append(self._outbox.popleft()[0])
        return f"[{','.join(texts)}]"


def parsed(text: str) -> Json | None:
    """Read a client's message; None where it is not a JSON object."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None


def strings(value: object) -> list[str] | None:
    """Read a list of strings; None where it is anything else."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return value
