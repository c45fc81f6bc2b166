"""Requests to the venue: bounded in time, size and number of tries."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential

from common.errors import PmArbError
from venue.adapters.metrics import REQUESTS

USER_AGENT = "pm-arb/0.1 (market data)"
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
RETRY_AFTER_S_MAX = 30.0

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """The bounds of a request."""

    timeout_s: float = 5.0
    answer_bytes_max: int = 16 << 20
    tries_max: int = 3
    backoff_s_min: float = 0.25
    backoff_s_max: float = 5.0
    connections_max: int = 8


class RequestError(PmArbError):
    """The venue did not answer, or not with what was asked for."""

    def __init__(self, what: str, found: str) -> None:
        super().__init__(f"{what}: expected an answer, found {found}")


class NotFoundError(RequestError):
    """The venue does not know what was asked for."""


class TransientError(RequestError):
    """The venue may well answer when asked again, at the earliest after so many seconds."""

    def __init__(self, what: str, found: str, retry_after_s: float = 0.0) -> None:
        super().__init__(what, found)
        self.retry_after_s = retry_after_s


class Http:
    """One pool of connections to the venue's public interfaces."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._exponential = wait_exponential(multiplier=limits.backoff_s_min, max=limits.backoff_s_max)
        self._client = httpx.AsyncClient(
            timeout=limits.timeout_s,
            limits=httpx.Limits(max_connections=limits.connections_max),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def get(self, what: str, url: str, query: Query = ()) -> bytes:
        """Ask, and ask again where that may help; raises RequestError. `what` names the request in metrics."""
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(self._limits.tries_max), wait=self._wait, reraise=True,
            retry=retry_if_exception_type(TransientError),
        ):  # fmt: skip
            with attempt:
                return await self._once(what, self._client.build_request("GET", url, params=list(query)))
        raise RequestError(what, "no attempt")  # pragma: no cover - tenacity raises before

    async def ask_once(self, what: str, url: str, *, query: Query = (), body: object = None) -> bytes:
        """Ask a single time, by POST when there is a body; for questions that grow old quickly."""
        if body is None:
            return await self._once(what, self._client.build_request("GET", url, params=list(query)))
        headers = {"Content-Type": "application/json"}
        request = self._client.build_request("POST", url, content=orjson.dumps(body), headers=headers)
        return await self._once(what, request)

    async def _once(self, what: str, request: httpx.Request) -> bytes:
        try:
            answer = await self._client.send(request, stream=True)
            try:
                return await self._read(what, answer)
            finally:
                await answer.aclose()
        except httpx.TransportError as error:
            REQUESTS.labels(what=what, result=type(error).__name__).inc()
            raise TransientError(what, f"{type(error).__name__}: {error}") from None

    async def _read(self, what: str, answer: httpx.Response) -> bytes:
        REQUESTS.labels(what=what, result=str(answer.status_code)).inc()
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NotFoundError(what, "404")
        if answer.status_code in RETRY_STATUSES:
            raise TransientError(what, str(answer.status_code), _retry_after_s(answer))
        if answer.status_code != httpx.codes.OK:
            raise RequestError(what, f"{answer.status_code} {answer.headers.get('content-type', '')}")
        parts: list[bytes] = []
        length = 0
        async for part in answer.aiter_bytes():
            length += len(part)
            if length > self._limits.answer_bytes_max:
                raise RequestError(what, f"more than {self._limits.answer_bytes_max} bytes")
            parts.append(part)
        return b"".join(parts)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        asked_for = error.retry_after_s if isinstance(error, TransientError) else 0.0
        return max(float(self._exponential(state)), asked_for)


def _retry_after_s(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), RETRY_AFTER_S_MAX) if text.isdecimal() else 0.0
