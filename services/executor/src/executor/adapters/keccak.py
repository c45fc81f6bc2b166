"""The chain's hash, Keccak-256, by the library's own routine in C with a state that is kept.

The library's class makes a state, a wrapper around it and a check of its arguments for every hash, which takes longer
than the hash; an order is hashed two to four times before it leaves. What is called here is what that class calls under
a lock: the routine lets other threads run. The library's version is pinned, and a test holds the two together.
"""

from threading import Lock
from typing import Any

from Crypto.Hash import keccak
from Crypto.Util import _raw_api

CAPACITY_BYTES, ROUNDS, DIGEST_BYTES, PADDING = 64, 24, 32, 1

# Its class gives no way to begin again with the same state, and its stubs do not tell of what is within.
_routines: Any = vars(keccak)["_raw_keccak_lib"]
_memory: Any = _raw_api


class _Keccak256:
    """One state, begun again for each hash."""

    def __init__(self) -> None:
        state = _memory.VoidPointer()
        if _routines.keccak_init(state.address_of(), CAPACITY_BYTES, ROUNDS):
            raise ValueError("keccak: expected a state, found none could be made")
        self._state: Any = state.get()
        self._found = bytearray(DIGEST_BYTES)
        self._digest: Any = _memory.c_uint8_ptr(self._found)
        """Where the routine writes: into `found`, which is read without the library's help."""
        self._lock = Lock()

    def hash(self, data: bytes) -> bytes:
        with self._lock:
            failed = (
                _routines.keccak_reset(self._state)
                or _routines.keccak_absorb(self._state, data, len(data))
                or _routines.keccak_digest(self._state, self._digest, DIGEST_BYTES, PADDING)
            )
            if failed:
                raise ValueError(f"keccak: expected a hash of {len(data)} bytes, found error {failed}")
            return bytes(self._found)


keccak256 = _Keccak256().hash
"""Hash bytes as the chain does; from any thread."""
