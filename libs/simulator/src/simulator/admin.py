"""The simulator's own pages: its health, what truly happened, what was pushed, and faults on demand.

They carry no authentication, as nothing behind them is worth any: keep the port on the loopback or a
private network.
"""

from dataclasses import asdict

from aiohttp import web

from simulator import pushover
from simulator.answers import answer, read_json, refusal, whole
from simulator.stage import STAGE, Stage
from simulator.world import CHANNELS, Json

NS_PER_S = 1_000_000_000
HOUR_S = 3600
DAY_S = 86_400
NAMES = ("silence", "malformed", "drop", "missing_fee", "unknown_rule", "pushover_down")


async def health(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    now_ns = stage.clock()
    return answer({
        "status": "ok", "world": stage.kind, "now_ns": now_ns,
        "uptime_s": (now_ns - stage.started_ns) // NS_PER_S,
        "connections": {channel: stage.hub.connections(channel) for channel in CHANNELS},
        "silent": [channel for channel in CHANNELS if stage.faults.is_silent(channel)],
        "counts": dict(stage.hub.counts), "faults": dict(stage.faults.counts),
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


async def faults(request: web.Request) -> web.Response:
    """Cause a fault by name: silence, malformed, drop, missing_fee, unknown_rule or pushover_down."""
    try:
        order = await read_json(request)
        done = _cause(request.app[STAGE], order if isinstance(order, dict) else {})
    except (ValueError, TypeError, OverflowError) as error:
        return refusal(str(error))
    return answer({"ok": True} | done)


def _cause(stage: Stage, order: Json) -> Json:
    name, channel = order.get("name"), str(order.get("channel", ""))
    match name:
        case "silence":
            stage.faults.silence(channel, float(order.get("seconds", 10)))
            return {"name": name, "channel": channel}
        case "malformed":
            stage.faults.malform(channel, int(order.get("count", 1)))
            return {"name": name, "channel": channel}
        case "drop":
            if channel not in CHANNELS:
                raise ValueError(f"channel must be one of {', '.join(CHANNELS)}, found {channel!r}")
            stage.faults.counts["drop"] += 1
            return {"name": name, "channel": channel, "dropped": stage.hub.drop(channel)}
        case "missing_fee" | "unknown_rule":
            slug = order.get("slug") or stage.world.next_listing(stage.clock())
            if not isinstance(slug, str) or stage.world.outcome(slug) is None:
                raise ValueError(f"no market is or will be called {slug!r}")
            stage.faults.mark(name, slug)
            return {"name": name, "slug": slug}
        case "pushover_down":
            stage.faults.stop_pushover(float(order.get("seconds", 10)))
            return {"name": name}
        case _:
            raise ValueError(f"name must be one of {', '.join(NAMES)}, found {name!r}")


async def geoblock(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    return answer({
        "blocked": stage.blocked, "ip": request.remote or "", "country": stage.country, "region": "",
    })  # fmt: skip


async def push(request: web.Request) -> web.Response:
    return await pushover.receive(request, request.app[STAGE])


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sim/health", health),
        web.get("/sim/outcomes", outcomes),
        web.get("/sim/messages", messages),
        web.get("/sim/settings", settings),
        web.post("/sim/faults", faults),
        web.get("/geoblock", geoblock),
        web.post("/pushover/1/messages.json", push),
    ]
