"""What must not wait its turn: the service's way to the world is told at once of what stops everything."""

import structlog

from common.bus.api import Message
from common.clock import Clock, Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested
from common.contracts.risk import TradingHalted
from common.runtime.assembly import Assembly

log = structlog.get_logger()


class Alarms:
    """Rings the assembly's alarm. Silent before the service acts: a standby has nothing to stop, another acts."""

    def __init__(self, assembly: Assembly, clock: Clock) -> None:
        self._assembly, self._clock = assembly, clock
        self._live_at: Instant | None = None

    @property
    def is_armed(self) -> bool:
        """Whether the service has begun to act."""
        return self._live_at is not None

    def arm(self) -> None:
        """Ring from here on."""
        self._live_at = self._clock.now()

    def heed(self, message: Message) -> None:
        """Ring for an operator's halt and for risk's, unless it is an old one told again: that may be lifted by now."""
        event = message.event
        if isinstance(event, HaltRequested) or (isinstance(event, TradingHalted) and self._is_new(message)):
            self.ring(event)

    def ring(self, event: Event) -> None:
        """Tell the assembly; what its alarm does wrong must not keep the service from going on to stop."""
        if not self.is_armed:
            return
        try:
            self._assembly.alarm(event, self._clock.now())
        except Exception:
            log.exception("alarm_failed", type=getattr(event, "type", ""))

    def _is_new(self, message: Message) -> bool:
        return self._live_at is not None and not message.redelivered and message.stored_at >= self._live_at
