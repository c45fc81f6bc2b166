"""The executor's way to the paper venue in virtual time: what its gateway does by the clock, done when it is due."""

from collections.abc import Iterable

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested
from common.contracts.executor import OrderSubmitted, OrderUnknown
from common.contracts.risk import TradingHalted
from common.contracts.runtime import BusLost
from common.contracts.venue import BookUpdated, MarketUpdated
from executor.adapters.paper import AttentiveDesk, PaperVenue
from executor.core.inputs import FillAsked


class PaperOutlet:
    """Hands orders to the paper venue and its reports back; the venue is the executor's own."""

    def __init__(self, venue: PaperVenue, desk: AttentiveDesk) -> None:
        self._venue = venue
        self._desk = desk
        self._was_halted = False

    def next_due(self) -> Instant | None:
        return self._venue.next_due()

    def due(self, now: Instant) -> Iterable[Event]:
        return self._venue.due(now)

    def carry_out(self, outcome: Event, now: Instant) -> Iterable[Event]:
        match outcome:
            case OrderSubmitted():
                approval = self._desk.approval(outcome.order_id)
                assert approval is not None, f"order {outcome.order_id}: expected its approval, found none"
                self._venue.submit(approval, now)
            case OrderUnknown():
                return self._venue.look_up(outcome.order_id)
            case FillAsked():
                self._venue.look_up_fill(outcome.order_id, outcome.fill_id, outcome.matched_at, now)
            case _:
                pass
        return ()

    def react(self, event: Event, now: Instant) -> Iterable[Event]:
        match event:
            case BookUpdated():
                self._venue.on_book(event)
            case MarketUpdated():
                self._venue.on_market(event)
            case _:
                self._cancel_when_halted(event, now)
        return self._venue.due(now)

    def _cancel_when_halted(self, event: Event, now: Instant) -> None:
        halted = self._desk.is_halted()
        told = isinstance(event, HaltRequested | TradingHalted | BusLost)
        if halted and (told or not self._was_halted):
            self._venue.cancel_all(now)
        self._was_halted = halted
