"""Draws the whole screen: the panels placed by how much room there is."""

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.layout import Layout

from common.clock import Instant
from console.view import frames, panels
from console.view.board import Board
from console.view.frames import Situation

BORDER_LINES = 2
FRAME_LINES = 3  # a panel's borders and its table's heading
HEADING_LINES = 1
TOP_LINES = 6
LINES_MIN = 4
WIDE_COLUMNS = 130
LOW_SCREEN_LINES = 40
"""Below this the health of two processes shares a line."""


class Screen:
    """The screen at one moment, drawn to the size that the terminal has then."""

    def __init__(self, board: Board, situation: Situation, now: Instant) -> None:
        self._board, self._situation, self._now = board, situation, now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Place the panels; rich asks for this."""
        yield self.layout(options.max_width, options.height or console.height)

    def layout(self, width: int, height: int) -> Layout:
        """Divide the lines among the panels."""
        wide = width >= WIDE_COLUMNS
        board, now = self._board, self._now
        count = len(self._situation.processes)
        low = height < LOW_SCREEN_LINES
        bottom = max((count + 1) // 2 + BORDER_LINES if low else count + FRAME_LINES, LINES_MIN)
        room = max(2 * LINES_MIN, height - HEADING_LINES - TOP_LINES - bottom)
        decisions = max(LINES_MIN, room * 9 // 20)
        markets = max(LINES_MIN, room - decisions)
        rows, health_rows = decisions - FRAME_LINES, bottom - FRAME_LINES
        screen = Layout()
        screen.split_column(
            Layout(frames.heading(board, self._situation, now), size=HEADING_LINES),
            _beside(panels.prices(board, now), frames.account(board), TOP_LINES, (13, 8)),
            Layout(panels.markets(board, now, markets - FRAME_LINES), size=markets),
            _beside(panels.decisions(board, rows), panels.orders(board, rows, wide=wide), decisions, (4, 3)),
            _beside(
                panels.positions(board, now, health_rows, wide=wide),
                frames.health(board, self._situation, now, health_rows),
                bottom,
                (1, 1),
            ),
        )
        return screen


def _beside(left: RenderableType, right: RenderableType, lines: int, shares: tuple[int, int]) -> Layout:
    row = Layout(size=lines)
    row.split_row(Layout(left, ratio=shares[0]), Layout(right, ratio=shares[1]))
    return row
