"""The exchange's limits on how often it is called: a middleware for everything under /clob, /gamma and /data-api.

By address of the client calls are first delayed, then refused, as the gateway in front of the exchange does. By signer
orders and cancels cost tokens; answers tell how many are left, and warn, or are refusals where that is enforced.
"""

import asyncio

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulator.answers import refusal
from simulator.exchange.limits.rate_table import Throttle
from simulator.exchange.limits.signer_limits import PURPOSES, SignerLimits, Verdict
from simulator.exchange.settings import ExchangeSettings
from simulator.stage import STAGE, Stage

NS_PER_S = 1_000_000_000
UNAUTHENTICATED = (401, 403)
THROTTLED_WORDS = "error code: 1015"
REFUSED_WORDS = "Too Many Requests"


def limiting(settings: ExchangeSettings) -> Middleware:
    """Return a middleware that limits rates, with a memory of its own."""
    throttle, signers = Throttle(), SignerLimits(enforces=settings.enforces_signer_limits)

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not settings.limits_rates:
            return await handler(request)
        stage = request.app[STAGE]
        delay_ns = throttle.delay_ns(request.remote or "", request.method, request.path, stage.clock())
        if delay_ns is None:
            stage.hub.counts["requests_refused"] += 1
            return web.Response(text=THROTTLED_WORDS, status=429, headers={"Server": "cloudflare"})
        if delay_ns > 0:
            stage.hub.counts["requests_delayed"] += 1
            await asyncio.sleep(delay_ns / NS_PER_S)
        verdict = await _verdict(request, stage, signers)
        return await handler(request) if verdict is None else await _metered(request, handler, stage, verdict)

    return limit


async def _verdict(request: web.Request, stage: Stage, signers: SignerLimits) -> Verdict | None:
    """Charge a request for an order or a cancel to whose key it names; None for any other request."""
    path = request.path.removeprefix("/clob")
    purpose = PURPOSES.get((request.method, path)) if path != request.path else None
    credentials = stage.keyring.of(request.headers.get("POLY_API_KEY", "")) if purpose else None
    if purpose is None or credentials is None:
        return None
    cost = _cost(stage, path, credentials.key, await request.read())
    return signers.spend(credentials.address, purpose, cost, stage.clock())


def _cost(stage: Stage, path: str, key: str, body: bytes) -> int:
    """Tell what a request costs: one for each order that it names; what cancels unnamed orders costs one more."""
    try:
        payload = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return 1
    if path == "/orders":
        return max(1, len(payload)) if isinstance(payload, list) else 1
    if path not in ("/cancel-all", "/cancel-market-orders"):
        return 1
    named = payload if isinstance(payload, dict) and path == "/cancel-market-orders" else {}
    market, token = named.get("market") or "", named.get("asset_id") or ""
    orders = (standing.order for standing in stage.floor.engine.open_orders(key))
    return 1 + sum(market in ("", order.condition_id) and token in ("", order.token) for order in orders)


async def _metered(request: web.Request, handler: Handler, stage: Stage, verdict: Verdict) -> web.StreamResponse:
    """Answer a request that was charged for, and say so in the answer's headers."""
    if verdict.is_refused:
        stage.hub.counts["signers_refused"] += 1
        answered: web.StreamResponse = refusal(REFUSED_WORDS, 429)
        answered.headers["Retry-After"] = str(verdict.retry_after_s)
    else:
        answered = await handler(request)
        stage.hub.counts["signers_warned"] += not verdict.draw.is_granted
    if answered.status not in UNAUTHENTICATED:
        answered.headers.update(verdict.headers())
    return answered
