"""What is asked of cryptography: the chain's hash, and whose key made a signature. Nothing is ever signed here."""

from coincurve import PublicKey
from Crypto.Hash import keccak

SIGNATURE_BYTES = 65
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half of secp256k1's order: contracts refuse a signature whose s is above it, as it could be had twice."""
RECOVERY_IDS = {0: 0, 1: 1, 27: 0, 28: 1}
"""What the last byte may be. Contracts know 27 and 28; 0 and 1, which some wallets write, are taken as these."""


def keccak256(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def recovered(digest: bytes, signature: bytes) -> str:
    """Return the address, in lower case, whose key signed a digest of 32 bytes.

    The signature is r, s and v in 65 bytes. Raises ValueError where it is none that a contract would take.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError(f"expected a signature of {SIGNATURE_BYTES} bytes, found {len(signature)}")
    recovery_id = RECOVERY_IDS.get(signature[64])
    if recovery_id is None:
        raise ValueError(f"expected a v of 27 or 28, found {signature[64]}")
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        raise ValueError("expected an s in the lower half of the order")
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes((recovery_id,)), digest, hasher=None)
    except Exception as error:
        raise ValueError("no key could have made this signature") from error
    return "0x" + keccak256(key.format(compressed=False)[1:])[12:].hex()
