"""What can be made to go wrong with the frames of the user socket: some come twice, too late, or never. Pure."""

from typing import Protocol

from simulator.exchange.account.user_events import UserEvent

MISSING = "missing_user_events"
DUPLICATE = "duplicate_user_events"
REORDERED = "reordered_user_events"


class Takes(Protocol):
    """Where armed faults are asked for."""

    def take(self, name: str, **about: str) -> object | None: ...


class UserFaults:
    """Turns each frame into those that are sent in its place."""

    def __init__(self, faults: Takes) -> None:
        self._faults = faults
        self._held: dict[str, UserEvent] = {}

    def applied(self, event: UserEvent, address: str) -> tuple[UserEvent, ...]:
        """Return what to send now of an API key's next frame: nothing, or itself, once or twice.

        A frame that is held back waits for the one that follows it, which is then sent as it is, before it.
        """
        about = {"key": event.owner, "address": address}
        held = self._held.pop(event.owner, None)
        if held is not None:
            return event, held
        if self._faults.take(MISSING, **about) is not None:
            return ()
        if self._faults.take(DUPLICATE, **about) is not None:
            return event, event
        if self._faults.take(REORDERED, **about) is not None:
            self._held[event.owner] = event
            return ()
        return (event,)

    def forget(self, owner: str) -> None:
        """Drop what is held back for an API key that listens no more."""
        self._held.pop(owner, None)
