"""One check before the start: what was expected, what was found, and whether a restart may mend it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.errors import PmArbError, SettingsError
from executor.adapters.venue_errors import BlockedError, RefusedError, UnauthorizedError

LASTING = (BlockedError, RefusedError, UnauthorizedError, SettingsError)
"""What the venue has said plainly, and will say again."""


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one check."""

    name: str
    expected: str
    found: str
    is_passed: bool
    is_lasting: bool
    """Whether a restart will not mend it."""

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        return f"{self.name}: expected {self.expected}, found {self.found}"


Ask = Callable[[], Awaitable[tuple[bool, str]]]
"""Asks, and says whether it is as expected, and what was found."""


async def asked(name: str, expected: str, ask: Ask) -> Check:
    """Ask; a question that fails is a check that fails, in the error's words."""
    try:
        is_passed, found = await ask()
    except (PmArbError, ValueError) as error:  # ValueError: a secret that cannot be one, shown to nobody
        lasting = isinstance(error, LASTING) or not isinstance(error, PmArbError)
        return Check(name, expected, " ".join(str(error).split()), is_passed=False, is_lasting=lasting)
    return Check(name, expected, found, is_passed, is_lasting=True)
