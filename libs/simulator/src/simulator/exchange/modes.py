"""In which of its modes the exchange is: it restarts, then takes only post-only orders; or only cancels; or nothing."""

from collections import deque
from enum import StrEnum

from simulator.wall import Clock

NS_PER_S = 1_000_000_000


class Mode(StrEnum):
    """What the exchange takes."""

    ACTIVE = "active"
    RESTARTING = "restarting"
    """Nothing at all, cancels included."""
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    DISABLED = "disabled"
    """No orders, as in CANCEL_ONLY; it is said in other words."""


class Modes:
    """The mode of now, and those that follow. When the last one is over the exchange is ACTIVE."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: deque[tuple[Mode, int]] = deque()
        self._tells_when = True

    def set(self, mode: Mode, until_ns: int) -> None:
        """Be in a mode until an instant, whatever was to come before."""
        self._ahead = deque([(mode, until_ns)])
        self._tells_when = True

    def restart(self, until_ns: int, post_only_until_ns: int, *, tells_when: bool = True) -> None:
        """Restart until an instant, then take only post-only orders until another. Tell when it ends, or not."""
        self._ahead = deque([(Mode.RESTARTING, until_ns), (Mode.POST_ONLY, post_only_until_ns)])
        self._tells_when = tells_when

    def now(self) -> Mode:
        return self._current()[0]

    def retry_after_s(self) -> int | None:
        """Tell in how many whole seconds, one at least, the mode is over; None where there is nothing to tell."""
        mode, until_ns = self._current()
        if mode is Mode.ACTIVE or (mode is Mode.RESTARTING and not self._tells_when):
            return None
        return max(1, -(-(until_ns - self._clock()) // NS_PER_S))

    def _current(self) -> tuple[Mode, int]:
        now_ns = self._clock()
        while self._ahead and self._ahead[0][1] <= now_ns:
            self._ahead.popleft()
        return self._ahead[0] if self._ahead else (Mode.ACTIVE, 0)
