"""Structured logs: JSON in containers, readable on a terminal, and never a secret."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer

WHERE_ONLY = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
"""Tells of an exception where it passed, and not what the variables held there: among them are credentials."""
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(service: str, *, form: str, level: str) -> None:
    """Set up structlog for a process; every line carries the service's name and a UTC timestamp."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            WHERE_ONLY if form == "json" else structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
