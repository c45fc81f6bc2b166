"""The Data API's second version: positions and trades of wallets, as an indexer of the chain has them, cached.

It knows of nothing that is not mined, and what it says may be as old as its cache: it is no place to reconcile from.
"""

from collections.abc import Callable, Mapping

import orjson
from aiohttp import web

from simulator.answers import BODY_TYPE, flag, refusal
from simulator.exchange.data.data_query import Cache, Wanted, choice, paged, read
from simulator.exchange.data.data_rows import Described, Held, Part, parts_of, position_row, trade_row
from simulator.exchange.data.portfolio import SETTLED, Basis, as_held, bases, legs_of
from simulator.matching.values import E4, E6, ENDLESS, NS_PER_S, Instrument, Side
from simulator.stage import STAGE, Stage
from simulator.world import Json

POSITIONS_AGE_S = 5
TRADES_AGE_S = 300
DUST_E6 = 100_000
SMALLEST_TRADE_E6 = 10_000
DESCRIBED_MAX = 4000
HALF_E4_IN_E6 = 50
STATUSES = ("OPEN", "REDEEMABLE", "REDEEMABLE_LOST", "MERGEABLE", "CLOSED")
NEEDS_USER = ("REDEEMABLE_LOST", "MERGEABLE")
DIRECTIONS = ("ASC", "DESC")
SORTS: dict[str, Callable[[Held], int]] = {
    "CURRENT_VALUE": lambda held: held.value_e6,
    "PRICE": lambda held: held.price_e6,
    "TOKENS": lambda held: held.size_e6,
    "UNREALIZED_PNL": lambda held: held.unrealized_e6,
    "REALIZED_PNL": lambda held: held.basis.realized_e6,
    "TOTAL_PNL": lambda held: held.total_pnl_e6,
    "TIMESTAMP": lambda held: held.basis.last_ns,
}
NO_ANCHOR = "user or condition is required"
RETIRED = "this endpoint has been retired, use /v2"
RETIRED_PATHS = ("positions", "closed-positions", "trades", "activity", "value", "holders")


class DataPages:
    """The pages, what is cached of them, and the markets they have described. One for each server."""

    def __init__(self) -> None:
        self._positions = Cache(POSITIONS_AGE_S)
        self._trades = Cache(TRADES_AGE_S)
        self._described: dict[str, Described] = {}

    async def positions(self, request: web.Request) -> web.Response:
        """List positions of a wallet, or of a market's holders; without dust, and without closed ones unless asked."""
        return _cached(request, self._positions, self._position_page)

    async def trades(self, request: web.Request) -> web.Response:
        """List trades, the newest first; the taker's side of each, or all sides."""
        return _cached(request, self._trades, self._trade_page)

    def _position_page(self, stage: Stage, query: Mapping[str, str]) -> Json:
        wanted, status = read(query, DUST_E6), choice(query, "status", STATUSES, "")
        if not wanted.user and not wanted.conditions:
            raise ValueError(NO_ANCHOR)
        if status in NEEDS_USER and not wanted.user:
            raise ValueError(f"{status} requires user")
        accounts = (wanted.user,) if wanted.user else stage.floor.engine.accounts()
        found = [held for account in accounts if account not in ENDLESS for held in self._of(stage, account)]
        kept = [held for held in found if _is_wanted(held, wanted, status, query.get("title", ""))]
        sort = choice(query, "sort_by", tuple(SORTS), "CURRENT_VALUE")
        kept.sort(key=SORTS[sort], reverse=choice(query, "sort_direction", DIRECTIONS, "DESC") == "DESC")
        return paged("positions", [(str(index), position_row(held)) for index, held in enumerate(kept)], query)

    def _trade_page(self, stage: Stage, query: Mapping[str, str]) -> Json:
        wanted, engine = read(query, SMALLEST_TRADE_E6), stage.floor.engine
        side, takers_only = choice(query, "side", tuple(Side), ""), flag(query.get("taker_only"), True)
        trades = engine.trades_of_account(wanted.user) if wanted.user else engine.recent_trades()
        parts = [part for trade in trades if trade.status in SETTLED for part in parts_of(trade, takers_only)]
        rows = []
        for part in parts:
            described = self._describe(stage, part.trade.condition_id)
            if (not side or side == part.side) and _is_part_wanted(part, wanted, described):
                instrument = engine.instrument(part.trade.condition_id)
                rows.append((part.identity, trade_row(part, instrument, described)))
        return paged("trades", rows, query)

    def _of(self, stage: Stage, account: str) -> list[Held]:
        """List what a wallet holds and has held, of markets that are still known."""
        engine = stage.floor.engine
        based = bases(reversed(legs_of(account, engine.trades_of_account(account))))
        found = []
        for token in dict.fromkeys((*engine.positions(account), *based)):
            instrument = engine.instrument_of(token)
            if instrument is not None:
                found.append(self._held(stage, account, token, instrument, based.get(token, Basis())))
        return found

    def _held(self, stage: Stage, account: str, token: str, instrument: Instrument, basis: Basis) -> Held:
        engine, condition_id = stage.floor.engine, instrument.condition_id
        winner = engine.winner(condition_id)
        payout_e6 = None if winner is None else E6 * (winner == token)
        mined = [_mined(stage, account, each) for each in instrument.tokens]
        return Held(
            account=account,
            token=token,
            instrument=instrument,
            described=self._describe(stage, condition_id),
            basis=as_held(basis, mined[instrument.tokens.index(token)], payout_e6),
            price_e6=_middle_e6(stage, token) if payout_e6 is None else payout_e6,
            is_resolved=winner is not None,
            is_mergeable=winner is None and min(mined) > 0,
            is_neg_risk=stage.floor.is_neg_risk(condition_id),
        )

    def _describe(self, stage: Stage, condition_id: str) -> Described:
        """Describe a market, from memory where the world has ceased to list it."""
        known = self._described.get(condition_id)
        if known is not None:
            return known
        now_ns = stage.floor.now_ns()
        slug = stage.world.slug(condition_id, now_ns)
        event = stage.world.event(slug, now_ns) if slug is not None else None
        if event is None:
            return Described()
        if len(self._described) >= DESCRIBED_MAX:
            del self._described[next(iter(self._described))]
        market = event["markets"][0]
        known = self._described[condition_id] = Described(
            title=str(market["question"]), slug=str(market["slug"]), icon=str(market["icon"]),
            event_slug=str(event["slug"]), event_id=str(event["id"]), end_date=str(market["endDate"])[:10],
        )  # fmt: skip
        return known


