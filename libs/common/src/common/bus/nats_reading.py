"""Reading without a wait: messages are handed on as they come, and what else comes goes to the client's parser.

The client has a task that reads a stream, which must be woken for what has come already: a turn of the event loop for
every message. Nothing in its parser waits for anything, so that it can be run right there.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import SupportsIndex
from urllib.parse import ParseResult

import structlog
from nats import errors as nats_errors
from nats.aio.msg import Msg
from nats.aio.transport import TcpTransport
from nats.protocol.parser import AWAITING_CONTROL_LINE, Parser

from common.bus import nats_plain

PORT = 4222
READ_BYTES_MAX = 32_768

log = structlog.get_logger()

Take = Callable[[Msg], None]


class HandedOn(asyncio.Future[Msg]):
    """What the client takes for the future of one answer; it is given every message, and hands each on."""

    def __init__(self, take: Take) -> None:
        super().__init__()
        self._take = take

    def set_result(self, result: Msg, /) -> None:
        try:
            self._take(result)
        except Exception as error:  # noqa: BLE001 - raised to the client it would tear down the connection
            log.warning("message_not_taken", subject=result.subject, error=f"{type(error).__name__}: {error}")


class PromptTransport(TcpTransport):
    """A connection whose bytes can be handed to a parser. What is encrypted goes the client's own way."""

    async def connect(self, uri: ParseResult, buffer_size: int, connect_timeout: int) -> None:
        loop = asyncio.get_running_loop()
        reader = _Reader(limit=buffer_size)
        protocol = asyncio.StreamReaderProtocol(reader)
        async with asyncio.timeout(connect_timeout):
            transport, _ = await loop.create_connection(lambda: protocol, uri.hostname or "", uri.port or PORT)
        self._bare_io_reader = self._io_reader = reader
        self._bare_io_writer = self._io_writer = asyncio.StreamWriter(transport, protocol, reader, loop)

    async def hand_to(self, parser: Parser) -> None:
        """Have a parser read from here on: first what is here, then all that comes, as it comes."""
        if isinstance(self._io_reader, _Reader):
            await self._io_reader.hand_to(parser)

    def close(self) -> None:
        """Close; what still comes is nobody's, for the parser may have another connection's bytes next."""
        if isinstance(self._io_reader, _Reader):
            self._io_reader.let_go()
        super().close()  # type: ignore[no-untyped-call]


class _Reader(asyncio.StreamReader):
    """Keeps what comes until there is a parser; from then on only the end is heard of here."""

    _buffer: bytearray
    _parser: Parser | None = None

    async def hand_to(self, parser: Parser) -> None:
        parser.reset()  # of a connection before this one half a message may have been left
        while self._buffer:
            await parser.parse(await self.read(READ_BYTES_MAX))
        self._parser = parser

    def let_go(self) -> None:
        self._parser = None

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        if self._parser is None:
            super().feed_data(data)
            return
        try:
            left = handed_on(self._parser, bytes(data))
            if not left:
                return
            parsing = self._parser.parse(left)
            try:
                parsing.send(None)
            finally:
                parsing.close()
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the connection is made anew
            log.warning("bus_not_understood", error=f"{type(error).__name__}: {error}")
        self._parser = None
        self.set_exception(nats_errors.ProtocolError())


def handed_on(parser: Parser, data: bytes) -> bytes:
    """Hand on the messages that bytes begin with to whoever takes them as they come; answer what is the parser's."""
    client = parser.nc
    if parser.buf or parser.state != AWAITING_CONTROL_LINE:
        return data
    at = 0
    while (message := nats_plain.read(data, at)) is not None:
        subscription = client._subs.get(message.subscription)  # noqa: SLF001 - as the parser does
        taker = subscription._future if subscription is not None else None  # noqa: SLF001
        if not isinstance(taker, HandedOn):
            break
        client.stats["in_msgs"] += 1
        client.stats["in_bytes"] += len(message.payload)
        subscription._received += 1  # noqa: SLF001
        sid = message.subscription
        taker.set_result(Msg(client, message.subject, message.reply, message.payload, message.headers, _sid=sid))
        at = message.end
    return data[at:]
