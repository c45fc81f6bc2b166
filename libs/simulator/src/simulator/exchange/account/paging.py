"""Pages of lists: which part a cursor asks for, and the cursor of the next one, as text that clients only hand back."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from simulator.world import Json

PAGE = 100
START_CURSOR = "MA=="
END_CURSOR = "LTE="
"""Handed out after the last page: -1, as every cursor here is an offset in base64."""

T = TypeVar("T")


def offset_of(cursor: str | None) -> int:
    """Read a cursor; negative after the end. Raises ValueError where it is none."""
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode("ascii"))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"expected a cursor, found {cursor!r}") from error


def cursor_of(offset: int) -> str:
    return base64.b64encode(str(offset).encode()).decode()


def part(items: Sequence[T], offset: int, limit: int = PAGE) -> tuple[Sequence[T], int | None]:
    """Return the items of a page, and where the next one begins, if there is one."""
    if offset < 0:
        return (), None
    end = offset + limit
    return items[offset:end], end if end < len(items) else None


def page(written: list[Json], next_offset: int | None) -> Json:
    """Wrap a page as the order book's lists are wrapped."""
    return {
        "limit": PAGE, "next_cursor": END_CURSOR if next_offset is None else cursor_of(next_offset),
        "count": len(written), "data": written,
    }  # fmt: skip
