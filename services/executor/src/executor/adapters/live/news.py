"""What any channel of the venue says of one order, in one form, whichever of them said it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from common.clock import Instant
from common.money import Shares
from executor.adapters.wire_account import OrderRecord, OrderStatus

EXPIRED_WORDS = "EXPIRED"

End = Literal["", "completed", "cancelled", "expired"]


class Stage(IntEnum):
    """How far an order has come. It only ever grows."""

    UNHEARD = 0
    DELAYED = 1
    LIVE = 2
    OVER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNews:
    """Where an order stands, as some channel says."""

    venue_order_id: str
    stage: Stage
    end: End = ""
    filled: Shares
    """The venue's own count."""
    words: str
    trade_ids: tuple[str, ...]
    at: Instant


def news_of(record: OrderRecord, at: Instant) -> OrderNews:
    """Read what the venue answers when it is asked for an order."""
    end: End = ""
    match record.status:
        case OrderStatus.LIVE:
            stage = Stage.LIVE
        case OrderStatus.DELAYED:
            stage = Stage.DELAYED
        case OrderStatus.MATCHED:
            stage, end = Stage.OVER, "completed"
        case _:
            stage, end = Stage.OVER, "expired" if EXPIRED_WORDS in record.status_words else "cancelled"
    return OrderNews(
        venue_order_id=record.order_id.lower(), stage=stage, end=end, filled=record.size_matched,
        words=record.status_words, trade_ids=record.trade_ids, at=at,
    )  # fmt: skip
