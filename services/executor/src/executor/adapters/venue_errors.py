"""How a request to the venue can fail, told apart by what is known of it afterwards.

What matters of a failed order is whether it can be there. `NotSentError`, `HeldBackError`, `RefusedError`,
`RateLimitedError`, `RestrictedError`, `UnauthorizedError` and `BlockedError` say that it is not. `UnknownError` and
`DuplicatedError` say that it may be: ask for it by its hash, and never send it again.
"""

from enum import StrEnum

from common.errors import PmArbError


class VenueError(PmArbError):
    """The base of them all. `what` names the request."""

    def __init__(self, what: str, found: str) -> None:
        self.what = what
        self.found = found
        super().__init__(f"{what}: {found}")


class NotSentError(VenueError):
    """No connection could be made, or the request was never given to one: nothing left."""


class HeldBackError(VenueError):
    """When it was about to leave something had come up that forbids it: nothing left."""


class UnknownError(VenueError):
    """Nobody can say what became of it: a timeout, a broken connection, a failure at the venue, unreadable words."""


class UnauthorizedError(VenueError):
    """The venue does not take the API key, the signature or the timestamp. Nothing was done."""


class BlockedError(VenueError):
    """The gateway in front of the venue lets nobody through from here, and answers in HTML. Nothing was done."""


class RateLimitedError(VenueError):
    """Too many requests; nothing was done. `retry_after_s` where the venue says how long to wait."""

    def __init__(self, what: str, found: str, retry_after_s: float | None = None) -> None:
        super().__init__(what, found)
        self.retry_after_s = retry_after_s


class Mode(StrEnum):
    """Why the venue takes no orders, or not this one."""

    RESTARTING = "restarting"
    """Nothing is taken, cancels included."""
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    DISABLED = "disabled"


class RestrictedError(VenueError):
    """The venue is in a mode in which it does not do this; nothing was done."""

    def __init__(self, what: str, found: str, mode: Mode, retry_after_s: float | None = None) -> None:
        super().__init__(what, f"{mode}: {found}")
        self.mode = mode
        self.retry_after_s = retry_after_s


class RefusalCode(StrEnum):
    """Why the venue said no, as far as its words are known."""

    KILLED = "killed"
    """A FAK or FOK that found nothing, or not enough: it was taken, and ended without a fill."""
    TICK = "tick"
    SIZE = "size"
    AMOUNT = "amount"
    PRECISION = "precision"
    BALANCE = "balance"
    CROSSES = "crosses"
    EXPIRATION = "expiration"
    SIGNATURE = "signature"
    OWNER = "owner"
    WALLET = "wallet"
    VERSION = "version"
    CLOSED_ONLY = "closed_only"
    BANNED = "banned"
    NO_BOOK = "no_book"
    NOT_READY = "not_ready"
    OTHER = "other"


class RefusedError(VenueError):
    """The venue said no, in its own words; nothing is there of it. `order_id` where it had given one, as to a kill."""

    def __init__(self, what: str, status: int, words: str, order_id: str = "") -> None:
        super().__init__(what, f"{status}: {words}")
        self.status = status
        self.words = words
        self.order_id = order_id
        self.code = refusal_code(words)


class DuplicatedError(VenueError):
    """The venue has had an order with these very bytes before. It says nothing about what became of that one."""


WORDS: tuple[tuple[str, RefusalCode], ...] = (
    ("fok orders are fully filled or killed", RefusalCode.KILLED),
    ("fak orders are partially filled or killed", RefusalCode.KILLED),
    ("breaks minimum tick size", RefusalCode.TICK),
    ("lower than the minimum", RefusalCode.SIZE),
    ("invalid amount for a marketable", RefusalCode.AMOUNT),
    ("max accuracy of", RefusalCode.PRECISION),
    ("not enough balance / allowance", RefusalCode.BALANCE),
    ("order crosses book", RefusalCode.CROSSES),
    ("invalid expiration", RefusalCode.EXPIRATION),
    ("invalid signature", RefusalCode.SIGNATURE),
    ("order signer address has to be", RefusalCode.OWNER),
    ("order owner has to be", RefusalCode.OWNER),
    ("maker address not allowed", RefusalCode.WALLET),
    ("order_version_mismatch", RefusalCode.VERSION),
    ("invalid order version", RefusalCode.VERSION),
    ("closed only mode", RefusalCode.CLOSED_ONLY),
    ("address banned", RefusalCode.BANNED),
    ("orderbook", RefusalCode.NO_BOOK),
    ("not yet ready to process", RefusalCode.NOT_READY),
)
DUPLICATED = "duplicated"


def refusal_code(words: str) -> RefusalCode:
    """Name a refusal by the venue's words."""
    lower = words.lower()
    return next((code for part, code in WORDS if part in lower), RefusalCode.OTHER)


def is_duplicate(words: str) -> bool:
    """Say whether the words are about an order that was there before."""
    return DUPLICATED in words.lower()
