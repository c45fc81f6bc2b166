"""What the venue says of an account's orders and trades, each read into a record.

Every field is read by its type and its bounds. A row of a list that cannot be read does not hide the others, and is not
passed over in silence either: it stands in the list's `unreadable`, so that nobody takes the list for complete.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from common.clock import Instant
from common.contracts.venue import Liquidity
from common.errors import ParseError
from common.money import Price, Shares
from common.parsing import parse_price, parse_shares, parse_text, parse_unix

Side = Literal["BUY", "SELL"]
RowT = TypeVar("RowT")

END_CURSOR = "LTE="
CURSOR_CHARACTERS_MAX = 512
ROWS_MAX = 10_000
MAKER_ORDERS_MAX = 10_000
CANCELED_PREFIX = "CANCELED"


class OrderStatus(StrEnum):
    """Where an order stands. All but LIVE and DELAYED are final."""

    LIVE = "LIVE"
    DELAYED = "DELAYED"
    MATCHED = "MATCHED"
    UNMATCHED = "UNMATCHED"
    CANCELED = "CANCELED"
    """For whatever reason, which `status_words` gives: it expired, its market was resolved, its money was gone."""
    INVALID = "INVALID"


class TradeStatus(StrEnum):
    """Where a trade's settlement stands. CONFIRMED and FAILED are final."""

    MATCHED = "MATCHED"
    MATCHED_NOT_BROADCASTED = "MATCHED_NOT_BROADCASTED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as the venue knows it."""

    order_id: str
    status: OrderStatus
    status_words: str
    owner: str
    maker_address: str
    market_id: str
    token_id: str
    side: Side
    original_size: Shares
    """Shares, but dollars of a BUY that never rests."""
    size_matched: Shares
    price: Price
    order_type: str
    trade_ids: tuple[str, ...]
    created_at: Instant


@dataclass(frozen=True, slots=True)
class MakerPart:
    """What one resting order had in a trade."""

    order_id: str
    owner: str
    maker_address: str
    token_id: str
    side: Side
    price: Price
    quantity: Shares


@dataclass(frozen=True, slots=True)
class TradeRecord:
    """A trade: at its top the taker's part, whoever asks, and below it those of the makers."""

    trade_id: str
    status: TradeStatus
    taker_order_id: str
    owner: str
    maker_address: str
    market_id: str
    token_id: str
    side: Side
    price: Price
    quantity: Shares
    matched_at: Instant
    updated_at: Instant
    transaction_hash: str
    """Empty until it is known."""
    is_taker: bool
    """Whether whoever asks was the taker."""
    makers: tuple[MakerPart, ...]

    def parts_of(self, owner: str) -> tuple[MakerPart, ...]:
        """Answer what an API key's orders had in it, as taker and as maker."""
        taker = MakerPart(
            self.taker_order_id, self.owner, self.maker_address, self.token_id, self.side, self.price, self.quantity
        )
        return tuple(part for part in (taker, *self.makers) if part.owner == owner)

    def liquidity_of(self, part: MakerPart) -> Liquidity:
        """Say whether a part of it took what was offered, or was what was taken."""
        return "taker" if part.order_id.lower() == self.taker_order_id.lower() else "maker"


@dataclass(frozen=True, slots=True)
class Listing(Generic[RowT]):
    """A list, or a page of one. It is the whole truth only if nothing in it was unreadable."""

    rows: tuple[RowT, ...]
    unreadable: tuple[str, ...]
    """Why, a line each, rows could not be read."""


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """A part of a list, and the cursor of the next one; empty after the last."""

    listing: Listing[RowT]
    next_cursor: str


def read_order(found: object) -> OrderRecord:
    """Read an order. Raises ParseError."""
    row = _object(found, "order")
    status, words = _order_status(row)
    return OrderRecord(
        order_id=parse_text(row.get("id"), "order id"), status=status, status_words=words,
        owner=parse_text(row.get("owner"), "order owner"),
        maker_address=parse_text(row.get("maker_address"), "order maker_address"),
        market_id=_key(row.get("market"), "order market"),
        token_id=_key(row.get("asset_id"), "order asset_id"), side=_side(row, "order"),
        original_size=parse_shares(row.get("original_size"), "order original_size"),
        size_matched=parse_shares(row.get("size_matched"), "order size_matched"),
        price=parse_price(row.get("price"), "order price"), order_type=parse_text(row.get("order_type"), "order type"),
        trade_ids=tuple(parse_text(each, "order trade") for each in _list(row.get("associate_trades") or [], "order")),
        created_at=parse_unix(row.get("created_at"), "order created_at"),
    )  # fmt: skip


