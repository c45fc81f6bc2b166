"""Frames of the market channel: one message or an array of them, numbers as strings, no sequence numbers.

Changes that come together for one token are put together: each gives an absolute size, and what is called best after
the last of them is what counts. A message that cannot be read casts doubt on the book that it was about.
"""

from collections.abc import Callable
from typing import Any

from common.clock import Instant
from common.errors import ParseError
from common.money import Price
from common.parsing import parse_text
from venue.adapters.wire.clob import snapshot
from venue.adapters.wire.fields import (
    Refuse,
    a_list,
    an_object,
    best_ask,
    best_bid,
    condition_id,
    decoded,
    level_price,
    size,
    strictly,
    tick_size,
    token_id,
    unix,
)
from venue.adapters.wire.gamma import family_of
from venue.core import (
    BestQuoted,
    BookChanged,
    BookDoubted,
    BookSnapshot,
    ListingAnnounced,
    ResolutionSeen,
    TickSizeChanged,
    TradeSeen,
)
from venue.core.inputs import LevelChange, Side

ANY_BOOK = ""
ABOUT_A_BOOK = ("book", "price_change", "tick_size_change")
UNSTATED = (None, "")

Input = (
    BestQuoted
    | BookChanged
    | BookDoubted
    | BookSnapshot
    | ListingAnnounced
    | ResolutionSeen
    | TickSizeChanged
    | TradeSeen
)
Fields = dict[str, Any]
Best = tuple[bool, Price | None, Price | None]
"""Whether a message says what is best, and what it calls so."""


def read_market_frame(frame: str | bytes, received_at: Instant, refuse: Refuse = strictly) -> list[Input]:
    """Read one text frame; one that is not JSON may have been about any book."""
    if frame in ("PONG", b"PONG"):
        return []
    try:
        payload = decoded(frame, "market frame")
    except ParseError as error:
        refuse(error)
        return [BookDoubted(token_id=ANY_BOOK, code=error.code, received_at=received_at)]
    return parse_market_frame(payload, received_at, refuse)


def parse_market_frame(payload: object, received_at: Instant, refuse: Refuse = strictly) -> list[Input]:
    """Read one message or an array of them."""
    inputs: list[Input] = []
    for message in payload if isinstance(payload, list) else [payload]:
        inputs += _message(message, received_at, refuse)
    return _joined(inputs) if len(inputs) > 1 else inputs


def _message(message: object, received_at: Instant, refuse: Refuse) -> list[Input]:
    try:
        return _parsed(an_object(message, "market message"), received_at, refuse)
    except ParseError as error:
        refuse(error)
        about_a_book = not isinstance(message, dict) or message.get("event_type") in ABOUT_A_BOOK
        return [_doubt(message, error.code, received_at)] if about_a_book else []


def _parsed(fields: Fields, received_at: Instant, refuse: Refuse) -> list[Input]:
    kind = fields.get("event_type")
    if kind == "price_change":
        return _price_changes(fields, received_at, refuse)
    parse = PARSERS.get(kind) if isinstance(kind, str) else None
    if parse is None:
        raise ParseError("unknown_message", expected=", ".join(PARSERS), found=kind, where="event_type")
    return parse(fields, received_at)


def _doubt(entry: object, code: str, received_at: Instant) -> BookDoubted:
    """Cast doubt on the book that an unreadable part was about, or on all when it does not even say that."""
    token = entry.get("asset_id") if isinstance(entry, dict) else None
    try:
        token = token_id(token, "asset_id")
    except ParseError:
        token = ANY_BOOK
    return BookDoubted(token_id=token, code=code, received_at=received_at)


def _price_changes(fields: Fields, received_at: Instant, refuse: Refuse) -> list[Input]:
    market_id = condition_id(fields.get("market"), "price_change market")
    source_at = unix(fields.get("timestamp"), "price_change timestamp")
    changes: dict[str, list[LevelChange]] = {}
    newest: dict[str, Fields] = {}
    found: list[Input] = []
    for entry in a_list(fields.get("price_changes"), "price_changes"):
        try:
            token = token_id(an_object(entry, "price_change").get("asset_id"), "asset_id")
            changes.setdefault(token, []).append(_level_change(entry))
            newest[token] = entry
        except ParseError as error:
            refuse(error)
            found.append(_doubt(entry, error.code, received_at))
    for token, entry in newest.items():
        try:
            states_best, bid, ask = _best(entry)
        except ParseError as error:
            refuse(error)
            found.append(_doubt(entry, error.code, received_at))
            continue
        changed = BookChanged(
            market_id=market_id, token_id=token, changes=tuple(changes[token]), states_best=states_best, best_bid=bid,
            best_ask=ask, source_at=source_at, received_at=received_at,
        )  # fmt: skip
        found.append(changed)
    return found


