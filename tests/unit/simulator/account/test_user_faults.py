"""Frames of the user socket that come twice, too late, or never."""

from collections import Counter

from simulator.exchange.account.user_events import UserEvent
from simulator.exchange.account.user_faults import UserFaults

WALLET = "0xabc"


class Armed:
    def __init__(self, **counts):
        self.left = Counter(counts)
        self.asked = []

    def take(self, name, **about):
        self.asked.append(about)
        if self.left[name] <= 0:
            return None
        self.left[name] -= 1
        return object()


def sent(armed, *names, owner="key"):
    faults = UserFaults(armed)
    events = [UserEvent(owner, "0x1", {"id": name}) for name in names]
    return [[each.payload["id"] for each in faults.applied(event, WALLET)] for event in events]


def test_without_a_fault_every_frame_is_sent_once():
    armed = Armed()
    assert sent(armed, "a", "b") == [["a"], ["b"]]
    assert armed.asked[0] == {"key": "key", "address": WALLET}


def test_a_missing_frame_is_not_sent_and_the_next_one_is():
    assert sent(Armed(missing_user_events=1), "a", "b") == [[], ["b"]]


def test_the_next_so_many_frames_are_sent_twice():
    assert sent(Armed(duplicate_user_events=2), "a", "b", "c") == [["a", "a"], ["b", "b"], ["c"]]


def test_a_reordered_frame_is_sent_after_the_one_that_follows_it():
    assert sent(Armed(reordered_user_events=1), "a", "b", "c") == [[], ["b", "a"], ["c"]]
    assert sent(Armed(reordered_user_events=2), "a", "b", "c", "d") == [[], ["b", "a"], [], ["d", "c"]]


def test_what_is_held_back_for_one_key_is_not_sent_to_another_and_is_forgotten_with_it():
    faults = UserFaults(Armed(reordered_user_events=1))
    held, other = UserEvent("one", "0x1", {}), UserEvent("two", "0x1", {})

    assert faults.applied(held, WALLET) == ()
    assert faults.applied(other, WALLET) == (other,)
    faults.forget("one")
    assert faults.applied(held, WALLET) == (held,)
