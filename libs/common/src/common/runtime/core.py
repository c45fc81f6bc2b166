"""What a service's judgement looks like to the runtime, and what it may ask of the world."""

from typing import Protocol

from common.clock import Instant
from common.contracts.base import Event


class Core(Protocol):
    """A service's judgement: deterministic, single-threaded, free of I/O and of the clock."""

    def observe(self, event: Event) -> None:
        """Fold a fact into the state. Never consults the clock."""

    def decide(self, event: Event, now: Instant) -> Event | None:
        """Say what follows from a fact, changing nothing: one outcome or none."""


class Gateway(Protocol):
    """The way out of a service, for the one that has effects on the world (the executor)."""

    async def react(self, event: Event, now: Instant) -> None:
        """Take note of an input that the core was given, after it was observed."""

    async def carry_out(self, outcome: Event, now: Instant) -> None:
        """Do what an outcome says, before it is published: the approval before it is the write-ahead record."""


class Inbox(Protocol):
    """Where adapters put what they learned."""

    def put(self, event: Event) -> None:
        """Add an input that counts each time."""

    def put_latest(self, key: str, event: Event) -> None:
        """Add an input that makes an older one of the same key, not yet taken, void."""


class Source(Protocol):
    """An adapter that brings in facts from outside. It runs until cancelled and survives its outside's failures."""

    async def run(self, inbox: Inbox) -> None:
        """Feed the inbox for ever."""
