"""What must not go unnoticed: a part of the server that works by itself has broken, while others would still answer."""

import asyncio
from collections.abc import Callable

Report = Callable[[str, BaseException], None]
"""Tell which part has broken, and by what."""


class BrokenError(Exception):
    """A part of the server has broken. The cause says by what."""


class Breakdown:
    """The first part that broke, if any; what broke after it is most likely a consequence."""

    def __init__(self) -> None:
        self._first: tuple[str, BaseException] | None = None
        self._happened = asyncio.Event()

    def report(self, part: str, error: BaseException) -> None:
        if self._first is None:
            self._first = (part, error)
            self._happened.set()

    async def wait(self) -> None:
        """Wait until something has broken, which is for ever in a sound server."""
        await self._happened.wait()

    def check(self) -> None:
        """Raise BrokenError if something has broken."""
        if self._first is not None:
            part, error = self._first
            raise BrokenError(f"the {part} broke: {type(error).__name__}: {error}") from error

    def watch(self, part: str, task: asyncio.Task[None]) -> None:
        """Report a task that ends by itself, with an error or without. One that is cancelled was told to end."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled():
                self.report(part, task.exception() or RuntimeError("it ended by itself"))

        task.add_done_callback(ended)
