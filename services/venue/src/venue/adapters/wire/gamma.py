"""The catalogue's events and markets (Gamma). Fields are read one by one: what cannot be read is named in the facts."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.clock import SECOND, Instant, instant_from_seconds
from common.contracts.venue import FeeSchedule
from common.errors import ParseError
from common.money import Price, Shares
from common.parsing import Symbol, parse_decimal, parse_flag, parse_shares, parse_symbol, parse_text
from venue.adapters.wire.fields import (
    Collector,
    Refuse,
    a_list,
    an_object,
    condition_id,
    fee_schedule,
    iso,
    packed_list,
    strictly,
    tick_size,
    token_id,
    whole,
)
from venue.core import MarketFacts, MarketListed

FEE_FIELDS = ("rate", "exponent", "takerOnly")
UNIT_S = {"m": 60, "h": 3600}
UNITS = {60: "m", 3600: "h"}
TEXT_CHARACTERS_MAX = 10_000
_FAMILY = re.compile(r"(?P<asset>[a-z]{2,5})-updown-(?P<count>[1-9]\d?)(?P<unit>[mh])-(?P<start>\d{9,10})")


@dataclass(frozen=True, slots=True)
class Family:
    """What the name of an up/down market says of it."""

    asset: str
    duration: str
    symbol: Symbol
    duration_s: int
    start_s: int


def parse_events(payload: object, observed_at: Instant, refuse: Refuse = strictly) -> list[MarketListed]:
    """Read the up/down markets out of a list or page of events; other markets are passed over."""
    try:
        page = payload if isinstance(payload, list) else a_list(an_object(payload, "events").get("events"), "events")
    except ParseError as error:
        refuse(error)
        return []
    found = []
    for event in page:
        try:
            found += _markets(an_object(event, "event"), observed_at, refuse)
        except ParseError as error:
            refuse(error)
    return found


def next_cursor(payload: object) -> str:
    """Answer the cursor of the next page, empty on the last."""
    cursor = payload.get("next_cursor") if isinstance(payload, dict) else None
    return cursor if isinstance(cursor, str) else ""


def slug_of(symbol: str, duration_s: int, start_s: int) -> str:
    """Name the market of a symbol and duration that begins then."""
    unit_s = 3600 if duration_s % 3600 == 0 else 60
    return f"{symbol.lower()}-updown-{duration_s // unit_s}{UNITS[unit_s]}-{start_s}"


def family_of(slug: object) -> Family | None:
    """Read an up/down market's name; None for any other."""
    found = _FAMILY.fullmatch(slug) if isinstance(slug, str) else None
    if found is None:
        return None
    try:
        symbol = parse_symbol(found["asset"].upper(), "slug")
    except ParseError:
        return None
    duration_s = int(found["count"]) * UNIT_S[found["unit"]]
    return Family(found["asset"], found["count"] + found["unit"], symbol, duration_s, int(found["start"]))


def _markets(event: dict[str, Any], observed_at: Instant, refuse: Refuse) -> list[MarketListed]:
    if family_of(event.get("slug")) is None:
        return []
    found = []
    for market in a_list(event.get("markets"), "event.markets"):
        try:
            fields = an_object(market, "market")
            family = family_of(fields.get("slug"))
            if family is not None:
                facts = _facts(fields, family, _series(event), refuse)
                found.append(MarketListed(facts=facts, observed_at=observed_at))
        except ParseError as error:
            refuse(error)
    return found


