"""A gate and what it is told, with a line each."""

from decimal import Decimal

from builders import NOON, a_book, a_fill, a_market, a_price, an_opportunity
from common.contracts.executor import (
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderUnknown,
)
from common.contracts.risk import OrderApproved, OrderDenied
from common.contracts.runtime import Tick
from common.money import Usd
from risk.core import Limits, RiskGate

LEAST_COST = Decimal("2.675")
"""What the least order at 0.50 costs at worst: five shares, and the highest fee that 2.50 dollars can incur."""


def limits(**changes):
    fields = {
        "initial_bankroll": Usd(Decimal(200)), "sizing": "fixed", "trade_size_usd": Usd(Decimal(5)),
        "trade_size_usd_max": Usd(Decimal(20)), "loss_per_trade_usd_max": Usd(Decimal(20)),
        "manual_order_usd_max": Usd(Decimal(5)), "size_ladder": ((0, Decimal(500)),), "order_shares_max": Decimal(500), "orders_per_minute_max": 30, "open_orders_max": 10,
        "position_limit": Decimal("0.10"), "underlying_limit": Decimal("0.30"), "venue_limit": Decimal("0.50"),
        "total_limit": Decimal("0.50"), "daily_loss_limit": Decimal("0.10"), "drawdown_limit": Decimal("0.20"),
        "min_edge": Decimal("0.02"), "credible_edge_max": Decimal("0.30"), "price_collar": Decimal("0.05"),
        "underlying_move_bps_max": Decimal(5), "price_age_ms_max": 2000, "book_age_ms_max": 5000,
        "clock_skew_ms_max": 500, "repeat_window_ms": 1000, "repeated_trades_max": 10,
        "repeated_trades_window_s": 60, "error_rate_orders": 20, "error_rate": Decimal("0.5"), "error_rate_window_s": 600,
        "unknown_orders_max": 3, "unknown_order_s": 30, "close_guard_s": 2, "order_valid_ms": 1000,
        "symbols": frozenset({"BTC", "ETH"}), "venues_allowed": frozenset({"polymarket", "elsewhere"}),
        "reduce_only": False,
    }  # fmt: skip
    return Limits(
        **(fields | {k: Decimal(v) if isinstance(v, str) and k != "sizing" else v for k, v in changes.items()})
    )


class Lived:
    """A gate that is told things the way the loop tells them; `journal` is what a restart would read back."""

    def __init__(self, *world, **changes):
        self.limits = limits(**changes)
        self.gate = RiskGate(self.limits)
        self.journal = []
        for event in world or (a_market(), a_book(), a_price()):
            self.gate.observe(event)

    def tell(self, event, now=NOON):
        outcome = self.gate.decide(event, now)
        self.gate.observe(event)
        self.journal.append(event)
        if outcome is not None:
            self.gate.observe(outcome)
            self.journal.append(outcome)
        return outcome

    def ask(self, now=NOON, **changes):
        return self.tell(an_opportunity(**changes), now)

    def tick(self, now):
        return self.tell(Tick(at=now), now)

    def trade(self, event_id="traded", **changes):
        """Take an opportunity and have all of it filled at the limit."""
        order = self.ask(event_id=event_id, **changes)
        assert isinstance(order, OrderApproved), order
        self.tell(the_fill_of(order))
        self.tell(completed(order))
        return order


def rule(outcome):
    """The rule that denied, or `approved`."""
    if isinstance(outcome, OrderApproved):
        return "approved"
    assert isinstance(outcome, OrderDenied), outcome
    return outcome.rule


def the_fill_of(order, **changes):
    fee = order.fee.taker(order.limit, order.quantity)
    fields = {
        "fill_id": f"{order.order_id}-1", "event_id": f"{order.order_id}-1", "order_id": order.order_id,
        "market_id": order.market_id, "token_id": order.token_id, "outcome": order.outcome, "price": order.limit,
        "quantity": order.quantity, "fee": fee,
    }  # fmt: skip
    return a_fill(**(fields | changes))


def _of(order):
    return {
        "order_id": order.order_id, "opportunity_id": order.opportunity_id, "market_id": order.market_id,
        "token_id": order.token_id, "mode": "paper", "at": NOON,
    }  # fmt: skip


def completed(order, filled=None):
    filled = order.quantity if filled is None else Decimal(filled)
    return OrderFilled(event_id=f"filled {order.order_id}", filled=filled, **_of(order))


def cancelled(order, filled=0):
    return OrderCancelled(event_id=f"cancelled {order.order_id}", reason="killed", filled=Decimal(filled), **_of(order))


def refused(order):
    return OrderRefused(event_id=f"refused {order.order_id}", rule="too_late", detail="", **_of(order))


def rejected(order):
    return OrderRejected(event_id=f"rejected {order.order_id}", code="no_balance", detail="", **_of(order))


def lost(order):
    return OrderUnknown(event_id=f"unknown {order.order_id}", detail="timed out", **_of(order))


def accepted(order):
    return OrderAccepted(event_id=f"accepted {order.order_id}", venue_order_id="0x1", **_of(order))
