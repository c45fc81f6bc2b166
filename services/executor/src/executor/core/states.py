"""The life of an order and of a fill, as tables: what is not in a table does not happen.

An event that finds no row is refused by the name of its cell, such as `accepted_when_filled`, and counted. A row that
looks odd says why it is there.
"""

from dataclasses import dataclass
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands. The last four are terminal."""

    APPROVED = "approved"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    LIVE = "live"
    PARTIAL = "partial"
    REFUSED = "refused"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FILLED = "filled"


class Happening(StrEnum):
    """What can happen to an order."""

    SUBMITTED = "submitted"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MATCHED = "matched"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CANCEL_DECLINED = "cancel_declined"
    LOST = "lost"
    NOT_FOUND = "not_found"


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


TERMINAL = frozenset({OrderState.REFUSED, OrderState.REJECTED, OrderState.CANCELLED, OrderState.FILLED})


@dataclass(frozen=True, slots=True)
class Row:
    """The state that follows; why, where that is not plain; and whether it must never be and stops trading."""

    then: OrderState
    why: str = ""
    halts: bool = False


_LEFT_BEFORE_A_CRASH = "it left, and the process died before it could say so: the venue speaks first"
_REST_UNKNOWN = "a match says nothing of the rest, so it is still asked for"

ORDER_TABLE: dict[tuple[OrderState, Happening], Row] = {
    (OrderState.APPROVED, Happening.SUBMITTED): Row(OrderState.SUBMITTED),
    (OrderState.APPROVED, Happening.REFUSED): Row(OrderState.REFUSED),
    (OrderState.APPROVED, Happening.LOST): Row(
        OrderState.UNKNOWN, "an approval without an order after a crash may or may not have left"
    ),
    (OrderState.APPROVED, Happening.ACCEPTED): Row(OrderState.LIVE, _LEFT_BEFORE_A_CRASH),
    (OrderState.APPROVED, Happening.REJECTED): Row(OrderState.REJECTED, _LEFT_BEFORE_A_CRASH),
    (OrderState.APPROVED, Happening.MATCHED): Row(OrderState.PARTIAL, _LEFT_BEFORE_A_CRASH),
    (OrderState.APPROVED, Happening.COMPLETED): Row(OrderState.FILLED, _LEFT_BEFORE_A_CRASH),
    (OrderState.APPROVED, Happening.CANCELLED): Row(OrderState.CANCELLED, _LEFT_BEFORE_A_CRASH),
    (OrderState.SUBMITTED, Happening.ACCEPTED): Row(OrderState.LIVE),
    (OrderState.SUBMITTED, Happening.REJECTED): Row(OrderState.REJECTED),
    (OrderState.SUBMITTED, Happening.MATCHED): Row(OrderState.PARTIAL, "a fill may arrive before the acknowledgement"),
    (OrderState.SUBMITTED, Happening.COMPLETED): Row(OrderState.FILLED, "as may the last fill"),
    (OrderState.SUBMITTED, Happening.CANCELLED): Row(OrderState.CANCELLED, "killed on arrival, never acknowledged"),
    (OrderState.SUBMITTED, Happening.CANCEL_DECLINED): Row(OrderState.SUBMITTED),
    (OrderState.SUBMITTED, Happening.LOST): Row(OrderState.UNKNOWN),
    (OrderState.UNKNOWN, Happening.ACCEPTED): Row(OrderState.LIVE),
    (OrderState.UNKNOWN, Happening.REJECTED): Row(OrderState.REJECTED),
    (OrderState.UNKNOWN, Happening.MATCHED): Row(OrderState.UNKNOWN, _REST_UNKNOWN),
    (OrderState.UNKNOWN, Happening.COMPLETED): Row(OrderState.FILLED),
    (OrderState.UNKNOWN, Happening.CANCELLED): Row(OrderState.CANCELLED),
    (OrderState.UNKNOWN, Happening.CANCEL_DECLINED): Row(OrderState.UNKNOWN),
    (OrderState.UNKNOWN, Happening.LOST): Row(OrderState.UNKNOWN, "whoever starts anew asks anew"),
    (OrderState.UNKNOWN, Happening.NOT_FOUND): Row(
        OrderState.CANCELLED, "only an order that was asked for can be missing"
    ),
    (OrderState.LIVE, Happening.REJECTED): Row(
        OrderState.REJECTED, "a marketable order is held for a while, and may be turned down at the end of it"
    ),
    (OrderState.LIVE, Happening.MATCHED): Row(OrderState.PARTIAL),
    (OrderState.LIVE, Happening.COMPLETED): Row(OrderState.FILLED),
    (OrderState.LIVE, Happening.CANCELLED): Row(OrderState.CANCELLED),
    (OrderState.LIVE, Happening.CANCEL_DECLINED): Row(OrderState.LIVE, "a failed cancel keeps the order live"),
    (OrderState.LIVE, Happening.LOST): Row(OrderState.UNKNOWN),
    (OrderState.PARTIAL, Happening.ACCEPTED): Row(OrderState.PARTIAL, "the acknowledgement came after the fill"),
    (OrderState.PARTIAL, Happening.MATCHED): Row(OrderState.PARTIAL),
    (OrderState.PARTIAL, Happening.COMPLETED): Row(OrderState.FILLED),
    (OrderState.PARTIAL, Happening.CANCELLED): Row(OrderState.CANCELLED),
    (OrderState.PARTIAL, Happening.CANCEL_DECLINED): Row(OrderState.PARTIAL),
    (OrderState.PARTIAL, Happening.LOST): Row(OrderState.UNKNOWN),
    (OrderState.REFUSED, Happening.MATCHED): Row(
        OrderState.REFUSED, "it never left and yet it filled: real money, and somebody else's order", halts=True
    ),
    (OrderState.REJECTED, Happening.MATCHED): Row(
        OrderState.REJECTED, "the venue said no and filled it: real money, and the venue contradicts itself", halts=True
    ),
    (OrderState.CANCELLED, Happening.MATCHED): Row(
        OrderState.CANCELLED, "a match raced the cancel, or was told of after it: real money"
    ),
    (OrderState.FILLED, Happening.MATCHED): Row(
        OrderState.FILLED, "the order's end may be told of before its last fill; one fill too many is caught by the sum"
    ),
}

FILL_TABLE: dict[tuple[FillState, FillHappening], FillState] = {
    (FillState.UNSEEN, FillHappening.MATCHED): FillState.MATCHED,
    (FillState.MATCHED, FillHappening.RETRIED): FillState.MATCHED,
    (FillState.MATCHED, FillHappening.CONFIRMED): FillState.CONFIRMED,
    (FillState.MATCHED, FillHappening.FAILED): FillState.FAILED,
}


def cell(happening: Happening | FillHappening, state: OrderState | FillState) -> str:
    """Name a cell of a table, for counting what was refused: `accepted_when_filled`."""
    return f"{happening}_when_{state}"
