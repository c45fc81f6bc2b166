"""The wallets that belong to a key. Each kind's address follows from the key's own, before anything is deployed.

Signature type 0 is the key's own address, 1 a proxy, 2 a Safe, 3 a deposit wallet. Deposit wallets exist in two forms:
those made today point to a beacon, older ones (UUPS) to their implementation.
"""

from functools import lru_cache

from simulator.exchange.identity.contracts import (
    DEPOSIT_BEACON,
    DEPOSIT_FACTORY,
    DEPOSIT_IMPLEMENTATION,
    PROXY_FACTORY,
    PROXY_IMPLEMENTATION,
    SAFE_CODE_HASH,
    SAFE_FACTORY,
    create2,
    padded,
    plain,
)
from simulator.exchange.identity.curve import keccak256

EOA, PROXY, SAFE, DEPOSIT = 0, 1, 2, 3
CACHED_MAX = 1 << 14

PROXY_CODE_HASH = keccak256(
    bytes.fromhex("3d3d606380380380913d393d73")
    + plain(PROXY_FACTORY)
    + bytes.fromhex("5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73")
    + plain(PROXY_IMPLEMENTATION)
    + bytes.fromhex("5af43d82803e903d91602b57fd5bf352e831dd")
    + (32).to_bytes(32, "big")
    + bytes(32)
)
UUPS_CODE = (
    bytes.fromhex("61007d3d8160233d3973")
    + plain(DEPOSIT_IMPLEMENTATION)
    + bytes.fromhex("60095155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076")
    + bytes.fromhex("cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3")
)
BEACON_CODE = (
    bytes.fromhex("6100923d8160233d3973")
    + plain(DEPOSIT_BEACON)
    + bytes.fromhex("60195155f3363d3d373d3d363d602036600436635c60da")
    + bytes.fromhex("1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c")
    + bytes.fromhex("b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3")
)
"""Creation code of both forms, but for the 64 bytes of arguments at its end, whose length the first bytes count in."""


def wallet_of(address: str, signature_type: int) -> str:
    """Return the wallet of a key for a signature type, in lower case; of deposit wallets today's form."""
    for wallet, kind in _wallets(address):
        if kind == signature_type:
            return wallet
    raise ValueError(f"expected a signature type of 0 to 3, found {signature_type}")


def wallets_of(address: str) -> dict[str, int]:
    """Return every wallet that a key controls, and the signature type of each; a beacon's before the older form."""
    return dict(_wallets(address))


def owns(address: str, wallet: str, signature_type: int) -> bool:
    """Say whether a wallet is one of a key's, of this signature type."""
    return (wallet, signature_type) in _wallets(address)


@lru_cache(maxsize=CACHED_MAX)
def _wallets(address: str) -> tuple[tuple[str, int], ...]:
    arguments = padded(DEPOSIT_FACTORY) + padded(address)
    salt = keccak256(arguments)
    return (
        (address, EOA),
        (create2(PROXY_FACTORY, keccak256(plain(address)), PROXY_CODE_HASH), PROXY),
        (create2(SAFE_FACTORY, keccak256(padded(address)), bytes.fromhex(SAFE_CODE_HASH[2:])), SAFE),
        (create2(DEPOSIT_FACTORY, salt, keccak256(BEACON_CODE + arguments)), DEPOSIT),
        (create2(DEPOSIT_FACTORY, salt, keccak256(UUPS_CODE + arguments)), DEPOSIT),
    )
