"""Addresses as text: in lower case within the simulator, with the checksum of EIP-55 on the wire."""

import re
from functools import lru_cache

from simulator.exchange.identity.curve import keccak256

ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
CACHED_MAX = 1 << 16


@lru_cache(maxsize=CACHED_MAX)
def checksum(address: str) -> str:
    """Write an address, given in lower case, with its checksum: a letter is a capital where the hash has 8 or more."""
    digits = address[2:]
    hashed = keccak256(digits.encode()).hex()[: len(digits)]
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit for digit, nibble in zip(digits, hashed, strict=True)
    )


@lru_cache(maxsize=CACHED_MAX)
def parse_address(text: str) -> str:
    """Read an address and return it in lower case.

    Raises ValueError where it is none, or where letters of both cases do not make up its checksum.
    """
    if not ADDRESS.fullmatch(text):
        raise ValueError("expected an address: 0x and 40 hexadecimal digits")
    lower = text.lower()
    if text[2:] not in (lower[2:], lower[2:].upper()) and text != checksum(lower):
        raise ValueError(f"expected the checksum of {checksum(lower)}, found {text}")
    return lower
