"""How long to wait before a process that ended is started again."""

from dataclasses import dataclass

WAIT_S_MIN = 0.5
WAIT_S_MAX = 10.0
STEADY_S = 30.0
"""A process that lived this long had recovered: its next end counts as the first."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The waits so far: the first is 0.5 s, each further one double, 10 s at most."""

    failures: int = 0

    def after(self, alive_s: float) -> "Backoff":
        """Count the end of a process that lived for `alive_s` seconds."""
        return Backoff(1 if alive_s >= STEADY_S else self.failures + 1)

    @property
    def wait_s(self) -> float:
        return min(WAIT_S_MAX, WAIT_S_MIN * 2.0 ** (self.failures - 1)) if self.failures else 0.0
