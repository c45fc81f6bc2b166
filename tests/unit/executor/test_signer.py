"""Hashes, signatures and bodies of orders: to the byte what both official clients make of the same terms."""

import copy
import json
import pickle
import traceback

import orjson
import pytest
from eth_account import Account
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st
from polymarket._internal.hmac import build_hmac_signature
from polymarket._internal.l1_auth import sign_api_key_auth
from py_clob_client_v2.clob_types import ApiCreds, RequestArgs
from py_clob_client_v2.headers.headers import create_level_1_headers, create_level_2_headers
from py_clob_client_v2.signer import Signer as OlderSigner
from pydantic import SecretStr

from builders import an_approval
from executor.adapters.credentials import Credentials, proof_of_address
from executor.adapters.live.naming import OrderNamer, terms_of
from executor.adapters.signer import Signer
from executor.adapters.typed_data import OrderHasher, Wallet, checksum
from executor.adapters.wire_orders import order_body
from unit.executor.signing_builders import (
    API_KEY,
    FUNDER,
    KEY,
    PASSPHRASE,
    POLYGON,
    SECRET,
    a_signer,
    credentials,
    older,
    orders,
    terms,
    unified,
)  # fmt: skip

ACCOUNT = Account.from_key(f"0x{KEY}")
SIGNATURE_TYPES = (0, 1, 2, 3)
KINDS = st.sampled_from([
    ("GTC", 0, False), ("GTC", 0, True), ("GTD", 1795229999, False), ("GTD", 1795229999, True), ("FAK", 0, False),
    ("FOK", 0, False),
])  # fmt: skip


@settings(deadline=None)
@given(orders(), st.sampled_from(SIGNATURE_TYPES), KINDS)
def test_hash_signature_and_body_are_those_of_both_official_clients(order, signature_type, kind):
    order_type, expiration, post_only = kind
    signer = a_signer(signature_type)
    signed = signer.sign(order)
    body = order_body(signed, api_key=API_KEY, order_type=order_type, expiration_s=expiration, post_only=post_only)
    told = {"order_type": order_type, "expiration": expiration, "post_only": post_only}

    assert (signed.signature, body) == unified(order, signer.wallet, ACCOUNT, **told)
    order_hash, signature, theirs = older(order, signer.wallet, KEY, **told)
    assert (signed.order_id, signed.signature) == (order_hash, signature)
    assert json.loads(body) | {"postOnly": post_only} == theirs


@settings(deadline=None)
@given(st.integers(1, 2**255), orders())
def test_every_key_signs_as_the_official_clients_do(number, order):
    key = f"{number:064x}"
    signer = a_signer(key=key)
    account = Account.from_key(f"0x{key}")

    assert signer.wallet.key_address == account.address
    assert signer.sign(order).signature == unified(order, signer.wallet, account)[0]


@given(orders(), st.sampled_from(SIGNATURE_TYPES))
def test_the_hash_is_known_without_a_key_and_signing_again_gives_the_same_bytes(order, signature_type):
    signer = a_signer(signature_type)
    first = signer.sign(order)

    assert OrderHasher(signer.wallet).hashes(order).order_id == first.order_id == signer.hashes(order).order_id
    assert a_signer(signature_type).sign(order) == first


@pytest.mark.parametrize("signature_type", SIGNATURE_TYPES)
def test_what_is_signed_is_the_very_order_that_was_named_hashed_once(signature_type):
    signer, first, second = a_signer(signature_type), an_approval(salt=1), an_approval(salt=2)
    namer = OrderNamer(signer.wallet)
    name = namer(first)
    hashes = namer.hashes(first)

    assert namer.hashes(first) is hashes
    assert signer.sign_hashed(hashes) == signer.sign(terms_of(first))
    assert signer.sign_hashed(hashes).order_id == name != namer(second)
    assert namer(first) == name


def test_a_signer_signs_no_order_of_another_wallet():
    with pytest.raises(ValueError, match="wallet: expected an order of "):
        a_signer(3).sign_hashed(a_signer(0).hashes(terms()))


def test_the_three_exchanges_have_three_hashes():
    v1, position = terms(), str((7 << 240) + 1)
    ids = [
        a_signer().hashes(order).order_id
        for order in (v1, terms(is_neg_risk=True), terms(token_id=position, protocol_version="v2"))
    ]
    assert len(set(ids)) == 3


