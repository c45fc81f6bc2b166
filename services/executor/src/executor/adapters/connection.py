"""Connections to the venue: kept warm, given to one request at a time, and thrown away at the first doubt.

A request is given to a connection once. Whatever fails before that is NotSentError, whatever fails after it is
UnknownError, for bytes that a socket has taken may have arrived. Nothing is tried again.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from executor.adapters.http1 import Answer, AnswerReader, ProtocolError
from executor.adapters.venue_errors import HeldBackError, NotSentError, UnknownError

UNDELIVERED_MS_MAX = 3000
"""For so long the other side may acknowledge nothing of what was sent before the connection is given up."""

Hindrance = Callable[[], str]
"""Says, at the moment when a request would leave, why it may not any more, or nothing."""


def nothing() -> str:
    """Hinder nothing."""
    return ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the venue's API is."""

    host: str
    port: int
    is_secure: bool
    prefix: str
    """What stands before every path, empty in production; it is sent, and not signed."""

    @classmethod
    def of(cls, url: str) -> "Endpoint":
        """Read a URL. Raises ValueError for one that is not http or https, or carries more than a path."""
        parts = urlsplit(url)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise ValueError("URL of the venue: expected http(s)://host[:port][/path], found something else")
        is_secure = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if is_secure else 80), is_secure, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """Answer what goes into the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


class Connection(asyncio.Protocol):
    """One connection; a request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._is_broken = False
        self.idle_since_s = 0.0

    @property
    def is_usable(self) -> bool:
        """Whether a request can be given to it, as far as this side knows."""
        return not self._is_broken and self._transport is not None and not self._transport.is_closing()

    async def exchange(self, sent: bytes, body_bytes_max: int, within_s: float) -> Answer:
        """Send a request and answer its answer. Raises OSError, ProtocolError and, after so long, TimeoutError.

        Then it is of no more use. The time is set once the bytes have left, for they wait for nothing.
        """
        transport = self._transport
        if transport is None or not self.is_usable or self._waiting is not None:
            raise ProtocolError("expected a connection that is free, found none")
        self._reader = AnswerReader(body_bytes_max)
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        try:
            transport.write(sent)
            async with asyncio.timeout(within_s):
                answer = await waiting
        except BaseException:
            self.close()
            raise
        finally:
            self._waiting = self._reader = None
        if not answer.keeps_alive:
            self.close()
        return answer

    def close(self) -> None:
        """Cut it, whatever is under way."""
        self._is_broken = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # the transports of uvloop are not of asyncio's classes
        _deliver_at_once_or_never(self._transport)

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the answer that is waited for; bytes that nobody asked for spoil the connection."""
        if self._reader is None or self._waiting is None or self._waiting.done():
            self.close()
            return
        try:
            answer = self._reader.feed(data)
        except ProtocolError as error:
            self._waiting.set_exception(error)
            return
        if answer is not None:
            self._waiting.set_result(answer)

    def eof_received(self) -> None:
        self._end(ConnectionResetError("the venue closed the connection"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionResetError("the connection was lost"))

    def _end(self, why: Exception) -> None:
        self._is_broken = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(why)


class Lane:
    """Connections for one kind of request, so that no other kind stands in its way. The last one used is kept warm."""

    def __init__(
        self, endpoint: Endpoint, *, connections_max: int, connect_s_max: float, idle_s_max: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        """Take the bounds, and whom to believe where the endpoint is secure: whom this machine does, unless told."""
        self._endpoint = endpoint
        self._connect_s_max, self._idle_s_max = connect_s_max, idle_s_max
        self._free: list[Connection] = []
        self._open = asyncio.Semaphore(connections_max)
        self._tls = (tls or ssl.create_default_context()) if endpoint.is_secure else None

    async def exchange(
        self, what: str, sent: bytes, *, within_s: float, body_bytes_max: int, hindrance: Hindrance = nothing,
        anew: bool = False,
    ) -> Answer:  # fmt: skip
        """Send a request once; raises NotSentError, UnknownError, and HeldBackError where there is a hindrance.

        `within_s` counts from the sending; waiting for a connection that is free has the time of connecting. What may
        hinder it is asked after all waiting. Sent `anew`, it goes by a connection of its own, which takes the place of
        the one that was kept until then; where that fails the kept one is not trusted any more either.
        """
        try:
            return await self._exchanged(what, sent, within_s, body_bytes_max, hindrance, anew=anew)
        except (NotSentError, UnknownError):
            if anew:
                self.close()
            raise

    async def _exchanged(
        self, what: str, sent: bytes, within_s: float, body_bytes_max: int, hindrance: Hindrance, *, anew: bool
    ) -> Answer:
        connection = await self._taken(what, anew=anew)
        if why := hindrance():
            self._give_back(connection)
            raise HeldBackError(what, why)
        try:
            return await connection.exchange(sent, body_bytes_max, within_s)
        except TimeoutError:
            raise UnknownError(what, f"no answer within {within_s} s") from None
        except (OSError, ProtocolError) as error:
            raise UnknownError(what, f"{type(error).__name__}: {error}") from None
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Cut the connections that are free. Those in use are cut by whoever uses them."""
        for connection in self._free:
            connection.close()
        self._free.clear()

    async def _taken(self, what: str, *, anew: bool) -> Connection:
        """Answer a connection that is free, or a new one."""
        if self._open.locked():
            await self._until_one_is_free(what)
        else:
            await self._open.acquire()
        try:
            return (None if anew else self._warm()) or await self._connected(what)
        except BaseException:
            self._open.release()
            raise

    async def _until_one_is_free(self, what: str) -> None:
        try:
            async with asyncio.timeout(self._connect_s_max):
                await self._open.acquire()
        except TimeoutError:
            raise NotSentError(what, f"no connection was free within {self._connect_s_max} s") from None

    def _warm(self) -> Connection | None:
        now_s = asyncio.get_running_loop().time()
        while self._free:
            connection = self._free.pop()
            if connection.is_usable and now_s - connection.idle_since_s <= self._idle_s_max:
                return connection
            connection.close()
        return None

    async def _connected(self, what: str) -> Connection:
        loop = asyncio.get_running_loop()
        place = self._endpoint
        try:
            async with asyncio.timeout(self._connect_s_max):
                name = place.host if self._tls else None
                _, connection = await loop.create_connection(
                    Connection, place.host, place.port, ssl=self._tls, server_hostname=name
                )
        except OSError as error:
            raise NotSentError(what, f"no connection: {type(error).__name__}: {error}") from None
        if not connection.is_usable:
            raise NotSentError(what, "the connection was closed as soon as it was made")
        return connection

    def _give_back(self, connection: Connection) -> None:
        """Keep one connection that is free, the last that was used."""
        self._open.release()
        if not connection.is_usable:
            connection.close()
            return
        connection.idle_since_s = asyncio.get_running_loop().time()
        while self._free:
            self._free.pop().close()
        self._free.append(connection)


def _deliver_at_once_or_never(transport: asyncio.Transport) -> None:
    """Have the kernel drop what it has not delivered when the connection is cut, and cut it when nothing gets through.

    By itself it would go on sending for a minute after the connection was closed: an order that everybody had given up
    would arrive then.
    """
    connected = transport.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux has it
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNDELIVERED_MS_MAX)
