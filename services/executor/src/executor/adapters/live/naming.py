"""From an approval to the order that is signed for it, and to its hash, by which the venue knows it: without a key."""

from typing import Literal

from common.clock import SECOND
from common.contracts.risk import OrderApproved
from executor.adapters.typed_data import (
    POSITION_RESERVED_BITS,
    OrderHasher,
    OrderHashes,
    OrderTerms,
    ProtocolVersion,
    Wallet,
)
from executor.core.last_hop import EXPIRY_SAFETY_S


class OrderNamer:
    """Names the orders of one wallet, once it is known whose that is.

    An order is named when the desk decides and signed right after: its hashes are kept in between, those of the last.
    """

    def __init__(self, wallet: Wallet | None = None) -> None:
        self._hasher = OrderHasher(wallet) if wallet else None
        self._last: tuple[OrderApproved, OrderHashes] | None = None

    def use(self, wallet: Wallet) -> None:
        """Name the orders of a wallet from now on."""
        self._hasher, self._last = OrderHasher(wallet), None

    def __call__(self, approval: OrderApproved) -> str:
        """Answer an order's hash. Raises ValueError for what no order of the venue can say."""
        return self.hashes(approval).order_id

    def hashes(self, approval: OrderApproved) -> OrderHashes:
        """Answer an order with all that is signed of it, hashed once. Raises ValueError likewise."""
        if self._last is not None and self._last[0] is approval:
            return self._last[1]
        if self._hasher is None:
            raise ValueError("wallet: expected to know whose orders to name, found none")
        found = self._hasher.hashes(terms_of(approval))
        self._last = approval, found
        return found


def terms_of(approval: OrderApproved) -> OrderTerms:
    """Answer what is signed of an approval. Raises ValueError for what cannot be."""
    return OrderTerms(
        salt=approval.salt, token_id=approval.token_id, maker_amount=approval.maker_amount,
        taker_amount=approval.taker_amount, side=approval.side, timestamp_ms=approval.timestamp_ms,
        protocol_version=_version(approval.protocol_version), is_neg_risk=approval.is_neg_risk,
    )  # fmt: skip


def stated_expiration_s(approval: OrderApproved) -> int:
    """Answer the expiration that the order states, in UNIX seconds: a minute after it is to end; 0 without one."""
    if approval.order_type != "GTD" or approval.expires_at is None:
        return 0
    return approval.expires_at // SECOND + EXPIRY_SAFETY_S


def token_protocol(token_id: str) -> Literal["CONDITIONAL", "CONDITIONAL-V2"]:
    """Answer as what kind of asset the venue keeps the balance of a token."""
    return "CONDITIONAL-V2" if int(token_id) & POSITION_RESERVED_BITS == 0 else "CONDITIONAL"


def _version(words: str) -> ProtocolVersion:
    match words:
        case "v1":
            return "v1"
        case "v2":
            return "v2"
        case _:
            raise ValueError(f"protocol version: expected v1 or v2, found {words!r}")
