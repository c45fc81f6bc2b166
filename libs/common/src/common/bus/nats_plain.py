"""The protocol's plain messages, written and read in one step each; of all others nothing is said here.

What the client does for a message takes several times as long as the message itself: it looks at each header with a
pattern of its own, and tries every command there is on what came. None is the answer wherever there is more to do than
that, and the client's own way is taken then.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from nats.aio.client import Client

END = b"\r\n"
VERSION = b"NATS/1.0\r\n"
_MESSAGE = re.compile(rb"MSG ([!-~]+) (\d{1,15}) (?:([!-~]+) )?()(\d{1,10})\r\n").match
_WITH_HEADERS = re.compile(rb"HMSG ([!-~]+) (\d{1,15}) (?:([!-~]+) )?(\d{1,10}) (\d{1,10})\r\n").match
_is_plain = re.compile(r"[!-~]+").fullmatch
_are_plain_lines = re.compile(r"(?:[0-9A-Za-z-]+: [!-~]+\r\n)+").fullmatch


def written(subject: str, payload: bytes, reply: str = "", headers: Mapping[str, str] | None = None) -> bytes | None:
    """Write a message, None where a subject or a header holds what a line could be broken with, or nothing at all."""
    if not _is_plain(subject) or not _is_plain(reply or subject):
        return None
    if headers is None:
        return b"PUB %b %b %d\r\n%b\r\n" % (subject.encode(), reply.encode(), len(payload), payload)
    lines = _lines(headers)
    if lines.count("\n") != len(headers) or not _are_plain_lines(lines):
        return None
    size = len(VERSION) + len(lines) + len(END)  # of ASCII alone, so that a character is a byte
    command = f"HPUB {subject} {reply} {size} {size + len(payload)}\r\nNATS/1.0\r\n{lines}\r\n"
    return b"%b%b\r\n" % (command.encode(), payload)


def size_of(headers: Mapping[str, str] | None) -> int:
    """Count the bytes that headers take, which the server counts with the payload's."""
    return len(VERSION) + len(_lines(headers).encode()) + len(END) if headers else 0


def _lines(headers: Mapping[str, str]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


class Plain(NamedTuple):
    """A message that was read; `end` is where in the bytes the next one begins."""

    subscription: int
    subject: str
    reply: str
    payload: bytes
    headers: dict[str, str] | None
    end: int


def read(data: bytes, at: int = 0) -> Plain | None:
    """Read the message that begins at a place, None where that is not one, not a whole one, or a server's status."""
    line = _MESSAGE(data, at) or _WITH_HEADERS(data, at)
    if line is None:
        return None
    subject, subscription, reply, head, size = line.groups(default=b"")
    begin = line.end()
    end = begin + int(size)
    if len(data) < end + len(END):
        return None
    headers: dict[str, str] | None = None
    if head:
        lines, begin = data[begin : begin + int(head)], begin + int(head)
        if not lines.startswith(VERSION):
            return None
        headers = Client._parse_header_lines(lines[len(VERSION) :]) or None  # noqa: SLF001 - the client's own reading
    return Plain(int(subscription), subject.decode(), reply.decode(), data[begin:end], headers, end + len(END))
