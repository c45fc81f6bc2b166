"""The headers that prove who asks: of an API key (level two), or of the wallet's key itself (level one).

Level two is an HMAC over timestamp, METHOD, path and the very bytes of the body; the query string is not signed. The
secrets can be neither printed nor pickled.
"""

import binascii
import re
from base64 import b64decode, urlsafe_b64encode
from contextlib import suppress
from hashlib import sha256
from hmac import digest
from typing import NoReturn

from pydantic import SecretBytes, SecretStr

Headers = tuple[tuple[str, str], ...]

API_KEY = re.compile("[0-9a-zA-Z-]{1,64}")
PASSPHRASE = re.compile("[!-~]{1,256}")
SECRET = re.compile("[0-9a-zA-Z_+/-]{4,512}={0,2}")
URL_SAFE = str.maketrans("-_", "+/")


class Credentials:
    """An API key of a wallet's address. Raises ValueError, without showing it, for what cannot be one."""

    __slots__ = ("__passphrase", "__secret", "__secret_text", "_address", "_key")

    def __init__(self, *, address: str, key: str, secret: SecretStr, passphrase: SecretStr) -> None:
        if not API_KEY.fullmatch(key):
            raise ValueError("API key: expected letters, digits and dashes, found something else (hidden)")
        if not PASSPHRASE.fullmatch(passphrase.get_secret_value()):
            raise ValueError("passphrase: expected printable characters, found something else (hidden)")
        self._address, self._key = address, key
        self.__secret = SecretBytes(_decoded(secret))
        self.__secret_text, self.__passphrase = secret, passphrase

    @property
    def api_key(self) -> str:
        """Answer the key itself, which names its owner and opens nothing without the secret."""
        return self._key

    def headers(self, method: str, path: str, body: bytes, now_s: int) -> Headers:
        """Prove a request. `path` is as the venue knows it, without the query; `body` is what will be sent."""
        message = b"%d%b%b%b" % (now_s, method.encode(), path.encode(), body)
        return (
            ("POLY_ADDRESS", self._address),
            ("POLY_SIGNATURE", urlsafe_b64encode(digest(self.__secret.get_secret_value(), message, sha256)).decode()),
            ("POLY_TIMESTAMP", str(now_s)),
            ("POLY_API_KEY", self._key),
            ("POLY_PASSPHRASE", self.__passphrase.get_secret_value()),
        )

    def revealed(self) -> dict[str, str]:
        """Answer all three in the clear, for whoever stores them."""
        secret, passphrase = self.__secret_text.get_secret_value(), self.__passphrase.get_secret_value()
        return {"key": self._key, "secret": secret, "passphrase": passphrase}

    def __repr__(self) -> str:
        return f"Credentials(address={self._address}, all else hidden)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("credentials can be neither pickled nor copied")


def proof_of_address(address: str, signature: str, now_s: int, nonce: int) -> Headers:
    """Answer the headers of level one, which make API keys and fetch them. `signature` is the signer's."""
    return (
        ("POLY_ADDRESS", address),
        ("POLY_SIGNATURE", signature),
        ("POLY_TIMESTAMP", str(now_s)),
        ("POLY_NONCE", str(nonce)),
    )


def _decoded(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    if SECRET.fullmatch(text):
        bare = text.rstrip("=").translate(URL_SAFE)
        with suppress(binascii.Error):
            return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    raise ValueError("secret: expected base64 in the URL-safe alphabet, found something else (hidden)")
