"""Every fault of the simulated exchange as an executor may meet it: what is armed, and how it is undone."""

from simulator.faults.table import BY_NAME

ORDERS = {"path": "/order", "method": "POST"}
CANCELS = {"method": "DELETE"}
QUESTIONS = {"path": "/data", "method": "GET"}

SCENARIOS = {
    "drop": {"channel": "user"},
    "silence": {"channel": "user", "seconds": 2},
    "malformed": {"channel": "user", "count": 4},
    "missing_fee": {},
    "unknown_rule": {},
    "pushover_down": {"seconds": 1},
    "tick_change": {"tick": "0.001"},
    "crossing_burst": {},
    "restarting": {"seconds": 1, "post_only_seconds": 1},
    "trading_disabled": {"seconds": 1},
    "cancel_only": {"seconds": 1},
    "drop_answer of an order": ORDERS,
    "drop_answer of cancels": CANCELS | {"count": 2},
    "drop_answer of questions": QUESTIONS | {"count": 4},
    "late_answer of an order": ORDERS | {"seconds": 8},
    "late_answer of cancels": CANCELS | {"seconds": 8},
    "too_many_requests for an order": ORDERS,
    "too_many_requests for cancels": CANCELS | {"count": 2},
    "too_many_requests for questions": QUESTIONS | {"count": 4},
    "unauthorized once": ORDERS,
    "unauthorized again and again": ORDERS | {"count": 3},
    "cloudflare": ORDERS,
    "order_timed_out but placed": {"placed": True},
    "order_timed_out and not placed": {"placed": False},
    "empty_order_id": {},
    "empty_fak": {},
    "declined_cancel": {"count": 2},
    "trade_failed": {},
    "trade_retrying": {},
    "heartbeat_lost": {},
    "duplicate_user_events": {"count": 6},
    "reordered_user_events": {"count": 3},
    "missing_user_events": {"count": 6},
    "geoblock": {},
}
"""By the fault's name, and how it is met."""


HINDER_A_START = (
    "restarting", "trading_disabled", "geoblock", "drop_answer of questions", "too_many_requests for questions",
    "unauthorized again and again",
)  # fmt: skip
"""With these an executor that begins anew is refused or ends: whoever watches over it would start it once more."""

NEEDS_ASKS = "crossing_burst"
"""It crosses what is offered, of which the market that it takes by itself may have nothing right before its end."""


def fault(scenario, slug):
    """Answer what is armed for a scenario in a world whose orders are for the market `slug`."""
    name = scenario.partition(" ")[0]
    return {"name": name, **({"slug": slug} if name == NEEDS_ASKS else {}), **SCENARIOS[scenario]}


def is_complete():
    """Say whether every fault of the table has a scenario."""
    return {scenario.partition(" ")[0] for scenario in SCENARIOS} == set(BY_NAME)
