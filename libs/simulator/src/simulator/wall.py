"""The one place of the simulator that reads the wall clock; the world itself takes time as an argument."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Nanoseconds since 1970."""


def wall_ns() -> int:
    return time.time_ns()  # noqa: TID251 - the server is a clock around a world that has none
