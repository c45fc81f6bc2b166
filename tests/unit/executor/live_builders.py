"""What the venue says of an order, in one line each, as it comes in on any of its channels."""

from dataclasses import replace
from decimal import Decimal

from builders import NOON, UP, an_approval
from executor.adapters.live.history import History
from executor.adapters.live.news import OrderNews, Stage
from executor.adapters.wire_account import MakerPart, TradeRecord, TradeStatus
from executor.adapters.wire_orders import Placed, PlacedStatus

KEY, OTHER_KEY = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
WALLET = "0x" + "1a" * 20
HASH, OTHER_HASH = "0x" + "0f" * 32, "0x" + "0e" * 32


def a_history(*approvals, arrives_by=NOON):
    """A history that follows an order, or one for each of the approvals: the first under HASH, the others after it."""
    history = History(kept_max=100)
    history.api_key = KEY
    for n, approval in enumerate(approvals or (an_approval(),)):
        history.follow(approval, HASH if n == 0 else f"0x{n:064x}", arrives_by)
    return history


def placed(status, *trade_ids):
    return Placed(HASH, PlacedStatus(status), None, None, trade_ids, ())


def news(stage, end="", *, filled=0, trade_ids=(), order=HASH, words="words"):
    return OrderNews(
        venue_order_id=order, stage=Stage(stage), end=end, filled=Decimal(filled), words=words,
        trade_ids=tuple(trade_ids), at=NOON,
    )  # fmt: skip


def a_trade(status="MATCHED", *, trade_id="trade1", quantity=4, price="0.50", makers=(), **changes):
    """A trade in which our order took."""
    trade = TradeRecord(
        trade_id=trade_id, status=TradeStatus(status), taker_order_id=HASH, owner=KEY, maker_address=WALLET,
        market_id="0x" + "ab" * 32, token_id=UP, side="BUY", price=Decimal(price), quantity=Decimal(quantity),
        matched_at=NOON, updated_at=NOON, transaction_hash="", is_taker=True, makers=tuple(makers),
    )  # fmt: skip
    return replace(trade, **changes)


def a_maker(order=HASH, *, owner=KEY, quantity=4, price="0.50"):
    return MakerPart(order, owner, WALLET, UP, "BUY", Decimal(price), Decimal(quantity))


def made(status="MATCHED", *parts, **changes):
    """A trade in which our orders were there first."""
    return a_trade(status, makers=parts, taker_order_id=OTHER_HASH, owner=OTHER_KEY, is_taker=False, **changes)
