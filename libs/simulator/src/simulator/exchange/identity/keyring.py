"""The API keys that have been made, and the accounts that the exchange treats in a way of its own.

A key's credentials follow from the seed, the address and the nonce: a client that comes back after a restart gets the
same ones again. A key that was deleted can be created anew, and is then the one that it was.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from simulator.exchange.identity.wallets import DEPOSIT, PROXY, SAFE, wallet_of

KEYS_MAX = 100_000
KEYS_OF_ADDRESS_MAX = 100
WALLETS_MAX = 3 * KEYS_MAX


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key."""

    key: str
    """A UUID."""
    secret: str = field(repr=False)
    """In the URL-safe alphabet of base64."""
    passphrase: str = field(repr=False)
    """64 hexadecimal digits."""
    address: str
    """The key's owner, in lower case."""
    nonce: int


class KeyRing:
    """All keys of the exchange. The three sets hold addresses in lower case, of keys or of any of their wallets."""

    def __init__(self, seed: object) -> None:
        self.allowed_eoas: set[str] = set()
        """Who may trade without a wallet."""
        self.closed_only: set[str] = set()
        """Who may sell, and buy nothing."""
        self.banned: set[str] = set()
        """Who may do neither."""
        self._seed = seed
        self._of_key: dict[str, Credentials] = {}
        self._of_address: dict[str, dict[int, Credentials]] = {}
        self._wallets: set[str] = set()

    def recall(self, earlier: "KeyRing") -> None:
        """Be the one of an earlier run."""
        self.__dict__.update(earlier.__dict__)

    def create(self, address: str, nonce: int) -> Credentials | None:
        """Make a key; None where it exists, or where there are too many."""
        owned = self._of_address.get(address, {})
        if nonce in owned or len(owned) >= KEYS_OF_ADDRESS_MAX or len(self._of_key) >= KEYS_MAX:
            return None
        made = self._derived(address, nonce)
        self._of_address.setdefault(address, owned)[nonce] = self._of_key[made.key] = made
        if len(self._wallets) < WALLETS_MAX:
            self._wallets.update(wallet_of(address, kind) for kind in (PROXY, SAFE, DEPOSIT))
        return made

    def has_wallet(self, wallet: str) -> bool:
        """Say whether a wallet, in lower case, is one that a key's owner has today, whether or not it was ever used."""
        return wallet in self._wallets

    def derive(self, address: str, nonce: int) -> Credentials | None:
        """Return a key that has been made."""
        return self._of_address.get(address, {}).get(nonce)

    def of(self, key: str) -> Credentials | None:
        return self._of_key.get(key)

    def listed(self, address: str) -> tuple[Credentials, ...]:
        """Return the keys of an address, the oldest first."""
        return tuple(self._of_address.get(address, {}).values())

    def delete(self, key: str) -> bool:
        """Take a key away. Say whether there was one."""
        gone = self._of_key.pop(key, None)
        if gone is None:
            return False
        owned = self._of_address[gone.address]
        del owned[gone.nonce]
        if not owned:
            del self._of_address[gone.address]
        return True

    def _derived(self, address: str, nonce: int) -> Credentials:
        def drawn(what: str) -> bytes:
            return sha256(f"credentials:{self._seed}:{address}:{nonce}:{what}".encode()).digest()

        return Credentials(
            key=str(UUID(bytes=drawn("key")[:16], version=4)),
            secret=urlsafe_b64encode(drawn("secret")).decode(),
            passphrase=drawn("passphrase").hex(),
            address=address,
            nonce=nonce,
        )
