"""Gamma, the catalogue: events and markets, by slug or page by page."""

import base64
import binascii
from collections.abc import Callable

from aiohttp import web

from simulator.answers import answer, flag, refusal, whole
from simulator.matching.values import E4
from simulator.stage import STAGE, Stage
from simulator.world import Json
from simulator.world.instants import parse_iso

LIMIT_DEFAULT = 20
LIMIT_MAX = 100
OFFSET_MAX = 2000
CONDITION_CHARACTERS = 66
"""Of a condition as the exchange writes it; the catalogue writes those of the second version without their zeros."""
SUMMARY = ("id", "ticker", "slug", "title", "description", "startDate", "endDate", "seriesSlug", "series")

Kept = Callable[[Json], bool]


async def events(request: web.Request) -> web.Response:
    """List events; by slug also those that are long over."""
    stage, slugs = request.app[STAGE], request.query.getall("slug", [])
    if slugs:
        now_ns = stage.clock()
        found = [stage.world.event(slug, now_ns) for slug in slugs[:LIMIT_MAX]]
        return answer([_listed(stage, event) for event in found if event])
    try:
        return answer(_page(request, _events(stage)))
    except ValueError as error:
        return refusal(str(error), 422)


async def markets(request: web.Request) -> web.Response:
    """List markets. One that is over is not found here, even by slug: so it is with the real one."""
    stage, slugs = request.app[STAGE], request.query.getall("slug", [])
    running = [market for market in _markets(stage) if market["acceptingOrders"]]
    if slugs:
        return answer([market for market in running if market["slug"] in slugs])
    try:
        return answer(_page(request, running))
    except ValueError as error:
        return refusal(str(error), 422)


async def events_keyset(request: web.Request) -> web.Response:
    return _keyset(request, "events", _events(request.app[STAGE]))


async def markets_keyset(request: web.Request) -> web.Response:
    return _keyset(request, "markets", _markets(request.app[STAGE]))


def _keyset(request: web.Request, name: str, items: list[Json]) -> web.Response:
    """Answer one page after a cursor; the last page carries none."""
    if "offset" in request.query:
        return refusal("offset is not supported, use after_cursor", 422)
    try:
        limit = whole(request.query.get("limit"), LIMIT_DEFAULT, 1, LIMIT_MAX)
        is_kept, after = _filter(request), _cursor(request.query.get("after_cursor"))
    except ValueError as error:
        return refusal(str(error))
    kept = [item for item in items if is_kept(item) and _place(item) > after]
    page: Json = {name: kept[:limit]}
    if len(kept) > limit:
        page["next_cursor"] = base64.urlsafe_b64encode("|".join(_place(kept[limit - 1])).encode()).decode()
    return answer(page)


def _page(request: web.Request, items: list[Json]) -> list[Json]:
    limit = whole(request.query.get("limit"), LIMIT_DEFAULT, 1, LIMIT_MAX)
    offset = whole(request.query.get("offset"), 0, 0, 10**9)
    if offset > OFFSET_MAX:
        raise ValueError("offset too large, use /markets/keyset")
    is_kept = _filter(request)
    return [item for item in items if is_kept(item)][offset : offset + limit]


def _filter(request: web.Request) -> Kept:
    """Read the filters of a query. Raises ValueError for one that cannot be read."""
    query = request.query
    closed, tag, slugs = flag(query.get("closed"), False), query.get("tag_slug"), query.getall("slug", [])
    earliest = parse_iso(query["end_date_min"]) if "end_date_min" in query else None
    latest = parse_iso(query["end_date_max"]) if "end_date_max" in query else None

    def is_kept(item: Json) -> bool:
        end_s = parse_iso(item["endDate"])
        return (
            item["closed"] is closed
            and (not slugs or item["slug"] in slugs)
            and (tag is None or tag in ("crypto", "up-or-down"))
            and (earliest is None or end_s >= earliest)
            and (latest is None or end_s <= latest)
        )

    return is_kept


def _place(item: Json) -> tuple[str, str]:
    """Tell where an item stands in the order of pages."""
    return item["endDate"], item["slug"]


def _cursor(text: str | None) -> tuple[str, str]:
    if not text:
        return "", ""
    try:
        end, slug = base64.urlsafe_b64decode(text.encode()).decode().split("|")
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise ValueError("invalid after_cursor") from error
    return end, slug


def _events(stage: Stage) -> list[Json]:
    return sorted((_listed(stage, event) for event in stage.world.events(stage.clock())), key=_place)


def _markets(stage: Stage) -> list[Json]:
    found = []
    for event in _events(stage):
        summary = {name: event[name] for name in SUMMARY}
        found += [market | {"events": [summary]} for market in event["markets"]]
    return found


def _listed(stage: Stage, event: Json) -> Json:
    """Put into what is listed the tick that a market has by now, and the faults that it carries."""
    market = stage.faults.listed(event["markets"][0])
    instrument = stage.floor.engine.instrument(market["conditionId"].ljust(CONDITION_CHARACTERS, "0"))
    if instrument is not None:
        market = market | {"orderPriceMinTickSize": instrument.tick_e4 / E4}
    return event | {
        "markets": [market], "description": market["description"],
        "resolutionSource": market["resolutionSource"],
    }  # fmt: skip


def routes() -> list[web.RouteDef]:
    return [
        web.get("/gamma/events", events),
        web.get("/gamma/events/keyset", events_keyset),
        web.get("/gamma/markets", markets),
        web.get("/gamma/markets/keyset", markets_keyset),
    ]
