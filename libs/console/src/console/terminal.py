"""The terminal, or whatever takes its place."""

import logging
import os
import sys
from pathlib import Path

import structlog
from rich.console import Console

LOG_BYTES_MAX = 8 * 2**20


class _FileLogger:
    """Appends each line to a file that is opened for it, as there are few; a file that is full begins anew."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def msg(self, message: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        full = self._path.exists() and self._path.stat().st_size > LOG_BYTES_MAX
        with self._path.open("w" if full else "a", encoding="utf-8") as file:
            file.write(f"{message}\n")

    warning = error = critical = exception = msg


def keep_quiet(path: Path) -> None:
    """Write what libraries log to a file, for the terminal belongs to the view."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: _FileLogger(path),
        cache_logger_on_first_use=False,
    )


def say_nothing() -> None:
    """Drop what libraries log: a command says itself what went wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class Terminal(Console):
    """A rich console that tells its user when the reader of a pipe has gone, instead of ending the process."""

    def on_broken_pipe(self) -> None:
        """Let what is still written go nowhere, and say that nobody reads."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise BrokenPipeError
