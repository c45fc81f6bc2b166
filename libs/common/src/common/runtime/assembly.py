"""What a service hands to the runtime: its core, and what stands around it."""

from collections.abc import Callable, Sequence
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
    not_ready: Callable[[Instant], str] = field(default=lambda _now: "")
    """Why the service cannot do its job now, or empty; `/ready` and the heartbeat say it."""
