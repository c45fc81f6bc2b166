"""Requests to the venue over real connections: bounded in size, time and tries."""

import asyncio
import contextlib

import pytest

from integration.outside_world import http_server
from venue.adapters.http import Http, HttpLimits, NotFoundError, RequestError, TransientError

LIMITS = HttpLimits(timeout_s=0.5, answer_bytes_max=1000, tries_max=3, backoff_s_min=0.01, backoff_s_max=0.02)


class Peer:
    """A server that gives its answers one after the other, the last one for ever."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    @contextlib.asynccontextmanager
    async def serving(self):
        async with http_server(self._answer) as url:
            http = Http(LIMITS)
            try:
                yield http, f"{url}/x"
            finally:
                await http.close()

    async def _answer(self, reader, writer):
        self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status:
            head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        else:
            await reader.read()  # say nothing until the client gives up


OK = (200, "", b"[]")


async def test_an_answer_is_given_as_it_came_to_a_request_that_names_us():
    peer = Peer(OK)
    async with peer.serving() as (http, url):
        assert await http.get("test", url, [("slug", "a"), ("slug", "b")]) == b"[]"

    assert "get /x?slug=a&slug=b " in peer.requests[0]
    assert "user-agent: pm-arb/" in peer.requests[0]


@pytest.mark.parametrize("status", [425, 429, 500, 503])
async def test_what_may_pass_is_tried_again(status):
    peer = Peer((status, "", b""), (status, "", b""), OK)
    async with peer.serving() as (http, url):
        assert await http.get("test", url) == b"[]"

    assert len(peer.requests) == 3


async def test_a_venue_that_says_when_to_come_back_is_left_alone_until_then():
    peer = Peer((429, "Retry-After: 1\r\n", b""), OK)
    began = asyncio.get_running_loop().time()
    async with peer.serving() as (http, url):
        await http.get("test", url)

    assert asyncio.get_running_loop().time() - began >= 1


async def test_tries_are_bounded():
    peer = Peer((503, "", b""))
    async with peer.serving() as (http, url):
        with pytest.raises(TransientError, match="503"):
            await http.get("test", url)

    assert len(peer.requests) == 3


async def test_silence_is_bounded():
    peer = Peer((0, "", b""))
    async with peer.serving() as (http, url):
        with pytest.raises(TransientError, match="ReadTimeout"):
            await http.ask_once("test", url, body=[{"token_id": "1"}])

    assert len(peer.requests) == 1
    assert peer.requests[0].startswith("post /x ")


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((404, "", b"{}"), NotFoundError, "404"),
        ((403, "Content-Type: text/html\r\n", b"<html>"), RequestError, "403 text/html"),
        ((200, "", b"x" * 1001), RequestError, "more than 1000 bytes"),
    ],
)
async def test_what_will_not_pass_is_not_tried_again(answer, error, words):
    peer = Peer(answer)
    async with peer.serving() as (http, url):
        with pytest.raises(error, match=words):
            await http.get("test", url)

    assert len(peer.requests) == 1
