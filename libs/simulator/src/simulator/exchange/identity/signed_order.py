"""An order as its owner signed it."""

from dataclasses import dataclass

from simulator.matching.values import Side


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """All that a posted order says of itself. Addresses are in lower case, amounts in millionths."""

    salt: int
    maker: str
    """The wallet that pays and receives."""
    signer: str
    """Whose signature it is: the key's address, or the deposit wallet itself."""
    token: str
    maker_e6: int
    taker_e6: int
    side: Side
    signature_type: int
    timestamp_ms: int
    metadata: bytes
    builder: bytes
    signature: bytes
    expiration_s: int = 0
    """Until when it may rest, the minute of safety included; 0 for ever. Travels along, and is not signed."""