def _facts(fields: dict[str, Any], family: Family, series: object, refuse: Refuse) -> MarketFacts:
    collector = Collector(refuse)
    starts_at = instant_from_seconds(family.start_s)
    ends_at = Instant(starts_at + family.duration_s * SECOND)
    _check_family(fields, family, series, collector, (starts_at, ends_at))
    read, config = collector.read, fields.get("cryptoMarketConfig")
    nothing: dict[str, Any] = {}
    config = nothing if config is None else read(an_object, config, "cryptoMarketConfig", nothing)
    twap, lookback = config.get("twapEnabled"), config.get("twapLookbackSeconds")
    return MarketFacts(
        market_id=condition_id(fields.get("conditionId"), "conditionId"), slug=str(fields["slug"]),
        question=_words(fields.get("question")), symbol=family.symbol, duration_s=family.duration_s,
        starts_at=starts_at, ends_at=ends_at, version=_words(fields.get("version")),
        outcomes=tuple(read(_texts, fields.get("outcomes"), "outcomes", ())),
        clob_token_ids=read(_tokens, fields.get("clobTokenIds"), "clobTokenIds", ()),
        position_ids=read(_tokens, fields.get("positionIds"), "positionIds", ()),
        tick=read(_tick, fields.get("orderPriceMinTickSize"), "orderPriceMinTickSize", None),
        size_min=read(_shares, fields.get("orderMinSize"), "orderMinSize", None),
        accepting_orders=read(parse_flag, fields.get("acceptingOrders"), "acceptingOrders", False),
        closed=read(parse_flag, fields.get("closed"), "closed", False),
        resolution_status=_words(fields.get("umaResolutionStatus")), outcome_prices=_prices(fields, refuse),
        fees_enabled=read(_flag_or_none, fields.get("feesEnabled"), "feesEnabled", None),
        fee=read(_fee, fields.get("feeSchedule"), "feeSchedule", None),
        twap_enabled=read(_flag_or_none, twap, "twapEnabled", None),
        twap_lookback_s=None if lookback is None else read(_seconds, lookback, "twapLookbackSeconds", None),
        resolution_source=_words(fields.get("resolutionSource")), rule_text=_words(fields.get("description")),
        is_neg_risk=fields.get("negRisk") is True, defects=tuple(collector.defects),
    )  # fmt: skip


def _check_family(
    fields: dict[str, Any], family: Family, series: object, collector: Collector, span: tuple[Instant, Instant]
) -> None:
    """Hold the name against what the market says of itself."""
    starts_at = collector.read(iso, fields.get("eventStartTime"), "eventStartTime", span[0])
    ends_at = collector.read(iso, fields.get("endDate"), "endDate", span[1])
    config = fields.get("cryptoMarketConfig")
    collector.require(starts_at == span[0], f"start_contradictory: {fields.get('eventStartTime')}")
    collector.require(ends_at == span[1], f"end_contradictory: {fields.get('endDate')}")
    collector.require(
        series in (None, f"{family.asset}-up-or-down-{family.duration}"), f"series_contradictory: {series!r:.80}"
    )
    if isinstance(config, dict):
        said = (config.get("asset", family.asset), config.get("duration", family.duration))
        collector.require(said == (family.asset, family.duration), f"config_contradictory: {said!r:.80}")
    collector.require(fields.get("negRisk", False) is False, "negative_risk")
    collector.require(fields.get("enableOrderBook", True) is True, "order_book_disabled")
    collector.require(fields.get("active", True) is True, "not_active")


def _series(event: dict[str, Any]) -> object:
    series = event.get("seriesSlug")
    if series is not None:
        return series
    listed = event.get("series")
    return listed[0].get("slug") if isinstance(listed, list) and listed and isinstance(listed[0], dict) else None


def _prices(fields: dict[str, Any], refuse: Refuse) -> tuple[Decimal, ...]:
    """Read the final prices; unreadable ones are counted and leave a market without a winner."""
    if fields.get("closed") is not True:
        return ()
    try:
        found = packed_list(fields.get("outcomePrices"), "outcomePrices")
        return tuple(parse_decimal(price, "outcomePrices") for price in found)
    except ParseError as error:
        refuse(error)
        return ()


def _words(value: object) -> str:
    return value[:TEXT_CHARACTERS_MAX] if isinstance(value, str) else ""


def _texts(value: object, where: str) -> tuple[str, ...]:
    return tuple(parse_text(item, where) for item in packed_list(value, where))


def _tokens(value: object, where: str) -> tuple[str, ...]:
    return tuple(token_id(item, where) for item in packed_list(value, where))


def _tick(value: object, where: str) -> Price | None:
    return tick_size(value, where)


def _shares(value: object, where: str) -> Shares | None:
    return parse_shares(value, where)


def _seconds(value: object, where: str) -> int | None:
    return whole(value, where)


def _flag_or_none(value: object, where: str) -> bool | None:
    return None if value is None else parse_flag(value, where)


def _fee(value: object, where: str) -> FeeSchedule | None:
    return None if value is None else fee_schedule(value, FEE_FIELDS, where)
