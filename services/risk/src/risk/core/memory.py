"""What was asked and answered lately, and how it fared: each opportunity once, not too many orders, no repetition."""

from bisect import bisect_right
from typing import NamedTuple

from common.clock import SECOND, Instant
from common.contracts.base import Event, Price
from common.contracts.risk import OrderApproved, OrderDenied
from common.contracts.scanner import OpportunityFound
from risk.core.errors import Errors
from risk.core.policy import Limits
from risk.core.recent import Recent
from risk.core.repeats import Repeats

DECIDED_MAX = 2000
"""Minutes' worth of opportunities, each of which is void after a second."""
HEARD_MAX = 1000
MINUTE = 60 * SECOND


class Likeness(NamedTuple):
    """What makes two opportunities the same one, whatever their ids."""

    market_id: str
    outcome: str
    limit: Price
    book_at: Instant


def likeness(opportunity: OpportunityFound) -> Likeness:
    return Likeness(opportunity.market_id, opportunity.outcome, opportunity.limit, opportunity.book_at)


class Memory:
    """Folds opportunities and decisions, and hands on what its two parts fold."""

    def __init__(self, limits: Limits) -> None:
        self._decided: Recent[str, None] = Recent(DECIDED_MAX)
        self._heard: Recent[str, Likeness] = Recent(HEARD_MAX)
        self._taken: Recent[Likeness, Instant] = Recent(HEARD_MAX)
        self._approvals: Recent[str, Instant] = Recent(limits.orders_per_minute_max)
        self._approved_at: list[Instant] = []
        """The same moments in order of time, so that counting them does not take longer the more there are."""
        self.repeats = Repeats(trades_max=limits.repeated_trades_max, window_s=limits.repeated_trades_window_s)
        self.errors = Errors(orders=limits.error_rate_orders, window_s=limits.error_rate_window_s)

    def observe(self, event: Event) -> None:
        self.repeats.observe(event)
        self.errors.observe(event)
        match event:
            case OpportunityFound():
                self._heard.put(event.event_id, likeness(event))
            case OrderApproved():
                self._decided.put(event.opportunity_id, None)
                self._approvals.put(event.order_id, event.approved_at)
                self._approved_at = sorted(self._approvals.values())
                taken = self._heard.get(event.opportunity_id)
                if taken is not None:
                    self._taken.put(taken, event.approved_at)
            case OrderDenied():
                self._decided.put(event.opportunity_id, None)
            case _:
                pass

    def is_decided(self, opportunity_id: str) -> bool:
        return opportunity_id in self._decided

    def taken_at(self, opportunity: OpportunityFound) -> Instant | None:
        """Say when its like was approved, None when it was not."""
        return self._taken.get(likeness(opportunity))

    def approvals_in_the_last_minute(self, now: Instant) -> int:
        """Count the orders approved within the minute before `now`; at most as many as are allowed are remembered."""
        return len(self._approved_at) - bisect_right(self._approved_at, now - MINUTE)
