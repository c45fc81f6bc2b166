"""Asks for whole books when the market channel cannot be trusted about them."""

import asyncio

import structlog

from common.clock import Clock
from common.runtime.core import Inbox
from venue.adapters.http import Http, NotFoundError, RequestError
from venue.adapters.metrics import RESYNCS, Refusals
from venue.adapters.pace import Anteroom
from venue.adapters.wire import read_books
from venue.core import BookResyncWanted

QUESTIONS_MAX = 8

log = structlog.get_logger()


class BookReader:
    """Answers the core's questions one after another; one that finds no room is dropped, for the core asks again."""

    def __init__(self, clob_url: str, http: Http, anteroom: Anteroom, clock: Clock) -> None:
        self._clob_url, self._http, self._anteroom, self._clock = clob_url, http, anteroom, clock
        self._refuse = Refusals("books")
        self._questions: asyncio.Queue[BookResyncWanted] = asyncio.Queue(QUESTIONS_MAX)

    def ask(self, wanted: BookResyncWanted) -> None:
        """Take a question."""
        for reason in wanted.reasons:
            RESYNCS.labels(reason=reason).inc()
        if not self._questions.full():
            self._questions.put_nowait(wanted)

    async def run(self, inbox: Inbox) -> None:
        """Answer for ever."""
        try:
            while True:
                await self._answer(await self._questions.get(), inbox)
        finally:
            await self._http.close()

    async def _answer(self, wanted: BookResyncWanted, inbox: Inbox) -> None:
        try:
            answer = await self._books(wanted.token_ids)
        except NotFoundError:
            return  # a token without a book: the venue clears them when a market ends
        except RequestError as error:
            log.warning("books_not_read", tokens=len(wanted.token_ids), error=str(error))
            return
        for book in read_books(answer, self._clock.now(), self._refuse):
            self._anteroom.put(book, inbox)

    async def _books(self, token_ids: tuple[str, ...]) -> bytes:
        if len(token_ids) == 1:
            return await self._http.ask_once("book", f"{self._clob_url}/book", query=[("token_id", token_ids[0])])
        body = [{"token_id": token_id} for token_id in token_ids]
        return await self._http.ask_once("books", f"{self._clob_url}/books", body=body)
