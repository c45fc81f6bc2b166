"""Which orders are followed, and what is asked of them: those that leave, those that an earlier process left behind."""

from collections.abc import Iterator

from common.clock import SECOND, Instant, since
from common.contracts.risk import OrderApproved
from executor.adapters.attentive import AttentiveDesk
from executor.adapters.live.history import Followed, History
from executor.adapters.live.naming import OrderNamer
from executor.adapters.live.poller import Poller
from executor.adapters.live.rules import LiveRules
from executor.core.amounts import RESTING_TYPES
from executor.core.inputs import FillAsked

RACED_S = 3600
"""For so long after its end a match of an order can still become known."""
ASKED_AT_ONCE = 8
"""Orders that are asked for together after a takeover: each keeps its market shut until it is answered."""


class Inquiries:
    """From the desk's names of orders and fills to questions to the venue."""

    def __init__(
        self, *, desk: AttentiveDesk, namer: OrderNamer, history: History, poller: Poller, rules: LiveRules
    ) -> None:
        self._desk, self._name_order, self._rules = desk, namer, rules
        self._history, self._poller = history, poller

    def follow(self, approval: OrderApproved, venue_order_id: str, given_at: Instant) -> Followed:
        """Follow an order that the venue may have been given at a moment, and may work off for a while after it."""
        arrives_by = Instant(given_at + int(self._rules.arrival_s_max * SECOND))
        return self._history.follow(approval, venue_order_id, arrives_by)

    def follow_the_record(self, now: Instant) -> Iterator[Followed]:
        """Follow what an earlier process left unsettled; it can have been posted until its approval was void.

        Of an order that rested and ended not long ago a match may be on its way that nobody has told of: orders and
        trades come in any order.
        """
        for order in self._desk.desk.orders.all():
            try:
                name = self._name_order(order.approval)
            except ValueError:
                continue
            self._history.remember(name, order.approval.order_id)
            may_have_raced = order.approval.order_type in RESTING_TYPES and since(now, order.since) < RACED_S * SECOND
            if not order.is_settled or may_have_raced:
                yield self.follow(order.approval, name, min(order.approval.valid_until, now))

    def ask(self, order_id: str) -> None:
        """Ask what became of an order, and say all of it again."""
        followed = self._followed(order_id)
        if followed is not None:
            self._history.ask(followed)
            self._poller.look_since(followed.approval.approved_at)

    def are_waiting(self) -> bool:
        """Whether the desk has more orders in doubt, and more may be asked for before there are answers."""
        return self._desk.desk.doubts > 0 and self._history.asked_count < ASKED_AT_ONCE

    def ask_for_fill(self, asked: FillAsked) -> None:
        """Ask whether a match became final, and say it again."""
        followed = self._followed(asked.order_id)
        if followed is not None:
            self._history.ask_for_fill(followed, asked.fill_id)
            self._poller.look_since(min(asked.matched_at, followed.approval.approved_at))

    def _followed(self, order_id: str) -> Followed | None:
        """Answer an order that is followed, from now on if it was not. It can have left until its approval was void."""
        followed, approval = self._history.of_order(order_id), self._desk.approval(order_id)
        if followed is not None or approval is None:
            return followed
        return self.follow(approval, self._name_order(approval), approval.valid_until)
