"""The life of an order and of a fill, as tables: what is not in a table does not happen.

An event that finds no row is refused by the name of its cell, such as `accepted_when_filled`, and counted. Every row
says why it is there. `docs/order-states.md` shows them as they stand here.
"""

from dataclasses import dataclass
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    """Approved, and not known to have left."""
    SUBMITTED = "submitted"
    """It has left; the venue has not answered."""
    UNKNOWN = "unknown"
    """Nobody can say whether it is there: the venue is asked by its hash, and its market is closed to new orders."""
    DELAYED = "delayed"
    """The venue has it and holds it for the taker delay: it can be neither cancelled nor relied on."""
    LIVE = "live"
    """The venue has it on its book, or has just taken it."""
    PARTIALLY_FILLED = "partially_filled"
    """Some of it was matched, and the rest is still there."""
    MATCHED = "matched"
    """The venue says that it got all that it could: nothing of it is on the book, and its fills are not all final."""
    FILLED = "filled"
    """It is over, and every fill of it that stands is final."""
    CANCELLED = "cancelled"
    """What was left of it is gone; it may have fills."""
    REJECTED = "rejected"
    """The venue said no."""
    EXPIRED = "expired"
    """It ended by itself at the moment that it stated; it may have fills."""
    REFUSED = "refused"
    """The last hop said no: it never left."""


class Happening(StrEnum):
    """What can happen to an order."""

    SUBMITTED = "submitted"
    REFUSED = "refused"
    DELAYED = "delayed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MATCHED = "matched"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CANCEL_DECLINED = "cancel_declined"
    LOST = "lost"
    NOT_FOUND = "not_found"
    VOIDED = "voided"
    """A fill of it came to nothing."""
    SETTLED = "settled"
    """The last of its fills became final, and something stands."""
    EMPTIED = "emptied"
    """The last of its fills became final, and nothing stands."""


class FillState(StrEnum):
    """Where a fill stands. The last two are final."""

    UNSEEN = "unseen"
    MATCHED = "matched"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class FillHappening(StrEnum):
    """What can happen to a fill."""

    MATCHED = "matched"
    RETRIED = "retried"
    CONFIRMED = "confirmed"
    FAILED = "failed"


TERMINAL = frozenset(
    {OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED, OrderState.REFUSED}
)
OVER = TERMINAL | {OrderState.MATCHED}
"""Where nothing of an order is at the venue any more; its fills may still be on their way to being final."""


@dataclass(frozen=True, slots=True)
class Row:
    """The state that follows, why, and whether it must never be and stops trading."""

    then: OrderState
    why: str
    halts: bool = False


@dataclass(frozen=True, slots=True)
class FillRow:
    """The state of a fill that follows, and why."""

    then: FillState
    why: str


_S, _H = OrderState, Happening
_LEFT_BEFORE_A_CRASH = "it left, and the process died before it could say so: the venue speaks first"
_BEFORE_THE_ANSWER = "told of by another channel before the answer to the post"
_KILLED_ON_ARRIVAL = "killed on arrival, never acknowledged"
_REST_UNKNOWN = "a match says nothing of the rest, so it is still asked for"
_ASKED = "the venue was asked by the hash, and says so"
_NO_ANSWER = "no answer, or no end in time: the venue is asked, and nothing is assumed"
_CANNOT_BE_CANCELLED = "a failed cancel keeps the order as it is"
_RACED = "a match raced the end, or was told of after it: real money"
_NOT_PUT_BACK = "the fill is void; the venue does not put its shares back on the book"
_AFTER_THE_END = "a fill that came to nothing after the order's end changes the position, not the order"
_PLAIN = "as meant"

