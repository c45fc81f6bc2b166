"""What keeps the gateway from posting by itself, ahead of the desk: an alarm that the desk has not heard of yet.

An alarm is told at once, while the desk hears of the same event in its turn. Until it has, nothing leaves; from then on
the desk's own latch holds, so whatever it lets leave it does knowing of the alarm, and of what lifted it.
"""

from common.contracts.base import Event


class Stop:
    """The alarms that are ahead of the desk, and whether the service is ending."""

    def __init__(self) -> None:
        self._ahead: list[Event] = []
        self._is_leaving = False

    @property
    def is_on(self) -> bool:
        """Whether nothing may leave."""
        return self._is_leaving or bool(self._ahead)

    def alarmed(self, event: Event) -> None:
        """Stop until the desk has heard of an event, however often it is told."""
        if event not in self._ahead:
            self._ahead.append(event)

    def heard(self, event: Event) -> None:
        """Take note that the desk has heard of an event."""
        if event in self._ahead:
            self._ahead.remove(event)

    def leave(self) -> None:
        """Stop for good."""
        self._is_leaving = True
