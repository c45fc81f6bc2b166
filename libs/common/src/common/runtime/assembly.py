"""What a service hands to the runtime: its core, and what stands around it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from common.clock import Instant
from common.contracts.base import Event
from common.runtime.core import Core, Gateway, Source
from common.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Recovery:
    """One part of the record that a core observes before it goes live.

    `all` reads every message of the stream under the filter in order; `last` only the last one per subject.
    """

    stream: str
    filter: str
    how: Literal["all", "last"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the journal."""

    sequence: int
    subject: str
    event: Event
    stored_at: Instant


class Projector(Protocol):
    """A projection of the journal into something that people query. Exactly once is its own duty, by sequence."""

    async def stored_up_to(self) -> int:
        """Answer the last sequence that is safely stored, 0 when none is."""

    async def store(self, batch: Sequence[Recorded]) -> None:
        """Store a batch in one transaction; raise when it could not be, and it will be offered again."""


async def _nothing() -> None:
    """Do nothing, for the services that have nothing to prepare and nobody to say goodbye to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A service put together: the answer of its composition root, run by `common.runtime.service`."""

    name: str
    core: Core
    settings: ServiceSettings
    recovery: tuple[Recovery, ...] = ()
    sources: tuple[Source, ...] = ()
    gateway: Gateway | None = None
    projector: Projector | None = None
    figures: Callable[[Instant], dict[str, str]] = field(default=lambda _now: {})
    """Few figures for the heartbeat, as text."""
    measure: Callable[[Instant], None] = field(default=lambda _now: None)
    """Sets the service's own gauges from what its core holds; called with each heartbeat, by the loop's own thread."""
    not_ready: Callable[[Instant], str] = field(default=lambda _now: "")
    """Why the service cannot do its job now, or empty; `/ready` and the heartbeat say it."""
    is_single: bool = False
    """Whether one replica at a time may act: it holds a lease, and the others stand by."""
    prepare: Callable[[], Awaitable[None]] = _nothing
    """What must hold before the service connects to anything of ours. It raises SettingsError for what a restart will
    not mend, and any other PmArbError for what it may."""
    get_ready: Callable[[Event], None] = field(default=lambda _event: None)
    """Told of a decision while it is being stored, so that nothing is left to work out when it is. It changes nothing
    that anybody could see, for the decision may never come. Must not block."""
    imagine: Callable[[Instant], Event | None] | None = None
    """Makes up what the service may have to decide next, as if it came now; None where it knows of nothing like it. It
    changes nothing. None for a service that rehearses nothing: see `common.runtime.rehearsal`."""
    alarm: Callable[[Event, Instant], None] = field(default=lambda _event, _now: None)
    """Told at once, ahead of the inbox and whatever the loop waits for, of what stops everything: a halt, a bus that
    went, a lease that was lost. Must not block."""
    watch_lease: Callable[[Callable[[], bool]], None] = field(default=lambda _is_alone: None)
    """Handed, before the service acts, what says at any moment whether no other replica can be acting."""
    farewell: Callable[[], Awaitable[None]] = _nothing
    """The last thing that the service does to the world when it ends: it returns when what is open was asked to end."""
