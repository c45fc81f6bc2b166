"""The venue's trading API: every request is sent once, on a warm connection, and its outcome is told as it is known.

Nothing is looked up on the way and nothing is tried again. Orders have a lane of connections to themselves, so do
cancels and heartbeats, and so do questions: an order that the venue holds does not keep a cancel waiting.

The connections are this service's own small HTTP/1.1 client, on asyncio's protocols. Posting a resting order to the
simulated exchange, in a process of its own on the same two cores, without TLS, took 0.7 ms at the median and 2.7 ms at
the 99th percentile back to back (`python tests/benchmarks/signing.py`); by httpx 2.0 and 4.5 ms. With a pause before
each request both are slower, by the same order: 1.7 and 3.6 ms, against 4.0 and 6.8 ms.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeVar
from urllib.parse import urlencode

from common.clock import SECOND, Clock
from common.errors import ParseError
from common.parsing import parse_flag, parse_int
from executor.adapters.answers import body_of, failure, payload
from executor.adapters.connection import Endpoint, Hindrance, Lane, nothing
from executor.adapters.credentials import Credentials, Headers, proof_of_address
from executor.adapters.http1 import Answer, request
from executor.adapters.venue_errors import RefusedError, UnknownError
from executor.adapters.wire_access import (
    Balance,
    Heartbeat,
    expected_heartbeat_id,
    read_balance,
    read_credentials,
    read_heartbeat_id,
)
from executor.adapters.wire_account import (
    Listing,
    OrderRecord,
    Page,
    TradeRecord,
    plain,
    read_order,
    read_page,
    read_trade,
)
from executor.adapters.wire_orders import Cancelled, Placed, cancel_body, read_cancelled, read_placed

AssetType = Literal["COLLATERAL", "CONDITIONAL", "CONDITIONAL-V2"]
ProveAddress = Callable[[int, int], str]
"""Signs, with the wallet's key, that it controls its address: of a timestamp in seconds and a nonce."""
RowT = TypeVar("RowT")
ReadT = TypeVar("ReadT")

Query = Mapping[str, str]
EMPTY: Query = MappingProxyType({})
USER_AGENT = "pm-arb/0.1 (executor)"
HTTP_OK, HTTP_BAD_REQUEST, HTTP_UNAUTHORIZED, HTTP_NOT_FOUND = 200, 400, 401, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLimits:
    """The bounds of every request. Times count from the sending, but for that of connecting."""

    connect_s_max: float = 3.0
    order_s_max: float = 5.0
    cancel_s_max: float = 3.0
    heartbeat_s_max: float = 3.0
    question_s_max: float = 5.0
    idle_s_max: float = 60.0
    """A connection that was idle for longer is made anew, for the venue may be about to close it."""
    connections_max: int = 4
    """In each of the three lanes."""
    answer_bytes_max: int = 1 << 20
    page_bytes_max: int = 4 << 20
    pages_max: int = 100

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: expected more than 0, found {getattr(self, name)}")


