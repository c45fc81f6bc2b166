"""What exactly is signed: the typed data (EIP-712) of an order on the venue's exchanges, and its hash.

The hash is the venue's name for the order and needs no key, so an order can be asked for before, after and without
having been sent. A deposit wallet is a contract and cannot sign: its owner signs the order nested in a `TypedDataSign`
(ERC-7739) that names the wallet, while the order's own hash stays what it is.

Source: the venue's contracts on Polygon, as its official clients sign for them.
"""

import re
from dataclasses import dataclass
from typing import Literal

from executor.adapters.keccak import keccak256

Side = Literal["BUY", "SELL"]
ProtocolVersion = Literal["v1", "v2"]

CHAIN_ID = 137
STANDARD_EXCHANGE = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK_EXCHANGE = "0xe2222d279d744050d28e00520010520000310F59"
EXCHANGE_V3 = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"

EOA, PROXY, SAFE, DEPOSIT_WALLET = 0, 1, 2, 3
SIGNATURE_TYPES = (EOA, PROXY, SAFE, DEPOSIT_WALLET)

UINT256_MAX = (1 << 256) - 1
SALT_MAX = (1 << 53) - 1
"""Salts travel as JSON numbers: beyond it some readers lose digits, and with them the hash."""
POSITION_RESERVED_BITS = ((1 << 64) - 1) << 40
"""Bits that are zero in every position of a v2 market, and in practically no token of a v1 one."""
ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
TOKEN = re.compile("[1-9][0-9]{0,77}")

