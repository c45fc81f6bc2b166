"""From an HTTP answer of the venue to JSON, or to the error that says what is known of the request afterwards.

What the venue refused before doing anything is told apart from what may have been done: in doubt it is UnknownError.
"""

from collections.abc import Mapping

import orjson

from common.errors import ParseError
from common.parsing import parse_decimal
from executor.adapters.http1 import Answer
from executor.adapters.venue_errors import (
    BlockedError,
    DuplicatedError,
    Mode,
    RateLimitedError,
    RefusedError,
    RestrictedError,
    UnauthorizedError,
    UnknownError,
    VenueError,
    is_duplicate,
)

WORDS_MAX = 500
RETRY_AFTER_S_MAX = 86_400
WORD_KEYS = ("error", "errorMsg", "error_msg")
MODE_CODES = {"post_only_mode": Mode.POST_ONLY}
MODE_WORDS = (
    ("post-only mode", Mode.POST_ONLY),
    ("cancel-only", Mode.CANCEL_ONLY),
    ("trading is disabled", Mode.DISABLED),
)
INDEFINITE_STATUSES = frozenset({408, 499})
INDEFINITE_WORDS = ("timed out", "timeout")
"""What the venue says when it does not know either."""


def payload(what: str, answer: Answer) -> object:
    """Answer the JSON of a request that went well; raises the VenueError that fits any other."""
    found = body_of(answer)
    if answer.status == 200:
        if found is None:
            raise UnknownError(what, f"200 with a body that is no JSON ({len(answer.body)} bytes)")
        return found
    raise failure(what, answer)


def failure(what: str, answer: Answer) -> VenueError:
    """Say what it means that a request was not answered with 200."""
    body = body_of(answer)
    fields = body if isinstance(body, dict) else {}
    words = words_of(fields)
    told = words or f"status {answer.status}"
    match answer.status:
        case 401:
            return UnauthorizedError(what, told)
        case 403 if not words:
            return BlockedError(what, f"status 403, {answer.headers.get('content-type', 'no content type')[:60]}")
        case 429:
            return RateLimitedError(what, told, retry_after_s(answer, fields))
        case 425 | 503:
            return _closed(what, answer, fields, words)
        case status if 400 <= status < 500 and words and status not in INDEFINITE_STATUSES:
            return refused(what, status, words, order_id_of(fields))
        case status:
            return UnknownError(what, f"status {status}: {words or 'unreadable'}")


def body_of(answer: Answer) -> object:
    """Read the JSON of an answer; None where it has none."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None


def refused(what: str, status: int, words: str, order_id: str = "") -> VenueError:
    """Say what the venue's words mean: a refusal, a duplicate, or that it does not know either."""
    if is_duplicate(words):
        return DuplicatedError(what, words)
    if any(each in words.lower() for each in INDEFINITE_WORDS):
        return UnknownError(what, f"status {status}: {words}")
    return RefusedError(what, status, words, order_id)


def words_of(fields: Mapping[str, object]) -> str:
    """Answer the venue's words for what is wrong, empty where it has none."""
    found = next((fields[key] for key in WORD_KEYS if fields.get(key)), "")
    return found.strip()[:WORDS_MAX] if isinstance(found, str) else ""


def order_id_of(fields: Mapping[str, object]) -> str:
    """Answer the order id of an answer, empty where it has none."""
    found = fields.get("orderID")
    return found if isinstance(found, str) else ""


def retry_after_s(answer: Answer, fields: Mapping[str, object]) -> float | None:
    """Answer how long to wait, None where that is not said or makes no sense."""
    told = answer.headers.get("retry-after") or fields.get("retry_after_seconds")
    try:
        found = parse_decimal(told, "Retry-After")
    except ParseError:
        return None
    return float(found) if 0 <= found <= RETRY_AFTER_S_MAX else None


def _closed(what: str, answer: Answer, fields: Mapping[str, object], words: str) -> VenueError:
    """Tell the venue's modes from a failure of some machine on the way, after which nothing is known."""
    if answer.status == 425:
        return RestrictedError(what, words or "status 425", Mode.RESTARTING, retry_after_s(answer, fields))
    mode = MODE_CODES.get(str(fields.get("code"))) or next(
        (mode for part, mode in MODE_WORDS if part in words.lower()), None
    )
    if mode is None:
        return UnknownError(what, f"status 503: {words or 'unreadable'}")
    return RestrictedError(what, words or "status 503", mode, retry_after_s(answer, fields))
