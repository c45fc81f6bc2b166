"""The order book's own answers: what it says of a market, and whole books."""

from typing import Any, Literal

from common.clock import Instant
from common.contracts.venue import FeeSchedule, Level
from common.errors import ParseError
from common.money import Price, Shares
from common.parsing import parse_flag, parse_shares, parse_text
from venue.adapters.wire.fields import (
    Collector,
    Refuse,
    a_list,
    an_object,
    condition_id,
    decoded,
    fee_schedule,
    level_price,
    size,
    strictly,
    tick_size,
    token_id,
    unix,
    whole,
)
from venue.core import BookSnapshot, ClobFacts, ClobFactsRead

FEE_FIELDS = ("r", "e", "to")
LEVELS_MAX = 2000
Via = Literal["socket", "request"]


def read_clob_market(answer: bytes, observed_at: Instant, refuse: Refuse = strictly) -> list[ClobFactsRead]:
    """Read the answer of `/clob-markets/{condition}`."""
    try:
        payload = decoded(answer, "clob-market")
    except ParseError as error:
        refuse(error)
        return []
    return parse_clob_market(payload, observed_at, refuse)


def read_books(answer: bytes, received_at: Instant, refuse: Refuse = strictly) -> list[BookSnapshot]:
    """Read the answer of `/book` or `/books`."""
    try:
        payload = decoded(answer, "books")
    except ParseError as error:
        refuse(error)
        return []
    return parse_books(payload, received_at, refuse)


def parse_clob_market(payload: object, observed_at: Instant, refuse: Refuse = strictly) -> list[ClobFactsRead]:
    """Read what the order book says of one market; nothing when it does not even name it."""
    try:
        fields = an_object(payload, "clob-market")
        market_id = condition_id(fields.get("c"), "clob-market c")
    except ParseError as error:
        refuse(error)
        return []
    collector = Collector(refuse)
    read = collector.read
    collector.require(fields.get("nr", False) is False, "negative_risk")
    version, delay, delayed = fields.get("v"), fields.get("sd"), fields.get("itode")
    facts = ClobFacts(
        market_id=market_id, version=version if isinstance(version, str) else "",
        tokens=read(_tokens, fields.get("t"), "clob-market t", ()),
        tick=read(_tick, fields.get("mts"), "clob-market mts", None),
        size_min=read(_shares, fields.get("mos"), "clob-market mos", None),
        accepting_orders=read(parse_flag, fields.get("ao"), "clob-market ao", False),
        has_taker_delay=False if delayed is None else read(parse_flag, delayed, "clob-market itode", True),
        seconds_delay=0 if delay is None else read(whole, delay, "clob-market sd", 0),
        fee=None if fields.get("fd") is None else read(_fee, fields["fd"], "clob-market fd", None),
        is_neg_risk=fields.get("nr") is True, defects=tuple(collector.defects),
    )  # fmt: skip
    return [ClobFactsRead(facts=facts, observed_at=observed_at)]


def parse_books(payload: object, received_at: Instant, refuse: Refuse = strictly) -> list[BookSnapshot]:
    """Read one book or a list of them, as they were asked for."""
    books = []
    for item in payload if isinstance(payload, list) else [payload]:
        try:
            books.append(snapshot(an_object(item, "book"), received_at, "request"))
        except ParseError as error:
            refuse(error)
    return books


def snapshot(fields: dict[str, Any], received_at: Instant, via: Via) -> BookSnapshot:
    """Read a whole book; raises ParseError, for half a book is none."""
    tick = fields.get("tick_size")
    return BookSnapshot.model_construct(
        via=via, market_id=condition_id(fields.get("market"), "book market"),
        token_id=token_id(fields.get("asset_id"), "book asset_id"), bids=_levels(fields.get("bids"), "book bids"),
        asks=_levels(fields.get("asks"), "book asks"),
        tick=None if tick in (None, "") else tick_size(tick, "book tick_size"),
        source_at=unix(fields.get("timestamp"), "book timestamp"), received_at=received_at,
    )  # fmt: skip


def _levels(value: object, where: str) -> tuple[Level, ...]:
    levels = a_list(value, where)
    if len(levels) > LEVELS_MAX:
        raise ParseError("too_many_levels", expected=f"at most {LEVELS_MAX}", found=len(levels), where=where)
    return tuple([_level(level, where) for level in levels])


def _level(level: object, where: str) -> Level:
    fields = an_object(level, where)
    return level_price(fields.get("price")), size(fields.get("size"))


def _tokens(value: object, where: str) -> tuple[tuple[str, str], ...]:
    tokens = [an_object(item, where) for item in a_list(value, where)]
    return tuple((parse_text(token.get("o"), where), token_id(token.get("t"), where)) for token in tokens)


def _tick(value: object, where: str) -> Price | None:
    return tick_size(value, where)


def _shares(value: object, where: str) -> Shares | None:
    return parse_shares(value, where)


def _fee(value: object, where: str) -> FeeSchedule | None:
    return fee_schedule(value, FEE_FIELDS, where)
