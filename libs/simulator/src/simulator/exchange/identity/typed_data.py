"""What exactly is signed: the digests of EIP-712 for orders and for the proof that one controls an address.

A deposit wallet is a contract and cannot sign. Its owner signs the order nested in a `TypedDataSign` (ERC-7739) which
names the wallet, so that the signature is good for this one alone; the order's id is its hash without that.
"""

from dataclasses import dataclass

from simulator.exchange.identity.contracts import (
    CHAIN_ID,
    EXCHANGE_V3,
    NEG_RISK_EXCHANGE,
    STANDARD_EXCHANGE,
    padded,
)
from simulator.exchange.identity.curve import keccak256
from simulator.exchange.identity.signed_order import SignedOrder
from simulator.matching.values import Side

PROTOCOLS = ("v1", "v2")
ORDER_TYPE = (
    b"Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    b"uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
NESTED_TYPE = (
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    + ORDER_TYPE
)
EXCHANGE_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
AUTH_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId)"
AUTH_TYPE = b"ClobAuth(address address,string timestamp,uint256 nonce,string message)"
SIDES = {Side.BUY: 0, Side.SELL: 1}


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _exchange_domain(version: bytes, contract: str) -> bytes:
    return keccak256(
        keccak256(EXCHANGE_DOMAIN_TYPE)
        + keccak256(b"Polymarket CTF Exchange")
        + keccak256(version)
        + _word(CHAIN_ID)
        + padded(contract)
    )


STANDARD_DOMAIN = _exchange_domain(b"2", STANDARD_EXCHANGE)
NEG_RISK_DOMAIN = _exchange_domain(b"2", NEG_RISK_EXCHANGE)
V3_DOMAIN = _exchange_domain(b"3", EXCHANGE_V3)
AUTH_DOMAIN = keccak256(keccak256(AUTH_DOMAIN_TYPE) + keccak256(b"ClobAuthDomain") + keccak256(b"1") + _word(CHAIN_ID))
ORDER_TYPE_HASH = keccak256(ORDER_TYPE)
NESTED_TYPE_HASH = keccak256(NESTED_TYPE)
AUTH_TYPE_HASH = keccak256(AUTH_TYPE)
AUTH_MESSAGE_HASH = keccak256(b"This message attests that I control the given wallet")
WALLET_DOMAIN = keccak256(b"DepositWallet") + keccak256(b"1") + _word(CHAIN_ID)
"""Name, version and chain of a deposit wallet's own domain, as they stand within `TypedDataSign`."""


@dataclass(frozen=True, slots=True)
class OrderHashes:
    """The three hashes of an order, 32 bytes each."""

    domain: bytes
    contents: bytes
    order: bytes

    @property
    def order_id(self) -> str:
        return "0x" + self.order.hex()


def exchange_domain(protocol_version: str, is_neg_risk: bool) -> bytes:
    """Return the domain in which a market's orders are signed. Raises ValueError for a protocol not known."""
    if protocol_version not in PROTOCOLS:
        raise ValueError(f"expected a protocol of {PROTOCOLS}, found {protocol_version!r}")
    if protocol_version == "v2":
        return V3_DOMAIN
    return NEG_RISK_DOMAIN if is_neg_risk else STANDARD_DOMAIN


def order_hashes(order: SignedOrder, domain: bytes) -> OrderHashes:
    """Hash an order for a domain."""
    contents = keccak256(
        b"".join(
            (
                ORDER_TYPE_HASH,
                _word(order.salt),
                padded(order.maker),
                padded(order.signer),
                _word(int(order.token)),
                _word(order.maker_e6),
                _word(order.taker_e6),
                _word(SIDES[order.side]),
                _word(order.signature_type),
                _word(order.timestamp_ms),
                order.metadata,
                order.builder,
            )
        )
    )
    return OrderHashes(domain, contents, _digest(domain, contents))


def nested_digest(hashes: OrderHashes, wallet: str) -> bytes:
    """Return what the owner of a deposit wallet signs for an order of it."""
    nested = keccak256(NESTED_TYPE_HASH + hashes.contents + WALLET_DOMAIN + padded(wallet) + bytes(32))
    return _digest(hashes.domain, nested)


def auth_digest(address: str, timestamp: str, nonce: int) -> bytes:
    """Return what a key signs to prove that it controls its address. The timestamp is signed as the text it is."""
    claimed = keccak256(
        AUTH_TYPE_HASH + padded(address) + keccak256(timestamp.encode()) + _word(nonce) + AUTH_MESSAGE_HASH
    )
    return _digest(AUTH_DOMAIN, claimed)


def _digest(domain: bytes, structure: bytes) -> bytes:
    return keccak256(b"\x19\x01" + domain + structure)