def _level_change(entry: Fields) -> LevelChange:
    side: Side = "BUY" if entry.get("side") == "BUY" else "SELL"
    if entry.get("side") != side:
        raise ParseError("unknown_side", expected="BUY or SELL", found=entry.get("side"), where="side")
    return side, level_price(entry.get("price")), size(entry.get("size"))


def _best(entry: Fields) -> Best:
    """Read what is called best after a change; an older form of the message does not say."""
    bid, ask = entry.get("best_bid"), entry.get("best_ask")
    if bid in UNSTATED or ask in UNSTATED:
        return False, None, None
    return True, best_bid(bid), best_ask(ask)


def _book(fields: Fields, received_at: Instant) -> list[Input]:
    return [snapshot(fields, received_at, "socket")]


def _best_bid_ask(fields: Fields, received_at: Instant) -> list[Input]:
    states, bid, ask = _best(fields)
    if not states:
        return []
    return [BestQuoted(best_bid=bid, best_ask=ask, **_place(fields, received_at))]


def _tick_size_change(fields: Fields, received_at: Instant) -> list[Input]:
    tick = tick_size(fields.get("new_tick_size"), "new_tick_size")
    return [TickSizeChanged(tick=tick, **_place(fields, received_at))]


def _last_trade_price(fields: Fields, received_at: Instant) -> list[Input]:
    side, price, quantity = _level_change(fields)
    return [
        TradeSeen(price=price, quantity=quantity, side=side, **_place(fields, received_at)),
    ]


def _market_resolved(fields: Fields, received_at: Instant) -> list[Input]:
    return [
        ResolutionSeen(
            market_id=condition_id(fields.get("market"), "market_resolved market"),
            winning_token_id=token_id(fields.get("winning_asset_id"), "winning_asset_id"),
            winning_outcome=parse_text(fields.get("winning_outcome"), "winning_outcome"),
            source_at=unix(fields.get("timestamp"), "market_resolved timestamp"), received_at=received_at,
        )
    ]  # fmt: skip


def _new_market(fields: Fields, received_at: Instant) -> list[Input]:
    """Note a listing of our family; those of the whole venue pass by here."""
    slug = fields.get("slug")
    if family_of(slug) is None:
        return []
    return [ListingAnnounced(slug=str(slug), received_at=received_at)]


def _place(fields: Fields, received_at: Instant) -> Fields:
    return {
        "market_id": condition_id(fields.get("market"), "market"),
        "token_id": token_id(fields.get("asset_id"), "asset_id"),
        "source_at": unix(fields.get("timestamp"), "timestamp"),
        "received_at": received_at,
    }


PARSERS: dict[str, Callable[[Fields, Instant], list[Input]]] = {
    "book": _book,
    "best_bid_ask": _best_bid_ask,
    "tick_size_change": _tick_size_change,
    "last_trade_price": _last_trade_price,
    "market_resolved": _market_resolved,
    "new_market": _new_market,
}


def _joined(inputs: list[Input]) -> list[Input]:
    """Put changes of one token together unless something else about it came between."""
    found: list[Input | list[BookChanged]] = []
    open_rows: dict[str, list[BookChanged]] = {}
    for item in inputs:
        token = getattr(item, "token_id", "")
        if not isinstance(item, BookChanged):
            open_rows.pop(token, None)
            found.append(item)
        elif token in open_rows:
            open_rows[token].append(item)
        else:
            open_rows[token] = row = [item]
            found.append(row)
    return [_one(item) if isinstance(item, list) else item for item in found]


def _one(row: list[BookChanged]) -> BookChanged:
    if len(row) == 1:
        return row[0]
    return row[-1].model_copy(update={"changes": tuple(change for each in row for change in each.changes)})
