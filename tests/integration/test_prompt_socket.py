"""A WebSocket whose messages are taken as they come in, from a real server that writes them in whatever pieces."""

import asyncio
import contextlib
import inspect

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close, CloseCode, Frame, Opcode

from oracle.adapters.prompt_socket import PromptSocket
from support.waiting import eventually

MESSAGES = tuple(f"message {n} {'x' * (n % 7) * 40}" for n in range(60))
GOODBYE = Frame(Opcode.CLOSE, Close(CloseCode.NORMAL_CLOSURE, "").serialize()).serialize(mask=False)


@contextlib.asynccontextmanager
async def connected(pieces, pause_s=0.0):
    """Connect to a server that writes pieces of bytes, one after the other, with a pause after each."""

    async def write(socket):
        await asyncio.sleep(0.05)
        with contextlib.suppress(RuntimeError):  # the client has ended it
            for piece in pieces:
                socket.transport.write(piece)
                await asyncio.sleep(pause_s)
        await socket.wait_closed()

    async with serve(write, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(
            f"ws://127.0.0.1:{port}", compression=None, max_size=50_000, create_connection=PromptSocket
        ) as socket:
            yield socket


def frames(messages):
    """Write messages as frames: every fifth in two fragments, and a ping after every seventh."""
    for n, message in enumerate(messages):
        data = message.encode()
        if n % 5 == 4:
            yield Frame(Opcode.TEXT, data[:3], fin=False).serialize(mask=False)
            yield Frame(Opcode.CONT, data[3:]).serialize(mask=False)
        else:
            yield Frame(Opcode.TEXT, data).serialize(mask=False)
        if n % 7 == 6:
            yield Frame(Opcode.PING, b"there?").serialize(mask=False)


def treacherous():
    """Frames whose lengths and contents look like the beginning of a frame of text."""
    yield Frame(Opcode.TEXT, b"a" * 0x8105).serialize(mask=False)
    yield Frame(Opcode.PING, b"\x81\x03abc\x81\x03abc").serialize(mask=False)
    yield Frame(Opcode.TEXT, b"torn \xc3", fin=False).serialize(mask=False)
    yield Frame(Opcode.CONT, b"\x81\x03abc").serialize(mask=False)
    yield Frame(Opcode.TEXT, b"last").serialize(mask=False)


def as_text(message):
    return message if isinstance(message, str) else message.decode()


@pytest.mark.parametrize("size", [1, 3, 50, 333, 100_000])
async def test_every_message_is_taken_once_and_in_order_however_it_comes(size):
    stream, taken = b"".join(frames(MESSAGES)) + GOODBYE, []
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    async with connected(pieces) as socket:
        await socket.hand_to(lambda message: taken.append(as_text(message)))

    assert tuple(taken) == MESSAGES


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 6, 7])
async def test_wherever_a_frame_is_cut_no_part_of_it_is_taken_for_another(cut):
    pieces, taken = [], []
    for frame in treacherous():
        pieces += [frame[:cut], frame[cut:]]
    async with connected([*pieces, GOODBYE], pause_s=0.01) as socket:
        await socket.hand_to(lambda message: taken.append(as_text(message)))

    assert taken == ["a" * 0x8105, "torn Á\x03abc", "last"]


async def test_what_comes_in_one_piece_is_taken_while_it_is_received():
    functions = []
    async with connected([*frames(MESSAGES[:3]), GOODBYE], pause_s=0.01) as socket:
        await socket.hand_to(lambda _message: functions.append({frame.function for frame in inspect.stack()}))

    assert ["data_received" in names for names in functions] == [True] * 3


@pytest.mark.parametrize("is_waiting", [True, False])
async def test_what_the_taker_raises_is_told_to_whoever_handed_on_to_it(is_waiting):
    def refuse(message):
        raise ArithmeticError(as_text(message))

    async with connected(list(frames(MESSAGES[:3]))) as socket:
        if not is_waiting:
            await eventually(lambda: len(socket.recv_messages.frames) == 3)
        with pytest.raises(ArithmeticError, match="message 0"):
            await socket.hand_to(refuse)


@pytest.mark.parametrize(
    "broken", [Frame(Opcode.TEXT, bytes(60_000)).serialize(mask=False), b"\x83\x00", b"\x81\xff\x00\x00\x00\x00\x00"]
)
async def test_what_is_too_long_or_no_frame_ends_the_connection_after_what_came_before(broken):
    taken = []
    async with connected([Frame(Opcode.TEXT, b"before").serialize(mask=False) + broken]) as socket:
        with pytest.raises(ConnectionClosedError):
            await socket.hand_to(lambda message: taken.append(as_text(message)))

    assert taken == ["before"]
