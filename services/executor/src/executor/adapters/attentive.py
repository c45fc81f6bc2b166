"""The desk as the runtime runs it, with the question at hand while its answer is carried out."""

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.executor import OrderSubmitted
from common.contracts.risk import OrderApproved
from executor.core import OrderDesk
from executor.core.imagined import is_imagined


class AttentiveDesk:
    """Hands everything on to the desk, and holds on to the question while the answer is carried out.

    An order is sent before anything is published or folded, so the approval that it stands on is not in the desk's
    state yet, and what is published of it names it without repeating it.
    """

    def __init__(self, desk: OrderDesk) -> None:
        self.desk = desk
        self._question: Event | None = None

    def observe(self, event: Event) -> None:
        self.desk.observe(event)

    def decide(self, event: Event, now: Instant) -> Event | None:
        if not is_imagined(event):  # nothing may ever stand on an approval that nobody gave
            self._question = event
        return self.desk.decide(event, now)

    def would_submit(self, approval: OrderApproved, now: Instant) -> bool:
        """Say whether the desk would let an order leave now; nothing follows from it, and no question is forgotten."""
        return isinstance(self.desk.decide(approval, now), OrderSubmitted)

    def approval(self, order_id: str) -> OrderApproved | None:
        """Answer the approval that an order is to be sent under."""
        question = self._question
        if isinstance(question, OrderApproved) and question.order_id == order_id:
            return question
        return self.desk.approval(order_id)

    def is_halted(self) -> bool:
        return bool(self.desk.halted_by)
