"""One feed over a WebSocket that is kept alive: redialled when it breaks, and when it is open and says nothing."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import CloseCode

from common.clock import Clock, Instant
from common.runtime.core import Inbox
from oracle.adapters.metrics import CONNECTED, FRAMES, REDIALS, Refusals
from oracle.adapters.prompt_socket import PromptSocket
from oracle.adapters.wire import Input, Refuse, strictly

log = structlog.get_logger()

CLOSE_TIMEOUT_S = 1.0
WATCHES_PER_SILENCE = 4

Read = Callable[[str | bytes, Instant, Refuse], Sequence[Input]]
Key = Callable[[Input], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """The bounds of a connection."""

    frame_bytes_max: int = 1 << 20
    open_timeout_s: float = 10.0
    silence_s: float = 10.0
    backoff_s_min: float = 0.25
    backoff_s_max: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What differs from one feed to the next."""

    name: str
    url: str
    read: Read
    wanted: frozenset[str]
    """The keys that must each be heard for the connection to count as alive."""
    key: Key
    greetings: tuple[str, ...] = ()
    ping_text: str = ""
    ping_interval_s: float = 5.0
    limits: SocketLimits = field(default_factory=SocketLimits)


class FeedSocket:
    """Feeds the inbox from one feed for ever. A connection proves nothing: each wanted key is judged by itself."""

    def __init__(self, feed: Feed, clock: Clock) -> None:
        self._feed, self._clock = feed, clock
        self._refuse = Refusals(feed.name)
        self._frames = FRAMES.labels(source=feed.name)
        self._heard: dict[str, float] = {}
        self._failures = 0
        self._silent = ""
        self._last: str | bytes = b""
        """The last frame that said anything."""

    def imagine(self, now: Instant) -> Input | None:
        """Make up what may come next: what the last frame said, read as if it came now."""
        inputs = self._feed.read(self._last, now, strictly) if self._last else ()
        return inputs[0].model_copy(update={"source_at": now}) if inputs else None

    async def run(self, inbox: Inbox) -> None:
        """Dial, listen, and dial again, ever more slowly while nothing comes."""
        while True:
            why = await self._connection(inbox)
            CONNECTED.labels(source=self._feed.name).set(0)
            REDIALS.labels(source=self._feed.name, why=why).inc()
            wait = backoff_s(self._failures, self._feed.limits)
            log.warning("feed_lost", source=self._feed.name, why=why, wait_s=wait)
            await asyncio.sleep(wait)

    async def _connection(self, inbox: Inbox) -> str:
        """Live through one connection; answer why it ended."""
        self._failures += 1
        limits = self._feed.limits
        try:
            async with connect(
                self._feed.url, max_size=limits.frame_bytes_max, open_timeout=limits.open_timeout_s,
                close_timeout=CLOSE_TIMEOUT_S, compression=None, create_connection=PromptSocket,
            ) as socket:  # fmt: skip
                assert isinstance(socket, PromptSocket)
                return await self._listen(socket, inbox)
        except ConnectionClosed as error:
            if self._silent:
                return "silent"
            return "too_big" if error.sent is not None and error.sent.code == CloseCode.MESSAGE_TOO_BIG else "closed"
        except (OSError, TimeoutError, InvalidHandshake) as error:
            log.debug("feed_not_reached", source=self._feed.name, error=f"{type(error).__name__}: {error}")
            return "not_reached"

    async def _listen(self, socket: PromptSocket, inbox: Inbox) -> str:
        self._silent = ""
        self._heard = dict.fromkeys(self._feed.wanted, asyncio.get_running_loop().time())
        for greeting in self._feed.greetings:
            await socket.send(greeting)
        CONNECTED.labels(source=self._feed.name).set(1)
        log.info("feed_connected", source=self._feed.name)
        helpers = [asyncio.create_task(self._watch(socket)), asyncio.create_task(self._ping(socket))]
        try:
            await socket.hand_to(lambda frame: self._take(frame, inbox))
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        return "silent" if self._silent else "closed"

    def _take(self, frame: str | bytes, inbox: Inbox) -> None:
        inputs = self._feed.read(frame, self._clock.now(), self._refuse)
        for item in inputs:
            inbox.put(item)
        if inputs:
            self._last = frame
        asyncio.get_running_loop().call_soon(self._note, inputs)

    def _note(self, inputs: Sequence[Input]) -> None:
        """Count a frame and note who was heard in it: once the loop has had its turn with what was in it."""
        self._frames.inc()
        now = asyncio.get_running_loop().time()
        for item in inputs:
            self._heard[self._feed.key(item)] = now
            self._failures = 0

    async def _watch(self, socket: PromptSocket) -> None:
        """Close the connection when any wanted key has been silent for too long."""
        silence_s = self._feed.limits.silence_s
        while not self._silent:
            await asyncio.sleep(silence_s / WATCHES_PER_SILENCE)
            now = asyncio.get_running_loop().time()
            self._silent = ", ".join(sorted(key for key in self._feed.wanted if now - self._heard[key] > silence_s))
        log.warning("feed_silent", source=self._feed.name, keys=self._silent, silence_s=silence_s)
        await socket.close()

    async def _ping(self, socket: PromptSocket) -> None:
        """Say the text that some feeds expect now and then, whether or not they answer it."""
        while self._feed.ping_text:
            await asyncio.sleep(self._feed.ping_interval_s)
            with contextlib.suppress(ConnectionClosed):
                await socket.send(self._feed.ping_text)


def backoff_s(failures: int, limits: SocketLimits) -> float:
    """Answer how long to wait before dialling again: doubling from the least to the most, the same every time."""
    doublings = min(max(failures - 1, 0), 32)
    return float(min(limits.backoff_s_min * 2**doublings, limits.backoff_s_max))
