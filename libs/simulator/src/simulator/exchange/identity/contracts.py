"""The venue's contracts on Polygon, as far as orders and wallets are derived from them."""

from simulator.exchange.identity.curve import keccak256

CHAIN_ID = 137

STANDARD_EXCHANGE = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK_EXCHANGE = "0xe2222d279d744050d28e00520010520000310F59"
EXCHANGE_V3 = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"

PROXY_FACTORY = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
PROXY_IMPLEMENTATION = "0x44e999d5c2F66Ef0861317f9A4805AC2e90aEB4f"
SAFE_FACTORY = "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"
SAFE_CODE_HASH = "0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
DEPOSIT_FACTORY = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
DEPOSIT_IMPLEMENTATION = "0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB"
DEPOSIT_BEACON = "0x7A18EDfe055488A3128f01F563e5B479D92ffc3a"

POSITION_RESERVED_BITS = ((1 << 64) - 1) << 40
"""Bits that are zero in every position id of the venue's second protocol, and in practically no id of the first."""


def plain(address: str) -> bytes:
    """Return an address as its 20 bytes."""
    return bytes.fromhex(address[2:])


def padded(address: str) -> bytes:
    """Return an address as a contract's argument: 32 bytes, zeros first."""
    return bytes(12) + plain(address)


def create2(factory: str, salt: bytes, code_hash: bytes) -> str:
    """Return, in lower case, where a factory puts the contract with this code."""
    return "0x" + keccak256(b"\xff" + plain(factory) + salt + code_hash)[12:].hex()


def spender_of(token: str) -> str:
    """Name the exchange that takes a token's shares or pays for them, negative risk left aside."""
    is_position = token.isdecimal() and int(token) & POSITION_RESERVED_BITS == 0
    return EXCHANGE_V3 if is_position else STANDARD_EXCHANGE
