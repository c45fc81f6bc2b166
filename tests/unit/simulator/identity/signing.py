"""Orders as the two official clients sign them with a throw-away key, and what they are judged against."""

import dataclasses

from eth_account import Account
from hypothesis import strategies as st
from polymarket._internal.actions.orders.orders import create_signed_order
from polymarket._internal.actions.orders.post import build_post_order_request
from polymarket._internal.actions.orders.typed_data import build_order_signature, build_order_typed_data
from polymarket._internal.actions.orders.types import UnsignedOrder
from polymarket._internal.wallet import (
    derive_beacon_deposit_wallet_address,
    derive_proxy_wallet_address,
    derive_safe_wallet_address,
    wrap_deposit_wallet_signature,
)
from polymarket.environments import PRODUCTION
from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2, OrderDataV2, Side
from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2
from py_clob_client_v2.signer import Signer

from simulator.exchange.identity.contracts import CHAIN_ID, EXCHANGE_V3, NEG_RISK_EXCHANGE, STANDARD_EXCHANGE
from simulator.exchange.identity.proof import Caller
from simulator.exchange.identity.typed_data import NEG_RISK_DOMAIN, STANDARD_DOMAIN, V3_DOMAIN
from simulator.matching.values import Instrument

OWNER = Account.from_key("0x" + "11" * 32)
STRANGER = Account.from_key("0x" + "22" * 32)
API_KEY = "0f3c6c0e-6a0f-4b4e-9f5d-0a1b2c3d4e5f"
NOW_S = 1_795_240_800
NOW_NS = NOW_S * 1_000_000_000
ZEROS = "0x" + "00" * 32
TOKENS = (
    "25070934348813416902477876984955073880416401960631253331845590271167412497744",
    "111614563957165270026378011809694313565736745512637881727398424401624030147043",
)
CONDITION = "0x" + "c0" * 32
DERIVATION = PRODUCTION._config.wallet_derivation
EXCHANGES = {
    "standard": ("2", STANDARD_EXCHANGE, STANDARD_DOMAIN),
    "neg_risk": ("2", NEG_RISK_EXCHANGE, NEG_RISK_DOMAIN),
    "v3": ("3", EXCHANGE_V3, V3_DOMAIN),
}
"""Of each exchange: its domain's version, its address, and the domain separator that is to be found."""


@dataclasses.dataclass
class Terms:
    """What an order says before it is signed. BUY 10 at 0.42 unless told otherwise."""

    exchange: str = "standard"
    signature_type: int = 3
    maker_e6: int = 4_200_000
    taker_e6: int = 10_000_000
    side: str = "BUY"
    token: str = TOKENS[0]
    salt: int = 988340803730600
    timestamp_ms: int = NOW_S * 1000
    builder: str = ZEROS
    metadata: str = ZEROS
    expiration_s: int = 0
    order_type: str = "GTC"
    post_only: bool = False


def some_terms():
    words = st.binary(min_size=32, max_size=32).map(lambda word: "0x" + word.hex())
    amounts = st.integers(1, 10**15)
    return st.builds(
        Terms, exchange=st.sampled_from(sorted(EXCHANGES)), signature_type=st.integers(0, 3), maker_e6=amounts,
        taker_e6=amounts, side=st.sampled_from(["BUY", "SELL"]), token=st.integers(1, (1 << 256) - 1).map(str),
        salt=st.integers(0, (1 << 53) - 1), timestamp_ms=st.integers(1, 10**13), builder=words, metadata=words,
    )  # fmt: skip


def wallet(account, signature_type):
    """Ask the official client where an account's wallet is."""
    derive = {1: derive_proxy_wallet_address, 2: derive_safe_wallet_address, 3: derive_beacon_deposit_wallet_address}
    return derive[signature_type](account.address, DERIVATION) if signature_type else account.address


def deprecated_client_order(terms, account=OWNER, maker=None):
    """Sign as py-clob-client-v2 does: the signed order, and the hash that the client finds for it."""
    maker = maker or wallet(account, terms.signature_type)
    version, contract, _ = EXCHANGES[terms.exchange]
    signer = Signer("0x" + account.key.hex().removeprefix("0x"), CHAIN_ID)
    builder = ExchangeOrderBuilderV2(contract, CHAIN_ID, signer, lambda: str(terms.salt), domain_version=version)
    signed = builder.build_signed_order(
        OrderDataV2(
            maker=maker, tokenId=terms.token, makerAmount=str(terms.maker_e6), takerAmount=str(terms.taker_e6),
            side=Side[terms.side], signer=maker if terms.signature_type == 3 else account.address,
            signatureType=terms.signature_type, timestamp=str(terms.timestamp_ms), metadata=terms.metadata,
            builder=terms.builder, expiration=str(terms.expiration_s),
        )
    )  # fmt: skip
    return signed, builder.build_order_hash(builder.build_order_typed_data(signed))


def deprecated_client_body(terms, account=OWNER, maker=None, owner=API_KEY):
    signed, _ = deprecated_client_order(terms, account, maker)
    return order_to_json_v2(signed, owner, terms.order_type, post_only=terms.post_only)


def unified_client_body(terms, account=OWNER, maker=None, owner=API_KEY, signer_type="OWNER"):
    """Sign as polymarket-client does, and wrap it as a session key does where that is asked for."""
    maker = maker or wallet(account, terms.signature_type)
    version, contract, _ = EXCHANGES[terms.exchange]
    unsigned = UnsignedOrder(
        chain_id=CHAIN_ID, builder=terms.builder, exchange_address=contract, expiration=terms.expiration_s,
        maker=maker, maker_amount=terms.maker_e6, metadata=terms.metadata, order_type=terms.order_type,
        salt=terms.salt, side=terms.side, signature_type=terms.signature_type,
        signer=maker if terms.signature_type == 3 else account.address, taker_amount=terms.taker_e6,
        timestamp=terms.timestamp_ms, token_id=terms.token, protocol_version=version,
    )  # fmt: skip
    raw = "0x" + account.sign_typed_data(full_message=build_order_typed_data(unsigned)).signature.hex()
    wrapped = wrap_deposit_wallet_signature(
        signer=account.address, signer_type=signer_type, signature=build_order_signature(unsigned, raw)
    )
    signed = create_signed_order(unsigned, wrapped, post_only=terms.post_only)
    return build_post_order_request(signed, owner_api_key=owner)[1]


CLIENTS = {"py-clob-client-v2": deprecated_client_body, "polymarket-client": unified_client_body}


def a_caller(account=OWNER, **standing):
    return Caller(account.address.lower(), API_KEY, **standing)


def an_instrument(tick_e4=100):
    return Instrument(CONDITION, TOKENS, ("Up", "Down"), tick_e4, 5_000_000, 70_000, 1, 150_000_000)


class HandMadeFloor:
    """A floor with one market, that remembers whom it was asked to fund."""

    def __init__(self, tick_e4=100, version="v1", is_neg_risk=False):
        self.instrument, self.version, self.is_negative, self.funded = an_instrument(tick_e4), version, is_neg_risk, []

    def now_ns(self):
        return NOW_NS

    def instrument_of(self, token):
        return self.instrument if token in self.instrument.tokens else None

    def protocol_version(self, condition_id):
        return self.version

    def is_neg_risk(self, condition_id):
        return self.is_negative

    def fund(self, account):
        self.funded.append(account)
