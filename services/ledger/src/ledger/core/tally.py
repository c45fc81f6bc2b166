"""The ledger's core: it judges nothing, and counts what it was told, for the few figures that people watch."""

from collections import Counter

from common.clock import Instant
from common.contracts.base import Event


class LedgerTally:
    """Counts events by their type. Writing them down is the projector's work."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def observe(self, event: Event) -> None:
        self._counts[str(getattr(event, "type", type(event).__name__))] += 1

    def decide(self, event: Event, now: Instant) -> Event | None:  # noqa: ARG002 - the protocol's form; a ledger decides nothing
        return None

    def count(self, type_: str) -> int:
        """Say how many events of a type were observed since the start."""
        return self._counts[type_]
