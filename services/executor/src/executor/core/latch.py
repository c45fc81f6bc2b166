"""The kill switch as the executor holds it: several reasons to stop, each lifted only by its own counterpart."""

from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import TradingMode
from common.contracts.risk import TradingHalted, TradingResumed
from common.contracts.runtime import BusLost, BusRestored
from executor.core.inputs import Standing, VenueStanding

EVENTS_REMEMBERED_MAX = 1000
NOT_HEARD_OF = "not heard of yet"


class Latch:
    """Folds what was said of halting. An operator's halt needs an operator's resume; risk's halt needs risk's."""

    def __init__(self, awaits: tuple[Standing, ...] = ()) -> None:
        """Begin with nothing said. What is awaited stops orders until it is said to be well."""
        self._venue: dict[Standing, str] = dict.fromkeys(awaits, NOT_HEARD_OF)
        self.operator = ""
        """Why an operator halted, or empty."""
        self.risk = ""
        """Why risk halted, or empty."""
        self.bus = ""
        """Why the bus cannot be relied on, or empty."""
        self.record = ""
        """Why the record is not one to trade on, or empty. Nothing lifts it."""
        self._seen: dict[str, None] = {}

    def observe(self, event: Event) -> None:
        """Take one word; risk's are told again after a crash, so each counts once."""
        match event:
            case HaltRequested():
                self.operator = f"operator: {event.reason or 'no reason given'}"
            case ResumeRequested():
                self.operator = ""
            case TradingHalted() if self._is_new(event.event_id):
                self.risk = f"risk: {event.rule}"
            case TradingResumed() if self._is_new(event.event_id):
                self.risk = ""
            case BusLost():
                self.bus = "bus lost"
            case BusRestored():
                self.bus = ""
            case VenueStanding(what=what, is_well=True):
                self._venue.pop(what, None)
            case VenueStanding():
                self._venue[event.what] = event.detail
            case _:
                pass

    @property
    def reasons(self) -> tuple[str, ...]:
        """Say who said stop, the bus apart."""
        return tuple(reason for reason in (self.record, self.operator, self.risk) if reason)

    def note_mode(self, found: TradingMode, own: TradingMode) -> None:
        """Stop for good on a record of another mode: what was held on paper is in no wallet, nor the reverse."""
        if found != own:
            self.record = f"the journal is of {found} trading: {own} needs one of its own"

    @property
    def venue(self) -> tuple[str, ...]:
        """Say what of the venue orders depend on and is not well."""
        return tuple(f"venue: {what}: {detail}" for what, detail in self._venue.items())

    def _is_new(self, event_id: str) -> bool:
        if event_id in self._seen:
            return False
        self._seen[event_id] = None
        if len(self._seen) > EVENTS_REMEMBERED_MAX:
            del self._seen[next(iter(self._seen))]
        return True
