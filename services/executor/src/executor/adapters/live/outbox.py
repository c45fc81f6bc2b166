"""Where reports and standings leave for the core: before there is an inbox they wait."""

import structlog

from common.clock import Clock
from common.contracts.base import Event
from common.runtime.core import Inbox
from executor.adapters.metrics import REPORTS
from executor.core.inputs import GatewayReport, Standing, VenueStanding

log = structlog.get_logger()


class Outbox:
    """Hands in what the gateway has to say, in order, and says of what orders depend on only what changed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._inbox: Inbox | None = None
        self._waiting: list[Event] = []
        self._standings: dict[Standing, bool] = {}

    @property
    def is_open(self) -> bool:
        return self._inbox is not None

    def open(self, inbox: Inbox) -> None:
        """Let out what waited, and whatever comes from now on at once."""
        self._inbox = inbox
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self.put(event)

    def put(self, event: Event) -> None:
        """Hand in one thing."""
        if self._inbox is None:
            self._waiting.append(event)
            return
        if isinstance(event, GatewayReport):
            kind = str(getattr(event, "type", ""))
            log.debug("reported", type=kind, order_id=event.order_id)
            REPORTS.labels(type=kind).inc()
        self._inbox.put(event)

    def report(self, reports: list[GatewayReport]) -> None:
        for report in reports:
            self.put(report)

    def is_well(self, what: Standing) -> bool:
        """Whether something was last said to be well."""
        return self._standings.get(what, False)

    def is_ill(self, what: Standing) -> bool:
        """Whether something was last said not to be well."""
        return not self._standings.get(what, True)

    def stand(self, what: Standing, *, is_well: bool, detail: str = "") -> None:
        """Say how something stands, if that is news."""
        if self._standings.get(what) == is_well:
            return
        self._standings[what] = is_well
        log.log(20 if is_well else 40, "venue_standing", what=what, is_well=is_well, detail=detail)
        self.put(VenueStanding(what=what, is_well=is_well, detail=detail, at=self._clock.now()))
