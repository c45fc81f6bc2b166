"""What the user channel says: orders and trades, in frames that hold one or a list, each read into a record.

Numbers are texts and may be empty, statuses are free text, moments are seconds or milliseconds. What cannot be read is
told of by its reason: it may have been news, so the venue is then asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from common.clock import Instant
from common.errors import ParseError
from common.money import Shares
from common.parsing import parse_shares, parse_text
from executor.adapters.live.news import EXPIRED_WORDS, End, OrderNews, Stage
from executor.adapters.wire_account import TradeRecord, read_trade

ITEMS_MAX = 1000
RESTING = ("GTC", "GTD")


@dataclass(frozen=True, slots=True)
class Frame:
    """What one frame holds."""

    orders: tuple[OrderNews, ...] = ()
    trades: tuple[TradeRecord, ...] = ()
    unreadable: tuple[str, ...] = ()


def read_frame(text: str | bytes, now: Instant) -> Frame:
    """Read a frame, item by item."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Frame(unreadable=(f"expected JSON, found {text[:60]!r}",))
    items = found if isinstance(found, list) else [found]
    if len(items) > ITEMS_MAX:
        return Frame(unreadable=(f"expected at most {ITEMS_MAX} items, found {len(items)}",))
    orders: list[OrderNews] = []
    trades: list[TradeRecord] = []
    unreadable: list[str] = []
    for item in items:
        try:
            _read_item(item, orders, trades, now)
        except ParseError as error:
            unreadable.append(str(error))
    return Frame(tuple(orders), tuple(trades), tuple(unreadable))


def _read_item(item: object, orders: list[OrderNews], trades: list[TradeRecord], now: Instant) -> None:
    row = item if isinstance(item, dict) else {}
    match row.get("event_type"):
        case "order":
            orders.append(_order(row, now))
        case "trade":
            trades.append(read_trade(row))
        case other:
            raise ParseError("unknown_event", expected="order or trade", found=other, where="user channel")


def _order(row: Mapping[str, object], now: Instant) -> OrderNews:
    words = parse_text(row.get("status"), "order status")
    matched = row.get("size_matched") or "0"
    filled = parse_shares(matched, "order size_matched")
    trade_ids = row.get("associate_trades") or []
    if not isinstance(trade_ids, list) or len(trade_ids) > ITEMS_MAX:
        raise ParseError("wrong_type", expected="a list of trades", found=trade_ids, where="order associate_trades")
    stage, end = _standing(row, words, filled)
    return OrderNews(
        venue_order_id=parse_text(row.get("id"), "order id").lower(), stage=stage, end=end, filled=filled, words=words,
        trade_ids=tuple(parse_text(each, "order trade") for each in trade_ids), at=now,
    )  # fmt: skip


def _standing(row: Mapping[str, object], words: str, filled: Shares) -> tuple[Stage, End]:
    """Say where an order stands. An update ends one that may rest only if it names all of it: the rest is asked for."""
    status = words.upper()
    if row.get("type") == "CANCELLATION" or status.startswith(("CANCELED", "INVALID")):
        return Stage.OVER, "expired" if EXPIRED_WORDS in status else "cancelled"
    if status == "DELAYED":
        return Stage.DELAYED, ""
    if status == "MATCHED" and row.get("type") != "PLACEMENT":
        original = parse_shares(row.get("original_size"), "order original_size")
        if row.get("order_type") not in RESTING or filled >= original:
            return Stage.OVER, "completed"
    return Stage.LIVE, ""
