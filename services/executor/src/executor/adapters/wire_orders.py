"""Orders and cancels as they travel: the very bytes of a posted order, and what its answers mean.

An answer that says anything but a plain yes or a plain no is UnknownError: the order may be there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import orjson

from common.errors import ParseError
from common.parsing import parse_decimal, parse_flag, parse_text
from executor.adapters.answers import failure, order_id_of, payload, refused, words_of
from executor.adapters.http1 import Answer
from executor.adapters.typed_data import SignedOrder
from executor.adapters.venue_errors import RefusedError, UnknownError

OrderType = Literal["FAK", "FOK", "GTC", "GTD"]

ORDER_TYPES = ("FAK", "FOK", "GTC", "GTD")
POST_ONLY_TYPES = ("GTC", "GTD")
BYTES32_ZERO = "0x" + "00" * 32
EXPIRATION_S_MAX = 10**11
CANCELS_MAX = 3000
TRADES_OF_ANSWER_MAX = 10_000
POST = "POST /order"


class PlacedStatus(StrEnum):
    """Where the venue says an order stands that it took."""

    LIVE = "live"
    MATCHED = "matched"
    DELAYED = "delayed"
    """Held for the market's taker delay; what becomes of it is told later."""
    UNMATCHED = "unmatched"
    """Taken, but neither matched nor resting when it was answered: ask for it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that the venue took. `making` is what it has given so far, `taking` what it got; None where not told."""

    order_id: str
    status: PlacedStatus
    making: Decimal | None
    taking: Decimal | None
    trade_ids: tuple[str, ...]
    transaction_hashes: tuple[str, ...]
    """Of those of its trades that are settled; mostly none yet."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of cancels."""

    canceled: tuple[str, ...]
    not_canceled: tuple[tuple[str, str], ...]
    """Ids and the venue's reason. An order that is being matched is declined so, with HTTP 200."""
    unmentioned: tuple[str, ...]
    """Ids that were asked for and of which nothing was said."""


def order_body(
    order: SignedOrder, *, api_key: str, order_type: OrderType, expiration_s: int = 0, post_only: bool = False
) -> bytes:
    """Write the body of `POST /order`, to the byte as the venue's own client does.

    `expiration_s` is for GTD alone, is not signed, and is 60 s later than the order's end. Raises ValueError for what
    the venue takes in no case.
    """
    if order_type not in ORDER_TYPES:
        raise ValueError(f"order type: expected one of {', '.join(ORDER_TYPES)}, found {order_type!r}")
    if post_only and order_type not in POST_ONLY_TYPES:
        raise ValueError(f"post-only: expected one of {', '.join(POST_ONLY_TYPES)}, found {order_type}")
    if (order_type == "GTD") != (expiration_s > 0) or not 0 <= expiration_s <= EXPIRATION_S_MAX:
        raise ValueError(f"expiration: expected one for GTD and 0 for others, found {expiration_s} for {order_type}")
    terms, wallet = order.terms, order.wallet
    body = {
        "deferExec": False,
        "order": {
            "builder": BYTES32_ZERO, "expiration": str(expiration_s), "maker": wallet.funder,
            "makerAmount": str(terms.maker_amount), "metadata": BYTES32_ZERO, "salt": terms.salt, "side": terms.side,
            "signature": order.signature, "signatureType": wallet.signature_type, "signer": wallet.signer,
            "takerAmount": str(terms.taker_amount), "timestamp": str(terms.timestamp_ms), "tokenId": terms.token_id,
        },
        "orderType": order_type,
        "owner": api_key,
    }  # fmt: skip
    return orjson.dumps(body | {"postOnly": True} if post_only else body)


def read_placed(answer: Answer, order_id: str) -> Placed:
    """Read the answer to an order, given the order's own hash; raises VenueError."""
    if answer.status != 200:
        raise _about_another(failure(POST, answer), order_id)
    found = payload(POST, answer)
    try:
        return _placed(_object(found, POST), order_id)
    except ParseError as error:
        raise UnknownError(POST, str(error)) from None


def cancel_body(order_ids: Sequence[str]) -> bytes:
    """Write the body of `DELETE /orders`. Raises ValueError for none, and for more than the venue takes at once."""
    if not 0 < len(order_ids) <= CANCELS_MAX:
        raise ValueError(f"order ids: expected 1 to {CANCELS_MAX}, found {len(order_ids)}")
    return orjson.dumps(list(order_ids))


def read_cancelled(what: str, answer: Answer, asked: Sequence[str] = ()) -> Cancelled:
    """Read the answer to cancels; raises VenueError."""
    found = payload(what, answer)
    try:
        fields = _object(found, what)
        canceled = _texts(fields.get("canceled"), f"{what} canceled")
        declined = _declined(_object(fields.get("not_canceled"), f"{what} not_canceled"))
    except ParseError as error:
        raise UnknownError(what, str(error)) from None
    mentioned = {*canceled, *(order_id for order_id, _ in declined)}
    return Cancelled(canceled, declined, tuple(each for each in dict.fromkeys(asked) if each not in mentioned))


def _about_another(error: Exception, order_id: str) -> Exception:
    """Take a refusal of an order of another id for what it is: something that nobody understands."""
    if isinstance(error, RefusedError) and error.order_id not in {"", order_id}:
        return UnknownError(POST, f"expected word of {order_id}, found a refusal of {error.order_id[:70]}")
    return error


def _placed(found: Mapping[str, object], order_id: str) -> Placed:
    is_taken, words, named = parse_flag(found.get("success"), f"{POST} success"), words_of(found), order_id_of(found)
    trade_ids = _texts(found.get("tradeIDs") or [], f"{POST} tradeIDs")
    status = found.get("status") or ""
    if not is_taken or not named:
        if named == order_id or status or trade_ids or not words:
            raise UnknownError(POST, f"expected an order or a refusal, found neither: {status} {words}")
        raise refused(POST, 200, words, named)
    if named != order_id or words:
        raise UnknownError(POST, f"expected {order_id} without an error, found {named[:70]}: {words}")
    return Placed(
        order_id=order_id,
        status=_status(status),
        making=_amount(found, "makingAmount"),
        taking=_amount(found, "takingAmount"),
        trade_ids=trade_ids,
        transaction_hashes=_texts(found.get("transactionsHashes") or [], f"{POST} transactionsHashes"),
    )


def _status(found: object) -> PlacedStatus:
    try:
        return PlacedStatus(str(found))
    except ValueError:
        expected = ", ".join(PlacedStatus)
        raise ParseError("unknown_status", expected=expected, found=found, where=f"{POST} status") from None


def _amount(found: Mapping[str, object], name: str) -> Decimal | None:
    """Read an amount, which is an empty text as long as there is none."""
    value = found.get(name)
    if value is None or value == "":
        return None
    amount = parse_decimal(value, f"{POST} {name}")
    if amount < 0:
        raise ParseError("negative_size", expected="zero or more", found=value, where=f"{POST} {name}")
    return amount


def _texts(found: object, where: str) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > TRADES_OF_ANSWER_MAX:
        raise ParseError("wrong_type", expected=f"a list of at most {TRADES_OF_ANSWER_MAX}", found=found, where=where)
    return tuple(parse_text(each, where) for each in found)


def _declined(found: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((order_id, str(why)) for order_id, why in found.items())


def _object(found: object, where: str) -> Mapping[str, object]:
    if not isinstance(found, dict):
        raise ParseError("wrong_type", expected="an object", found=found, where=where)
    return found
