"""The world outside, as the latency benchmarks script it: a tick at a time out, and the bytes of orders in.

The next tick leaves only when the order of the one before has come, and a pause after it, in which what an order leaves
to be written down is. Times are of one clock, that of this process: from just before the frame's bytes are handed to
their socket until the order's bytes have been read from theirs.
"""

import asyncio
import time

ORDER_WITHIN_S = 2.0
PAUSE_S = 0.025
KILLED = b'{"error":"no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."}'
HEAD_END = b"\r\n\r\n"
NONE_LISTED = b'{"data":[],"next_cursor":"LTE=","limit":500,"count":0}'
DOLLARS = b'{"balance":"1000000000","allowances":{"":"1000000000000"}}'
ANSWERS = {
    b"GET /geoblock": b'{"blocked":false,"country":"IS","region":""}',
    b"GET /version": b'{"version":2}',
    b"GET /auth/derive-api-key": b'{"apiKey":"benchmark","secret":"YmVuY2htYXJr","passphrase":"benchmark"}',
    b"GET /auth/ban-status/closed-only": b'{"closed_only":false}',
    b"GET /balance-allowance": DOLLARS,
    b"GET /balance-allowance/update": b"{}",
    b"GET /data/orders": NONE_LISTED,
    b"GET /data/trades": NONE_LISTED,
    b"POST /v1/heartbeats": b'{"heartbeat_id":"benchmark"}',
    b"DELETE /cancel-all": b'{"canceled":[],"not_canceled":{}}',
}
"""What an executor asks of an exchange where nothing of its orders was ever filled."""
NO_SHARES = b'{"balance":"0","allowances":{"":"0"}}'
NOT_FOUND = b'{"error":"order not found"}'


class Requests:
    """Puts requests of HTTP/1.1 together from bytes as they come in."""

    def __init__(self):
        self._buffer = b""

    def feed(self, data):
        """Take bytes; answer head and body of each request that is whole now."""
        self._buffer += data
        while (end := self._buffer.find(HEAD_END)) >= 0:
            head, begin = self._buffer[:end], end + len(HEAD_END)
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            if len(self._buffer) < begin + length:
                return
            body, self._buffer = self._buffer[begin : begin + length], self._buffer[begin + length :]
            yield head, body


class OrderServer(asyncio.Protocol):
    """Takes orders by HTTP and answers each that it was killed; of the rest, what an account says where nothing is."""

    def __init__(self, take):
        self._take, self._requests, self._transport = take, Requests(), None

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        arrived_ns = time.time_ns()
        for head, body in self._requests.feed(data):
            asked = head.partition(b" HTTP/")[0].partition(b"?")[0]
            if asked == b"POST /order":
                self._take(arrived_ns, body)
                self._answer(b"400 Bad Request", KILLED)
            elif asked.startswith(b"GET /data/order/"):
                self._answer(b"404 Not Found", NOT_FOUND)
            elif asked == b"GET /balance-allowance" and b"asset_type=CONDITIONAL" in head:
                self._answer(b"200 OK", NO_SHARES)
            else:
                self._answer(b"200 OK", b"%d" % (arrived_ns // 10**9) if asked == b"GET /time" else ANSWERS[asked])

    def _answer(self, status, body):
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, len(body)) + body)


class Orders:
    """What arrived: when, and the body; and whoever waits for the next."""

    def __init__(self):
        self.arrived = []
        self._came = asyncio.Event()

    def __call__(self, arrived_ns, body):
        self.arrived.append((arrived_ns, body))
        self._came.set()

    async def serve(self):
        """Answer a server on a port of its own, and the port."""
        server = await asyncio.get_running_loop().create_server(lambda: OrderServer(self), "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()[1]

    async def after(self, transport, frame):
        """Send a frame and wait for an order; answer when it left and when the order came, None in place of one."""
        self._came.clear()
        count, sent_ns = len(self.arrived), time.time_ns()
        transport.write(frame)
        try:
            async with asyncio.timeout(ORDER_WITHIN_S):
                await self._came.wait()
        except TimeoutError:
            return sent_ns, None
        await asyncio.sleep(PAUSE_S)
        return sent_ns, self.arrived[count][0]


def summary(latencies_ms, digits=3):
    """Answer the median, the 95th and the 99th percentile."""
    ordered = sorted(latencies_ms)
    if not ordered:
        return {"count": 0}
    places = {f"p{q}": min(len(ordered) - 1, len(ordered) * q // 100) for q in (50, 95, 99)}
    return {"count": len(ordered)} | {name: round(ordered[place], digits) for name, place in places.items()}
