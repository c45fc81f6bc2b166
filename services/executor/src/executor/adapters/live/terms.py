"""From an approval to what is signed: nothing is added, so that the order's hash follows from the record alone."""

from typing import cast

from common.contracts.risk import OrderApproved
from executor.adapters.typed_data import OrderTerms, ProtocolVersion


def terms_of(approval: OrderApproved) -> OrderTerms:
    """Answer the order's terms. Raises ValueError for what no venue takes."""
    return OrderTerms(
        salt=approval.salt, token_id=approval.token_id, maker_amount=approval.maker_amount,
        taker_amount=approval.taker_amount, side=approval.side, timestamp_ms=approval.timestamp_ms,
        protocol_version=cast("ProtocolVersion", approval.protocol_version), is_neg_risk=approval.is_neg_risk,
    )  # fmt: skip
