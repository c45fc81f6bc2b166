"""What posting an order costs over HTTP/1.1 and over HTTP/2: the same order, over TLS, to the same server, in turns.

The server is a process of its own and speaks both, by what the client's TLS offers. It answers from ready-made bytes, as
soon as a request is whole, so that what differs is the client's work. HTTP/1.1 is the executor's own connection; HTTP/2 is
the library that httpx uses (`h2`), on a protocol of asyncio as bare as the other. An order is posted when the one before it
was answered, `PAUSE_S` apart, as orders come.

`python tests/benchmarks/http_versions.py` prints, for each, until the bytes were handed to the socket and until the answer
was read, in milliseconds.
"""

import asyncio
import contextlib
import ssl
import subprocess
import sys
import time
from pathlib import Path

import trustme
import uvloop
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, StreamEnded

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.outside import Requests, summary
from executor.adapters.connection import Endpoint, Lane
from executor.adapters.http1 import request

POSTED, WARM_UP, PAUSE_S = 1000, 100, 0.005
WITHIN_S, ANSWER_BYTES_MAX = 5, 65_536
BODY = b'{"order":"' + b"x" * 900 + b'"}'
"""As long as a signed order's."""
ANSWER = b'{"errorMsg":"","orderID":"0x' + b"a" * 64 + b'","takingAmount":"","makingAmount":"","status":"live","success":true}'  # fmt: skip
HEADERS = (
    ("POLY_ADDRESS", "0x" + "1" * 40), ("POLY_SIGNATURE", "s" * 44), ("POLY_TIMESTAMP", "1795229306"),
    ("POLY_API_KEY", "00000000-0000-4000-a000-000000000000"), ("POLY_PASSPHRASE", "p" * 64),
)  # fmt: skip
"""As many and as long as those that prove who posts."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, SETTINGS, PING, WINDOW_UPDATE = 0x0, 0x4, 0x6, 0x8
END_STREAM = ACK = 0x1
WINDOW_BYTES = 1 << 20


def frame(kind, flags, stream, payload):
    """Lay out a frame of HTTP/2 (RFC 9113, section 4.1)."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


class Server(asyncio.Protocol):
    """Answers each order as soon as it is whole, in the version that was agreed on."""

    def connection_made(self, transport):
        self._transport, self._buffer, self._is_begun = transport, b"", False
        self._requests = Requests()
        self._is_second = transport.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"

    def data_received(self, data):
        if self._is_second:
            self._frames(data)
            return
        for _ in self._requests.feed(data):
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(head % len(ANSWER) + ANSWER)

    def _frames(self, data):
        self._buffer += data
        if not self._is_begun:
            if len(self._buffer) < len(PREFACE):
                return
            assert self._buffer.startswith(PREFACE), "expected the preface of HTTP/2"
            self._buffer, self._is_begun = self._buffer[len(PREFACE) :], True
            self._transport.write(frame(SETTINGS, 0, 0, b""))
        while len(self._buffer) >= 9:
            length = int.from_bytes(self._buffer[:3], "big")
            if len(self._buffer) < 9 + length:
                return
            kind, flags, stream = self._buffer[3], self._buffer[4], int.from_bytes(self._buffer[5:9], "big")
            payload, self._buffer = self._buffer[9 : 9 + length], self._buffer[9 + length :]
            if kind == SETTINGS and not flags & ACK:
                self._transport.write(frame(SETTINGS, ACK, 0, b""))
            elif kind == PING and not flags & ACK:
                self._transport.write(frame(PING, ACK, 0, payload))
            elif kind == DATA and flags & END_STREAM:
                self._answer(stream, length)

    def _answer(self, stream, taken):
        """Give back the window that the order took, and answer; its one header is the 8th of HPACK's own table."""
        window = frame(WINDOW_UPDATE, 0, 0, taken.to_bytes(4, "big"))
        self._transport.write(window + frame(0x1, 0x4, stream, b"\x88") + frame(DATA, END_STREAM, stream, ANSWER))


