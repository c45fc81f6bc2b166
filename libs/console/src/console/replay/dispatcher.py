"""The bus of a replay: each party's core takes its inputs in order, and what it says goes to whoever subscribes."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.subjects import SUBJECTS
from common.runtime.core import Core

EventT = TypeVar("EventT", bound=Event)
Tap = Callable[[Event, Instant], None]


class Outlet(Protocol):
    """A party's way to the world, as the runtime's gateway, without waiting: it answers with inputs for that party."""

    def carry_out(self, outcome: Event, now: Instant) -> Iterable[Event]:
        """Do what an outcome says, before it is published."""

    def react(self, event: Event, now: Instant) -> Iterable[Event]:
        """Take note of an input that the core was given, after it was observed."""


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """One service of the replay: its name on the bus, its core, and its way out if it has one."""

    name: str
    core: Core
    outlet: Outlet | None = None


class Dispatcher:
    """Runs inputs through cores until nothing follows any more. Subscriptions are those of the table of subjects."""

    def __init__(self, parties: Iterable[Party]) -> None:
        self._waiting: deque[tuple[Party, Event]] = deque()
        self._taps: dict[type[Event], list[Tap]] = {}
        self._routes = _routes(tuple(parties))
        self.inputs = 0
        """Inputs that cores were given."""

    def tap(self, message: type[EventT], listener: Callable[[EventT, Instant], None]) -> None:
        """Let a listener hear a published message, before its subscribers do."""
        self._taps.setdefault(message, []).append(listener)  # type: ignore[arg-type]

    def tell(self, party: Party, event: Event, now: Instant) -> None:
        """Give a party an input, and carry through all that follows from it."""
        self._waiting.append((party, event))
        waiting = self._waiting
        while waiting:
            self._turn(*waiting.popleft(), now)

    def _turn(self, party: Party, event: Event, now: Instant) -> None:
        """Take one input through the steps of the runtime's loop, in its order."""
        self.inputs += 1
        core, outlet = party.core, party.outlet
        outcome = core.decide(event, now)
        if outcome is None:
            core.observe(event)
        else:
            if outlet is not None:
                self._waiting.extend((party, said) for said in outlet.carry_out(outcome, now))
            self._publish(outcome, now)
            core.observe(event)
            core.observe(outcome)
        if outlet is not None:
            self._waiting.extend((party, said) for said in outlet.react(event, now))

    def _publish(self, outcome: Event, now: Instant) -> None:
        for listener in self._taps.get(type(outcome), ()):
            listener(outcome, now)
        for party in self._routes.get(type(outcome), ()):
            self._waiting.append((party, outcome))


def _routes(parties: tuple[Party, ...]) -> dict[type[Event], tuple[Party, ...]]:
    routes: dict[type[Event], tuple[Party, ...]] = {}
    for subject in SUBJECTS:
        subscribers = subject.core_subscribers | subject.durable_subscribers
        hearing = tuple(party for party in parties if party.name in subscribers)
        routes |= dict.fromkeys(subject.messages, hearing)
    return routes
