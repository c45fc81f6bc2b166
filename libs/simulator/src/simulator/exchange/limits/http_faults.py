"""What can be made to go wrong with the exchange's answers over HTTP: a middleware for everything under /clob.

A request meets what stops it in the order in which production's layers stand: the gateway's page (403), a key that is
refused (401), an engine that restarts (425), one request too many (429). Only then is it done; what goes wrong
afterwards changes nothing of it.
"""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator.answers import refusal
from simulator.exchange.modes import Mode
from simulator.exchange.orders.order_answers import single
from simulator.exchange.orders.trading import shut
from simulator.faults import Armed
from simulator.stage import STAGE, Stage

PREFIX = "/clob"
ORDER_PATHS = frozenset({"/order", "/orders"})
ENGINE_PATHS = ORDER_PATHS | {"/cancel-all", "/cancel-market-orders"}
UNAUTHORIZED = "Unauthorized/Invalid api key"
TOO_MANY = "Too Many Requests"
TIMED_OUT = "order timed out"
GEOBLOCK_CODE = 1009
BANNED_CODE = 1010
BANNED_AGENT = "Python-urllib/"
"""How the client begins to name itself that the gateway never lets through: the standard library's, left as it is."""
PAGE = """\
<!DOCTYPE html>
<html lang="en-US"><head><title>Access denied</title></head>
<body><h1>Access denied</h1><p>error code: {code}</p></body></html>
"""
FAULT_OF_MODE = {
    Mode.RESTARTING: "restarting",
    Mode.POST_ONLY: "restarting",
    Mode.CANCEL_ONLY: "cancel_only",
    Mode.DISABLED: "trading_disabled",
}


@web.middleware
async def faulting(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have armed faults happen to a request, and count those that do."""
    if not request.path.startswith(f"{PREFIX}/"):
        return await handler(request)
    if request.headers.get("User-Agent", "").startswith(BANNED_AGENT):
        return page(BANNED_CODE)
    stage, about = request.app[STAGE], chance(request)
    stopped = _stopped(stage, about)
    if stopped is not None:
        return stopped
    timed_out = stage.faults.take("order_timed_out", **about) if places(about) else None
    if timed_out is not None and not timed_out.flag("placed"):
        return refusal(TIMED_OUT, 500)
    late, cut = (stage.faults.take(name, **about) for name in ("late_answer", "drop_answer"))
    mode = stage.floor.mode()
    answered = await handler(request)
    if answered.status in (425, 503) and mode in FAULT_OF_MODE:
        stage.faults.hits[FAULT_OF_MODE[mode]] += 1
    if late is not None:
        await asyncio.sleep(late.number("seconds", 0))
    if cut is not None and request.transport is not None:
        request.transport.abort()
    return answered if timed_out is None else refusal(TIMED_OUT, 500)


def chance(request: web.Request) -> dict[str, str]:
    """Say what a request is, as far as faults can be told apart by it. Who sends it is as it claims."""
    return {
        "path": request.path.removeprefix(PREFIX),
        "method": request.method,
        "address": request.headers.get("POLY_ADDRESS", "").lower(),
        "key": request.headers.get("POLY_API_KEY", ""),
    }


def places(about: dict[str, str]) -> bool:
    """Say whether a request places orders."""
    return about["method"] == "POST" and about["path"] in ORDER_PATHS


def _stopped(stage: Stage, about: dict[str, str]) -> web.Response | None:
    """Answer a request that does not get through."""
    if places(about) and stage.faults.geoblock.blocked:
        stage.faults.hits["geoblock"] += 1
        return page(GEOBLOCK_CODE)
    denied = stage.faults.take("cloudflare", **about)
    if denied is not None:
        return page(int(denied.number("code", 1010)))
    if stage.faults.take("unauthorized", **about) is not None:
        return refusal(UNAUTHORIZED, 401)
    if about["path"] in ENGINE_PATHS and stage.floor.mode() is Mode.RESTARTING:
        closed = shut(stage)
        if closed is not None:
            stage.faults.hits["restarting"] += 1
            return single(closed)
    throttled = stage.faults.take("too_many_requests", **about)
    return None if throttled is None else _too_many(throttled)


def page(code: int) -> web.Response:
    """Answer as the gateway does that lets nobody through: HTML, where clients expect JSON."""
    return web.Response(
        text=PAGE.format(code=code), status=403, content_type="text/html", headers={"Server": "cloudflare"}
    )


def _too_many(throttled: Armed) -> web.Response:
    if throttled.text("body") == "plain":
        answered = web.Response(text=TOO_MANY, status=429, headers={"Server": "cloudflare"})
    else:
        answered = refusal(TOO_MANY, 429)
    retry_after_s = throttled.values.get("retry_after")
    if retry_after_s is not None:
        answered.headers["Retry-After"] = f"{retry_after_s:g}"
    return answered
