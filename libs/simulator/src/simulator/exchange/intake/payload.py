"""Reading the body of `POST /order`: every field in its type and its bounds, or none of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.exchange.identity.addresses import parse_address
from simulator.exchange.identity.signed_order import SignedOrder
from simulator.exchange.intake.words import INVALID_PAYLOAD, VERSION_MISMATCH
from simulator.matching.values import OrderType, Side

Json = Mapping[str, object]

AMOUNT_E6_MAX = 10**18
SALT_MAX = (1 << 64) - 1
TOKEN_MAX = (1 << 256) - 1
SECONDS_MAX = 10**11
MILLIS_MAX = 10**14
SIGNATURE_TYPE_MAX = 3
NUMBER = re.compile("0|[1-9][0-9]{0,77}")
WORD = re.compile("0x[0-9a-fA-F]{64}")
SIGNATURE = re.compile("0x(?:[0-9a-fA-F]{2}){1,1024}")
FORMER_FIELDS = frozenset({"taker", "nonce", "feeRateBps"})
"""What orders had before the exchange's second version, which has no place for them."""


class UnreadableError(Exception):
    """A body that is no order. The text is what it is answered with."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The body of `POST /order`."""

    order: SignedOrder
    owner: str
    order_type: OrderType
    post_only: bool
    defer_exec: bool


def read_payload(payload: object) -> Payload:
    """Read a body, unknown fields ignored. Raises UnreadableError."""
    fields = payload.get("order") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(fields, dict):
        raise UnreadableError(INVALID_PAYLOAD)
    if "timestamp" not in fields and not FORMER_FIELDS.isdisjoint(fields):
        raise UnreadableError(VERSION_MISMATCH)
    try:
        return Payload(
            order=_order(fields),
            owner=_text(payload, "owner"),
            order_type=OrderType(payload.get("orderType", OrderType.GTC)),
            post_only=_flag(payload, "postOnly"),
            defer_exec=_flag(payload, "deferExec"),
        )
    except ValueError as error:
        raise UnreadableError(INVALID_PAYLOAD) from error


def _order(fields: Json) -> SignedOrder:
    token = _text(fields, "tokenId")
    _number(fields, "tokenId", 1, TOKEN_MAX)
    return SignedOrder(
        salt=_whole(fields, "salt", SALT_MAX),
        maker=parse_address(_text(fields, "maker")),
        signer=parse_address(_text(fields, "signer")),
        token=token,
        maker_e6=_number(fields, "makerAmount", 1, AMOUNT_E6_MAX),
        taker_e6=_number(fields, "takerAmount", 1, AMOUNT_E6_MAX),
        side=Side(_text(fields, "side")),
        signature_type=_whole(fields, "signatureType", SIGNATURE_TYPE_MAX),
        timestamp_ms=_number(fields, "timestamp", 1, MILLIS_MAX),
        metadata=_word(fields, "metadata"),
        builder=_word(fields, "builder"),
        signature=_signature(fields),
        expiration_s=_number(fields, "expiration", 0, SECONDS_MAX),
    )


def _text(fields: Json, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected text, found {value!r}")  # noqa: TRY004 - a body is wrong in one way only
    return value


def _number(fields: Json, name: str, low: int, high: int) -> int:
    """Read a whole number that is written as text."""
    text = _text(fields, name)
    if not NUMBER.fullmatch(text) or not low <= int(text) <= high:
        raise ValueError(f"{name}: expected {low} to {high} as text, found {text!r}")
    return int(text)


def _whole(fields: Json, name: str, high: int) -> int:
    """Read a whole number that is written as one."""
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise ValueError(f"{name}: expected a whole number up to {high}, found {value!r}")
    return value


def _flag(payload: Json, name: str) -> bool:
    value = payload.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: expected true or false, found {value!r}")  # noqa: TRY004 - likewise
    return value


def _word(fields: Json, name: str) -> bytes:
    """Read 32 bytes. Nothing, or an empty text, stands for zeros."""
    value = fields.get(name, "")
    if value == "":
        return bytes(32)
    if not isinstance(value, str) or not WORD.fullmatch(value):
        raise ValueError(f"{name}: expected 0x and 64 hexadecimal digits, found {value!r}")
    return bytes.fromhex(value[2:])


def _signature(fields: Json) -> bytes:
    text = _text(fields, "signature")
    if not SIGNATURE.fullmatch(text):
        raise ValueError("signature: expected hexadecimal digits")
    return bytes.fromhex(text[2:])
