"""What the official clients send to prove who they are, and what does not prove it."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polymarket._internal.actions.auth import build_l1_auth_headers
from polymarket._internal.hmac import build_hmac_signature
from polymarket._internal.l1_auth import sign_api_key_auth
from py_clob_client_v2.clob_types import ApiCreds, RequestArgs
from py_clob_client_v2.headers import create_level_1_headers, create_level_2_headers
from py_clob_client_v2.signer import Signer

from simulator.exchange.identity.keyring import KeyRing
from simulator.exchange.identity.proof import Claimant, UnauthorizedError, level_one, level_two
from simulator.exchange.identity.wallets import wallet_of
from unit.simulator.identity.signing import CHAIN_ID, NOW_S, OWNER, STRANGER

ADDRESS = OWNER.address.lower()
SIGNER = Signer("0x" + OWNER.key.hex().removeprefix("0x"), CHAIN_ID)
SKEW_S = 300
BODY = b'{"orderID":"0x01"}'


def deprecated_level_one(nonce=0, timestamp=NOW_S):
    return create_level_1_headers(SIGNER, nonce, timestamp)


def unified_level_one(nonce=0, timestamp=NOW_S):
    return build_l1_auth_headers(sign_api_key_auth(OWNER, chain_id=CHAIN_ID, timestamp=timestamp, nonce=nonce))


def a_key(keyring):
    return keyring.create(ADDRESS, 0)


def deprecated_level_two(known, method="DELETE", path="/order", body=BODY, timestamp=NOW_S):
    creds = ApiCreds(known.key, known.secret, known.passphrase)
    return create_level_2_headers(SIGNER, creds, RequestArgs(method, path, serialized_body=body.decode()), timestamp)


def unified_level_two(known, method="DELETE", path="/order", body=BODY, timestamp=NOW_S):
    signature = build_hmac_signature(
        secret=known.secret, timestamp=timestamp, method=method, path=path, body=body.decode() or None
    )
    return {
        "POLY_ADDRESS": OWNER.address, "POLY_SIGNATURE": signature, "POLY_TIMESTAMP": str(timestamp),
        "POLY_API_KEY": known.key, "POLY_PASSPHRASE": known.passphrase,
    }  # fmt: skip


def admitted(headers, keyring, method="DELETE", path="/order", body=BODY):
    return level_two(headers, method, path, body, keyring=keyring, now_s=NOW_S, skew_s_max=SKEW_S)


@pytest.mark.parametrize("sign", [deprecated_level_one, unified_level_one])
@settings(max_examples=20, deadline=None)
@given(nonce=st.integers(0, 10**12), skew_s=st.integers(-SKEW_S, SKEW_S))
def test_a_signature_of_an_official_client_proves_the_address_and_names_the_nonce(sign, nonce, skew_s):
    assert level_one(sign(nonce, NOW_S + skew_s), NOW_S, SKEW_S) == Claimant(ADDRESS, nonce)


@pytest.mark.parametrize(
    "change",
    [
        {"POLY_ADDRESS": STRANGER.address}, {"POLY_ADDRESS": ""}, {"POLY_ADDRESS": OWNER.address.swapcase()},
        {"POLY_NONCE": "1"}, {"POLY_NONCE": "-1"}, {"POLY_NONCE": "00"}, {"POLY_NONCE": "9" * 78},
        {"POLY_TIMESTAMP": str(NOW_S + 1)}, {"POLY_TIMESTAMP": ""}, {"POLY_TIMESTAMP": "now"},
        {"POLY_SIGNATURE": ""}, {"POLY_SIGNATURE": "0x" + "00" * 65}, {"POLY_SIGNATURE": "0x" + "zz" * 65},
    ],
)  # fmt: skip
def test_a_request_that_was_changed_proves_nothing(change):
    with pytest.raises(UnauthorizedError, match="Invalid L1 Request headers"):
        level_one(unified_level_one() | change, NOW_S, SKEW_S)


@pytest.mark.parametrize("skew_s", [-SKEW_S - 1, SKEW_S + 1])
def test_a_signature_of_another_time_proves_nothing(skew_s):
    with pytest.raises(UnauthorizedError, match="Invalid L1 Request headers"):
        level_one(unified_level_one(timestamp=NOW_S + skew_s), NOW_S, SKEW_S)


def test_without_headers_nothing_is_proved():
    with pytest.raises(UnauthorizedError, match="Invalid L1 Request headers"):
        level_one({}, NOW_S, SKEW_S)
    with pytest.raises(UnauthorizedError, match="Unauthorized/Invalid api key"):
        admitted({}, KeyRing(1))


@pytest.mark.parametrize("sign", [deprecated_level_two, unified_level_two])
@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]), path=st.sampled_from(["/order", "/data/orders"]),
    body=st.text(alphabet=st.characters(exclude_characters="'", codec="utf-8")).map(str.encode),
)  # fmt: skip
def test_a_request_that_an_official_client_signs_is_admitted(sign, method, path, body):
    keyring = KeyRing(1)
    known = a_key(keyring)
    caller = admitted(sign(known, method, path, body), keyring, method, path, body)
    assert (caller.address, caller.key) == (ADDRESS, known.key)
    assert dataclasses.astuple(caller)[2:] == (False, False, False)


@pytest.mark.parametrize(
    "change",
    [
        {"POLY_ADDRESS": STRANGER.address}, {"POLY_PASSPHRASE": "00" * 32}, {"POLY_PASSPHRASE": "\udcff"},
        {"POLY_API_KEY": "f4f247b7-4ac7-ff29-a152-04fda0a8755a"}, {"POLY_API_KEY": ""},
        {"POLY_SIGNATURE": "A" * 43 + "="}, {"POLY_SIGNATURE": ""}, {"POLY_TIMESTAMP": str(NOW_S - 1)},
        {"POLY_TIMESTAMP": f"{NOW_S}.0"},
    ],
)  # fmt: skip
def test_a_request_with_a_wrong_header_is_not_admitted(change):
    keyring = KeyRing(1)
    headers = unified_level_two(a_key(keyring))
    with pytest.raises(UnauthorizedError, match="Unauthorized/Invalid api key"):
        admitted(headers | change, keyring)


@pytest.mark.parametrize(
    "part", [{"method": "POST"}, {"path": "/orders"}, {"path": "/order?a=1"}, {"body": BODY + b" "}]
)
def test_a_request_other_than_the_one_that_was_signed_is_not_admitted(part):
    keyring = KeyRing(1)
    headers = unified_level_two(a_key(keyring))
    assert admitted(headers, keyring)
    with pytest.raises(UnauthorizedError):
        admitted(headers, keyring, **part)


@pytest.mark.parametrize("skew_s", [-SKEW_S - 1, SKEW_S + 1])
def test_a_request_of_another_time_is_not_admitted(skew_s):
    keyring = KeyRing(1)
    headers = unified_level_two(a_key(keyring), timestamp=NOW_S + skew_s)
    with pytest.raises(UnauthorizedError):
        admitted(headers, keyring)


def test_a_key_that_was_deleted_admits_nobody():
    keyring = KeyRing(1)
    known = a_key(keyring)
    assert keyring.delete(known.key)
    with pytest.raises(UnauthorizedError):
        admitted(unified_level_two(known), keyring)


@pytest.mark.parametrize("named", [ADDRESS, wallet_of(ADDRESS, 3)])
def test_an_account_is_restricted_by_its_address_or_by_a_wallet(named):
    keyring = KeyRing(1)
    headers = unified_level_two(a_key(keyring))
    keyring.closed_only.add(named)
    assert dataclasses.astuple(admitted(headers, keyring))[2:] == (False, True, False)
    keyring.banned.add(named)
    assert dataclasses.astuple(admitted(headers, keyring))[2:] == (False, True, True)
    keyring.allowed_eoas.add(named)
    assert admitted(headers, keyring).is_allowed_eoa == (named == ADDRESS)
