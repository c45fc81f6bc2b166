"""What the executor counts beside what every service counts."""

from collections import Counter as Tally

from prometheus_client import Counter, Gauge

from executor.core import OrderDesk
from executor.core.states import TERMINAL, OrderState

REFUSALS = Counter("pm_arb_executor_refusals_total", "Approvals that the last hop refused", ["rule"])
REPORTS = Counter("pm_arb_executor_reports_total", "What the gateway reported", ["type"])
IGNORED = Gauge(
    "pm_arb_executor_ignored", "What was told and changed nothing, or came at an odd time, by name", ["reason"]
)
HALTED = Gauge("pm_arb_executor_halted", "1 when no order may leave")
OPEN = Gauge("pm_arb_executor_orders_open", "Orders that are not over, by their state", ["state"])
IN_DOUBT = Gauge(
    "pm_arb_executor_orders_in_doubt", "Orders that were open before this process began, not asked for yet"
)
PROVISIONAL = Gauge("pm_arb_executor_fills_provisional", "Matches that are not final yet")
POSITIONS = Gauge("pm_arb_executor_positions_open", "Markets in which something is held, by the executor's own book")


def measure(desk: OrderDesk) -> None:
    """Say how the desk stands now."""
    HALTED.set(1 if desk.halted_by else 0)
    for reason, count in (desk.orders.ignored + desk.noted).items():
        IGNORED.labels(reason=reason).set(count)
    states = Tally(order.state for order in desk.orders.open())
    for state in set(OrderState) - TERMINAL:
        OPEN.labels(state=state.value).set(states[state])
    IN_DOUBT.set(desk.doubts)
    PROVISIONAL.set(desk.orders.provisional_count)
    POSITIONS.set(len(desk.positions))
