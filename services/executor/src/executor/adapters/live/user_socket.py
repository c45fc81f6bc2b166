"""The user channel: the first to say what becomes of our orders, and never the only one.

It replays nothing. It counts as well only while it is connected, answers PING, knows what other channels know, and
everything that happened while it was not has been asked for.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import orjson
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from common.clock import Clock
from executor.adapters.credentials import Credentials
from executor.adapters.live.outbox import Outbox
from executor.adapters.live.rules import LiveRules
from executor.adapters.live.wire_user import Frame, read_frame
from executor.adapters.venue_errors import VenueError

PING, PONG = "PING", "PONG"
UNAUTHORIZED = "unauthorized"
CLOSE_TIMEOUT_S = 1.0
WATCH_S = 0.5
HEARD_MAX = 10_000

Key = tuple[str, bool]
"""A trade, or an order and whether it is over."""

log = structlog.get_logger()


class UserSocket:
    """Listens for ever, and dials again."""

    def __init__(
        self, *, clock: Clock, outbox: Outbox, rules: LiveRules, credentials: Callable[[], Credentials],
        take: Callable[[Frame], None], catch_up: Callable[[], Awaitable[None]], lost: Callable[[], None],
        refused: Callable[[], object],
    ) -> None:  # fmt: skip
        self._clock, self._outbox, self._rules = clock, outbox, rules
        self._credentials, self._take, self._catch_up, self._lost = credentials, take, catch_up, lost
        self._refused = refused
        self._heard: dict[Key, None] = {}
        self._expected: dict[Key, float] = {}
        self._pinged_at_s = self._ponged_at_s = 0.0
        self._why, self._was_well = "", False

    async def run(self) -> None:
        """Dial, listen, and dial again, ever more slowly while it does not work."""
        wait_s = self._rules.user_backoff_s_min
        while True:
            self._why, self._was_well = "", False
            was_well = await self._connection()
            if was_well:
                self._lost()
            self._outbox.stand("user_stream", is_well=False, detail=self._why or "the connection was closed")
            log.warning("user_channel_lost", why=self._why or "closed")
            wait_s = self._rules.user_backoff_s_min if was_well else min(wait_s * 2, self._rules.user_backoff_s_max)
            await asyncio.sleep(wait_s)

    def expect(self, key: Key) -> None:
        """Take note of what another channel told: this one is to say it too, before long."""
        if key not in self._heard and self._outbox.is_well("user_stream"):
            self._expected.setdefault(key, self._now_s())

    async def _connection(self) -> bool:
        """Live through one connection; answer whether it was ever well."""
        rules = self._rules
        try:
            async with connect(
                rules.user_url, max_size=rules.user_frame_bytes_max, open_timeout=rules.user_open_s_max,
                close_timeout=CLOSE_TIMEOUT_S, compression=None, ping_interval=None,
            ) as socket:  # fmt: skip
                return await self._listen(socket)
        except ConnectionClosed:
            return self._was_well
        except (OSError, TimeoutError, InvalidHandshake) as error:
            self._why = f"not reached: {type(error).__name__}"
            return False

    async def _listen(self, socket: ClientConnection) -> bool:
        self._heard.clear()
        self._expected.clear()
        self._pinged_at_s = self._ponged_at_s = self._now_s()
        shown = self._credentials().revealed()
        auth = {"apiKey": shown["key"], "secret": shown["secret"], "passphrase": shown["passphrase"]}
        await socket.send(orjson.dumps({"auth": auth, "type": "user", "markets": []}).decode())
        await socket.send(PING)
        helpers = [asyncio.create_task(each) for each in (self._watch(socket), self._ping(socket), self._begin(socket))]
        try:
            async for text in socket:
                self._frame(text)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        return self._was_well

    async def _begin(self, socket: ClientConnection) -> None:
        """Ask for all that happened meanwhile; only then is the channel well."""
        while True:
            try:
                await self._catch_up()
            except VenueError as error:
                log.warning("catching_up_retried", error=str(error))
                await asyncio.sleep(self._rules.poll_ms / 1000)
                continue
            break
        if not self._why and socket.close_code is None:
            self._was_well = True
            self._outbox.stand("user_stream", is_well=True)

    def _frame(self, text: str | bytes) -> None:
        if text == PONG:
            self._ponged_at_s = self._now_s()
            return
        if isinstance(text, str) and UNAUTHORIZED in text.lower()[:60]:
            self._why = "the venue does not take the API key"
            self._refused()
            return
        frame = read_frame(text, self._clock.now())
        for order in frame.orders:
            self._hear((order.venue_order_id, bool(order.end)))
        for trade in frame.trades:
            self._hear((trade.trade_id, False))
        for why in frame.unreadable:
            log.warning("user_frame_unreadable", why=why)
        self._take(frame)

    def _hear(self, key: Key) -> None:
        self._expected.pop(key, None)
        self._heard[key] = None
        if len(self._heard) > HEARD_MAX:
            del self._heard[next(iter(self._heard))]

    async def _watch(self, socket: ClientConnection) -> None:
        """Close a connection that is open and not alive."""
        while not self._why:
            await asyncio.sleep(WATCH_S)
            now_s = self._now_s()
            is_mute = self._pinged_at_s > self._ponged_at_s
            if is_mute and now_s - self._pinged_at_s > self._rules.user_pong_s_max:
                self._why = f"PING was not answered within {self._rules.user_pong_s_max} s"
            late = [key for key, since_s in self._expected.items() if now_s - since_s > self._rules.user_lag_s_max]
            if late:
                self._why = f"silent: it did not tell of {late[0][0][:70]} within {self._rules.user_lag_s_max} s"
        self._outbox.stand("user_stream", is_well=False, detail=self._why)
        await socket.close()

    async def _ping(self, socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(self._rules.user_ping_s)
            if self._pinged_at_s <= self._ponged_at_s:
                self._pinged_at_s = self._now_s()
            with contextlib.suppress(ConnectionClosed):
                await socket.send(PING)

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