class Exchange:
    """A client of the trading API. Without credentials it can only ask what is public, and make or fetch API keys.

    Every method raises a VenueError for whatever is not the plain answer, and ValueError for what no venue takes.
    """

    def __init__(
        self, url: str, clock: Clock, credentials: Credentials | None = None, limits: ExchangeLimits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._endpoint, self._clock, self._credentials = Endpoint.of(url), clock, credentials
        self._limits, self._tls = limits or ExchangeLimits(), tls
        self._orders, self._cancels, self._questions = (self._lane() for _ in range(3))
        self.refused: Callable[[], object] = nothing
        """Told whenever a question or a cancel was turned away for its API key; whoever posts is told by the error."""
        self._fixed = (
            f"Host: {self._endpoint.authority}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json\r\n"
            "Content-Type: application/json\r\n"
        ).encode()

    @property
    def credentials(self) -> Credentials:
        """Answer the API key in use. Raises ValueError where there is none."""
        if self._credentials is None:
            raise ValueError("API key: expected credentials, found none")
        return self._credentials

    def use(self, credentials: Credentials) -> None:
        """Prove whatever is asked from now on with another API key."""
        self._credentials = credentials

    async def close(self) -> None:
        """Cut the connections."""
        for lane in (self._orders, self._cancels, self._questions):
            lane.close()
        await asyncio.sleep(0)  # so that their sockets are closed when this is over

    async def warm(self) -> None:
        """Have a fresh connection for orders and one for cancels, each proven by a question that costs nothing.

        The one that was kept stays at hand until the new one has answered. A venue closes what was idle for long, and
        an order that must connect first comes too late: ask for this now and then.
        """
        await asyncio.gather(*(self._time_by(lane, anew=True) for lane in (self._orders, self._cancels)))

    def order_request(self, body: bytes) -> bytes:
        """Lay out the request that places an order, with the API key's proof of this moment."""
        return self._request("POST", "/order", self.credentials.headers("POST", "/order", body, self._now_s()), body)

    async def post(self, order_request: bytes, order_id: str, hindrance: Hindrance = nothing) -> Placed:
        """Place an order, given its own hash too, unless something hinders it at the moment when it leaves."""
        answer = await self._orders.exchange(
            "POST /order", order_request, within_s=self._limits.order_s_max,
            body_bytes_max=self._limits.answer_bytes_max, hindrance=hindrance,
        )  # fmt: skip
        return read_placed(answer, order_id)

    async def cancel(self, order_ids: tuple[str, ...]) -> Cancelled:
        """Cancel orders by their hashes."""
        within_s, body = self._limits.cancel_s_max, cancel_body(order_ids)
        answer = await self._signed(self._cancels, "DELETE", "/orders", within_s=within_s, body=body)
        return read_cancelled("DELETE /orders", answer, order_ids)

    async def cancel_all(self) -> Cancelled:
        """Cancel whatever the API key has open."""
        answer = await self._signed(self._cancels, "DELETE", "/cancel-all", within_s=self._limits.cancel_s_max)
        return read_cancelled("DELETE /cancel-all", answer)

    async def heartbeat(self, heartbeat_id: str) -> Heartbeat:
        """Say that we are alive, with the id of the answer before. The first one, with an empty id, arms the switch.

        An id that is not the expected one is answered with that one, not accepted: send it.
        """
        body = b'{"heartbeat_id":"%b"}' % plain(heartbeat_id).encode()
        what, within_s = "POST /v1/heartbeats", self._limits.heartbeat_s_max
        answer = await self._signed(self._cancels, "POST", "/v1/heartbeats", within_s=within_s, body=body)
        expected = expected_heartbeat_id(body_of(answer)) if answer.status == HTTP_BAD_REQUEST else ""
        if expected:
            return Heartbeat(expected, is_accepted=False)
        return Heartbeat(_read(what, read_heartbeat_id, payload(what, answer)), is_accepted=True)

    async def order(self, order_id: str) -> OrderRecord | None:
        """Ask what became of an order, by its hash; None where the venue does not know it."""
        what, path = "GET /data/order", f"/data/order/{plain(order_id)}"
        try:
            found = _read(what, read_order, payload(what, await self._asked(path)))
        except RefusedError as error:
            if error.status == HTTP_NOT_FOUND and "not found" in error.words.lower():
                return None
            raise
        if found.order_id.lower() != order_id.lower():
            raise UnknownError(what, f"expected {order_id}, found {found.order_id[:70]}")
        return found

    async def open_orders(self) -> Listing[OrderRecord]:
        """List what the API key has open, all pages of it."""
        return await self._pages("/data/orders", {}, read_order)

    async def trades(self, after_s: int = 0) -> Listing[TradeRecord]:
        """List the trades of the API key that were matched after a UNIX second, all pages of them, newest first."""
        return await self._pages("/data/trades", {"after": str(after_s)} if after_s else {}, read_trade)

    async def balance(self, asset_type: AssetType, signature_type: int, token_id: str = "") -> Balance:
        """Ask what the venue believes that the wallet of a signature type has: dollars, or shares of a token."""
        query = {"asset_type": asset_type, "signature_type": str(signature_type)}
        query |= {"token_id": token_id} if token_id else {}
        what, answer = "GET /balance-allowance", await self._asked("/balance-allowance", query)
        return _read(what, read_balance, payload(what, answer))

    async def refresh_balance(self, asset_type: AssetType, signature_type: int, token_id: str = "") -> None:
        """Have the venue look a balance up anew, which it otherwise remembers."""
        query = {"asset_type": asset_type, "signature_type": str(signature_type)}
        query |= {"token_id": token_id} if token_id else {}
        answer = await self._asked("/balance-allowance/update", query)
        if answer.status != HTTP_OK:
            raise failure("GET /balance-allowance/update", answer)

    async def closed_only(self) -> bool:
        """Ask whether the account may only sell."""
        what, path = "GET /auth/ban-status/closed-only", "/auth/ban-status/closed-only"
        found = payload(what, await self._asked(path))
        return _read(what, lambda each: parse_flag(_field(each, "closed_only"), "closed_only"), found)

    async def time(self) -> int:
        """Ask for the venue's clock, in whole UNIX seconds."""
        return await self._time_by(self._questions)

    async def version(self) -> int:
        """Ask for the version of the order format that the venue takes."""
        answer = await self._sent(self._questions, "GET", "/version", within_s=self._limits.question_s_max)
        found = payload("GET /version", answer)
        return _read("GET /version", lambda each: parse_int(_field(each, "version"), "version"), found)

    async def create_api_key(self, address: str, prove: ProveAddress, nonce: int = 0) -> Credentials:
        """Make the API key of an address and a nonce, which is refused where there is one."""
        return await self._api_key("POST", "/auth/api-key", address, prove, nonce)

    async def derive_api_key(self, address: str, prove: ProveAddress, nonce: int = 0) -> Credentials:
        """Fetch the API key of an address and a nonce again."""
        return await self._api_key("GET", "/auth/derive-api-key", address, prove, nonce)

    async def _api_key(self, method: str, path: str, address: str, prove: ProveAddress, nonce: int) -> Credentials:
        now_s = self._now_s()
        proof = proof_of_address(address, prove(now_s, nonce), now_s, nonce)
        answer = await self._sent(self._questions, method, path, proof, within_s=self._limits.question_s_max)
        found = payload(f"{method} {path}", answer)
        return _read(f"{method} {path}", lambda each: read_credentials(each, address), found)

    async def _time_by(self, lane: Lane, *, anew: bool = False) -> int:
        answer = await self._sent(lane, "GET", "/time", within_s=self._limits.question_s_max, anew=anew)
        return _read("GET /time", lambda each: parse_int(each, "time"), payload("GET /time", answer))

    async def _pages(self, path: str, query: Query, read: Callable[[object], RowT]) -> Listing[RowT]:
        """Read every page, or raise: a part of a list is no list."""
        what, cursor, seen = f"GET {path}", "", set[str]()
        rows: list[RowT] = []
        unreadable: list[str] = []
        for _ in range(self._limits.pages_max):
            answer = await self._asked(path, {**query, **({"next_cursor": cursor} if cursor else {})})
            page: Page[RowT] = _read(what, lambda each: read_page(each, what, read), payload(what, answer))
            rows += page.listing.rows
            unreadable += page.listing.unreadable
            cursor = page.next_cursor
            if not cursor:
                return Listing(tuple(rows), tuple(unreadable))
            if cursor in seen:
                raise UnknownError(what, "expected another page, found one that was read before")
            seen.add(cursor)
        raise UnknownError(what, f"expected at most {self._limits.pages_max} pages, found more")

    async def _asked(self, path: str, query: Query = EMPTY) -> Answer:
        return await self._signed(self._questions, "GET", path, within_s=self._limits.question_s_max, query=query)

    async def _signed(
        self, lane: Lane, method: str, path: str, *, within_s: float, body: bytes = b"", query: Query = EMPTY
    ) -> Answer:
        proof = self.credentials.headers(method, path, body, self._now_s())
        answer = await self._sent(lane, method, path, proof, within_s=within_s, body=body, query=query)
        if answer.status == HTTP_UNAUTHORIZED:
            self.refused()
        return answer

    async def _sent(
        self, lane: Lane, method: str, path: str, proof: Headers = (), *, within_s: float, body: bytes = b"",
        query: Query = EMPTY, anew: bool = False,
    ) -> Answer:  # fmt: skip
        most = self._limits.page_bytes_max if path.startswith("/data/") else self._limits.answer_bytes_max
        sent = self._request(method, f"{path}{'?' + urlencode(query) if query else ''}", proof, body)
        return await lane.exchange(f"{method} {path}", sent, within_s=within_s, body_bytes_max=most, anew=anew)

    def _request(self, method: str, target: str, proof: Headers, body: bytes) -> bytes:
        return request(method, f"{self._endpoint.prefix}{target}", self._fixed, proof, body)

    def _lane(self) -> Lane:
        limits = self._limits
        return Lane(
            self._endpoint, connections_max=limits.connections_max, connect_s_max=limits.connect_s_max,
            idle_s_max=limits.idle_s_max, tls=self._tls,
        )  # fmt: skip

    def _now_s(self) -> int:
        return self._clock.now() // SECOND


def _read(what: str, read: Callable[[object], ReadT], found: object) -> ReadT:
    """Read an answer, or say that nothing is known."""
    try:
        return read(found)
    except ParseError as error:
        raise UnknownError(what, str(error)) from None


def _field(found: object, name: str) -> object:
    if not isinstance(found, dict):
        raise ParseError("wrong_type", expected="an object", found=found, where=name)
    return found.get(name)
