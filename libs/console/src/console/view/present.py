"""Shows a run while it lasts: on a terminal as a screen, elsewhere as lines."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from common.clock import Clock, Instant
from common.contracts.base import Event
from console.view.board import Board
from console.view.frames import Situation
from console.view.lines import Lines
from console.view.screen import Screen

DRAW_EVERY_S = 0.5

Situated = Callable[[], Situation]


class Presenter(Protocol):
    """Shows until cancelled, or until nobody is there to look: the terminal was closed, or the pipe."""

    def heard(self, event: Event, now: Instant) -> None:
        """Take note of a new event, which the board knows already."""

    async def run(self) -> None:
        """Show how things stand, again and again."""


class OnTerminal:
    """Draws the board on the terminal's other screen, so that what was there before comes back."""

    def __init__(self, console: Console, board: Board, clock: Clock, situated: Situated) -> None:
        self._console, self._board, self._clock, self._situated = console, board, clock, situated

    def heard(self, event: Event, now: Instant) -> None:
        """Nothing to do: the board shows it at the next drawing."""

    async def run(self) -> None:
        with suppress(OSError), Live(console=self._console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(Screen(self._board, self._situated(), self._clock.now()), refresh=True)
                await asyncio.sleep(DRAW_EVERY_S)


class InLines:
    """Writes lines, for a log or a pipe."""

    def __init__(self, console: Console, board: Board, clock: Clock, situated: Situated) -> None:
        self._console, self._clock, self._situated = console, clock, situated
        self._lines = Lines(board, self._say)
        self._is_read = True

    def heard(self, event: Event, now: Instant) -> None:
        self._lines.heard(event, now)

    async def run(self) -> None:
        while self._is_read:
            self._lines.look(self._situated(), self._clock.now())
            await asyncio.sleep(DRAW_EVERY_S)

    def _say(self, text: str) -> None:
        try:
            self._console.print(Text(text), soft_wrap=True, highlight=False)
        except OSError:
            self._is_read = False


def presenter(console: Console, board: Board, clock: Clock, situated: Situated) -> Presenter:
    """Choose by where the output goes."""
    return (OnTerminal if console.is_terminal else InLines)(console, board, clock, situated)
