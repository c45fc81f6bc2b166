"""Placing orders: one, or up to fifteen at once."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from simulator.answers import answer, read_json, refusal
from simulator.exchange.identity.caller import Caller, authenticated
from simulator.exchange.intake.posted import read_order
from simulator.exchange.intake.refused import Refused
from simulator.exchange.intake.words import words
from simulator.exchange.modes import Mode
from simulator.exchange.orders.order_answers import Declined, Outcome, declined, killed, leg, not_taken, outcome, single
from simulator.matching.values import Order, OrderType
from simulator.stage import STAGE, Stage

BATCH_MAX = 15
INVALID_PAYLOAD = "Invalid order payload"
RESTARTING_WORDS = "the matching engine is restarting"
POST_ONLY_WORDS = "post-only mode: only post-only orders and cancels are allowed"
POST_ONLY_CODE = "post_only_mode"
CANCEL_ONLY_WORDS = "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
DISABLED_WORDS = "trading is disabled"
EMPTY_WORDS = "order could not be processed"


async def post_order(request: web.Request, caller: Caller) -> web.Response:
    """Place one order."""
    stage = request.app[STAGE]
    closed = shut(stage)
    if closed is not None:
        return single(closed)
    try:
        payload = await read_json(request)
    except ValueError:
        return refusal(INVALID_PAYLOAD)
    about = {"path": "/order", "method": "POST", "address": caller.address, "key": caller.key}
    return single(await _traded(stage, caller, payload, about))


async def post_orders(request: web.Request, caller: Caller) -> web.Response:
    """Place several orders in their order, and answer when all are done, held ones waiting side by side."""
    stage = request.app[STAGE]
    closed = shut(stage)
    if closed is not None:
        return single(closed)
    try:
        payload = await read_json(request)
    except ValueError:
        return refusal(INVALID_PAYLOAD)
    if not isinstance(payload, list) or not payload:
        return refusal(INVALID_PAYLOAD)
    if len(payload) > BATCH_MAX:
        return refusal(f"Too many orders in payload: {len(payload)}, max allowed: {BATCH_MAX}")
    about = {"path": "/orders", "method": "POST", "address": caller.address, "key": caller.key}
    found = await asyncio.gather(*(_traded(stage, caller, each, about) for each in payload))
    return answer([leg(each) for each in found])


def shut(stage: Stage) -> Declined | None:
    """Say why no order at all is taken now, if so."""
    match stage.floor.mode():
        case Mode.RESTARTING:
            return Declined(425, RESTARTING_WORDS, retry_after_s=stage.floor.modes.retry_after_s())
        case Mode.CANCEL_ONLY:
            return Declined(503, CANCEL_ONLY_WORDS)
        case Mode.DISABLED:
            return Declined(503, DISABLED_WORDS)
        case _:
            return None


async def _traded(stage: Stage, caller: Caller, payload: object, about: Mapping[str, str]) -> Outcome:
    """Judge an order and place it. Nothing is awaited before it is placed, so that a batch keeps its order."""
    posted = read_order(payload, caller, stage.floor, stage.exchange)
    if isinstance(posted, Refused):
        return declined(posted)
    order = posted.order
    stopped = _stopped(stage, order) or _faulted(stage, order, about)
    if stopped is not None:
        return stopped
    placement = await stage.floor.place(order)
    return outcome(order, placement, stage.floor.instrument_of(order.token))


def _stopped(stage: Stage, order: Order) -> Declined | None:
    floor, most = stage.floor, stage.exchange.open_orders_max
    if floor.mode() is Mode.POST_ONLY and not order.post_only:
        return Declined(503, POST_ONLY_WORDS, code=POST_ONLY_CODE, retry_after_s=floor.modes.retry_after_s())
    if not order.order_type.is_market and floor.engine.count_open_orders(order.owner) >= most:
        return Declined(400, f"too many open orders, max allowed: {most}")
    return None


def _faulted(stage: Stage, order: Order, about: Mapping[str, str]) -> Outcome | None:
    """Answer without placing the order, where that was asked for."""
    empty = stage.faults.take("empty_order_id", **about)
    if empty is not None:
        return not_taken(empty.text("words", EMPTY_WORDS))
    if order.order_type is OrderType.FAK and stage.faults.take("empty_fak", **about) is not None:
        return declined(words(killed(order), stage.floor.instrument_of(order.token)))
    return None


def routes() -> list[web.RouteDef]:
    return [
        web.post("/clob/order", authenticated(post_order)),
        web.post("/clob/orders", authenticated(post_orders)),
    ]
