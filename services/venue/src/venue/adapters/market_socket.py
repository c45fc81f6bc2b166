"""The market channel: books and what changes in them, for the tokens that are wanted at the moment."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import CloseCode

from common.clock import Clock
from common.runtime.core import Inbox
from venue.adapters.metrics import CONNECTED, FRAMES, LEVEL_CHANGES, REDIALS, Refusals
from venue.adapters.pace import Anteroom
from venue.adapters.wire import read_market_frame
from venue.core import BookChanged

PING, PONG = "PING", "PONG"
CLOSE_TIMEOUT_S = 1.0
WATCHES_PER_SILENCE = 4
TOKENS_A_MESSAGE = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """The bounds of a connection."""

    frame_bytes_max: int = 4 << 20
    open_timeout_s: float = 10.0
    silence_s: float = 10.0
    ping_interval_s: float = 10.0
    backoff_s_min: float = 0.25
    backoff_s_max: float = 15.0


class MarketSocket:
    """Feeds the inbox from the market channel for ever, and follows what is wanted without dialling again."""

    def __init__(self, url: str, limits: SocketLimits, anteroom: Anteroom, clock: Clock) -> None:
        self._url, self._limits, self._anteroom, self._clock = url, limits, anteroom, clock
        self._refuse = Refusals("market_socket")
        self._wanted: frozenset[str] = frozenset()
        self._changed = asyncio.Event()
        self._heard_at = 0.0
        self._failures = 0
        self._silent = False

    def want(self, token_ids: Sequence[str]) -> None:
        """Say which tokens are to be followed from now on."""
        wanted = frozenset(token_ids)
        if wanted != self._wanted:
            self._wanted = wanted
            self._anteroom.follow(wanted)
            self._changed.set()

    async def run(self, inbox: Inbox) -> None:
        """Dial once something is wanted, listen, and dial again, ever more slowly while nothing comes."""
        while True:
            while not self._wanted:
                self._changed.clear()
                await self._changed.wait()
            why = await self._connection(inbox)
            CONNECTED.set(0)
            REDIALS.labels(why=why).inc()
            wait = backoff_s(self._failures, self._limits)
            log.warning("market_socket_lost", why=why, wait_s=wait)
            await asyncio.sleep(wait)

    async def _connection(self, inbox: Inbox) -> str:
        """Live through one connection; answer why it ended."""
        self._failures += 1
        self._silent = False
        try:
            async with connect(
                self._url, max_size=self._limits.frame_bytes_max, open_timeout=self._limits.open_timeout_s,
                close_timeout=CLOSE_TIMEOUT_S, compression=None,
            ) as socket:  # fmt: skip
                await self._listen(socket, inbox)
        except ConnectionClosed as error:
            if error.sent is not None and error.sent.code == CloseCode.MESSAGE_TOO_BIG:
                return "too_big"
        except (OSError, TimeoutError, InvalidHandshake) as error:
            log.debug("market_socket_not_reached", error=f"{type(error).__name__}: {error}")
            return "not_reached"
        return "silent" if self._silent else "closed"

    async def _listen(self, socket: ClientConnection, inbox: Inbox) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        CONNECTED.set(1)
        log.info("market_socket_connected", tokens=len(self._wanted))
        helpers = [asyncio.create_task(work(socket)) for work in (self._steer, self._ping, self._watch)]
        try:
            async for frame in socket:
                self._take(frame, inbox)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    def _take(self, frame: str | bytes, inbox: Inbox) -> None:
        if frame == PONG:
            return
        FRAMES.inc()
        self._heard_at = asyncio.get_running_loop().time()
        self._failures = 0
        for item in read_market_frame(frame, self._clock.now(), self._refuse):
            if isinstance(item, BookChanged):
                LEVEL_CHANGES.inc(len(item.changes))
            self._anteroom.put(item, inbox)

    async def _steer(self, socket: ClientConnection) -> None:
        """Subscribe to what is wanted and leave what no longer is."""
        followed: frozenset[str] = frozenset()
        first = True
        while True:
            wanted = self._wanted
            with contextlib.suppress(ConnectionClosed):
                for tokens in _portions(wanted - followed):
                    await socket.send(_greeting(tokens) if first else _operation("subscribe", tokens))
                    first = False
                for tokens in _portions(followed - wanted):
                    await socket.send(_operation("unsubscribe", tokens))
            followed = wanted
            self._changed.clear()
            if wanted == self._wanted:
                await self._changed.wait()

    async def _ping(self, socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(self._limits.ping_interval_s)
            with contextlib.suppress(ConnectionClosed):
                await socket.send(PING)

    async def _watch(self, socket: ClientConnection) -> None:
        """Close a connection that answers pings and says nothing, as long as there is something to say."""
        while not self._silent:
            await asyncio.sleep(self._limits.silence_s / WATCHES_PER_SILENCE)
            quiet_s = asyncio.get_running_loop().time() - self._heard_at
            self._silent = bool(self._wanted) and quiet_s > self._limits.silence_s
        log.warning("market_socket_silent", silence_s=self._limits.silence_s)
        await socket.close()


def backoff_s(failures: int, limits: SocketLimits) -> float:
    """Answer how long to wait before dialling again: doubling from the least to the most, the same every time."""
    doublings = min(max(failures - 1, 0), 32)
    return float(min(limits.backoff_s_min * 2**doublings, limits.backoff_s_max))


def _portions(tokens: frozenset[str]) -> list[list[str]]:
    ordered = sorted(tokens)
    return [ordered[start : start + TOKENS_A_MESSAGE] for start in range(0, len(ordered), TOKENS_A_MESSAGE)]


def _greeting(tokens: list[str]) -> str:
    return orjson.dumps({"assets_ids": tokens, "type": "market", "custom_feature_enabled": True}).decode()


def _operation(name: str, tokens: list[str]) -> str:
    return orjson.dumps({"operation": name, "assets_ids": tokens, "custom_feature_enabled": True}).decode()
