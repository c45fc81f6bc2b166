"""Messages written and read in one step each are those that the client itself would have written and read."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats import errors as nats_errors
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.protocol.parser import Parser

from common.bus import nats_plain
from common.bus.nats_reading import HandedOn, handed_on

HEARD, UNHEARD = 7, 8
"""A subscription whose messages are taken as they come, and one that is gone."""
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
ANY_WORDS = WORDS | st.text(max_size=6) | st.sampled_from(("a b", "a\r\nPUB x 0\r\n", "", "ä", "\t"))
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True)
HEADERS = st.none() | st.dictionaries(NAMES | ANY_WORDS, ANY_WORDS, max_size=3)
BLOCKS = st.none() | st.sampled_from(
    (
        b"NATS/1.0\r\nNats-Msg-Id: abc\r\n\r\n", b"NATS/1.0\r\na:b\r\nbroken\r\nc: \xff\xfe\r\n\r\n", b"NATS/1.0\r\n\r\n",
        b"NATS/1.0 503\r\n\r\n", b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Stream: 3\r\n\r\n",
    )
)  # fmt: skip


def message(subject, subscription, reply, block, payload):
    """Write a message as the server does."""
    place = f"{subject} {subscription}{' ' + reply if reply else ''}".encode()
    if block is None:
        return b"MSG %b %d\r\n%b\r\n" % (place, len(payload), payload)
    return b"HMSG %b %d %d\r\n%b%b\r\n" % (place, len(block), len(block) + len(payload), block, payload)


COMMANDS = st.builds(
    message, WORDS, st.sampled_from((HEARD, HEARD, UNHEARD)), WORDS | st.just(""), BLOCKS, st.binary(max_size=60)
) | st.sampled_from((b"+OK\r\n", b"MSG  a   7  2\r\nhi\r\n"))


class Side:
    """A client that is not connected, with one subscription; what it took is kept."""

    def __init__(self):
        self.client, self.took = Client(), []
        self.parser = Parser(self.client)
        future = HandedOn(lambda m: self.took.append((m.subject, m.reply, m.data, m.headers)))
        self.subscription = Subscription(self.client, HEARD, "", "", future=future)
        self.client._subs[HEARD] = self.subscription

    @property
    def counts(self):
        return self.client.stats, self.subscription._received


async def both_ways(stream, pieces):
    """Read a stream in pieces, by the parser alone and with what is plain handed on before it."""
    alone, ahead = Side(), Side()
    for piece in pieces(stream):
        await alone.parser.parse(piece)
        await ahead.parser.parse(handed_on(ahead.parser, piece))
    return alone, ahead


@given(st.lists(COMMANDS, max_size=6), st.integers(1, 80))
def test_in_whatever_pieces_the_same_is_taken_as_by_the_parser_alone(commands, size):
    def pieces(stream):
        return (stream[at : at + size] for at in range(0, len(stream), size))

    alone, ahead = asyncio.run(both_ways(b"".join(commands), pieces))

    assert ahead.took == alone.took
    assert ahead.counts == alone.counts


@given(st.lists(COMMANDS, min_size=1, max_size=4))
def test_what_comes_in_one_piece_is_taken_in_its_order(commands):
    alone, ahead = asyncio.run(both_ways(b"".join(commands), lambda stream: [stream]))

    assert ahead.took == alone.took


async def test_plain_messages_need_no_parser_and_leave_it_nothing():
    side = Side()
    plain = message("a.b", HEARD, "", None, b"1") + message("a.c", HEARD, "r", b"NATS/1.0\r\nk: v\r\n\r\n", b"2")

    assert handed_on(side.parser, plain) == b""
    assert side.took == [("a.b", "", b"1", None), ("a.c", "r", b"2", {"k": "v"})]


@given(
    st.sampled_from((b"", b"MSG ", b"HMSG ", b"MSG a 7 ", b"HMSG a 7 5 ")),
    st.binary(max_size=80) | st.from_regex(rb"[0-9]{1,5000}\r\n", fullmatch=True),
)
def test_whatever_comes_is_read_or_left_and_never_an_error(start, rest):
    found = nats_plain.read(start + rest)
    assert found is None or found.end <= len(start + rest)


async def by_the_client(subject, payload, reply, headers):
    client = Client()
    client._status, client._max_payload = Client.CONNECTED, 1 << 20
    await client.publish(subject, payload, reply, headers)
    return b"".join(client._pending)


@given(ANY_WORDS, st.binary(max_size=40), ANY_WORDS | st.just(""), HEADERS)
def test_what_is_written_is_what_the_client_writes_or_left_to_it(subject, payload, reply, headers):
    found = nats_plain.written(subject, payload, reply, headers)
    if found is not None:
        assert found == asyncio.run(by_the_client(subject, payload, reply, headers))


@pytest.mark.parametrize("headers", [None, {"Nats-Msg-Id": "a" * 32}, {"a": "1", "traceparent": "00-1-2-01"}])
def test_what_is_usual_is_written_here(headers):
    assert nats_plain.written("risk.decision.m", b"{}", "_INBOX.risk.1", headers) is not None


@pytest.mark.parametrize("place", [("a b", ""), ("a\r\nPUB x 0\r\n", ""), ("", ""), ("a", "b c")])
async def test_what_could_break_a_line_is_refused_by_the_client(place):
    subject, reply = place
    assert nats_plain.written(subject, b"", reply) is None
    with pytest.raises(nats_errors.BadSubjectError):
        await by_the_client(subject, b"", reply, None)


@given(st.dictionaries(NAMES, WORDS, min_size=1))
def test_the_size_of_headers_is_what_the_server_is_told(headers):
    command = asyncio.run(by_the_client("a", b"", "", headers))
    assert command.split(b" ")[3] == b"%d" % nats_plain.size_of(headers)
    assert nats_plain.size_of(None) == nats_plain.size_of({}) == 0


def test_a_header_that_could_break_a_line_is_left_to_the_client():
    assert nats_plain.written("a", b"", "", {"k": "v\r\nx: y"}) is None
    assert nats_plain.written("a", b"", "", {"k: v\r\nx": "y"}) is None
    assert nats_plain.written("a", b"", "", {}) is None
