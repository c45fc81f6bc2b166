"""Writes orders as they leave, signed and laid out: also while an approval is still being stored.

To sign a second time, or for nothing, does no harm: the same approval gives the same order, which the venue takes once,
and what is written here leaves only when the loop has the approval from the journal and the desk lets it.
"""

from dataclasses import dataclass, field

from common.contracts.risk import OrderApproved
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.live.naming import OrderNamer, stated_expiration_s
from executor.adapters.signer import Signer
from executor.adapters.typed_data import SignedOrder
from executor.adapters.wire_orders import order_body
from executor.core.imagined import is_imagined

AHEAD_MAX = 8


@dataclass(frozen=True, slots=True)
class Written:
    """An order as it leaves: what it stands on, what was signed, and the whole request with the proof of its moment."""

    approval: OrderApproved
    signed: SignedOrder
    request: bytes = field(repr=False)
    """It carries the key's passphrase."""
    by: Credentials
    """Whose proof that is."""


class OrderWriter:
    """Writes the orders of one account, once it is known."""

    def __init__(self, exchange: Exchange, namer: OrderNamer) -> None:
        self._exchange, self._namer = exchange, namer
        self._signer: Signer | None = None
        self._ahead: dict[str, Written] = {}

    def use(self, signer: Signer) -> None:
        """Sign with a wallet's key from now on."""
        self._signer = signer
        self._ahead.clear()

    def write_ahead(self, approval: OrderApproved) -> Written:
        """Write an order that may be wanted in a moment. Raises ValueError for what no order of the venue can say."""
        written = self.write_anew(approval)
        if len(self._ahead) >= AHEAD_MAX:  # they were never stored, or stored before they were told of
            self._ahead.clear()
        self._ahead[approval.order_id] = written
        return written

    def write(self, approval: OrderApproved) -> Written:
        """Answer an order, as it was written ahead where that still holds. Raises ValueError likewise."""
        ahead = self._ahead.pop(approval.order_id, None)
        if ahead is None or ahead.approval is not approval or ahead.by is not self._exchange.credentials:
            return self.write_anew(approval)
        return ahead

    def write_anew(self, approval: OrderApproved) -> Written:
        """Sign an order and lay it out, proven by the API key of now. Raises ValueError likewise."""
        if is_imagined(approval):
            raise ValueError(f"approval: expected one that risk gave, found {approval.order_id!r}, which was made up")
        assert self._signer is not None, "expected an account to sign with, found none"
        signed, by = self._signer.sign_hashed(self._namer.hashes(approval)), self._exchange.credentials
        body = order_body(
            signed, api_key=by.api_key, order_type=approval.order_type,
            expiration_s=stated_expiration_s(approval), post_only=approval.post_only,
        )  # fmt: skip
        return Written(approval, signed, self._exchange.order_request(body), by)
