"""Cancelling orders: one, several, all, those of a market. What could not be cancelled is told, with HTTP 200."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from simulator.answers import answer, read_json, refusal
from simulator.exchange.identity.caller import Caller, authenticated
from simulator.exchange.modes import Mode
from simulator.exchange.orders.order_answers import single
from simulator.exchange.orders.trading import INVALID_PAYLOAD, shut
from simulator.matching.events import Event, OrderEnded, Refusal, RequestRefused
from simulator.matching.operations import Cancel, CancelAll
from simulator.matching.values import OrderStatus
from simulator.stage import STAGE, Stage

Handler = Callable[[web.Request, Caller], Awaitable[web.Response]]

IDS_MAX = 3000
INVALID_ID = "Invalid orderID"
GONE = "order can't be found - already canceled or matched"
MID_MATCH = "order can't be canceled - order mid-match"


async def cancel_order(request: web.Request, caller: Caller) -> web.Response:
    """Cancel the order that {"orderID": id} names."""
    stage = request.app[STAGE]
    try:
        payload = await read_json(request)
    except ValueError:
        return refusal(INVALID_PAYLOAD)
    order_id = payload.get("orderID") if isinstance(payload, dict) else None
    if not isinstance(order_id, str) or not order_id:
        return refusal(INVALID_ID)
    return _cancelled(stage, caller, "/order", [order_id])


async def cancel_orders(request: web.Request, caller: Caller) -> web.Response:
    """Cancel the orders of a list of ids; an id that comes twice counts once."""
    stage = request.app[STAGE]
    try:
        payload = await read_json(request)
    except ValueError:
        return refusal(INVALID_PAYLOAD)
    if not isinstance(payload, list) or not payload:
        return refusal(INVALID_PAYLOAD)
    if len(payload) > IDS_MAX:
        return refusal(f"Too many orders in payload, max allowed: {IDS_MAX}")
    if not all(isinstance(order_id, str) and order_id for order_id in payload):
        return refusal(INVALID_ID)
    return _cancelled(stage, caller, "/orders", payload)


async def cancel_all(request: web.Request, caller: Caller) -> web.Response:
    """Cancel whatever the key has open."""
    stage = request.app[STAGE]
    return _withdrawn(stage, caller, "/cancel-all", "", "")


async def cancel_market_orders(request: web.Request, caller: Caller) -> web.Response:
    """Cancel what the key has open in a market, in a token, or where both are named, in that token of that market."""
    stage = request.app[STAGE]
    try:
        payload = await read_json(request)
    except ValueError:
        return refusal(INVALID_PAYLOAD)
    if not isinstance(payload, dict):
        return refusal(INVALID_PAYLOAD)
    market, token = payload.get("market") or "", payload.get("asset_id") or ""
    if not isinstance(market, str) or not isinstance(token, str) or not (market or token):
        return refusal(INVALID_PAYLOAD)
    return _withdrawn(stage, caller, "/cancel-market-orders", market, token)


def _cancelled(stage: Stage, caller: Caller, path: str, order_ids: Iterable[str]) -> web.Response:
    """Cancel one after the other."""
    canceled: list[str] = []
    not_canceled: dict[str, str] = {}
    for order_id in dict.fromkeys(order_ids):
        if _is_declined(stage, caller, path):
            not_canceled[order_id] = MID_MATCH
            continue
        events = stage.floor.apply(Cancel(stage.floor.now_ns(), caller.key, order_id))
        if order_id in _canceled_in(events, caller):
            canceled.append(order_id)
        else:
            not_canceled[order_id] = _why(events, order_id)
    return answer({"canceled": canceled, "not_canceled": not_canceled})


def _withdrawn(stage: Stage, caller: Caller, path: str, market: str, token: str) -> web.Response:
    """Cancel in one stroke; where a cancel is to be declined, all but the oldest order one by one."""
    named = _open_ids(stage, caller, market, token)
    if named and _is_declined(stage, caller, path):
        events = tuple(
            event
            for order_id in named[1:]
            for event in stage.floor.apply(Cancel(stage.floor.now_ns(), caller.key, order_id))
        )
    else:
        events = stage.floor.apply(CancelAll(stage.floor.now_ns(), caller.key, market, token))
    left = _open_ids(stage, caller, market, token)
    return answer({
        "canceled": _canceled_in(events, caller), "not_canceled": dict.fromkeys(left, MID_MATCH),
    })  # fmt: skip


def _open_ids(stage: Stage, caller: Caller, market: str, token: str) -> list[str]:
    return [
        standing.order.order_id
        for standing in stage.floor.engine.open_orders(caller.key)
        if market in ("", standing.order.condition_id) and token in ("", standing.order.token)
    ]


def _canceled_in(events: tuple[Event, ...], caller: Caller) -> list[str]:
    """Leave out what ended in the same breath for another reason, as orders do that expire."""
    return [
        event.standing.order.order_id
        for event in events
        if isinstance(event, OrderEnded)
        and event.standing.status is OrderStatus.CANCELED
        and event.standing.order.owner == caller.key
    ]


def _why(events: tuple[Event, ...], order_id: str) -> str:
    is_held = any(
        isinstance(event, RequestRefused) and event.subject == order_id and event.refusal is Refusal.HELD
        for event in events
    )
    return MID_MATCH if is_held else GONE


def _is_declined(stage: Stage, caller: Caller, path: str) -> bool:
    found = stage.faults.take("declined_cancel", path=path, method="DELETE", address=caller.address, key=caller.key)
    return found is not None


def _open_always(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Let cancels through in every mode in which there is an engine at all."""

    async def handle(request: web.Request, caller: Caller) -> web.Response:
        stage = request.app[STAGE]
        closed = shut(stage) if stage.floor.mode() is Mode.RESTARTING else None
        return single(closed) if closed is not None else await handler(request, caller)

    return authenticated(handle)


def routes() -> list[web.RouteDef]:
    return [
        web.delete("/clob/order", _open_always(cancel_order)),
        web.delete("/clob/orders", _open_always(cancel_orders)),
        web.delete("/clob/cancel-all", _open_always(cancel_all)),
        web.delete("/clob/cancel-market-orders", _open_always(cancel_market_orders)),
    ]
