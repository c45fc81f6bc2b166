"""What the wallet can pay now: what it held when it was last looked at, less all that may have left it since."""

from collections.abc import Iterable
from decimal import Decimal

from common.contracts.risk import OrderApproved
from common.money import ZERO_USD, Usd, notional
from executor.core.inputs import VenueSnapshot
from executor.core.order import Order
from executor.core.states import FillState
from executor.core.wallet import Wallet

ZERO = Decimal(0)


def available(last: VenueSnapshot | None, wallet: Wallet, orders: Iterable[Order]) -> Usd | None:
    """Answer the dollars that nothing else may need; None where there is no wallet to pay from, as on paper.

    What a purchase cost counts as gone until the wallet surely shows it, and an open order as filled at its worst. What
    a sale brings counts when it is there.
    """
    if last is None or last.collateral is None:
        return None
    held = last.collateral if last.allowance is None else min(last.collateral, last.allowance)
    moving = (fill for fill in wallet.moving.values() if fill.state is not FillState.FAILED)
    spent = sum((-fill.cash for fill in moving if fill.event.side == "BUY"), ZERO)
    committed = sum((open_cost(order) for order in orders), ZERO)
    return Usd(held - spent - committed)


def worst_cost(approval: OrderApproved) -> Usd:
    """Answer what an order may take from the wallet: its dollars and the highest fee on them, nothing for a sale."""
    return _with_fee(approval, notional(approval.limit, approval.quantity))


def open_cost(order: Order) -> Usd:
    """Answer what an order may still take."""
    approval = order.approval
    return _with_fee(approval, Usd(max(notional(approval.limit, approval.quantity) - order.spent, ZERO)))


def _with_fee(approval: OrderApproved, dollars: Usd) -> Usd:
    return ZERO_USD if approval.side == "SELL" else approval.fee.worst_cost(dollars, approval.tick)