async def serve(certificate):
    """Be the server, until the end of what is read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class First:
    """HTTP/1.1 by the executor's own connection."""

    def __init__(self, port, tls):
        self._endpoint = Endpoint.of(f"https://localhost:{port}")
        self._lane = Lane(self._endpoint, connections_max=1, connect_s_max=WITHIN_S, idle_s_max=60, tls=tls)
        self._fixed = f"Host: {self._endpoint.authority}\r\nContent-Type: application/json\r\n".encode()

    async def post(self):
        sent = request("POST", "/order", self._fixed, HEADERS, BODY)
        sending = asyncio.ensure_future(
            self._lane.exchange("POST /order", sent, within_s=WITHIN_S, body_bytes_max=ANSWER_BYTES_MAX)
        )
        await asyncio.sleep(0)  # it writes before it waits
        written_ns = time.perf_counter_ns()
        answer = await sending
        assert answer.body == ANSWER
        return written_ns

    async def close(self):
        self._lane.close()


class Second(asyncio.Protocol):
    """HTTP/2 by `h2`, a stream to an order."""

    def __init__(self):
        self._http = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._transport = self._waiting = None
        self._body = bytearray()

    def connection_made(self, transport):
        self._transport = transport
        assert transport.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        self._http.initiate_connection()
        self._http.increment_flow_control_window(WINDOW_BYTES)
        transport.write(self._http.data_to_send())

    async def post(self):
        stream = self._http.get_next_available_stream_id()
        self._waiting = asyncio.get_running_loop().create_future()
        self._body.clear()
        named = ((":method", "POST"), (":path", "/order"), (":scheme", "https"), (":authority", "localhost"))
        proofs = ((name.lower(), value) for name, value in HEADERS)
        lengths = (("content-type", "application/json"), ("content-length", str(len(BODY))))
        self._http.send_headers(stream, (*named, *lengths, *proofs))
        self._http.send_data(stream, BODY, end_stream=True)
        self._transport.write(self._http.data_to_send())
        written_ns = time.perf_counter_ns()
        async with asyncio.timeout(WITHIN_S):
            assert await self._waiting == ANSWER
        return written_ns

    def data_received(self, data):
        for event in self._http.receive_data(data):
            if isinstance(event, DataReceived):
                self._body += event.data
                self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                self._waiting.set_result(bytes(self._body))
        if left := self._http.data_to_send():
            self._transport.write(left)

    async def close(self):
        self._transport.abort()


async def second(port, authority):
    """Answer an HTTP/2 connection."""
    context = believing(authority)
    context.set_alpn_protocols(["h2"])
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Second, "127.0.0.1", port, ssl=context, server_hostname="localhost")
    return client


def believing(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@contextlib.contextmanager
def serving(authority):
    """Have the server run in a process of its own; answer its port."""
    with authority.issue_cert("localhost").private_key_and_cert_chain_pem.tempfile() as certificate:
        command = [sys.executable, __file__, "serve", certificate]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield int(process.stdout.readline())
            process.stdin.close()


async def measured(port, authority, posted=POSTED):
    """Post so many orders each way, in turns; answer the milliseconds until written and until answered, by version."""
    clients = {"HTTP/1.1": First(port, believing(authority)), "HTTP/2": await second(port, authority)}
    spent = {name: ([], []) for name in clients}
    for count in range(WARM_UP + posted):
        for name, client in clients.items():
            began_ns = time.perf_counter_ns()
            written_ns = await client.post()
            ended_ns = time.perf_counter_ns()
            if count >= WARM_UP:
                spent[name][0].append((written_ns - began_ns) / 1e6)
                spent[name][1].append((ended_ns - began_ns) / 1e6)
            await asyncio.sleep(PAUSE_S)
    for client in clients.values():
        await client.close()
    return spent


def main():
    authority = trustme.CA()
    with serving(authority) as port:
        spent = uvloop.run(measured(port, authority))
    for name, (written, answered) in spent.items():
        until_written, until_answered = summary(written), summary(answered)
        print(
            f"{name:9} bytes handed over p50 {until_written['p50']:.3f} ms, p99 {until_written['p99']:.3f} ms;"
            f" answered p50 {until_answered['p50']:.3f} ms, p99 {until_answered['p99']:.3f} ms"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        uvloop.run(serve(sys.argv[2]))
    else:
        main()