@given(st.integers(1, 10**11), st.integers(0, 10**9))
def test_the_proof_of_an_address_is_that_of_both_official_clients(timestamp, nonce):
    signer = a_signer(3)
    ours = dict(proof_of_address(signer.wallet.key_address, signer.prove_address(timestamp, nonce), timestamp, nonce))

    assert ours == create_level_1_headers(OlderSigner(f"0x{KEY}", POLYGON), nonce, timestamp)
    assert (
        ours["POLY_SIGNATURE"]
        == sign_api_key_auth(ACCOUNT, chain_id=POLYGON, timestamp=timestamp, nonce=nonce).signature
    )


@given(st.sampled_from(["GET", "POST", "DELETE"]), st.integers(1, 10**11), st.sampled_from([b"", b'{"a":1,"b":["x"]}']))
def test_the_headers_of_an_api_key_are_those_of_both_official_clients(method, now_s, body):
    ours = dict(credentials().headers(method, "/order", body, now_s))
    args = RequestArgs(method, "/order", serialized_body=body.decode() or None)
    creds = ApiCreds(API_KEY, SECRET, PASSPHRASE)

    assert ours == create_level_2_headers(OlderSigner(f"0x{KEY}", POLYGON), creds, args, now_s)
    theirs = build_hmac_signature(
        secret=SECRET, timestamp=now_s, method=method, path="/order", body=body.decode() or None
    )
    assert ours["POLY_SIGNATURE"] == theirs


@pytest.mark.parametrize("secretive", [a_signer(3), credentials()], ids=["signer", "credentials"])
def test_no_secret_can_be_printed_pickled_or_copied(secretive):
    secrets = (KEY, SECRET, PASSPHRASE, str(int(KEY, 16)), repr(bytes.fromhex(KEY)))
    shown = f"{secretive} {secretive!r} {[secretive]} {getattr(secretive, '__dict__', {})}"

    assert [secret for secret in secrets if secret in shown] == []
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            attempt(secretive)
    with pytest.raises(TypeError):
        orjson.dumps(secretive)


@pytest.mark.parametrize("key", ["", "a1" * 31, "g1" * 32, "0x" + "a1" * 33, "00" * 32, "ff" * 32])
def test_a_key_that_is_none_is_refused_without_being_shown(key):
    with pytest.raises(ValueError, match="private key: expected") as refused:
        Signer(SecretStr(key))
    told = "".join(traceback.format_exception(refused.value))
    assert not key or key not in told


@pytest.mark.parametrize(
    ("field", "value"), [("secret", "no base64!"), ("secret", ""), ("passphrase", "two\r\nlines"), ("key", "a b")]
)
def test_credentials_that_are_none_are_refused_without_being_shown(field, value):
    fields = {"key": API_KEY, "secret": SECRET, "passphrase": PASSPHRASE} | {field: value}
    with pytest.raises(ValueError, match="hidden") as refused:
        Credentials(
            address=ACCOUNT.address, key=fields["key"], secret=SecretStr(fields["secret"]),
            passphrase=SecretStr(fields["passphrase"]),
        )  # fmt: skip
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"salt": 1 << 53}, "salt: expected 0 to"),
        ({"salt": -1}, "salt: expected 0 to"),
        ({"maker_amount": 0}, "maker amount: expected 1 to"),
        ({"taker_amount": 1 << 256}, "taker amount: expected 1 to"),
        ({"timestamp_ms": 0}, "timestamp: expected 1 to"),
        ({"token_id": "0x12"}, "token: expected the digits"),
        ({"token_id": str(1 << 256)}, "token: expected the digits"),
        ({"side": "HOLD"}, "side: expected one of BUY, SELL"),
        ({"protocol_version": "v3"}, "protocol version: expected v1 or v2"),
        ({"protocol_version": "v2"}, "token of a v2 market: expected one, found one of v1"),
        ({"token_id": "123"}, "token of a v1 market: expected one, found one of v2"),
    ],
)
def test_terms_that_no_exchange_has_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        terms(**changes)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"signature_type": 4}, "signature type: expected one of"),
        ({"signature_type": 0}, "funder of signature type 0"),
        ({"funder": FUNDER.lower()}, "funder: expected 0x52908400098527886E0F7030069857D2E4169EE7"),
        ({"funder": "0x12"}, "address: expected 0x and 40"),
    ],
)
def test_a_wallet_that_cannot_be_is_refused(fields, words):
    whole = {"funder": FUNDER, "key_address": ACCOUNT.address, "signature_type": 3} | fields
    with pytest.raises(ValueError, match=words):
        Wallet(**whole)


def test_a_wallet_of_a_contract_must_be_named():
    with pytest.raises(ValueError, match="funder of signature type 3: expected an address, found none"):
        Signer(SecretStr(KEY), signature_type=3)


@given(st.binary(min_size=20, max_size=20))
def test_addresses_have_the_checksum_of_the_chain(address):
    assert checksum("0x" + address.hex()) == to_checksum_address(address)
