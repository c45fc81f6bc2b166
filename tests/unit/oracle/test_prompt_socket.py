"""What a frame must be to be taken as it comes in; whatever else it is, the library reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from oracle.adapters.prompt_socket import whole_text

SIZE_MAX = 70_000


def written(text, opcode=Opcode.TEXT, *, fin=True):
    return Frame(opcode, text, fin=fin).serialize(mask=False)


@given(st.binary(max_size=300) | st.integers(0, 2**16 - 1).map(bytes), st.binary(max_size=20))
def test_a_whole_text_is_found_where_the_library_puts_it(text, rest):
    frame = written(text)
    assert whole_text(frame + rest, 0, SIZE_MAX) == (len(frame) - len(text), len(frame))
    at = len(rest)
    assert whole_text(rest + frame, at, SIZE_MAX) == (at + len(frame) - len(text), at + len(frame))


@given(st.integers(1, 300).map(bytes), st.data())
def test_a_text_that_is_not_all_there_is_none(text, data):
    frame = written(text)
    assert whole_text(frame[: data.draw(st.integers(0, len(frame) - 1))], 0, SIZE_MAX) is None


@pytest.mark.parametrize(
    "frame",
    [
        b"", written(b"x", fin=False), written(b"x", Opcode.CONT), written(b"x", Opcode.BINARY),
        written(b"", Opcode.PING), written(b"", Opcode.PONG), written(b"\x03\xe8", Opcode.CLOSE),
        b"\x81\x81\x00\x00\x00\x00x", written(bytes(2**16)), written(bytes(SIZE_MAX + 1)), b"\xc1\x01x",
    ],
)  # fmt: skip
def test_whatever_is_more_than_a_plain_text_is_the_librarys(frame):
    assert whole_text(frame, 0, SIZE_MAX) is None


def test_a_text_over_the_bound_is_the_librarys_to_refuse():
    assert whole_text(written(bytes(100)), 0, 99) is None
    assert whole_text(written(bytes(100)), 0, 100) == (2, 102)
    assert whole_text(written(bytes(100)), 0, None) == (2, 102)


@given(st.binary(max_size=30))
def test_bytes_of_any_kind_are_no_error(data):
    found = whole_text(data, 0, SIZE_MAX)
    assert found is None or found[1] <= len(data)
