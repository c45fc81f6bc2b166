"""What a posted order is answered with, in production's shapes: what became of it goes in, JSON comes out."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from simulator.answers import answer
from simulator.exchange.account.writing import amount_text
from simulator.exchange.floor import Placement
from simulator.exchange.intake.refused import Refused
from simulator.exchange.intake.words import words
from simulator.matching.events import OrderRefused, Refusal
from simulator.matching.values import Instrument, Order, OrderStatus, OrderType, Side, Trade
from simulator.world import Json

KILLED = {OrderType.FOK: Refusal.FOK_NOT_FILLED, OrderType.FAK: Refusal.FAK_NOT_FILLED}

RESTED = frozenset({OrderStatus.LIVE, OrderStatus.MATCHED, OrderStatus.CANCELED})
"""Where an order can stand that came to rest after its hold, by the time that it is answered."""


@dataclass(frozen=True, slots=True)
class Declined:
    """An order that was not taken, or was killed at once. A kill has the order's id."""

    status: int
    words: str
    order_id: str = ""
    code: str = ""
    retry_after_s: int | None = None
    is_crossing: bool = False
    """Whether a post-only order would have matched, of which a batch speaks in another way."""


Outcome = Json | Declined


def outcome(order: Order, placement: Placement, instrument: Instrument | None) -> Outcome:
    """Say what a placement is answered with. A market order that died while it was held is a kill like any other."""
    refused = placement.refusal
    if refused is None and placement.standing is not None and placement.standing.status is OrderStatus.KILLED:
        refused = killed(order)
    if refused is not None:
        said = words(refused, instrument)
        return declined(said, is_crossing=refused.refusal is Refusal.CROSSES)
    if placement.is_held:
        return taken(order, "delayed")
    taker_trades = tuple(trade for trade in placement.trades if trade.order_id == order.order_id)
    if taker_trades:
        return taken(order, "matched", taker_trades)
    has_rested = placement.standing is not None and placement.standing.status in RESTED
    return taken(order, "live" if has_rested else "unmatched")


def killed(order: Order) -> OrderRefused:
    """Return what the engine says of a market order that found nothing."""
    return OrderRefused(0, order, KILLED.get(order.order_type, Refusal.FAK_NOT_FILLED))


def declined(refused: Refused, *, is_crossing: bool = False) -> Declined:
    return Declined(refused.status, refused.words, refused.order_id, is_crossing=is_crossing)


def taken(order: Order, status: str, trades: tuple[Trade, ...] = ()) -> Json:
    """Answer for an order that the exchange has taken.

    What was made and taken is decimal text, dollars made of a BUY, without fees. Transaction hashes follow with
    the settlement, so there is none yet.
    """
    usd_e6, shares_e6 = sum(trade.usd_e6 for trade in trades), sum(trade.shares_e6 for trade in trades)
    made_e6, got_e6 = (usd_e6, shares_e6) if order.side is Side.BUY else (shares_e6, usd_e6)
    return {
        "errorMsg": "", "orderID": order.order_id,
        "takingAmount": amount_text(got_e6) if trades else "", "makingAmount": amount_text(made_e6) if trades else "",
        "status": status, "transactionsHashes": [], "tradeIDs": [trade.trade_id for trade in trades], "success": True,
    }  # fmt: skip


def not_taken(text: str) -> Json:
    """Answer success, without an order: what production says of an order that failed late, or in a batch."""
    return {
        "errorMsg": text, "orderID": "", "takingAmount": "", "makingAmount": "", "status": "", "success": True,
    }  # fmt: skip


def single(found: Outcome) -> web.Response:
    """Answer a single order."""
    if not isinstance(found, Declined):
        return answer(found)
    body: Json = {"error": found.words}
    if found.order_id:
        body["orderID"] = found.order_id
    if found.code:
        body["code"] = found.code
    if found.retry_after_s is None:
        return answer(body, found.status)
    if found.code:
        body["retry_after_seconds"] = found.retry_after_s
    response = answer(body, found.status)
    response.headers["Retry-After"] = str(found.retry_after_s)
    return response


def leg(found: Outcome) -> Mapping[str, object]:
    """Answer one order of a batch, which as a whole succeeds whatever becomes of its orders."""
    if not isinstance(found, Declined):
        return found
    if found.is_crossing:
        return {"success": False, "orderID": None, "errorMsg": found.words}
    return not_taken(found.words)
