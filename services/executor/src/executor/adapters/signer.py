"""The one file that touches a wallet's library, and the one object that holds the wallet's key.

Signatures are deterministic (RFC 6979): the same terms give the same bytes, so an order that was signed again is the
same order to the venue, which refuses it as a duplicate. The key cannot be printed, pickled or copied.
"""

import re
from typing import NoReturn

from coincurve import PrivateKey
from pydantic import SecretStr

from executor.adapters.keccak import keccak256
from executor.adapters.typed_data import (
    CHAIN_ID,
    DEPOSIT_WALLET,
    EOA,
    NESTED_TYPE_HASH,
    ORDER_TYPE,
    OrderHasher,
    OrderHashes,
    OrderTerms,
    SignedOrder,
    Wallet,
    auth_digest,
    checksum,
    digest,
    padded,
    word,
)

KEY = re.compile("(?:0x)?([0-9a-fA-F]{64})")
V_OFFSET = 27
NONCE_MAX = (1 << 53) - 1
WALLET_DOMAIN = keccak256(b"DepositWallet") + keccak256(b"1") + word(CHAIN_ID)
"""Name, version and chain of a deposit wallet's own domain, as they stand within `TypedDataSign`."""
CONTENTS_TRAILER = (ORDER_TYPE + len(ORDER_TYPE).to_bytes(2, "big")).hex()


class Signer:
    """Signs for one wallet. `funder` is the address that pays; of signature type 0 it is the key's own.

    Raises ValueError for a key that is none, without showing it.
    """

    __slots__ = ("__key", "_hasher", "_nested_tail", "wallet")

    def __init__(self, key: SecretStr, *, signature_type: int = EOA, funder: str = "") -> None:
        self.__key = _read(key)
        address = checksum("0x" + keccak256(self.__key.public_key.format(compressed=False)[1:])[12:].hex())
        if not funder and signature_type != EOA:
            raise ValueError(f"funder of signature type {signature_type}: expected an address, found none")
        self.wallet = Wallet(
            funder=checksum(funder) if funder else address, key_address=address, signature_type=signature_type
        )
        self._hasher = OrderHasher(self.wallet)
        self._nested_tail = WALLET_DOMAIN + padded(self.wallet.funder) + bytes(32)

    def hashes(self, terms: OrderTerms) -> OrderHashes:
        """Hash an order without signing it."""
        return self._hasher.hashes(terms)

    def sign(self, terms: OrderTerms) -> SignedOrder:
        """Hash an order and sign it."""
        return self.sign_hashed(self._hasher.hashes(terms))

    def sign_hashed(self, hashes: OrderHashes) -> SignedOrder:
        """Sign an order that was hashed when it was named. Raises ValueError for one of another wallet."""
        if hashes.wallet != self.wallet:
            raise ValueError(f"wallet: expected an order of {self.wallet.funder}, found one of {hashes.wallet.funder}")
        if self.wallet.signature_type == DEPOSIT_WALLET:
            nested = keccak256(NESTED_TYPE_HASH + hashes.contents + self._nested_tail)
            inner = self._signature(digest(hashes.domain, nested))
            signature = f"{inner}{hashes.domain.hex()}{hashes.contents.hex()}{CONTENTS_TRAILER}"
        else:
            signature = self._signature(hashes.order)
        return SignedOrder(hashes.terms, self.wallet, hashes.order_id, signature)

    def prove_address(self, timestamp_s: int, nonce: int = 0) -> str:
        """Sign the proof that the key controls its address, which makes API keys or fetches them."""
        if not 0 <= nonce <= NONCE_MAX:
            raise ValueError(f"nonce: expected 0 to {NONCE_MAX}, found {nonce}")
        return self._signature(auth_digest(self.wallet.key_address, timestamp_s, nonce))

    def _signature(self, hashed: bytes) -> str:
        made = self.__key.sign_recoverable(hashed, hasher=None)
        return f"0x{made[:64].hex()}{V_OFFSET + made[64]:02x}"

    def __repr__(self) -> str:
        return f"Signer({self.wallet.key_address}, key hidden)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a signer can be neither pickled nor copied: it holds a wallet's key")


def _read(key: SecretStr) -> PrivateKey:
    found = KEY.fullmatch(key.get_secret_value().strip())
    if found is None:
        raise ValueError("private key: expected 64 hexadecimal digits, found something else (hidden)")
    try:
        return PrivateKey(bytes.fromhex(found.group(1)))
    except ValueError:
        raise ValueError("private key: expected a number below the curve's order, found another (hidden)") from None