ORDER_TYPE = (
    b"Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    b"uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
NESTED_TYPE = (
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
AUTH_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId)"
AUTH_TYPE = b"ClobAuth(address address,string timestamp,uint256 nonce,string message)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """Who trades: the address that pays and is paid, the key's address that signs for it, and how (0 to 3)."""

    funder: str
    """With its checksum, as it travels. Of signature type 0 the key's own address."""
    key_address: str
    signature_type: int

    def __post_init__(self) -> None:
        for name, address in (("funder", self.funder), ("key address", self.key_address)):
            if address != checksum(address):
                raise ValueError(f"{name}: expected {checksum(address)}, found {address}")
        if self.signature_type not in SIGNATURE_TYPES:
            raise ValueError(f"signature type: expected one of {SIGNATURE_TYPES}, found {self.signature_type!r}")
        if self.signature_type == EOA and self.funder != self.key_address:
            raise ValueError(f"funder of signature type 0: expected {self.key_address}, found {self.funder}")

    @property
    def signer(self) -> str:
        """Answer whom the order names as its signer: the deposit wallet itself, else the key's address."""
        return self.funder if self.signature_type == DEPOSIT_WALLET else self.key_address


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """All of an order that is signed, but for who signs it. Amounts are integers of 1e-6."""

    salt: int
    token_id: str
    """Decimal digits: the token of a v1 market, the position of a v2 one."""
    maker_amount: int
    taker_amount: int
    side: Side
    timestamp_ms: int
    protocol_version: ProtocolVersion
    is_neg_risk: bool
    """Of v1 markets it chooses the exchange; v2 markets have one for all."""

    def __post_init__(self) -> None:
        _check("salt", self.salt, 0, SALT_MAX)
        _check("maker amount", self.maker_amount, 1, UINT256_MAX)
        _check("taker amount", self.taker_amount, 1, UINT256_MAX)
        _check("timestamp", self.timestamp_ms, 1, SALT_MAX)
        if not TOKEN.fullmatch(self.token_id) or int(self.token_id) > UINT256_MAX:
            raise ValueError(f"token: expected the digits of a uint256, found {self.token_id[:90]!r}")
        if self.side not in SIDE_WORDS:
            raise ValueError(f"side: expected one of {', '.join(SIDE_WORDS)}, found {self.side!r}")
        if self.protocol_version not in {"v1", "v2"}:
            raise ValueError(f"protocol version: expected v1 or v2, found {self.protocol_version!r}")
        version = "v2" if int(self.token_id) & POSITION_RESERVED_BITS == 0 else "v1"
        if version != self.protocol_version:
            raise ValueError(f"token of a {self.protocol_version} market: expected one, found one of {version}")


@dataclass(frozen=True, slots=True)
class OrderHashes:
    """An order and its hashes: the domain's separator, the contents in it, and of both, which is the order's own.

    Each has 32 bytes. They are made by an `OrderHasher` alone, so that they are those of the terms beside them.
    """

    terms: OrderTerms
    wallet: Wallet
    domain: bytes
    contents: bytes
    order: bytes

    @property
    def order_id(self) -> str:
        """Answer what the venue calls the order."""
        return "0x" + self.order.hex()


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order that the venue would take: its terms, whose it is, its id and its signature in hexadecimal digits."""

    terms: OrderTerms
    wallet: Wallet
    order_id: str
    signature: str


def checksum(address: str) -> str:
    """Write an address with the checksum of EIP-55. Raises ValueError where it is none."""
    if not ADDRESS.fullmatch(address):
        raise ValueError(f"address: expected 0x and 40 hexadecimal digits, found {address[:60]!r}")
    digits = address[2:].lower()
    hashed = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit for digit, nibble in zip(digits, hashed, strict=False)
    )


class OrderHasher:
    """Hashes the orders of one wallet; whatever is the same in all of them is laid out once."""

    def __init__(self, wallet: Wallet) -> None:
        self.wallet = wallet
        self._head = padded(wallet.funder) + padded(wallet.signer)
        self._signature_type = word(wallet.signature_type)

    def hashes(self, terms: OrderTerms) -> OrderHashes:
        """Hash an order. No key is needed for it."""
        domain = domain_of(terms)
        contents = keccak256(
            b"".join((
                ORDER_TYPE_HASH,
                word(terms.salt),
                self._head,
                word(int(terms.token_id)),
                word(terms.maker_amount),
                word(terms.taker_amount),
                SIDE_WORDS[terms.side],
                self._signature_type,
                word(terms.timestamp_ms),
                EMPTY_METADATA_AND_BUILDER,
            ))
        )  # fmt: skip
        return OrderHashes(terms, self.wallet, domain, contents, digest(domain, contents))


def domain_of(terms: OrderTerms) -> bytes:
    """Answer the domain of the exchange that a market's orders are signed for."""
    if terms.protocol_version == "v2":
        return V3_DOMAIN
    return NEG_RISK_DOMAIN if terms.is_neg_risk else STANDARD_DOMAIN


def auth_digest(address: str, timestamp_s: int, nonce: int) -> bytes:
    """Answer what a key signs to prove that it controls its address."""
    claimed = AUTH_TYPE_HASH + padded(address) + keccak256(str(timestamp_s).encode()) + word(nonce) + AUTH_MESSAGE_HASH
    return digest(AUTH_DOMAIN, keccak256(claimed))


def digest(domain: bytes, structure: bytes) -> bytes:
    """Answer the hash that is signed of a structure in a domain."""
    return keccak256(b"\x19\x01" + domain + structure)


def word(number: int) -> bytes:
    """Lay out a number as a contract's argument: 32 bytes."""
    return number.to_bytes(32, "big")


def padded(address: str) -> bytes:
    """Lay out an address as a contract's argument: 32 bytes, zeros first."""
    return bytes(12) + bytes.fromhex(address[2:])


def _exchange_domain(version: bytes, contract: str) -> bytes:
    name = keccak256(b"Polymarket CTF Exchange")
    return keccak256(keccak256(DOMAIN_TYPE) + name + keccak256(version) + word(CHAIN_ID) + padded(contract))


def _check(name: str, found: int, low: int, high: int) -> None:
    if not low <= found <= high:
        raise ValueError(f"{name}: expected {low} to {high}, found {found}")


STANDARD_DOMAIN = _exchange_domain(b"2", STANDARD_EXCHANGE)
NEG_RISK_DOMAIN = _exchange_domain(b"2", NEG_RISK_EXCHANGE)
V3_DOMAIN = _exchange_domain(b"3", EXCHANGE_V3)
AUTH_DOMAIN = keccak256(keccak256(AUTH_DOMAIN_TYPE) + keccak256(b"ClobAuthDomain") + keccak256(b"1") + word(CHAIN_ID))
ORDER_TYPE_HASH = keccak256(ORDER_TYPE)
NESTED_TYPE_HASH = keccak256(NESTED_TYPE + ORDER_TYPE)
AUTH_TYPE_HASH = keccak256(AUTH_TYPE)
AUTH_MESSAGE_HASH = keccak256(b"This message attests that I control the given wallet")
EMPTY_METADATA_AND_BUILDER = bytes(64)
SIDE_WORDS = {"BUY": word(0), "SELL": word(1)}
