"""The executor's judgement: orders once, and what became of them."""

from executor.core.desk import OrderDesk
from executor.core.last_hop import LAST_HOP, Caps, refusal_codes
from executor.core.latch import Latch
from executor.core.order import Order
from executor.core.orders import Orders
from executor.core.states import FILL_TABLE, ORDER_TABLE, FillHappening, FillState, Happening, OrderState
from executor.core.tolerances import Tolerances

__all__ = [
    "FILL_TABLE",
    "LAST_HOP",
    "ORDER_TABLE",
    "Caps",
    "FillHappening",
    "FillState",
    "Happening",
    "Latch",
    "Order",
    "OrderDesk",
    "OrderState",
    "Orders",
    "Tolerances",
    "refusal_codes",
]
