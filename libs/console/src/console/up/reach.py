"""Asks whether the public endpoints can be reached, before anything is started that would trade on them."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

TIMEOUT_S = 8.0
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")
Kind = Literal["http", "socket"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One public place that the system reads."""

    name: str
    url: str
    kind: Kind
    group: str
    """Of the endpoints of one group, one must be reached."""

    @property
    def host(self) -> str:
        """The host and, where it is unusual, the port."""
        return self.url.split("/")[2]


ENDPOINTS = (
    Endpoint("binance", "wss://stream.binance.com:9443/ws/btcusdt@trade", "socket", "exchanges"),
    Endpoint("coinbase", "wss://ws-feed.exchange.coinbase.com", "socket", "exchanges"),
    Endpoint("rtds", "wss://ws-live-data.polymarket.com", "socket", "rtds"),
    Endpoint("gamma", "https://gamma-api.polymarket.com/events/keyset?limit=1", "http", "gamma"),
    Endpoint("clob", "https://clob.polymarket.com/time", "http", "clob"),
    Endpoint("books", "wss://ws-subscriptions-clob.polymarket.com/ws/market", "socket", "books"),
)


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of trying one endpoint; the reason is empty when it was reached."""

    endpoint: Endpoint
    reason: str

    @property
    def ok(self) -> bool:
        return not self.reason


Try = Callable[[Endpoint], Awaitable[str]]


async def reach(endpoints: Sequence[Endpoint] = ENDPOINTS, timeout_s: float = TIMEOUT_S) -> tuple[Reached, ...]:
    """Try all of them at once, as the services would."""
    reasons = await asyncio.gather(*(_within(endpoint, timeout_s) for endpoint in endpoints))
    return tuple(Reached(endpoint, reason) for endpoint, reason in zip(endpoints, reasons, strict=True))


def missing_groups(found: Sequence[Reached]) -> tuple[str, ...]:
    """Answer the groups of which nothing was reached, in the order of the table: without them nothing can trade."""
    groups = dict.fromkeys(reached.endpoint.group for reached in found)
    return tuple(group for group in groups if not any(r.ok for r in found if r.endpoint.group == group))


async def _within(endpoint: Endpoint, timeout_s: float) -> str:
    attempt = _ask if endpoint.kind == "http" else _shake_hands
    try:
        return await asyncio.wait_for(attempt(endpoint), timeout_s)
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"


async def _ask(endpoint: Endpoint) -> str:
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.get(endpoint.url)
    except httpx.HTTPError as error:
        return _words(error)
    return "" if answer.is_success else f"answered HTTP {answer.status_code}"


async def _shake_hands(endpoint: Endpoint) -> str:
    try:
        async with connect(endpoint.url, open_timeout=TIMEOUT_S, close_timeout=0.5):
            return ""
    except (OSError, ssl.SSLError, WebSocketException, EOFError) as error:
        return _words(error)


def _words(error: Exception) -> str:
    """Say an error in one line, without its number, with its kind where it has no words of its own."""
    text = _NUMBER.sub("", " ".join(str(error).split()))
    return text[:160] or type(error).__name__