ORDER_TABLE: dict[tuple[OrderState, Happening], Row] = {
    (_S.PENDING, _H.SUBMITTED): Row(_S.SUBMITTED, _PLAIN),
    (_S.PENDING, _H.REFUSED): Row(_S.REFUSED, _PLAIN),
    (_S.PENDING, _H.LOST): Row(_S.UNKNOWN, "an approval without an order after a crash may or may not have left"),
    (_S.PENDING, _H.DELAYED): Row(_S.DELAYED, _LEFT_BEFORE_A_CRASH),
    (_S.PENDING, _H.ACCEPTED): Row(_S.LIVE, _LEFT_BEFORE_A_CRASH),
    (_S.PENDING, _H.REJECTED): Row(_S.REJECTED, _LEFT_BEFORE_A_CRASH),
    (_S.PENDING, _H.MATCHED): Row(_S.PARTIALLY_FILLED, _LEFT_BEFORE_A_CRASH),
    (_S.PENDING, _H.COMPLETED): Row(_S.MATCHED, _LEFT_BEFORE_A_CRASH),
    (_S.PENDING, _H.CANCELLED): Row(_S.CANCELLED, _LEFT_BEFORE_A_CRASH),
    (_S.PENDING, _H.EXPIRED): Row(_S.EXPIRED, _LEFT_BEFORE_A_CRASH),
    (_S.SUBMITTED, _H.DELAYED): Row(_S.DELAYED, _PLAIN),
    (_S.SUBMITTED, _H.ACCEPTED): Row(_S.LIVE, _PLAIN),
    (_S.SUBMITTED, _H.REJECTED): Row(_S.REJECTED, _PLAIN),
    (_S.SUBMITTED, _H.MATCHED): Row(_S.PARTIALLY_FILLED, _BEFORE_THE_ANSWER),
    (_S.SUBMITTED, _H.COMPLETED): Row(_S.MATCHED, _BEFORE_THE_ANSWER),
    (_S.SUBMITTED, _H.CANCELLED): Row(_S.CANCELLED, _KILLED_ON_ARRIVAL),
    (_S.SUBMITTED, _H.EXPIRED): Row(_S.EXPIRED, _BEFORE_THE_ANSWER),
    (_S.SUBMITTED, _H.CANCEL_DECLINED): Row(_S.SUBMITTED, _CANNOT_BE_CANCELLED),
    (_S.SUBMITTED, _H.LOST): Row(_S.UNKNOWN, _NO_ANSWER),
    (_S.UNKNOWN, _H.DELAYED): Row(_S.DELAYED, _ASKED),
    (_S.UNKNOWN, _H.ACCEPTED): Row(_S.LIVE, _ASKED),
    (_S.UNKNOWN, _H.REJECTED): Row(_S.REJECTED, _ASKED),
    (_S.UNKNOWN, _H.MATCHED): Row(_S.UNKNOWN, _REST_UNKNOWN),
    (_S.UNKNOWN, _H.COMPLETED): Row(_S.MATCHED, _ASKED),
    (_S.UNKNOWN, _H.CANCELLED): Row(_S.CANCELLED, _ASKED),
    (_S.UNKNOWN, _H.EXPIRED): Row(_S.EXPIRED, _ASKED),
    (_S.UNKNOWN, _H.CANCEL_DECLINED): Row(_S.UNKNOWN, _CANNOT_BE_CANCELLED),
    (_S.UNKNOWN, _H.LOST): Row(_S.UNKNOWN, "whoever starts anew asks anew"),
    (_S.UNKNOWN, _H.NOT_FOUND): Row(_S.CANCELLED, "only an order that was asked for can be missing"),
    (_S.UNKNOWN, _H.VOIDED): Row(_S.UNKNOWN, _REST_UNKNOWN),
    (_S.DELAYED, _H.ACCEPTED): Row(_S.LIVE, "the hold is over and it rests"),
    (_S.DELAYED, _H.REJECTED): Row(_S.REJECTED, "it may be turned down at the end of its hold"),
    (_S.DELAYED, _H.MATCHED): Row(_S.PARTIALLY_FILLED, _PLAIN),
    (_S.DELAYED, _H.COMPLETED): Row(_S.MATCHED, _PLAIN),
    (_S.DELAYED, _H.CANCELLED): Row(_S.CANCELLED, "it found nothing at the end of its hold"),
    (_S.DELAYED, _H.EXPIRED): Row(_S.EXPIRED, _PLAIN),
    (_S.DELAYED, _H.CANCEL_DECLINED): Row(_S.DELAYED, "what is held cannot be cancelled"),
    (_S.DELAYED, _H.LOST): Row(_S.UNKNOWN, _NO_ANSWER),
    (_S.DELAYED, _H.VOIDED): Row(_S.DELAYED, _NOT_PUT_BACK),
    (_S.LIVE, _H.REJECTED): Row(_S.REJECTED, "the user channel may announce an order that the answer then turns down"),
    (_S.LIVE, _H.MATCHED): Row(_S.PARTIALLY_FILLED, _PLAIN),
    (_S.LIVE, _H.COMPLETED): Row(_S.MATCHED, _PLAIN),
    (_S.LIVE, _H.CANCELLED): Row(_S.CANCELLED, _PLAIN),
    (_S.LIVE, _H.EXPIRED): Row(_S.EXPIRED, _PLAIN),
    (_S.LIVE, _H.CANCEL_DECLINED): Row(_S.LIVE, _CANNOT_BE_CANCELLED),
    (_S.LIVE, _H.LOST): Row(_S.UNKNOWN, _NO_ANSWER),
    (_S.LIVE, _H.VOIDED): Row(_S.LIVE, _NOT_PUT_BACK),
    (_S.PARTIALLY_FILLED, _H.DELAYED): Row(_S.PARTIALLY_FILLED, "the acknowledgement came after the fill"),
    (_S.PARTIALLY_FILLED, _H.ACCEPTED): Row(_S.PARTIALLY_FILLED, "the acknowledgement came after the fill"),
    (_S.PARTIALLY_FILLED, _H.MATCHED): Row(_S.PARTIALLY_FILLED, _PLAIN),
    (_S.PARTIALLY_FILLED, _H.COMPLETED): Row(_S.MATCHED, _PLAIN),
    (_S.PARTIALLY_FILLED, _H.CANCELLED): Row(_S.CANCELLED, _PLAIN),
    (_S.PARTIALLY_FILLED, _H.EXPIRED): Row(_S.EXPIRED, _PLAIN),
    (_S.PARTIALLY_FILLED, _H.CANCEL_DECLINED): Row(_S.PARTIALLY_FILLED, _CANNOT_BE_CANCELLED),
    (_S.PARTIALLY_FILLED, _H.LOST): Row(_S.UNKNOWN, _NO_ANSWER),
    (_S.PARTIALLY_FILLED, _H.VOIDED): Row(_S.PARTIALLY_FILLED, _NOT_PUT_BACK),
    (_S.MATCHED, _H.MATCHED): Row(_S.MATCHED, "its end may be told of before its fills, and the sum catches too many"),
    (_S.MATCHED, _H.VOIDED): Row(
        _S.MATCHED, "the fill is void and the order is not reopened: it ends by what stands once all is final"
    ),
    (_S.MATCHED, _H.SETTLED): Row(_S.FILLED, _PLAIN),
    (_S.MATCHED, _H.EMPTIED): Row(_S.CANCELLED, "each of its fills failed: it got nothing, and is not put back"),
    (_S.FILLED, _H.MATCHED): Row(_S.FILLED, "one fill more than the venue had counted: real money, caught by the sum"),
    (_S.FILLED, _H.VOIDED): Row(_S.FILLED, _AFTER_THE_END),
    (_S.CANCELLED, _H.MATCHED): Row(_S.CANCELLED, _RACED),
    (_S.CANCELLED, _H.VOIDED): Row(_S.CANCELLED, _AFTER_THE_END),
    (_S.EXPIRED, _H.MATCHED): Row(_S.EXPIRED, _RACED),
    (_S.EXPIRED, _H.VOIDED): Row(_S.EXPIRED, _AFTER_THE_END),
    (_S.REJECTED, _H.MATCHED): Row(
        _S.REJECTED, "the venue said no and filled it: real money, and the venue contradicts itself", halts=True
    ),
    (_S.REJECTED, _H.VOIDED): Row(_S.REJECTED, _AFTER_THE_END),
    (_S.REFUSED, _H.MATCHED): Row(
        _S.REFUSED, "it never left and yet it filled: real money, and somebody else's order", halts=True
    ),
    (_S.REFUSED, _H.VOIDED): Row(_S.REFUSED, _AFTER_THE_END),
}

FILL_TABLE: dict[tuple[FillState, FillHappening], FillRow] = {
    (FillState.UNSEEN, FillHappening.MATCHED): FillRow(FillState.MATCHED, "provisional: it counts, and may still fail"),
    (FillState.MATCHED, FillHappening.RETRIED): FillRow(FillState.MATCHED, "a retry decides nothing"),
    (FillState.MATCHED, FillHappening.CONFIRMED): FillRow(FillState.CONFIRMED, "final"),
    (FillState.MATCHED, FillHappening.FAILED): FillRow(FillState.FAILED, "voided, once"),
}


def cell(happening: Happening | FillHappening, state: OrderState | FillState) -> str:
    """Name a cell of a table, for counting what was refused: `accepted_when_filled`."""
    return f"{happening}_when_{state}"
