"""HTTP/1.1 as far as the venue's API needs it, without I/O: requests to bytes, and bytes to one answer at a time.

It reads strictly and within bounds. What cannot be read raises ProtocolError; whoever sent the request must then take
it that the request was done.
"""

from dataclasses import dataclass, field

from common.errors import PmArbError
from executor.adapters.credentials import Headers

HEAD_BYTES_MAX = 32 * 1024
CHUNK_LINE_BYTES_MAX = 256
CODED = frozenset({"", "identity"})
NO_BODY = frozenset({204, 304})
CRLF = b"\r\n"
HEAD_END = b"\r\n\r\n"


class ProtocolError(PmArbError):
    """The bytes are no answer that can be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are in lower case; of one that comes twice the last stands."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may be used again."""
        return self.headers.get("connection", "").lower() != "close"


def request(method: str, target: str, fixed: bytes, headers: Headers, body: bytes) -> bytes:
    """Lay out a request. `fixed` are header lines that are always the same, each with its end."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    length = f"Content-Length: {len(body)}\r\n" if body or method != "GET" else ""
    return f"{method} {target} HTTP/1.1\r\n".encode() + fixed + f"{lines}{length}\r\n".encode() + body


@dataclass(slots=True)
class AnswerReader:
    """Puts one answer together from bytes as they come in."""

    body_bytes_max: int
    _buffer: bytearray = field(default_factory=bytearray)
    _head: tuple[int, dict[str, str]] | None = None
    _length: int | None = None
    """Bytes of the body, None while it comes in chunks."""
    _body: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes; answer the answer once it is whole. Raises ProtocolError, also for bytes beyond its end."""
        self._buffer += data
        while self._head is None:
            if not self._read_head():
                return None
        if self._length is None:
            return self._chunked()
        if len(self._buffer) < self._length:
            return None
        if len(self._buffer) > self._length:
            raise ProtocolError("expected the end of the answer, found more bytes")
        return Answer(*self._head, bytes(self._buffer))

    def _read_head(self) -> bool:
        """Read the status and the headers; an interim answer (1xx) is passed over."""
        end = self._buffer.find(HEAD_END)
        if end < 0:
            if len(self._buffer) > HEAD_BYTES_MAX:
                raise ProtocolError(f"expected a head of at most {HEAD_BYTES_MAX} bytes, found more")
            return False
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + len(HEAD_END)]
        status, headers = _status(lines[0]), _headers(lines[1:])
        if status >= 200:
            self._head = status, headers
            self._length = _length(status, headers, self.body_bytes_max)
            return True
        return bool(self._buffer) and self._read_head()

    def _chunked(self) -> Answer | None:
        while True:
            end = self._buffer.find(CRLF)
            if end < 0:
                if len(self._buffer) > CHUNK_LINE_BYTES_MAX:
                    raise ProtocolError("expected the size of a chunk, found a long line")
                return None
            size = _chunk_size(bytes(self._buffer[:end]))
            if len(self._body) + size > self.body_bytes_max:
                raise ProtocolError(f"expected a body of at most {self.body_bytes_max} bytes, found more")
            start, after = end + len(CRLF), end + 2 * len(CRLF) + size
            if len(self._buffer) < after:
                return None
            if self._buffer[start + size : after] != CRLF:
                raise ProtocolError("expected the end of a chunk, found other bytes")
            self._body += self._buffer[start : start + size]
            del self._buffer[:after]
            if not size:
                return self._ended()

    def _ended(self) -> Answer:
        if self._buffer or self._head is None:
            raise ProtocolError("expected the end of the answer, found more bytes")
        return Answer(*self._head, bytes(self._body))


def _status(line: str) -> int:
    version, _, rest = line.partition(" ")
    code = rest[:3]
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not (code.isascii() and code.isdigit()) or not 100 <= int(code) < 600:
        raise ProtocolError(f"expected a status line, found {line[:60]!r}")
    return int(code)


def _headers(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise ProtocolError(f"expected a header, found {line[:60]!r}")
        name, value = name.lower(), value.strip()
        if name == "content-length" and found.get(name, value) != value:
            raise ProtocolError("expected one Content-Length, found two")
        found[name] = value
    return found


def _length(status: int, headers: dict[str, str], most: int) -> int | None:
    if headers.get("content-encoding", "").lower() not in CODED:
        raise ProtocolError(f"expected a body as it is, found {headers['content-encoding'][:40]!r}")
    coding, length = headers.get("transfer-encoding", "").lower(), headers.get("content-length")
    if coding == "chunked":
        if length is not None:
            raise ProtocolError("expected a length or chunks, found both")
        return None
    if status in NO_BODY:
        return 0
    if coding or length is None or not (length.isascii() and length.isdigit()) or len(length) > 12:
        raise ProtocolError("expected a Content-Length, found none")
    if int(length) > most:
        raise ProtocolError(f"expected a body of at most {most} bytes, found {length}")
    return int(length)


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";", 1)[0].strip()
    if not 0 < len(digits) <= 8 or any(digit not in b"0123456789abcdefABCDEF" for digit in digits):
        raise ProtocolError(f"expected the size of a chunk, found {line[:40]!r}")
    return int(digits, 16)
