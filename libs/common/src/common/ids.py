"""Ids that derive from their cause, never from chance: the same cause always gives the same id."""

import hashlib

ID_HEX_DIGITS = 32
SALT_BITS = 52  # a JSON integer that every client can hold exactly


def derive(kind: str, *cause: object) -> str:
    """Derive an id of `kind` from what caused it, e.g. `derive("decision", opportunity_id)`.

    The answer is 32 hexadecimal digits (128 bits of SHA-256).
    """
    return _digest(kind, cause).hexdigest()[:ID_HEX_DIGITS]


def derive_salt(*cause: object) -> int:
    """Derive an order's salt, a positive integer below 2**52."""
    return int.from_bytes(_digest("salt", cause).digest()[:8], "big") >> (64 - SALT_BITS)


def _digest(kind: str, cause: tuple[object, ...]) -> "hashlib._Hash":
    return hashlib.sha256("\x1f".join((kind, *map(str, cause))).encode())