def read_trade(found: object) -> TradeRecord:
    """Read a trade. Raises ParseError."""
    row = _object(found, "trade")
    makers = _list(row.get("maker_orders"), "trade maker_orders", MAKER_ORDERS_MAX)
    return TradeRecord(
        trade_id=parse_text(row.get("id"), "trade id"), status=_trade_status(row),
        taker_order_id=parse_text(row.get("taker_order_id"), "trade taker_order_id"),
        owner=parse_text(row.get("owner"), "trade owner"),
        maker_address=parse_text(row.get("maker_address"), "trade maker_address"),
        market_id=_key(row.get("market"), "trade market"),
        token_id=_key(row.get("asset_id"), "trade asset_id"), side=_side(row, "trade"),
        price=parse_price(row.get("price"), "trade price"),
        quantity=parse_shares(row.get("size"), "trade size"),
        matched_at=parse_unix(row.get("match_time"), "trade match_time"),
        updated_at=parse_unix(row.get("last_update"), "trade last_update"),
        transaction_hash=parse_text(row["transaction_hash"], "trade hash") if row.get("transaction_hash") else "",
        is_taker=_is_taker(row), makers=tuple(_maker_part(each) for each in makers),
    )  # fmt: skip


def read_page(found: object, what: str, read: Callable[[object], RowT]) -> Page[RowT]:
    """Read a page of a list, row by row. Raises ParseError where it does not say whether it is the last."""
    page = _object(found, what)
    cursor = parse_text(page.get("next_cursor"), f"{what} next_cursor")
    if len(cursor) > CURSOR_CHARACTERS_MAX:
        raise ParseError("long_cursor", expected="a cursor", found=cursor, where=what)
    rows, unreadable = [], []
    for row in _list(page.get("data"), what):
        try:
            rows.append(read(row))
        except ParseError as error:
            unreadable.append(str(error))
    return Page(Listing(tuple(rows), tuple(unreadable)), "" if cursor == END_CURSOR else cursor)


def _maker_part(found: object) -> MakerPart:
    row = _object(found, "maker order")
    return MakerPart(
        order_id=parse_text(row.get("order_id"), "maker order_id"), owner=parse_text(row.get("owner"), "maker owner"),
        maker_address=parse_text(row.get("maker_address"), "maker maker_address"),
        token_id=_key(row.get("asset_id"), "maker asset_id"), side=_side(row, "maker"),
        price=parse_price(row.get("price"), "maker price"),
        quantity=parse_shares(row.get("matched_amount"), "maker matched_amount"),
    )  # fmt: skip


def _object(found: object, where: str) -> Mapping[str, object]:
    if not isinstance(found, dict):
        raise ParseError("wrong_type", expected="an object", found=found, where=where)
    return found


def _list(found: object, where: str, most: int = ROWS_MAX) -> list[object]:
    if not isinstance(found, list) or len(found) > most:
        raise ParseError("wrong_type", expected=f"a list of at most {most}", found=found, where=where)
    return found


def _key(value: object, where: str) -> str:
    """Read an id that can be a token of a subject."""
    found = parse_text(value, where)
    try:
        return plain(found)
    except ValueError:
        raise ParseError("not_an_id", expected="letters, digits and dashes", found=found, where=where) from None


def _side(row: Mapping[str, object], where: str) -> Side:
    match row.get("side"):
        case "BUY":
            return "BUY"
        case "SELL":
            return "SELL"
        case other:
            raise ParseError("unknown_side", expected="BUY or SELL", found=other, where=f"{where} side")


def _is_taker(row: Mapping[str, object]) -> bool:
    found = row.get("trader_side")
    if found not in {"TAKER", "MAKER"}:
        raise ParseError("unknown_side", expected="TAKER or MAKER", found=found, where="trade trader_side")
    return found == "TAKER"


def _order_status(row: Mapping[str, object]) -> tuple[OrderStatus, str]:
    words = parse_text(row.get("status"), "order status").removeprefix("ORDER_STATUS_").upper()
    try:
        return OrderStatus(CANCELED_PREFIX if words.startswith(CANCELED_PREFIX) else words), words
    except ValueError:
        expected = ", ".join(OrderStatus)
        raise ParseError("unknown_status", expected=expected, found=words, where="order status") from None


def _trade_status(row: Mapping[str, object]) -> TradeStatus:
    words = parse_text(row.get("status"), "trade status").removeprefix("TRADE_STATUS_").upper()
    try:
        return TradeStatus(words)
    except ValueError:
        expected = ", ".join(TradeStatus)
        raise ParseError("unknown_status", expected=expected, found=words, where="trade status") from None


def plain(text: str) -> str:
    """Answer an id that may stand in a path or in quotes. Raises ValueError for any other."""
    if not all(each.isascii() and (each.isalnum() or each == "-") for each in text) or len(text) > 128:
        raise ValueError(f"id: expected letters, digits and dashes, found {text[:130]!r}")
    return text
