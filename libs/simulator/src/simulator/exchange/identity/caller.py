"""The door of every page that asks for an API key."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from simulator.answers import refusal
from simulator.exchange.identity.proof import Caller, UnauthorizedError, level_two
from simulator.stage import STAGE

__all__ = ["Caller", "Handler", "authenticated"]

PREFIX = "/clob"
"""Under which this server has the exchange, and which clients do not know of."""
NS_PER_S = 1_000_000_000
TOO_LARGE = "Request body too large"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def authenticated(handler: Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]) -> Handler:
    """Let a handler be reached only with a valid API key, and be told whose it is."""

    async def handle(request: web.Request) -> web.StreamResponse:
        stage = request.app[STAGE]
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return refusal(TOO_LARGE, 413)
        path = request.rel_url.raw_path.removeprefix(PREFIX)
        try:
            caller = level_two(
                request.headers,
                request.method,
                path,
                body,
                keyring=stage.keyring,
                now_s=stage.clock() // NS_PER_S,
                skew_s_max=stage.exchange.timestamp_skew_s_max,
            )
        except UnauthorizedError as error:
            return refusal(str(error), 401)
        return await handler(request, caller)

    return handle
