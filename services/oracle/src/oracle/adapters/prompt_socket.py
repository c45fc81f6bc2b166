"""A WebSocket whose messages are taken as they come in, without a turn of the event loop for each.

The library puts a frame together from a few bytes at a time, queues it, and wakes whoever reads. A whole frame of text
that is there in one piece needs none of that; a fragment, a ping, a goodbye, whatever is malformed or came in pieces is
the library's, as ever. Whether such a text is UTF-8 is left to whoever reads it as JSON.
"""

from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import OPEN

WHOLE_TEXT = 0x81
"""The first byte of a frame that is a whole message of text."""
LENGTH_IN_TWO_BYTES = 126

Take = Callable[[str | bytes], None]


class PromptSocket(ClientConnection):
    """A client's connection; give it to `connect` as `create_connection`."""

    _take: Take | None = None
    _failure: Exception | None = None

    async def hand_to(self, take: Take) -> None:
        """Have each message taken, text as bytes or as text, until the connection is closed.

        Raises ConnectionClosed where it was not closed in good order, and whatever `take` raises.
        """
        self._take = take
        try:
            async for message in self:
                take(message)
        except ConnectionClosed:
            if self._failure is not None:
                raise self._failure from None
            raise
        finally:
            self._take = None

    def data_received(self, data: bytes) -> None:
        left = self._taken(data) if self._take is not None and self._is_between_messages() else data
        if left:
            super().data_received(left)

    def _is_between_messages(self) -> bool:
        """Whether nothing that came before is still to be read, so that nothing can be torn or overtaken."""
        protocol = self.protocol
        is_whole = protocol.cur_size is None and not protocol.reader.buffer and _is_between_frames(protocol.parser)
        return is_whole and protocol.state is OPEN and not len(self.recv_messages.frames)

    def _taken(self, data: bytes) -> bytes:
        """Have the whole messages at the beginning taken; answer what is left."""
        at = 0
        while self._take is not None and (place := whole_text(data, at, self.protocol.max_size)) is not None:
            begin, at = place
            try:
                self._take(data[begin:at])
            except Exception as error:  # noqa: BLE001 - raised to the transport it would be lost
                self._failure, self._take = error, None
                self.transport.abort()
                return b""
        return data[at:]


def _is_between_frames(parser: object) -> bool:
    """Whether the library's parser waits for the next frame, if there is one, and for no more bytes of any."""
    while (within := getattr(parser, "gi_yieldfrom", None)) is not None:
        parser = within
    return getattr(parser, "__name__", "") == "at_eof"


def whole_text(data: bytes, at: int, size_max: int | None) -> tuple[int, int] | None:
    """Say where the text of the frame lies that begins at a place; None where it is more than a whole, plain text.

    That is, where it is not all there, not text, a part of a message, masked, or longer than `size_max` bytes.
    """
    if len(data) < at + 2 or data[at] != WHOLE_TEXT:
        return None
    begin, length = at + 2, data[at + 1]
    if length == LENGTH_IN_TWO_BYTES:
        begin, length = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
    elif length > LENGTH_IN_TWO_BYTES:
        return None
    end = begin + length
    return (begin, end) if end <= len(data) and (size_max is None or length <= size_max) else None