async def retired(request: web.Request) -> web.Response:  # noqa: ARG001 - aiohttp's signature
    return refusal(RETIRED, 410)


def _cached(request: web.Request, cache: Cache, make: Callable[[Stage, Mapping[str, str]], Json]) -> web.Response:
    """Answer from the cache, or anew; refusals are not kept."""
    stage = request.app[STAGE]
    now_ns = stage.floor.now_ns()
    found = cache.find(request.query_string, now_ns)
    if found is None:
        try:
            body, age_s = orjson.dumps(make(stage, request.query)), 0
        except ValueError as error:
            return refusal(str(error))
        cache.keep(request.query_string, body, now_ns)
    else:
        body, age_s = found
    return web.Response(
        body=body,
        content_type=BODY_TYPE,
        headers={
            "cache-control": f"public, max-age={cache.age_s_max}",
            "cf-cache-status": "MISS" if found is None else "HIT",
            "age": str(age_s),
        },
    )


def _is_wanted(held: Held, wanted: Wanted, status: str, title: str) -> bool:
    match status:
        case "":
            fits = held.status != "CLOSED"
        case "REDEEMABLE_LOST":
            fits = held.status == "REDEEMABLE" and held.is_lost
        case "MERGEABLE":
            fits = held.is_mergeable
        case _:
            fits = held.status == status
    return (
        fits
        and wanted.covers(held.instrument.condition_id, held.described.event_id)
        and title.strip().lower() in held.described.title.lower()
        and (held.status == "CLOSED" or wanted.is_big_enough(held.size_e6, held.value_e6))
        and wanted.spans(held.basis.last_ns // NS_PER_S)
    )


def _is_part_wanted(part: Part, wanted: Wanted, described: Described) -> bool:
    return (
        (not wanted.user or part.account == wanted.user)
        and wanted.covers(part.trade.condition_id, described.event_id)
        and wanted.is_big_enough(part.shares_e6, part.usd_e6)
        and wanted.spans(part.trade.at_ns // NS_PER_S)
    )


def _mined(stage: Stage, account: str, token: str) -> int:
    """Count the shares that an account has on the chain."""
    held = stage.floor.engine.shares(account, token)
    return held.total_e6 - held.unsettled_e6


def _middle_e6(stage: Stage, token: str) -> int:
    bid, ask = stage.floor.engine.best(token)
    return ((bid or 0) + (E4 if ask is None else ask)) * HALF_E4_IN_E6


def routes() -> list[web.RouteDef]:
    pages = DataPages()
    return [
        web.get("/data-api/v2/positions", pages.positions),
        web.get("/data-api/v2/trades", pages.trades),
        *(web.get(f"/data-api/{path}", retired) for path in RETIRED_PATHS),
    ]
