"""The simulator's own pages: its health, what truly happened, what was pushed, and faults on demand.

They carry no authentication, as nothing behind them is worth any; `guard` keeps them to the loopback.
"""

from dataclasses import asdict

from aiohttp import web

from simulator import pushover
from simulator.answers import answer, read_json, refusal, whole
from simulator.causing import cause
from simulator.faults import SOCKETS
from simulator.stage import STAGE

NS_PER_S = 1_000_000_000
HOUR_S = 3600
DAY_S = 86_400


async def health(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    now_ns = stage.clock()
    return answer({
        "status": "ok", "world": stage.kind, "now_ns": now_ns,
        "uptime_s": (now_ns - stage.started_ns) // NS_PER_S,
        "connections": {channel: stage.hub.connections(channel) for channel in SOCKETS},
        "silent": [channel for channel in SOCKETS if stage.faults.is_silent(channel)],
        "mode": stage.floor.mode().value, "counts": dict(stage.hub.counts),
        "faults": dict(stage.faults.counts), "hits": {name: hits for name, hits in stage.faults.hits.items() if hits},
    })  # fmt: skip


async def outcomes(request: web.Request) -> web.Response:
    """Tell the true outcome and the fee schedule of every market that ended since an instant, by slug."""
    stage = request.app[STAGE]
    now_ns = stage.clock()
    now_s = now_ns // NS_PER_S
    try:
        since_s = whole(request.query.get("since"), now_s - HOUR_S, now_s - DAY_S, now_s)
    except ValueError as error:
        return refusal(f"since: {error} (the last day, in unix seconds)")
    ended = stage.world.ended(since_s, now_ns)
    for market in ended:
        if market["slug"] in stage.faults.missing_fee:
            market["fee_schedule"] = None
    return answer({market.pop("slug"): market for market in ended})


async def messages(request: web.Request) -> web.Response:
    return answer(list(request.app[STAGE].mailbox.messages))


async def settings(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    return answer({"world": stage.kind} | asdict(stage.settings))


async def list_faults(request: web.Request) -> web.Response:
    """Tell all that can be made to go wrong: names, fields, what happens, how often it did."""
    return answer(request.app[STAGE].faults.report())


async def cause_fault(request: web.Request) -> web.Response:
    """Make something go wrong: {"name": ..., fields of the table}."""
    try:
        done = cause(request.app[STAGE], await read_json(request))
    except ValueError as error:
        return refusal(str(error))
    return answer({"ok": True} | done)


async def geoblock(request: web.Request) -> web.Response:
    found = request.app[STAGE].faults.geoblock
    return answer({
        "blocked": found.blocked, "ip": request.remote or "", "country": found.country, "region": found.region,
    })  # fmt: skip


async def push(request: web.Request) -> web.Response:
    return await pushover.receive(request, request.app[STAGE])


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sim/health", health),
        web.get("/sim/outcomes", outcomes),
        web.get("/sim/messages", messages),
        web.get("/sim/settings", settings),
        web.get("/sim/faults", list_faults),
        web.post("/sim/faults", cause_fault),
        web.get("/geoblock", geoblock),
        web.post("/pushover/1/messages.json", push),
    ]
