"""The dead man's switch: a key that once sent a heartbeat and then falls silent has its open orders cancelled."""

import asyncio

from aiohttp import web

from simulator.answers import answer, read_json, refusal
from simulator.exchange.identity.caller import Caller, authenticated
from simulator.exchange.orders.deadlines import Heartbeats
from simulator.matching.operations import CancelAll
from simulator.stage import STAGE, Stage

__all__ = ["Heartbeats", "cancel_overdue", "routes", "watch_over"]

MS_PER_S = 1000
INVALID_ID = "Invalid Heartbeat ID"
INVALID_PAYLOAD = "Invalid payload"


async def beat(request: web.Request, caller: Caller) -> web.Response:
    """Answer with the id to send next; to one that is not expected, with the one that is."""
    stage = request.app[STAGE]
    try:
        heartbeat_id = _named(await read_json(request))
    except ValueError:
        return refusal(INVALID_PAYLOAD)
    if stage.heartbeats.is_armed(caller.key) and _is_lost(stage, caller):
        stage.heartbeats.lose(caller.key)
    found = stage.heartbeats.beat(caller.key, heartbeat_id, stage.floor.now_ns())
    if not found.is_accepted:
        return answer({"error_msg": INVALID_ID, "heartbeat_id": found.heartbeat_id}, 400)
    return answer({"heartbeat_id": found.heartbeat_id})


async def keep_alive(request: web.Request, caller: Caller) -> web.Response:
    """Take a heartbeat of the kind without ids."""
    stage = request.app[STAGE]
    stage.heartbeats.keep_alive(caller.key, stage.floor.now_ns())
    return answer({"status": "ok"})


async def watch_over(stage: Stage) -> None:
    """Look for silent keys again and again, for ever. Run it as a task as long as the server runs."""
    while True:
        await asyncio.sleep(stage.exchange.heartbeat_check_ms / MS_PER_S)
        cancel_overdue(stage)


def cancel_overdue(stage: Stage) -> None:
    """Cancel what the silent keys have open. They stay armed: what they place without a heartbeat is cancelled too."""
    now_ns = stage.floor.now_ns()
    for key in stage.heartbeats.overdue(now_ns):
        if stage.floor.engine.open_orders(key):
            stage.floor.apply(CancelAll(now_ns, key))


def _named(payload: object) -> str:
    """Read the id of a heartbeat, empty where it has none. Raises ValueError where there is no reading it."""
    if not isinstance(payload, dict):
        raise ValueError("expected an object with a heartbeat_id")  # noqa: TRY004 - a refusal
    found = payload.get("heartbeat_id") or ""
    if not isinstance(found, str):
        raise ValueError("expected heartbeat_id to be a string")  # noqa: TRY004 - a refusal
    return found


def _is_lost(stage: Stage, caller: Caller) -> bool:
    found = stage.faults.take(
        "heartbeat_lost", path="/v1/heartbeats", method="POST", address=caller.address, key=caller.key
    )
    return found is not None


def routes() -> list[web.RouteDef]:
    return [
        web.post("/clob/v1/heartbeats", authenticated(beat)),
        web.post("/clob/heartbeats", authenticated(keep_alive)),
    ]
