"""A wallet that never held anything, its orders, and the official clients' word on them."""

import json
from dataclasses import replace

from hypothesis import strategies as st
from polymarket._internal.actions.orders.post import build_post_order_request
from polymarket._internal.actions.orders.typed_data import build_order_signature, build_order_typed_data
from polymarket._internal.actions.orders.types import BYTES32_ZERO, UnsignedOrder
from polymarket.models.clob.orders import SignedOrder as OfficialOrder
from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2, Side, SignatureTypeV2
from py_clob_client_v2.order_utils.model.order_data_v2 import OrderDataV2, order_to_json_v2
from py_clob_client_v2.signer import Signer as OlderSigner
from pydantic import SecretStr

from executor.adapters.credentials import Credentials
from executor.adapters.signer import Signer
from executor.adapters.typed_data import EXCHANGE_V3, NEG_RISK_EXCHANGE, STANDARD_EXCHANGE, OrderTerms

KEY = "a1" * 32
FUNDER = "0x52908400098527886E0F7030069857D2E4169EE7"
API_KEY = "3f6f7a60-1f0e-4d0a-9c0e-6a1c2b3d4e5f"
SECRET, PASSPHRASE = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTAxMjM=", "f0" * 32
POLYGON = 137


def a_signer(signature_type=0, key=KEY):
    return Signer(SecretStr(key), signature_type=signature_type, funder=FUNDER if signature_type else "")


def credentials(key=API_KEY):
    address = a_signer().wallet.key_address
    return Credentials(address=address, key=key, secret=SecretStr(SECRET), passphrase=SecretStr(PASSPHRASE))


def terms(**changes):
    order = OrderTerms(
        salt=988340803730600, token_id=str(1 << 60), maker_amount=4_200_000, taker_amount=10_000_000, side="BUY",
        timestamp_ms=1795229306028, protocol_version="v1", is_neg_risk=False,
    )  # fmt: skip
    return replace(order, **changes)


@st.composite
def orders(draw):
    """Any order: of both protocols, on each of the three exchanges."""
    version = draw(st.sampled_from(["v1", "v2"]))
    high, low = draw(st.integers(0, (1 << 152) - 1)), draw(st.integers(1, (1 << 40) - 1))
    between = draw(st.integers(1, (1 << 64) - 1)) if version == "v1" else 0
    return terms(
        salt=draw(st.integers(0, (1 << 53) - 1)), token_id=str(high << 104 | between << 40 | low),
        maker_amount=draw(st.integers(1, 10**18)), taker_amount=draw(st.integers(1, 10**18)),
        side=draw(st.sampled_from(["BUY", "SELL"])), timestamp_ms=draw(st.integers(1, 10**14)),
        protocol_version=version, is_neg_risk=draw(st.booleans()),
    )  # fmt: skip


def exchange_of(order):
    if order.protocol_version == "v2":
        return EXCHANGE_V3
    return NEG_RISK_EXCHANGE if order.is_neg_risk else STANDARD_EXCHANGE


def domain_version(order):
    return "3" if order.protocol_version == "v2" else "2"


def unified(order, wallet, account, *, order_type="GTC", expiration=0, post_only=False):
    """What polymarket-client makes of an order: its hash, its signature, its body as bytes."""
    unsigned = UnsignedOrder(
        chain_id=POLYGON, builder=BYTES32_ZERO, exchange_address=exchange_of(order), expiration=expiration,
        maker=wallet.funder, maker_amount=order.maker_amount, metadata=BYTES32_ZERO, order_type=order_type,
        salt=order.salt, side=order.side, signature_type=wallet.signature_type, signer=wallet.signer,
        taker_amount=order.taker_amount, timestamp=order.timestamp_ms, token_id=order.token_id,
        protocol_version=domain_version(order),
    )  # fmt: skip
    made = account.sign_typed_data(full_message=build_order_typed_data(unsigned)).signature.hex()
    signature = build_order_signature(unsigned, f"0x{made.removeprefix('0x')}")
    fields = {name: getattr(unsigned, name) for name in UnsignedOrder.__slots__ if name in OfficialOrder.__slots__}
    posted = OfficialOrder(**fields, signature=signature, post_only=post_only)
    _, body = build_post_order_request(posted, owner_api_key=API_KEY)
    return signature, json.dumps(body, separators=(",", ":")).encode()


def older(order, wallet, key, *, order_type="GTC", expiration=0, post_only=False):
    """What py-clob-client-v2 makes of an order: its hash, its signature, its body."""
    builder = ExchangeOrderBuilderV2(
        exchange_of(order), POLYGON, OlderSigner(f"0x{key}", POLYGON), generate_salt=lambda: str(order.salt),
        domain_version=domain_version(order),
    )  # fmt: skip
    data = OrderDataV2(
        maker=wallet.funder, tokenId=order.token_id, makerAmount=str(order.maker_amount),
        takerAmount=str(order.taker_amount), side=Side.BUY if order.side == "BUY" else Side.SELL, signer=wallet.signer,
        signatureType=SignatureTypeV2(wallet.signature_type), timestamp=str(order.timestamp_ms),
        expiration=str(expiration),
    )  # fmt: skip
    signed = builder.build_signed_order(data)
    order_hash = builder.build_order_hash(builder.build_order_typed_data(builder.build_order(data)))
    return order_hash, signed.signature, order_to_json_v2(signed, API_KEY, order_type, post_only)
