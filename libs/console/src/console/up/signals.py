"""The operator's word to stop: Ctrl-C, `pm-arb stop`, a closed terminal. Said twice, it means: without waiting."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether to stop, and whether to hurry."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurry = asyncio.Event()

    def ask(self) -> None:
        """Take the word."""
        (self.hurry if self.asked.is_set() else self.asked).set()

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Listen for signals within the block."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.ask)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)

    async def unless(self, work: Coroutine[Any, Any, object]) -> bool:
        """Do some work until it is done, or until told to stop; say whether it was done."""
        task, asked = asyncio.ensure_future(work), asyncio.ensure_future(self.asked.wait())
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if task.done():
            task.result()
            return True
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return False
