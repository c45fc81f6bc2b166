"""Addresses and the wallets that follow from them, against the official client's."""

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st
from polymarket._internal import wallet as official

from simulator.exchange.identity.addresses import checksum, parse_address
from simulator.exchange.identity.contracts import EXCHANGE_V3, STANDARD_EXCHANGE, spender_of
from simulator.exchange.identity.wallets import owns, wallet_of, wallets_of
from unit.simulator.identity.signing import DERIVATION, OWNER

ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
MIXED = OWNER.address


@given(ADDRESSES)
def test_the_checksum_is_the_one_that_everybody_writes(address):
    assert checksum(address) == to_checksum_address(address)
    assert parse_address(checksum(address)) == address


@pytest.mark.parametrize("text", [MIXED, MIXED.lower(), "0x" + MIXED[2:].upper()])
def test_an_address_is_read_with_its_checksum_or_in_one_case(text):
    assert parse_address(text) == MIXED.lower()


@pytest.mark.parametrize("text", ["", MIXED[2:], MIXED + "0", MIXED[:-1], "0x" + "g" * 40, "0x" + MIXED[2:].swapcase()])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        parse_address(text)


@given(ADDRESSES)
def test_every_wallet_is_where_the_official_client_finds_it(address):
    expected = {
        address: 0,
        official.derive_proxy_wallet_address(address, DERIVATION).lower(): 1,
        official.derive_safe_wallet_address(address, DERIVATION).lower(): 2,
        official.derive_beacon_deposit_wallet_address(address, DERIVATION).lower(): 3,
        official.derive_uups_deposit_wallet_address(address, DERIVATION).lower(): 3,
    }
    assert wallets_of(address) == expected
    assert list(wallets_of(address)) == list(expected)
    assert [wallet_of(address, kind) for kind in range(4)] == list(expected)[:4]


def test_a_wallet_belongs_to_its_key_alone_and_in_its_own_kind():
    address = OWNER.address.lower()
    assert owns(address, wallet_of(address, 2), 2)
    assert not owns(address, wallet_of(address, 2), 1)
    assert not owns("0x" + "ab" * 20, wallet_of(address, 2), 2)
    with pytest.raises(ValueError, match="0 to 3"):
        wallet_of(address, 4)


def test_what_a_caller_is_given_of_the_wallets_is_its_own():
    wallets_of(MIXED.lower()).clear()
    assert len(wallets_of(MIXED.lower())) == 5


def test_a_position_of_the_second_protocol_is_spent_by_its_own_exchange():
    assert spender_of("651150819117105875331414918119047680898421632356043490229292782433651916800") == EXCHANGE_V3
    assert (
        spender_of("25070934348813416902477876984955073880416401960631253331845590271167412497744") == STANDARD_EXCHANGE
    )
