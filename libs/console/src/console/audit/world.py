"""Asks the world itself who won and what the fees are: the simulator's own page, or else the venue's catalogue."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import httpx

from console.audit.arithmetic import Truth

LIVE_CATALOGUE = "https://gamma-api.polymarket.com"
TIMEOUT_S = 5.0
DAY_S = 86_400
SLUGS_MAX = 20


async def read_truths(slugs: Iterable[str], *, simulator_url: str, now_s: int) -> dict[str, Truth]:
    """Ask for these markets; one that nobody tells of is left out. Never raises for an outside that is away."""
    wanted, found = sorted(set(slugs)), dict[str, Truth]()
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=not simulator_url) as client:
        if simulator_url:
            told = await _ask(client, f"{simulator_url}/sim/outcomes", {"since": str(now_s - DAY_S + 60)})
            if isinstance(told, dict):
                found = {slug: truth for slug in wanted if (truth := _from_simulator(told.get(slug))) is not None}
        catalogue = f"{simulator_url}/gamma" if simulator_url else LIVE_CATALOGUE
        missing = [slug for slug in wanted if slug not in found]
        for start in range(0, len(missing), SLUGS_MAX):
            page = missing[start : start + SLUGS_MAX]
            found |= _from_catalogue(await _ask(client, f"{catalogue}/events", {"slug": page}))
    return found


def to_json(truths: Mapping[str, Truth]) -> dict[str, Any]:
    """Write truths so that a later run can read them when the world no longer tells."""
    return {
        slug: {"winner": truth.winner, "rate": str(truth.fee_rate), "exponent": truth.fee_exponent}
        for slug, truth in truths.items()
    }


def from_json(content: Mapping[str, Any]) -> dict[str, Truth]:
    return {slug: Truth(t["winner"], Decimal(t["rate"]), int(t["exponent"])) for slug, t in content.items()}


async def _ask(client: httpx.AsyncClient, url: str, query: Mapping[str, str | list[str]]) -> object:
    try:
        answer = await client.get(url, params=httpx.QueryParams(query))
        answer.raise_for_status()
        return answer.json(parse_float=Decimal)
    except (httpx.HTTPError, ValueError):
        return None


def _from_simulator(market: object) -> Truth | None:
    if not isinstance(market, dict) or not isinstance(market.get("fee_schedule"), dict):
        return None
    return _truth(str(market["outcome"]), market["fee_schedule"])


def _from_catalogue(events: object) -> dict[str, Truth]:
    found: dict[str, Truth] = {}
    for event in events if isinstance(events, list) else []:
        for market in event.get("markets", []):
            if isinstance(market.get("feeSchedule"), dict):
                found[str(market["slug"])] = _truth(_winner(market), market["feeSchedule"])
    return found


def _winner(market: dict[str, Any]) -> str:
    """Read the winner of a market that is closed and whose one outcome pays a whole dollar; else empty."""
    if not market.get("closed"):
        return ""
    names, prices = json.loads(market["outcomes"]), json.loads(market["outcomePrices"])
    return next((str(name) for name, price in zip(names, prices, strict=True) if Decimal(str(price)) == 1), "")


def _truth(winner: str, schedule: Mapping[str, Any]) -> Truth:
    return Truth(winner, Decimal(str(schedule["rate"])), int(schedule["exponent"]))
