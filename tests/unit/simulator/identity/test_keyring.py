"""API keys: made once, the same every time, gone when deleted."""

from base64 import urlsafe_b64decode
from uuid import UUID

from simulator.exchange.identity.keyring import KEYS_OF_ADDRESS_MAX, KeyRing

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20


def test_a_key_has_the_shape_of_the_exchanges():
    made = KeyRing(7).create(ALICE, 0)
    assert str(UUID(made.key)) == made.key
    assert len(urlsafe_b64decode(made.secret)) == 32
    assert len(bytes.fromhex(made.passphrase)) == 32
    assert (made.address, made.nonce) == (ALICE, 0)


def test_a_key_is_the_same_after_a_restart_and_another_for_every_seed_address_and_nonce():
    made = KeyRing(7).create(ALICE, 0)
    others = [KeyRing(8).create(ALICE, 0), KeyRing(7).create(BOB, 0), KeyRing(7).create(ALICE, 1)]
    assert KeyRing(7).create(ALICE, 0) == made
    for field in ("key", "secret", "passphrase"):
        assert len({getattr(each, field) for each in (made, *others)}) == 4


def test_a_key_is_created_once_and_derived_only_if_it_exists():
    keyring = KeyRing(7)
    assert keyring.derive(ALICE, 0) is None
    made = keyring.create(ALICE, 0)
    assert keyring.create(ALICE, 0) is None
    assert keyring.derive(ALICE, 0) == made == keyring.of(made.key)
    assert keyring.derive(ALICE, 1) is None
    assert keyring.derive(BOB, 0) is None


def test_keys_are_listed_for_their_address_alone_the_oldest_first():
    keyring = KeyRing(7)
    made = [keyring.create(ALICE, nonce) for nonce in (5, 0)]
    keyring.create(BOB, 0)
    assert keyring.listed(ALICE) == tuple(made)
    assert keyring.listed("0x" + "00" * 20) == ()


def test_a_deleted_key_is_gone_and_can_be_made_again():
    keyring = KeyRing(7)
    made, kept = keyring.create(ALICE, 0), keyring.create(ALICE, 1)
    assert keyring.delete(made.key)
    assert not keyring.delete(made.key)
    assert keyring.of(made.key) is None
    assert keyring.derive(ALICE, 0) is None
    assert keyring.listed(ALICE) == (kept,)
    assert keyring.create(ALICE, 0) == made


def test_an_address_has_only_so_many_keys():
    keyring = KeyRing(7)
    made = [keyring.create(ALICE, nonce) for nonce in range(KEYS_OF_ADDRESS_MAX + 1)]
    assert made[-1] is None
    assert None not in made[:-1]
    assert keyring.create(BOB, 0) is not None


def test_secrets_are_not_printed():
    made = KeyRing(7).create(ALICE, 0)
    assert made.secret not in repr(made)
    assert made.passphrase not in repr(made)
