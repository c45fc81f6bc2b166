"""What the owners of orders hear on the user socket of what the engine says has happened. Pure.

An order is announced by a PLACEMENT, told of by UPDATEs, and ended by a CANCELLATION unless it was matched in full.
An order that takes at once is announced before its first trade; a held one when it is held, as DELAYED.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass

from simulator.exchange.account.writing import (
    address_text,
    expiration,
    millis_text,
    original_size,
    outcome_of,
    owner_text,
    price_text,
    seconds_text,
    socket_trade,
)
from simulator.exchange.account.writing import amount_text as amount
from simulator.matching.events import Event, OrderEnded, OrderHeld, OrderMatched, OrderPlaced, TradeChanged
from simulator.matching.values import Instrument, OrderStatus, OrderType, Standing, Trade
from simulator.world import Json

KILLED_WORDS = {
    OrderType.FOK: "order couldn't be fully filled. FOK orders are fully filled or killed.",
    OrderType.FAK: (
        "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
    ),
}

Instruments = Callable[[str], Instrument | None]
"""Finds a market by its condition."""


@dataclass(frozen=True, slots=True)
class UserEvent:
    """One frame for one API key."""

    owner: str
    condition_id: str
    payload: Json


def user_events(event: Event, instruments: Instruments, hearers: Container[str]) -> tuple[UserEvent, ...]:
    """Write what those API keys that listen hear of an event, in the order in which it is sent; nothing of most."""
    if isinstance(event, TradeChanged):
        return _trade(event.trade, event.at_ns, instruments, hearers)
    if not isinstance(event, OrderHeld | OrderPlaced | OrderMatched | OrderEnded):
        return ()
    if event.standing.order.owner not in hearers:
        return ()
    heard = _order(event.standing, _kind(event), event.at_ns, instruments)
    if isinstance(event, OrderMatched) and event.is_taker and _takes_first(event):
        return _announcement(heard), heard
    return (heard,)


def _kind(event: OrderHeld | OrderPlaced | OrderMatched | OrderEnded) -> str:
    match event:
        case OrderHeld():
            return "PLACEMENT"
        case OrderEnded():
            return "CANCELLATION"
        case OrderPlaced(at_ns, standing) if standing.matched_e6 == 0 and standing.placed_ns == at_ns:
            return "PLACEMENT"
        case _:
            return "UPDATE"


def _takes_first(event: OrderMatched) -> bool:
    """Tell whether nothing has been said of a taking order yet: neither that it is held, nor of an earlier trade."""
    return len(event.standing.trades) == 1 and event.standing.placed_ns == event.at_ns


def _announcement(heard: UserEvent) -> UserEvent:
    """Announce an order as it was before it took anything."""
    untouched: Json = {
        "type": "PLACEMENT", "size_matched": "0", "associate_trades": None, "status": OrderStatus.LIVE.value,
    }  # fmt: skip
    return UserEvent(heard.owner, heard.condition_id, heard.payload | untouched)


def _order(standing: Standing, kind: str, at_ns: int, instruments: Instruments) -> UserEvent:
    order = standing.order
    payload: Json = {
        "id": order.order_id, "owner": owner_text(order.owner), "market": order.condition_id, "asset_id": order.token,
        "side": order.side.value, "order_owner": owner_text(order.owner), "original_size": original_size(order),
        "size_matched": amount(standing.matched_e6), "price": price_text(order.price_e4),
        "associate_trades": list(standing.trades) or None,
        "outcome": outcome_of(instruments(order.condition_id), order.token), "type": kind,
        "created_at": seconds_text(standing.placed_ns), "expiration": expiration(order),
        "order_type": order.order_type.value, "status": standing.status.value,
        "maker_address": address_text(order.account), "timestamp": millis_text(at_ns), "event_type": "order",
    }  # fmt: skip
    if standing.status is OrderStatus.KILLED:
        payload |= _killed(standing)
    return UserEvent(order.owner, order.condition_id, payload)


def _killed(standing: Standing) -> Json:
    """Leave empty what is left empty of an order that never was on the book, and say why in its status."""
    words = KILLED_WORDS.get(standing.order.order_type, standing.words)
    return {
        "size_matched": "", "associate_trades": [], "outcome": "", "created_at": "", "status": f"CANCELED_{words}",
    }  # fmt: skip


def _trade(trade: Trade, at_ns: int, instruments: Instruments, hearers: Container[str]) -> tuple[UserEvent, ...]:
    """Tell the taker once as taker, and each maker's owner once as maker, however many orders of theirs were met."""
    makers = dict.fromkeys(fill.owner for fill in trade.fills)
    parts = ((trade.owner, True), *((owner, False) for owner in makers))
    heard = [(owner, is_taker) for owner, is_taker in parts if owner in hearers]
    instrument = instruments(trade.condition_id) if heard else None
    return tuple(
        UserEvent(owner, trade.condition_id, socket_trade(trade, instrument, is_taker, at_ns))
        for owner, is_taker in heard
    )
