"""Cancelling orders at their owner's wish. What is held cannot be cancelled: it is about to match."""

from simulator.matching.events import Refusal
from simulator.matching.operations import Cancel, CancelAll
from simulator.matching.resting import end
from simulator.matching.state import State
from simulator.matching.values import OrderStatus


def cancel(state: State, operation: Cancel) -> None:
    """Cancel one order. Another owner's is as unknown as one that never was."""
    record = state.orders.get(operation.order_id)
    if record is None or record.order.owner != operation.owner:
        state.refuse(operation.order_id, Refusal.UNKNOWN_ORDER)
    elif record.status is OrderStatus.DELAYED:
        state.refuse(operation.order_id, Refusal.HELD)
    elif not record.is_open:
        state.refuse(operation.order_id, Refusal.ENDED)
    else:
        end(state, record, OrderStatus.CANCELED)


def cancel_all(state: State, operation: CancelAll) -> None:
    """Cancel an owner's open orders, the oldest first, and refuse those that are held."""
    for record in state.orders.open_of(operation.owner):
        order = record.order
        if operation.condition_id not in ("", order.condition_id) or operation.token not in ("", order.token):
            continue
        if record.status is OrderStatus.DELAYED:
            state.refuse(order.order_id, Refusal.HELD)
        else:
            end(state, record, OrderStatus.CANCELED)
