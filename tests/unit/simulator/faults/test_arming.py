"""Faults by order: read strictly, taken by whom they were meant for, and counted."""

import pytest

from simulator.faults import SOCKETS, Faults, read
from simulator.faults.table import BY_NAME, Manner

NS_PER_S = 1_000_000_000
ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
FRAME_NAMES = {
    "silence", "malformed", "drop", "missing_fee", "unknown_rule", "pushover_down", "drop_answer", "late_answer",
    "restarting", "too_many_requests", "unauthorized", "cloudflare", "order_timed_out", "trading_disabled",
    "cancel_only", "empty_order_id", "empty_fak", "declined_cancel", "trade_failed", "trade_retrying",
    "heartbeat_lost", "duplicate_user_events", "reordered_user_events", "missing_user_events", "crossing_burst",
    "tick_change", "geoblock",
}  # fmt: skip


class Clock:
    def __init__(self):
        self.now_ns = 0

    def __call__(self):
        return self.now_ns


def armed(**order):
    faults = Faults(Clock())
    faults.arm(order)
    return faults


def taken(faults, name, times, **about):
    return [faults.take(name, **about) is not None for _ in range(times)]


def test_everything_that_can_go_wrong_is_in_the_table_with_a_sentence_and_its_fields():
    assert set(BY_NAME) == FRAME_NAMES
    for fault in BY_NAME.values():
        assert fault.does.endswith(".")
        names = [field.name for field in fault.fields]
        assert len(names) == len(set(names))
        assert ("count" in names and "after" in names) == (fault.manner is Manner.COUNTED)
        assert ("seconds" in names) or fault.manner is not Manner.LASTING


def test_a_counted_fault_happens_once_unless_told_otherwise():
    assert taken(armed(name="unauthorized"), "unauthorized", 3) == [True, False, False]
    assert taken(armed(name="unauthorized", count=2), "unauthorized", 3) == [True, True, False]


def test_the_first_chances_are_let_pass():
    assert taken(armed(name="unauthorized", after=2, count=2), "unauthorized", 5) == [False, False, True, True, False]


def test_chances_of_others_are_not_counted():
    faults = armed(name="drop_answer", path="/order", method="POST", after=1)

    assert taken(faults, "drop_answer", 2, path="/book", method="GET") == [False, False]
    assert taken(faults, "drop_answer", 2, path="/order", method="DELETE") == [False, False]
    assert taken(faults, "drop_answer", 2, path="/orders", method="POST") == [False, True]


def test_a_fault_can_be_meant_for_one_address_or_one_key_whatever_the_capitals():
    assert taken(armed(name="trade_failed", address=ALICE.upper()), "trade_failed", 1, address=BOB) == [False]
    assert taken(armed(name="trade_failed", address=ALICE.upper()), "trade_failed", 1, address=ALICE) == [True]
    assert taken(armed(name="empty_fak", key="k-1"), "empty_fak", 1, address=ALICE, key="k-2") == [False]
    assert taken(armed(name="empty_fak", key="k-1"), "empty_fak", 1, address=ALICE, key="k-1") == [True]
    assert taken(armed(name="empty_fak", key="k-1"), "empty_fak", 1) == [False]


def test_two_orders_of_one_fault_happen_one_after_the_other():
    faults = Faults(Clock())
    faults.arm({"name": "late_answer", "seconds": 1})
    faults.arm({"name": "late_answer", "seconds": 2.5, "path": "/order"})

    assert faults.take("late_answer", path="/order").number("seconds", 0) == 1
    assert faults.take("late_answer", path="/order").number("seconds", 0) == 2.5
    assert faults.take("late_answer", path="/order") is None


def test_what_was_left_open_is_the_takers_to_choose_and_what_was_said_is_not():
    open_words, said = read({"name": "empty_order_id"}), read({"name": "empty_order_id", "words": "no"})

    assert open_words.text("words", "order could not be processed") == "order could not be processed"
    assert said.text("words", "order could not be processed") == "no"
    assert read({"name": "order_timed_out", "placed": False}).flag("placed", default=True) is False
    assert read({"name": "too_many_requests"}).number("retry_after", -1) == -1


