"""Who asks: a request's proof of identity, read from its headers.

Level one is a signature with the key of an address, good for making and fetching API keys. Level two is an HMAC with
an API key's secret, over timestamp, method, path and body. The path is signed as the client knows it: without the
query, and without any prefix under which a server may have the exchange.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest

from simulator.exchange.identity.addresses import parse_address
from simulator.exchange.identity.curve import recovered
from simulator.exchange.identity.keyring import Credentials, KeyRing
from simulator.exchange.identity.typed_data import auth_digest
from simulator.exchange.identity.wallets import wallets_of

NONCE = re.compile("0|[1-9][0-9]{0,76}")
TIMESTAMP = re.compile("[1-9][0-9]{0,11}")
SIGNATURE = re.compile("(0x)?[0-9a-fA-F]{130}")
UNAUTHORIZED = "Unauthorized/Invalid api key"
INVALID_HEADERS = "Invalid L1 Request headers"


class UnauthorizedError(Exception):
    """A request did not prove who sent it. The text is what it is answered with, the status 401."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever has shown an API key, and how the exchange treats them."""

    address: str
    """Of the key that owns the API key, in lower case."""
    key: str
    is_allowed_eoa: bool = False
    """Whether they may trade from the key's own address, without a wallet."""
    is_closed_only: bool = False
    is_banned: bool = False


@dataclass(frozen=True, slots=True)
class Claimant:
    """Whoever has proved that they control an address, and which of its API keys they mean."""

    address: str
    nonce: int


def level_one(headers: Mapping[str, str], now_s: int, skew_s_max: int) -> Claimant:
    """Read who signed a request with the key of an address. Raises UnauthorizedError."""
    timestamp, nonce = headers.get("POLY_TIMESTAMP", ""), headers.get("POLY_NONCE", "0")
    signature = headers.get("POLY_SIGNATURE", "")
    if not NONCE.fullmatch(nonce) or not SIGNATURE.fullmatch(signature) or not _is_recent(timestamp, now_s, skew_s_max):
        raise UnauthorizedError(INVALID_HEADERS)
    try:
        address = parse_address(headers.get("POLY_ADDRESS", ""))
        signer = recovered(auth_digest(address, timestamp, int(nonce)), bytes.fromhex(signature.removeprefix("0x")))
    except ValueError as error:
        raise UnauthorizedError(INVALID_HEADERS) from error
    if signer != address:
        raise UnauthorizedError(INVALID_HEADERS)
    return Claimant(address, int(nonce))


def level_two(
    headers: Mapping[str, str], method: str, path: str, body: bytes, *, keyring: KeyRing, now_s: int, skew_s_max: int
) -> Caller:
    """Read whose API key a request was signed with. Raises UnauthorizedError."""
    timestamp = headers.get("POLY_TIMESTAMP", "")
    known = keyring.of(headers.get("POLY_API_KEY", ""))
    if known is None or not _is_recent(timestamp, now_s, skew_s_max):
        raise UnauthorizedError(UNAUTHORIZED)
    signature = signed(known, timestamp, method, path, body)
    is_right = _is_same(headers.get("POLY_SIGNATURE", ""), signature)
    is_right &= _is_same(headers.get("POLY_PASSPHRASE", ""), known.passphrase)
    is_right &= _is_same(headers.get("POLY_ADDRESS", "").lower(), known.address)
    if not is_right:
        raise UnauthorizedError(UNAUTHORIZED)
    return caller_of(known, keyring)


def caller_of(credentials: Credentials, keyring: KeyRing) -> Caller:
    """Say how the exchange treats the owner of an API key, whether it was told so of the address or of a wallet."""
    address, wallets = credentials.address, wallets_of(credentials.address).keys()
    return Caller(
        address=address,
        key=credentials.key,
        is_allowed_eoa=address in keyring.allowed_eoas,
        is_closed_only=not keyring.closed_only.isdisjoint(wallets),
        is_banned=not keyring.banned.isdisjoint(wallets),
    )


def signed(credentials: Credentials, timestamp: str, method: str, path: str, body: bytes) -> str:
    """Return the HMAC that a request must carry, in the URL-safe alphabet of base64, padded."""
    message = f"{timestamp}{method}{path}".encode() + body
    return urlsafe_b64encode(digest(urlsafe_b64decode(credentials.secret), message, sha256)).decode()


def _is_same(found: str, expected: str) -> bool:
    """Compare in constant time. A header may hold bytes that are no text."""
    return compare_digest(found.encode(errors="surrogateescape"), expected.encode())


def _is_recent(timestamp: str, now_s: int, skew_s_max: int) -> bool:
    return TIMESTAMP.fullmatch(timestamp) is not None and abs(now_s - int(timestamp)) <= skew_s_max
