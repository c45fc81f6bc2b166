"""The current price stream (PolyBolt): spot prices and 60-second averages for those who show an API key.

A refused key leaves the connection open for another try; one that was deleted since closes it. Frames are numbered by
channel. What a client is too slow for is dropped and told with the next frame it gets; too much of it in a row closes
the connection.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import orjson
from aiohttp import WSMessage, WSMsgType, web

from simulator.exchange.account.user_socket import shown_key
from simulator.feeds import polybolt_wire as wire
from simulator.feeds.polybolt_wire import Close, Code, Numbering, Wanted
from simulator.sessions import Session, parsed
from simulator.stage import STAGE, Stage
from simulator.world import Frame, Json

CHANNEL = "polybolt"
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
FAREWELL_S_MAX = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may do. The last two are not documented."""

    subscriptions_max: int = 64
    changes_per_s_max: int = 20
    frame_bytes_max: int = 65_536
    auths_max: int = 8
    ping_s: float = 25.0
    pongs_missed_max: int = 2
    frames_waiting_max: int = 512
    """Above it a frame is dropped."""
    frames_dropped_max: int = 1024
    """In a row, until the client is sent away."""


class PolyBoltSession(Session):
    """One client of the price stream."""

    channel = CHANNEL
    pings_itself = True

    def __init__(self, stage: Stage, request: web.Request, limits: Limits) -> None:
        super().__init__(stage, request)
        self._limits = limits
        self._key = ""
        self._auths = 0
        self._wanted: dict[str, Wanted] = {}
        self._changes: deque[int] = deque(maxlen=limits.changes_per_s_max)
        self._numbering = Numbering()
        self._unanswered = 0
        self._pinging: asyncio.Task[None] | None = None
        self._farewell: asyncio.Task[None] | None = None

    async def serve(self) -> web.WebSocketResponse:
        try:
            return await super().serve()
        finally:
            if self._pinging is not None:
                self._pinging.cancel()
            if self._farewell is not None:
                await self._farewell

    async def drain(self) -> None:
        """Send the client away because the server ends."""
        self._part(Close.DRAIN)
        if self._farewell is not None:
            await self._farewell

    def opened(self) -> None:
        self._pinging = asyncio.get_running_loop().create_task(self._ping())

    def received(self, text: str) -> None:
        if self._farewell is not None:
            return
        if len(text.encode()) > self._limits.frame_bytes_max:
            self._part(Close.POLICY)
            return
        message = parsed(text) or {}
        match message.get("op"):
            case "ping":
                self._answer("pong", message)
            case "auth":
                self._authenticate(message)
            case "subscribe" | "unsubscribe" as operation:
                self._change(message, adds=operation == "subscribe")
            case _:
                self._refuse(Code.BAD_OP, message)

    async def controlled(self, message: WSMessage) -> None:
        if message.type == WSMsgType.PING:
            await self._socket.pong(message.data)
        elif message.type == WSMsgType.PONG:
            self._unanswered = 0
        elif message.type == WSMsgType.BINARY and self._farewell is None:
            self._refuse(Code.BAD_OP, {})

    def hear(self, frame: Frame, text: str, is_spoiled: bool) -> None:  # noqa: ARG002 - the text is another socket's
        wanted = self._wanted.get(frame.key)
        if wanted is None or self._farewell is not None:
            return
        if len(self._outbox) >= self._limits.frames_waiting_max:
            self._drop_frame(wanted)
            return
        point = frame.payload["payload"]
        self._tell(wire.update(wanted, point, self._numbering.sent(wanted.channel)))

    def _authenticate(self, message: Json) -> None:
        self._auths += 1
        credentials = shown_key(message.get("auth"), self.stage.keyring)
        if self._auths > self._limits.auths_max:
            self._refuse(Code.AUTH_ATTEMPTS, message, closes=Close.POLICY)
        elif credentials is None:
            self._refuse(Code.AUTH_INVALID, message)
        else:
            self._key = credentials.key
            self._answer("authed", message)

    def _change(self, message: Json, adds: bool) -> None:
        """Go through the subscriptions of a request. Each is answered by itself, in the order in which they stand."""
        now_ns = self.stage.clock()
        if len(self._changes) == self._changes.maxlen and now_ns - self._changes[0] < NS_PER_S:
            self._refuse(Code.RATE_LIMITED, message, closes=Close.POLICY)
            return
        self._changes.append(now_ns)
        items = wire.read_items(message)
        if items is None:
            self._refuse(Code.BAD_OP, message)
        elif self._key and self.stage.keyring.of(self._key) is None:
            self._refuse(Code.AUTH_EXPIRED, message, closes=Close.AUTH)
        else:
            for item in items:
                if self._farewell is None:
                    self._change_one(message, item, adds)

    def _change_one(self, message: Json, item: Json, adds: bool) -> None:
        channel = item.get("channel")
        wanted = wire.read_wanted(channel, item.get("filter"), self.stage.settings.symbols)
        if isinstance(wanted, Code):
            self._refuse(wanted, message, channel)
        elif not self._key:
            self._refuse(Code.AUTH_REQUIRED, message, channel)
        elif not adds:
            self._wanted.pop(wanted.key, None)
            self.stage.hub.ignore(CHANNEL, wanted.key, self)
            self._answer("unsubscribed", message, channel)
        elif wanted.key in self._wanted:
            self._answer("subscribed", message, channel)
        elif len(self._wanted) >= self._limits.subscriptions_max:
            self._refuse(Code.SUBSCRIPTION_LIMIT, message, channel, closes=Close.POLICY)
        else:
            self._answer("subscribed", message, channel)
            self._begin(wanted)

    def _begin(self, wanted: Wanted) -> None:
        """Send what was before, then listen."""
        self._wanted[wanted.key] = wanted
        self.stage.hub.listen(CHANNEL, wanted.key, self)
        now_ns = self.stage.hub.position_ns
        backlog = self.stage.world.backlog(wanted.topic, wanted.name, now_ns, wire.HISTORY_S)
        if backlog is not None and not self.stage.faults.is_silent(CHANNEL):
            points = backlog["payload"]["data"]
            numbered = self._numbering.sent(wanted.channel)
            self._tell(wire.snapshot(wanted, points, numbered, now_ns // NS_PER_MS))

    def _tell(self, payload: Json) -> None:
        spoiled = self.stage.faults.spoil(CHANNEL, payload)
        self.send(orjson.dumps(payload).decode() if spoiled is None else spoiled)

    def _drop_frame(self, wanted: Wanted) -> None:
        self._numbering.dropped(wanted.channel)
        self.stage.hub.counts[f"dropped_{CHANNEL}"] += 1
        if self._numbering.dropped_in_a_row > self._limits.frames_dropped_max:
            self._part(Close.SLOW)

    def _answer(self, operation: str, message: Json, channel: object = None) -> None:
        """Acknowledge a request. This is said even while the channel is silent: it is its prices that stall."""
        self.send(orjson.dumps(wire.acknowledgement(operation, message, channel)).decode())

    def _refuse(self, code: Code, message: Json, channel: object = None, closes: Close | None = None) -> None:
        self.send(orjson.dumps(wire.acknowledgement("error", message, channel, code)).decode())
        if closes is not None:
            self._part(closes)

    async def _ping(self) -> None:
        """Ask for a sign of life now and then, and send away whoever has given none twice."""
        while True:
            await asyncio.sleep(self._limits.ping_s)
            if self._unanswered >= self._limits.pongs_missed_max:
                break
            self._unanswered += 1
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(self._limits.ping_s):
                    await self._socket.ping()
        self._part(Close.SLOW)

    def _part(self, code: Close) -> None:
        """Stop listening, and close the connection once what was said before is sent."""
        if self._farewell is not None:
            return
        self.stage.hub.leave(CHANNEL, self)
        self.stage.hub.counts[f"{CHANNEL}_closed_{code.value}"] += 1
        if code is Close.SLOW:
            self._outbox.clear()
        self._farewell = asyncio.get_running_loop().create_task(self._bid_farewell(code))

    async def _bid_farewell(self, code: Close) -> None:
        try:
            async with asyncio.timeout(FAREWELL_S_MAX):
                while self._outbox:
                    await self._socket.send_str(self._next())
                await self._socket.close(code=code, message=code.name.lower().encode(), drain=False)
        except (TimeoutError, ConnectionError):
            self.drop()


async def drain(app: web.Application) -> None:
    """Send every client away, for when the server ends."""
    sessions = app[STAGE].hub.sessions(CHANNEL)
    await asyncio.gather(*(session.drain() for session in sessions if isinstance(session, PolyBoltSession)))


def routes(limits: Limits | None = None) -> list[web.RouteDef]:
    chosen = limits or Limits()

    async def connect(request: web.Request) -> web.StreamResponse:
        return await PolyBoltSession(request.app[STAGE], request, chosen).serve()

    return [web.get("/polybolt", connect)]
