"""The order book over HTTP, as far as it can be read without credentials."""

from aiohttp import web

from simulator.answers import answer, read_json, refusal
from simulator.exchange.account.writing import amount_text
from simulator.matching.values import E4
from simulator.stage import STAGE, Stage
from simulator.world import Json

NS_PER_S = 1_000_000_000
NO_BOOK = "No orderbook exists for the requested token id"
BOOKS_MAX = 500


async def book(request: web.Request) -> web.Response:
    token = request.query.get("token_id", "")
    if not token:
        return refusal("Invalid token id")
    found = _book(request.app[STAGE], token)
    return answer(found) if found else refusal(NO_BOOK, 404)


async def books(request: web.Request) -> web.Response:
    """Answer for several tokens at once; those without a book are left out."""
    try:
        wanted = await read_json(request)
    except ValueError as error:
        return refusal(str(error))
    if not isinstance(wanted, list) or len(wanted) > BOOKS_MAX:
        return refusal("Invalid payload")
    tokens = [item.get("token_id") if isinstance(item, dict) else None for item in wanted]
    if not all(isinstance(token, str) for token in tokens):
        return refusal("Invalid payload")
    found = (_book(request.app[STAGE], str(token)) for token in tokens)
    return answer([each for each in found if each])


async def clob_market(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    found = stage.world.clob_market(request.match_info["condition_id"], stage.clock())
    if found is None:
        return refusal("market not found", 404)
    instrument = stage.floor.instrument(found["c"])
    if instrument is not None:
        found["mts"] = instrument.tick_e4 / E4
    slug = stage.world.slug(found["c"], stage.clock())
    if slug in stage.faults.missing_fee:
        found.pop("fd", None)
    return answer(found)


async def market_by_token(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    now_ns = stage.clock()
    condition = stage.world.condition(request.match_info["token_id"], now_ns)
    tokens = stage.world.tokens(condition, now_ns) if condition else None
    if condition is None or tokens is None:
        return refusal("market not found", 404)
    return answer({
        "condition_id": condition, "primary_token_id": tokens[0], "secondary_token_id": tokens[1],
    })  # fmt: skip


async def time(request: web.Request) -> web.Response:
    return answer(request.app[STAGE].clock() // NS_PER_S)


async def ok(request: web.Request) -> web.Response:  # noqa: ARG001
    return answer("OK")


async def version(request: web.Request) -> web.Response:  # noqa: ARG001
    return answer({"version": 2})


def _book(stage: Stage, token: str) -> Json | None:
    found = stage.flow.book(token)
    if found is None:
        return None
    del found["event_type"]
    instrument = stage.floor.instrument_of(token)
    size = instrument.min_size_e6 if instrument is not None else 0
    return found | {"min_order_size": amount_text(size), "neg_risk": stage.floor.is_neg_risk(found["market"])}


def routes() -> list[web.RouteDef]:
    return [
        web.get("/clob/book", book),
        web.post("/clob/books", books),
        web.get("/clob/clob-markets/{condition_id}", clob_market),
        web.get("/clob/markets-by-token/{token_id}", market_by_token),
        web.get("/clob/time", time),
        web.get("/clob/ok", ok),
        web.get("/clob/version", version),
    ]
