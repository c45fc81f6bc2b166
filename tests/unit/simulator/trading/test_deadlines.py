"""Which heartbeat is expected of an API key, and which keys have been silent for too long."""

import re
from uuid import UUID

from simulator.exchange.orders.deadlines import KEYS_MAX, Heartbeats

NS_PER_S = 1_000_000_000
TIMEOUT_NS = 10 * NS_PER_S
START_NS = 1_795_240_800 * NS_PER_S
KEY = "3ac225f6-1a5f-4f0c-8d4e-0a2f4b6c8d10"


def after(seconds):
    return START_NS + int(seconds * NS_PER_S)


def a_record():
    return Heartbeats(TIMEOUT_NS)


def test_the_first_heartbeat_has_an_empty_id_and_is_told_the_next_one():
    beat = a_record().beat(KEY, "", START_NS)
    assert beat.is_accepted
    assert UUID(beat.heartbeat_id).version == 4


def test_the_id_rotates_with_every_heartbeat():
    record, ids = a_record(), [""]
    for second in range(5):
        beat = record.beat(KEY, ids[-1], after(second))
        assert beat.is_accepted
        ids.append(beat.heartbeat_id)
    assert len(set(ids)) == 6


def test_ids_derive_from_the_key_and_the_instant_so_that_a_run_can_be_repeated():
    assert a_record().beat(KEY, "", START_NS) == a_record().beat(KEY, "", START_NS)
    assert a_record().beat(KEY, "", START_NS) != a_record().beat(KEY, "", after(7))
    assert a_record().beat(KEY, "", START_NS) != a_record().beat("another", "", START_NS)


def test_a_stale_id_is_told_the_expected_one_and_does_not_put_the_deadline_off():
    record = a_record()
    first = record.beat(KEY, "", START_NS).heartbeat_id
    second = record.beat(KEY, first, after(1)).heartbeat_id
    for stale in ("", first, "nonsense"):
        refused = record.beat(KEY, stale, after(9))
        assert not refused.is_accepted
        assert refused.heartbeat_id == second
    assert record.overdue(after(11)) == (KEY,)
    assert record.beat(KEY, second, after(11)).is_accepted
    assert record.overdue(after(11)) == ()


def test_a_key_that_never_sent_one_is_not_armed_and_an_id_out_of_nowhere_does_not_arm_it():
    record = a_record()
    refused = record.beat(KEY, "out-of-nowhere", START_NS)
    assert (refused.is_accepted, refused.heartbeat_id) == (False, "")
    assert not record.is_armed(KEY)
    assert record.overdue(after(1000)) == ()


def test_a_key_is_overdue_from_its_deadline_on_until_it_is_heard_again():
    record = a_record()
    told = record.beat(KEY, "", START_NS).heartbeat_id
    assert record.overdue(after(9.999)) == ()
    assert record.overdue(after(10)) == (KEY,)
    assert record.overdue(after(15)) == (KEY,)
    assert record.beat(KEY, told, after(16)).is_accepted
    assert record.overdue(after(25)) == ()


def test_each_key_has_its_own_deadline():
    record = a_record()
    record.beat("early", "", START_NS)
    record.beat("late", "", after(5))
    assert record.overdue(after(12)) == ("early",)
    assert set(record.overdue(after(15))) == {"early", "late"}


def test_a_heartbeat_without_ids_keeps_alive_and_starts_the_ids_anew():
    record = a_record()
    told = record.beat(KEY, "", START_NS).heartbeat_id
    record.keep_alive(KEY, after(8))
    assert record.overdue(after(17)) == ()
    assert record.beat(KEY, told, after(17)).heartbeat_id == ""
    again = record.beat(KEY, "", after(17))
    assert again.is_accepted
    assert again.heartbeat_id != told


def test_a_heartbeat_without_ids_arms_too():
    record = a_record()
    record.keep_alive(KEY, START_NS)
    assert record.overdue(after(10)) == (KEY,)


def test_a_lost_id_is_replaced_by_one_that_nobody_was_told():
    record = a_record()
    told = record.beat(KEY, "", START_NS).heartbeat_id
    record.lose(KEY)
    refused = record.beat(KEY, told, after(1))
    assert not refused.is_accepted
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", refused.heartbeat_id)
    assert refused.heartbeat_id != told
    assert record.beat(KEY, refused.heartbeat_id, after(2)).is_accepted


def test_losing_the_id_of_a_key_that_is_not_armed_changes_nothing():
    record = a_record()
    record.lose(KEY)
    assert not record.is_armed(KEY)
    assert record.beat(KEY, "", START_NS).is_accepted


def test_only_so_many_keys_are_watched_and_the_longest_silent_one_goes_first():
    record = a_record()
    told = record.beat("first", "", START_NS).heartbeat_id
    for number in range(KEYS_MAX - 1):
        record.keep_alive(f"key-{number}", after(1))
    assert record.beat("first", told, after(2)).is_accepted
    record.keep_alive("one too many", after(3))
    assert record.is_armed("first")
    assert not record.is_armed("key-0")
    assert len(record.overdue(after(100))) == KEYS_MAX