def test_it_is_told_how_often_each_fault_was_ordered_is_left_and_happened():
    faults = armed(name="cloudflare", count=3)
    faults.take("cloudflare")
    told = {each["name"]: each for each in faults.report()}

    assert (told["cloudflare"]["armed"], told["cloudflare"]["left"], told["cloudflare"]["hit"]) == (1, 2, 1)
    assert (told["silence"]["armed"], told["silence"]["left"], told["silence"]["hit"]) == (0, 0, 0)
    assert told["silence"]["fields"]["channel"] == {
        "kind": "text", "means": "which socket", "choices": list(SOCKETS), "required": True,
    }  # fmt: skip
    assert told["cloudflare"]["fields"]["code"]["default"] == 1010


@pytest.mark.parametrize("channel", ["user", "polybolt"])
def test_the_sockets_of_an_account_can_be_silenced_too(channel):
    faults = armed(name="silence", channel=channel, seconds=1)

    assert faults.is_silent(channel)
    assert not faults.is_silent("clob")


def test_malformed_frames_may_begin_later():
    faults = armed(name="malformed", channel="user", after=1)

    assert faults.spoil("user", {"price": "1"}) is None
    assert faults.spoil("clob", {"price": "1"}) is None
    assert faults.spoil("user", {"price": "1"}) == '{"price"'


def test_the_geographic_check_stays_as_it_was_set():
    faults = armed(name="geoblock", blocked=True, country="FR", region="IDF")
    assert (faults.geoblock.blocked, faults.geoblock.country, faults.geoblock.region) == (True, "FR", "IDF")
    faults.arm({"name": "geoblock", "blocked": False, "country": "IE"})
    assert (faults.geoblock.blocked, faults.geoblock.country, faults.geoblock.region) == (False, "IE", "")


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("drop_answer", "expected an object"),
        ({"name": "earthquake"}, "name must be one of .*drop_answer.* found 'earthquake'"),
        ({"name": ["silence"]}, "name must be one of"),
        ({"name": "unauthorized", "seconds": 3}, "unauthorized has no field 'seconds'; expected path, method"),
        ({"name": "silence"}, "channel must be a text .* found None"),
        ({"name": "silence", "channel": "telex"}, "channel must be one of clob, .*, found 'telex'"),
        ({"name": "restarting", "seconds": 0}, "seconds must lie between 0.001 and 3600, found 0"),
        ({"name": "restarting", "seconds": float("nan")}, "seconds must lie between"),
        ({"name": "restarting", "seconds": "long"}, "seconds must be a number, found 'long'"),
        ({"name": "restarting", "retry_after": 1}, "retry_after must be true or false, found 1"),
        ({"name": "cloudflare", "count": True}, "count must be a whole number, found True"),
        ({"name": "cloudflare", "count": 1.5}, "count must be a whole number, found 1.5"),
        ({"name": "cloudflare", "after": -1}, "after must lie between 0 and 10000, found -1"),
        ({"name": "cloudflare", "method": "post"}, "method must be one of"),
        ({"name": "cloudflare", "path": "order"}, "path must begin with / and leave out /clob, found 'order'"),
        ({"name": "cloudflare", "path": "/clob/order"}, "path must begin with / and leave out /clob"),
        ({"name": "tick_change", "tick": "0.02"}, "tick must be one of 0.1, 0.01"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_what_was_expected_and_found(order, words):
    faults = Faults(Clock())

    with pytest.raises(ValueError, match=words):
        faults.arm(order)
    assert not faults.counts


def test_a_fault_of_a_name_that_nobody_knows_cannot_be_taken():
    with pytest.raises(ValueError, match="found 'earthquake'"):
        Faults(Clock()).take("earthquake")


def test_there_is_a_limit_to_what_can_be_pending():
    faults = Faults(Clock())
    for _ in range(1000):
        faults.arm({"name": "unauthorized"})

    with pytest.raises(ValueError, match="at most 1000"):
        faults.arm({"name": "unauthorized"})
