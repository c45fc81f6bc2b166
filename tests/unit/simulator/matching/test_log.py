"""The engine's log: there and back through JSON, and replayed."""

import json

import orjson
import pytest

from simulator.matching.log import KINDS, decode, encode, replay
from simulator.matching.operations import (
    Advance,
    Cancel,
    CancelAll,
    ChangeTick,
    CloseMarket,
    Deposit,
    Merge,
    OpenMarket,
    Place,
    Print,
    Quote,
    Redeem,
    ResolveMarket,
    SetAllowance,
    Settle,
    Split,
)
from simulator.matching.values import Level, TradeStatus
from unit.simulator.matching.venue import BUY, GTD, SELL, UP, Venue, an_instrument, an_order

OPERATIONS = [
    OpenMarket(1, an_instrument()),
    Deposit(2, "0xa", 5),
    SetAllowance(3, "0xa", None),
    SetAllowance(3, "0xa", 7),
    Split(4, "0xa", "0xc0", 5),
    Merge(5, "0xa", "0xc0", 5),
    Place(6, an_order("o1", SELL, 4000, 10, order_type=GTD, expires_ns=99, post_only=True), skips_delay=True),
    Cancel(7, "k", "o1"),
    CancelAll(8, "k", "0xc0", UP),
    Quote(9, "0xc0", (Level(1, 2), Level(3, 4)), ()),
    Print(10, "0xc0", UP, BUY, 5000, 6),
    Advance(11),
    Settle(12, "t1", TradeStatus.MINED, "0xhash"),
    ChangeTick(13, "0xc0", 10),
    CloseMarket(14, "0xc0"),
    ResolveMarket(15, "0xc0", UP),
    Redeem(16, "0xa", "0xc0"),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: type(operation).__name__)
def test_every_operation_comes_back_from_json_as_it_was(operation):
    assert decode(json.loads(json.dumps(encode(operation)))) == operation
    assert decode(orjson.loads(orjson.dumps(encode(operation)))) == operation


def test_no_kind_of_operation_is_left_out():
    assert {type(operation).__name__ for operation in OPERATIONS} == set(KINDS)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "expected an operation's name under 'operation', found None"),
        ({"operation": "Vanish", "at_ns": 1}, "found 'Vanish'"),
        ({"operation": ["Advance"], "at_ns": 1}, "expected an operation's name"),
        ({"operation": "Advance"}, "expected Advance with at_ns"),
        ({"operation": "Advance", "at_ns": 1, "more": 2}, "expected Advance with at_ns"),
        ({"operation": "Advance", "at_ns": "1"}, "expected int, found '1'"),
        ({"operation": "Advance", "at_ns": True}, "expected int, found True"),
        ({"operation": "Settle", "at_ns": 1, "trade_id": "t", "status": "GONE", "transaction_hash": ""}, "GONE"),
        ({"operation": "Quote", "at_ns": 1, "condition_id": "c", "bids": 5, "asks": []}, "expected a list, found 5"),
        ({"operation": "Quote", "at_ns": 1, "condition_id": "c", "bids": [5], "asks": []}, "expected Level with"),
    ],
)
def test_what_is_not_an_operation_is_refused_with_what_was_expected(written, words):
    with pytest.raises(ValueError, match=words):
        decode(written)


def test_a_replay_comes_to_the_same_state_and_another_history_does_not():
    venue = Venue(fee_rate_e6=70_000)
    venue.quote(bids=[(4900, 10)], asks=[(5100, 10)])
    venue.place(BUY, 5100, 10)
    venue.settle_all()

    assert replay(venue.log).digest() == venue.engine.digest()
    assert replay(venue.log[:-1]).digest() != venue.engine.digest()
