"""What a way out to people looks like: push now; a webhook or e-mail is another class with the same two methods."""

from typing import Protocol

import structlog

from alerter.core import AlertRaised
from common.errors import PmArbError

log = structlog.get_logger()


class UnreachableError(PmArbError):
    """The channel could not be asked, or could not do it now: worth another try. `code` is what is counted."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}" if detail else code)


class RefusedError(PmArbError):
    """The channel said no, and would say so again. `code` is what is counted."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}" if detail else code)


class Channel(Protocol):
    """One way out."""

    @property
    def name(self) -> str: ...

    @property
    def result(self) -> str:
        """What an alert that it took is counted as."""

    async def deliver(self, alert: AlertRaised) -> None:
        """Hand over one alert; return once it is taken. Raises UnreachableError or RefusedError."""

    async def close(self) -> None:
        """Let go of connections."""


class LogChannel:
    """Where alerts go when nobody is named to be told: into the log, and counted as disabled."""

    name = "log"
    result = "disabled"

    async def deliver(self, alert: AlertRaised) -> None:
        log.warning(
            "alerter_disabled", kind=alert.kind, title=alert.title, message=alert.message, priority=alert.priority,
            why="PUSHOVER_USER_KEY and PUSHOVER_API_TOKEN are not both set",
        )  # fmt: skip

    async def close(self) -> None:
        return
