"""Orders that the official clients sign are found to be signed, and nothing else is."""

import dataclasses
import timeit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polymarket._internal.wallet import derive_uups_deposit_wallet_address

from simulator.exchange.identity.curve import keccak256, recovered
from simulator.exchange.identity.signatures import SESSION_MAGIC, is_of_session, is_signed
from simulator.exchange.identity.typed_data import exchange_domain, order_hashes
from simulator.exchange.intake.payload import read_payload
from unit.simulator.identity.signing import (
    CLIENTS,
    DERIVATION,
    EXCHANGES,
    OWNER,
    STRANGER,
    Terms,
    deprecated_client_body,
    deprecated_client_order,
    some_terms,
    unified_client_body,
    wallet,
)

ADDRESS = OWNER.address.lower()
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def read(body):
    return read_payload(body).order


def judged(order, exchange="standard", address=ADDRESS):
    return is_signed(order, order_hashes(order, EXCHANGES[exchange][2]), address)


@settings(max_examples=60, deadline=None)
@given(some_terms())
def test_an_order_has_the_hash_that_the_deprecated_client_finds(terms):
    signed, order_hash = deprecated_client_order(terms)
    order = read(deprecated_client_body(terms))

    assert order.signature.hex() == signed.signature[2:]
    assert order_hashes(order, EXCHANGES[terms.exchange][2]).order_id == order_hash


@pytest.mark.parametrize("client", CLIENTS)
@settings(max_examples=40, deadline=None)
@given(some_terms())
def test_an_order_that_an_official_client_signs_is_signed_by_its_key_for_this_exchange_alone(client, terms):
    order = read(CLIENTS[client](terms))

    assert judged(order, terms.exchange)
    assert not judged(order, terms.exchange, STRANGER.address.lower())
    assert not any(judged(order, other) for other in EXCHANGES if other != terms.exchange)


@settings(max_examples=40, deadline=None)
@given(some_terms())
def test_both_clients_sign_an_order_in_the_same_bytes(terms):
    assert read(unified_client_body(terms)) == read(deprecated_client_body(terms))


@pytest.mark.parametrize("signature_type", range(4))
@pytest.mark.parametrize("field", ["salt", "maker_e6", "taker_e6", "timestamp_ms"])
def test_an_order_that_was_changed_after_it_was_signed_is_not_signed(signature_type, field):
    order = read(unified_client_body(Terms(signature_type=signature_type)))
    assert judged(order)
    assert not judged(dataclasses.replace(order, **{field: getattr(order, field) + 1}))


@pytest.mark.parametrize("signature_type", range(4))
def test_a_signature_is_for_ones_own_wallet_of_the_right_kind(signature_type):
    for kind in range(4):
        order = read(unified_client_body(Terms(signature_type=signature_type), maker=wallet(OWNER, kind)))
        assert judged(order) == (kind == signature_type)
    another = read(unified_client_body(Terms(signature_type=signature_type), maker=wallet(STRANGER, signature_type)))
    assert not judged(another)


def test_an_older_deposit_wallet_signs_as_todays_do():
    older = derive_uups_deposit_wallet_address(OWNER.address, DERIVATION)
    assert judged(read(unified_client_body(Terms(), maker=older)))


def test_a_deposit_wallets_order_names_the_wallet_as_its_signer():
    order = read(unified_client_body(Terms()))
    assert not judged(dataclasses.replace(order, maker=wallet(OWNER, 1).lower()))


@pytest.mark.parametrize("start", [65, 97, 129, 400 - 86, -2])
def test_a_wrapping_that_names_another_order_exchange_or_type_is_refused(start):
    order = read(unified_client_body(Terms()))
    spoiled = bytearray(order.signature)
    spoiled[start] ^= 1
    assert not judged(dataclasses.replace(order, signature=bytes(spoiled)))


def test_a_deposit_wallet_takes_no_bare_signature_and_no_other_wallet_a_wrapped_one():
    wrapped = read(unified_client_body(Terms()))
    bare = read(unified_client_body(Terms(signature_type=0)))
    assert not judged(dataclasses.replace(wrapped, signature=wrapped.signature[:65]))
    assert not judged(dataclasses.replace(bare, signature=bare.signature + wrapped.signature[65:]))


@settings(max_examples=20, deadline=None)
@given(some_terms())
def test_a_session_keys_order_is_signed_by_that_key_for_any_deposit_wallet(terms):
    terms = dataclasses.replace(terms, signature_type=3)
    body = unified_client_body(terms, STRANGER, maker=wallet(OWNER, 3), signer_type="SESSION_KEY")
    order = read(body)

    assert is_of_session(order)
    assert judged(order, terms.exchange, STRANGER.address.lower())
    assert not judged(order, terms.exchange, ADDRESS)


@pytest.mark.parametrize("at", [0, 12, 40, 95, 127, 128, 128 + 65])
def test_a_session_keys_signature_is_refused_when_a_byte_of_it_is_wrong(at):
    order = read(unified_client_body(Terms(), STRANGER, maker=wallet(OWNER, 3), signer_type="SESSION_KEY"))
    spoiled = bytearray(order.signature)
    spoiled[at] ^= 1
    assert not judged(dataclasses.replace(order, signature=bytes(spoiled)), address=STRANGER.address.lower())


@given(st.binary(max_size=600))
def test_no_bytes_whatsoever_pass_for_a_signature(noise):
    order = read(unified_client_body(Terms()))
    for signature in (noise, noise + SESSION_MAGIC):
        assert not judged(dataclasses.replace(order, signature=signature))


def a_signature():
    digest = keccak256(b"something to sign")
    signed = OWNER.unsafe_sign_hash(digest)
    return digest, bytes(signed.signature)


def test_the_last_byte_may_be_counted_from_27_or_from_0():
    digest, signature = a_signature()
    assert recovered(digest, signature) == ADDRESS
    assert recovered(digest, signature[:64] + bytes((signature[64] - 27,))) == ADDRESS
    for v in (2, 3, 26, 29, 255):
        with pytest.raises(ValueError, match="27 or 28"):
            recovered(digest, signature[:64] + bytes((v,)))


def test_the_mirrored_form_of_a_signature_is_refused():
    digest, signature = a_signature()
    s = int.from_bytes(signature[32:64], "big")
    mirrored = signature[:32] + (ORDER - s).to_bytes(32, "big") + bytes((55 - signature[64],))
    with pytest.raises(ValueError, match="lower half"):
        recovered(digest, mirrored)


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), bytes(66), bytes(64) + b"\x1b", b"\xff" * 32 + bytes(31) + b"\x01\x1b"]
)
def test_what_no_key_can_have_signed_is_refused(signature):
    with pytest.raises(ValueError, match=r"expected|no key"):
        recovered(keccak256(b""), signature)


def test_a_protocol_that_is_not_known_has_no_domain():
    assert exchange_domain("v2", is_neg_risk=True) == EXCHANGES["v3"][2]
    with pytest.raises(ValueError, match="v3"):
        exchange_domain("v3", is_neg_risk=False)


def test_an_order_is_hashed_and_its_signature_checked_fast_enough_for_every_order():
    order = read(unified_client_body(Terms()))
    fastest_s = min(timeit.repeat(lambda: judged(order), number=50, repeat=5)) / 50
    assert fastest_s < 0.001
