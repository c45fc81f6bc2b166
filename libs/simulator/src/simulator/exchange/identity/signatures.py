"""Whether an order was signed by whom it says, for each of the four signature types.

What a chain alone could tell is not asked: whether a wallet has been deployed at its address, and, of an order that a
session key signed, whether the wallet's owner has authorised that key, for what and until when, whether it has been
revoked, and whether the wallet is a deposit wallet at all. A session key is therefore taken at its word for any wallet.
"""

from dataclasses import dataclass

from simulator.exchange.identity.curve import SIGNATURE_BYTES, recovered
from simulator.exchange.identity.signed_order import SignedOrder
from simulator.exchange.identity.typed_data import ORDER_TYPE, OrderHashes, nested_digest
from simulator.exchange.identity.wallets import DEPOSIT, owns

SESSION_MAGIC = bytes.fromhex("6492" * 16)
"""What a signature ends with that a session key made."""
WORD = 32
SESSION_HEAD_BYTES = 4 * WORD
"""Before the signature within a session key's: its id, an empty word, where the bytes begin and how many they are."""
CONTENTS_TRAILER = ORDER_TYPE + len(ORDER_TYPE).to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class SessionSignature:
    """A deposit wallet's signature, and the session key that says it made it."""

    key: str
    signature: bytes


def is_signed(order: SignedOrder, hashes: OrderHashes, address: str) -> bool:
    """Say whether an order was signed by the key of an address, in lower case, for a wallet which is that key's."""
    try:
        if order.signature_type == DEPOSIT:
            return _is_signed_for_deposit_wallet(order, hashes, address)
        is_own = order.signer == address and owns(address, order.maker, order.signature_type)
        return is_own and recovered(hashes.order, order.signature) == address
    except ValueError:
        return False


def is_of_session(order: SignedOrder) -> bool:
    """Say whether an order claims to have been signed by a session key."""
    return order.signature_type == DEPOSIT and order.signature.endswith(SESSION_MAGIC)


def _is_signed_for_deposit_wallet(order: SignedOrder, hashes: OrderHashes, address: str) -> bool:
    if order.maker != order.signer:
        return False
    signature = order.signature
    if is_of_session(order):
        session = _session(signature)
        if session.key != address:
            return False
        signature = session.signature
    elif not owns(address, order.maker, DEPOSIT):
        return False
    return recovered(nested_digest(hashes, order.signer), _inner(signature, hashes)) == address


def _inner(signature: bytes, hashes: OrderHashes) -> bytes:
    """Take the key's signature out of its wrapping, which must name the domain, the contents and their type."""
    inner, trailer = signature[:SIGNATURE_BYTES], signature[SIGNATURE_BYTES:]
    if trailer != hashes.domain + hashes.contents + CONTENTS_TRAILER:
        raise ValueError("expected the wrapping to name this order and its exchange")
    return inner


def _session(signature: bytes) -> SessionSignature:
    """Read a session key's signature. Raises ValueError where it is not encoded as a contract would."""
    body = signature[: -len(SESSION_MAGIC)]
    length = int.from_bytes(body[3 * WORD : SESSION_HEAD_BYTES], "big")
    inner = body[SESSION_HEAD_BYTES : SESSION_HEAD_BYTES + length]
    key = body[12:WORD]
    head = bytes(12) + key + bytes(WORD) + (3 * WORD).to_bytes(WORD, "big") + length.to_bytes(WORD, "big")
    if body != head + inner + bytes(-length % WORD):
        raise ValueError("expected a key, an empty word and a signature")
    return SessionSignature("0x" + key.hex(), inner)
