"""Real time: says each frame of the world when it is due, to whoever listens for its key."""

import asyncio
from collections import Counter
from typing import Protocol, TypeVar

import orjson

from simulator.faults import Faults
from simulator.wall import Clock
from simulator.world import CHANNELS, Frame, World

WINDOW_NS = 100_000_000
EARLY_NS_MAX = 1_000_000
LATE_NS_MAX = 5_000_000_000
NS_PER_S = 1_000_000_000
EXCHANGE = "clob"
SOURCES = {"polybolt": "rtds"}
"""Channels whose frames are those of another, rewritten by who hears them. Faults of the one leave the other alone."""
EVERYONE = "*"
"""The key of frames that go to all who asked for custom features, whatever else they listen for."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Listener(Protocol):
    """A session that listens for keys of one channel."""

    def hear(self, frame: Frame, text: str, is_spoiled: bool) -> None: ...

    def drop(self) -> None: ...


class Flow(Protocol):
    """What the exchange makes of the world's order flow: frames about its books are its own to say."""

    @property
    def is_needed(self) -> bool: ...

    def hear(self, frame: Frame) -> None: ...

    def sweep(self, now_ns: int) -> None: ...

    def resync(self, now_ns: int) -> None: ...


class Hub:
    """The listeners of every channel, and the pump that feeds them. An unused channel costs nothing."""

    def __init__(self, world: World, clock: Clock, faults: Faults) -> None:
        self._world = world
        self._clock = clock
        self._faults = faults
        self._routes: dict[tuple[str, str], dict[Listener, None]] = {}
        self._keys: dict[tuple[str, Listener], dict[str, None]] = {}
        """What each listener listens for, so that it can be forgotten without looking at all others."""
        self._sessions: dict[str, dict[Listener, None]] = {channel: {} for channel in CHANNELS}
        self._planned: frozenset[str] = frozenset()
        self._turned = asyncio.Event()
        self.position_ns = clock()
        self.flow: Flow | None = None
        self.counts: Counter[str] = Counter()

    async def join(self, channel: str, session: Listener) -> None:
        """Register a connection, and wait until the pump says this channel's frames, so none is missed.

        A channel that the world says nothing on has no pump to wait for.
        """
        self._sessions.setdefault(channel, {})[session] = None
        source = SOURCES.get(channel, channel)
        while source in CHANNELS and source not in self._planned:
            await self._turned.wait()

    def leave(self, channel: str, session: Listener) -> None:
        self._sessions.get(channel, {}).pop(session, None)
        for key in list(self._keys.get((channel, session), ())):
            self.ignore(channel, key, session)

    def listen(self, channel: str, key: str, session: Listener) -> None:
        """Have a connection hear a key. One that has left, or was cut, hears nothing any more."""
        if session in self._sessions.get(channel, ()):
            self._routes.setdefault((channel, key), {})[session] = None
            self._keys.setdefault((channel, session), {})[key] = None

    def ignore(self, channel: str, key: str, session: Listener) -> None:
        _forget(self._routes, (channel, key), session)
        _forget(self._keys, (channel, session), key)

    def is_heard(self, channel: str, key: str) -> bool:
        """Say whether anybody listens for a key."""
        return (channel, key) in self._routes

    def connections(self, channel: str) -> int:
        return len(self._sessions.get(channel, ()))

    def sessions(self, channel: str) -> list[Listener]:
        """List who is connected to a channel."""
        return list(self._sessions.get(channel, ()))

    def drop(self, channel: str) -> int:
        """Cut every connection of a channel, and say how many there were."""
        sessions = self.sessions(channel)
        for session in sessions:
            session.drop()
        return len(sessions)

    async def run(self) -> None:
        """Pump for ever, a tenth of a second at a time. A pump that was suspended skips what is stale."""
        start_ns = self._clock() // WINDOW_NS * WINDOW_NS
        while True:
            if self._clock() - start_ns > LATE_NS_MAX:
                self.counts["windows_skipped"] += (self._clock() - start_ns) // WINDOW_NS
                start_ns = self._clock() // WINDOW_NS * WINDOW_NS
                if self.flow is not None:
                    self.flow.resync(start_ns)
            self._plan(start_ns)
            for frame in self._world.frames(start_ns, start_ns + WINDOW_NS, self._planned):
                await self._until(frame.at_ns)
                self.position_ns = frame.at_ns
                if self.flow is not None and frame.channel == EXCHANGE:
                    self.flow.hear(frame)
                else:
                    self.say(frame)
            start_ns += WINDOW_NS
            await self._until(start_ns)

    def say(self, frame: Frame) -> None:
        """Say a frame now, to all who listen for its key."""
        payload, key = frame.payload, frame.key
        if payload.get("event_type") == "new_market":
            key, payload = EVERYONE, self._faults.announced(payload)
        for channel, source in SOURCES.items():
            if source == frame.channel:
                self._pass_on(channel, frame)
        listeners = self._routes.get((frame.channel, key))
        if not listeners:
            return
        if self._faults.is_silent(frame.channel):
            self.counts["frames_silenced"] += 1
            return
        spoiled = self._faults.spoil(frame.channel, payload)
        text = spoiled if spoiled is not None else orjson.dumps(payload).decode()
        for session in list(listeners):
            session.hear(frame, text, spoiled is not None)
        self.counts[f"frames_{frame.channel}"] += 1

    def _pass_on(self, channel: str, frame: Frame) -> None:
        """Have a frame heard by those who rewrite it; what is malformed of it is then theirs to say."""
        listeners = self._routes.get((channel, frame.key))
        if not listeners:
            return
        if self._faults.is_silent(channel):
            self.counts["frames_silenced"] += 1
            return
        for session in list(listeners):
            session.hear(frame, "", is_spoiled=False)
        self.counts[f"frames_{channel}"] += 1

    def _plan(self, start_ns: int) -> None:
        self.position_ns = max(self.position_ns, start_ns)
        planned = {SOURCES.get(channel, channel) for channel, sessions in self._sessions.items() if sessions}
        if self.flow is not None:
            if self.flow.is_needed:
                planned.add(EXCHANGE)
            if EXCHANGE in planned and EXCHANGE not in self._planned:
                self.flow.resync(start_ns)
            self.flow.sweep(start_ns)
        self._planned = frozenset(planned)
        self._turned.set()
        self._turned = asyncio.Event()

    async def _until(self, at_ns: int) -> None:
        left_ns = at_ns - self._clock()
        if left_ns > EARLY_NS_MAX:
            await asyncio.sleep(left_ns / NS_PER_S)


def _forget(table: dict[Key, dict[Value, None]], key: Key, value: Value) -> None:
    """Take a value from what is kept by a key, and the key too once nothing is left."""
    kept = table.get(key)
    if kept is not None:
        kept.pop(value, None)
        if not kept:
            del table[key]
