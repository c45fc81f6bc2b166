"""Prices over HTTP for everybody: best prices, midpoints, spreads, last trades, and a market's tick, kind and fee."""

from collections.abc import Callable

from aiohttp import web

from simulator.answers import answer, read_json, refusal
from simulator.exchange.account.writing import amount_text, price_text
from simulator.exchange.floor import Floor
from simulator.matching.values import E4, Side
from simulator.stage import STAGE
from simulator.world import Json

TOKENS_MAX = 500
BASE_FEE = 1000
"""The leftover cap that is told of every market with a fee. It is not the rate."""
NO_TOKEN = "Invalid token id"  # noqa: S105 - words
NO_SIDE = "Invalid side"
NO_BOOK = "No orderbook exists for the requested token id"
NO_MARKET = "market not found"
NO_FEE = "fee rate not found for market"
BAD_PAYLOAD = "Invalid payload"
TOO_MANY = "Payload exceeds the limit"
UNTRADED: Json = {"price": "0.5", "side": ""}
HALF_E4_IN_E6 = 50

Read = Callable[[Floor, str], Json]


async def price(request: web.Request) -> web.Response:
    """Tell the best bid for BUY, the best ask for SELL."""
    side = request.query.get("side", "").upper()
    if side not in Side.__members__:
        return refusal(NO_SIDE)
    return _one(request, lambda floor, token: {"price": best(floor, token, Side(side))}, NO_BOOK)


async def midpoint(request: web.Request) -> web.Response:
    return _one(request, lambda floor, token: {"mid": middle(floor, token)}, NO_BOOK)


async def spread(request: web.Request) -> web.Response:
    return _one(request, lambda floor, token: {"spread": width(floor, token)}, NO_BOOK)


async def last_trade_price(request: web.Request) -> web.Response:
    return _one(request, lambda floor, token: last(floor, token) or UNTRADED, NO_BOOK)


async def tick_size(request: web.Request) -> web.Response:
    return _one(request, _tick, NO_MARKET)


async def neg_risk(request: web.Request) -> web.Response:
    return _one(request, _kind, NO_MARKET)


async def fee_rate(request: web.Request) -> web.Response:
    return _one(request, _fee, NO_FEE)


async def prices(request: web.Request) -> web.Response:
    """Tell the best prices of several tokens and sides: by token, then by side."""
    floor, found = request.app[STAGE].floor, dict[str, Json]()
    try:
        wanted = await _wanted(request)
        for entry in wanted:
            token, side = str(entry["token_id"]), str(entry.get("side", "")).upper()
            if side not in Side.__members__:
                return refusal(NO_SIDE)
            if floor.instrument_of(token) is not None:
                found.setdefault(token, {})[side] = best(floor, token, Side(side))
    except ValueError as error:
        return refusal(str(error))
    return answer(found)


async def midpoints(request: web.Request) -> web.Response:
    return await _many(request, middle)


async def spreads(request: web.Request) -> web.Response:
    return await _many(request, width)


async def last_trades_prices(request: web.Request) -> web.Response:
    """List last trades. A token that was never traded is left out."""
    floor = request.app[STAGE].floor
    try:
        tokens = [str(entry["token_id"]) for entry in await _wanted(request)]
    except ValueError as error:
        return refusal(str(error))
    found = ((token, last(floor, token)) for token in dict.fromkeys(tokens) if floor.instrument_of(token) is not None)
    return answer([{"token_id": token} | traded for token, traded in found if traded])


def best(floor: Floor, token: str, side: Side) -> str:
    """Write the best price of a side of the book, 0 where nobody is."""
    bid, ask = floor.engine.best(token)
    return price_text((bid if side is Side.BUY else ask) or 0)


def middle(floor: Floor, token: str) -> str:
    """Write the middle of the best prices; a side where nobody is counts as its end of the scale."""
    bid, ask = floor.engine.best(token)
    return amount_text(((bid or 0) + (E4 if ask is None else ask)) * HALF_E4_IN_E6)


def width(floor: Floor, token: str) -> str:
    bid, ask = floor.engine.best(token)
    return price_text((E4 if ask is None else ask) - (bid or 0))


def last(floor: Floor, token: str) -> Json | None:
    traded = floor.engine.last_trade(token)
    return {"price": price_text(traded[0]), "side": traded[1].value} if traded else None


def _tick(floor: Floor, token: str) -> Json:
    instrument = floor.instrument_of(token)
    return {"minimum_tick_size": instrument.tick_e4 / E4 if instrument else None}


def _kind(floor: Floor, token: str) -> Json:
    instrument = floor.instrument_of(token)
    return {"neg_risk": instrument is not None and floor.is_neg_risk(instrument.condition_id)}


def _fee(floor: Floor, token: str) -> Json:
    instrument = floor.instrument_of(token)
    return {"base_fee": BASE_FEE if instrument is not None and instrument.fee_rate_e6 else 0}


def _one(request: web.Request, read: Read, unknown: str) -> web.Response:
    """Answer for the token of a query or of the path."""
    floor, token = request.app[STAGE].floor, request.match_info.get("token_id") or request.query.get("token_id", "")
    if not token:
        return refusal(NO_TOKEN)
    if floor.instrument_of(token) is None:
        return refusal(unknown, 404)
    return answer(read(floor, token))


async def _many(request: web.Request, write: Callable[[Floor, str], str]) -> web.Response:
    """Answer for several tokens, by token; those without a book are left out."""
    floor = request.app[STAGE].floor
    try:
        tokens = [str(entry["token_id"]) for entry in await _wanted(request)]
    except ValueError as error:
        return refusal(str(error))
    return answer({token: write(floor, token) for token in tokens if floor.instrument_of(token) is not None})


async def _wanted(request: web.Request) -> list[Json]:
    """Read a list of what is wanted. Raises ValueError with the exchange's words."""
    try:
        wanted = await read_json(request)
    except ValueError as error:
        raise ValueError(BAD_PAYLOAD) from error
    if not isinstance(wanted, list) or not wanted:
        raise ValueError(BAD_PAYLOAD)
    if len(wanted) > TOKENS_MAX:
        raise ValueError(TOO_MANY)
    if not all(isinstance(entry, dict) and isinstance(entry.get("token_id"), str) for entry in wanted):
        raise ValueError(BAD_PAYLOAD)
    return wanted


def routes() -> list[web.RouteDef]:
    reads = {
        "price": price, "midpoint": midpoint, "spread": spread, "last-trade-price": last_trade_price,
        "tick-size": tick_size, "neg-risk": neg_risk, "fee-rate": fee_rate,
        "tick-size/{token_id}": tick_size, "neg-risk/{token_id}": neg_risk, "fee-rate/{token_id}": fee_rate,
    }  # fmt: skip
    lists = {
        "prices": prices, "midpoints": midpoints, "spreads": spreads, "last-trades-prices": last_trades_prices,
    }  # fmt: skip
    return [
        *(web.get(f"/clob/{path}", handler) for path, handler in reads.items()),
        *(web.post(f"/clob/{path}", handler) for path, handler in lists.items()),
    ]
