"""Changes that wait for one another: told less often, and nothing else about a book comes out differently."""

import asyncio
import time
from collections import deque
from decimal import Decimal

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from builders import after
from common.contracts.venue import BookUpdated
from support.waiting import eventually
from unit.venue.venue_builders import (
    CONDITION,
    DOWN,
    UP,
    a_change,
    a_keeper,
    a_quote,
    a_running_market,
    a_snapshot,
    levels,
    told,
)
from venue.adapters.pace import TAKEN_WITHIN_S, WAITING_MAX, Anteroom, Pace
from venue.core import Book, BookChanged, BookDoubted, ChangesJoined, TickSizeChanged, TradeSeen, ladder

INTERVAL_S = 0.02
TOUCH = (0.48, 0.50)
BIDS, ASKS = ((0.48, 100), (0.40, 5)), ((0.50, 100), (0.60, 5))


class Door:
    """A pace and a core behind it, which takes what it is told at once, or later where a test says when."""

    def __init__(self, interval_s=INTERVAL_S, is_prompt=True):
        self.pace, self.is_prompt = Pace(interval_s), is_prompt
        self.pace.follow((UP, DOWN))
        self.told, self._not_taken = [], deque()

    def hear(self, *events):
        """Hand events over at the time that they bear; answer what was told by the last of them, with the time of each."""
        began = len(self.told)
        for event in events:
            at_s = (event.received_at - after(0)) / 1e9
            self.wait(at_s)
            self._tell(self.pace.take(event, at_s), at_s)
        return self.told[began:]

    def wait(self, until_s):
        """Let time pass; answer what was told meanwhile."""
        began = len(self.told)
        while (due_s := self.pace.due_s) <= until_s:
            self._tell(self.pace.due(due_s), due_s)
        return self.told[began:]

    def take(self, at_s):
        """Have the core take what it was told first and has not taken; answer what was told thereupon."""
        began = len(self.told)
        event = self._not_taken.popleft()
        if isinstance(event, BookChanged | ChangesJoined):
            self._tell(self.pace.taken(event.token_id, at_s), at_s)
        return self.told[began:]

    @property
    def is_behind(self):
        return bool(self._not_taken)

    def _tell(self, ready, at_s):
        for event in ready:
            self.told.append((at_s, event))
            self._not_taken.append(event)
        while self.is_prompt and self._not_taken:
            self.take(at_s)


def books(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, BookUpdated)]


def last_of(token, published):
    return next((book for book in reversed(published) if book.token_id == token), None)


def events(told):
    return [event for _, event in told]


def a_deep_change(seconds, size=7, **fields):
    """A change far from the touch, after which the best prices are what they were."""
    return a_change(seconds, ("BUY", 0.30, size), best=TOUCH, **fields)


def a_move(seconds, bid=0.49, **fields):
    return a_change(seconds, ("BUY", bid, 10), best=(bid, 0.50), **fields)


def test_the_first_change_of_a_quiet_book_is_told_at_once():
    first, second = a_deep_change(1), a_deep_change(1.03)

    assert Door().hear(first, second) == [(1, first), (1.03, second)]


def test_changes_that_come_within_the_interval_are_told_together_at_its_end():
    door = Door()
    first, *rest = [a_deep_change(1 + ms / 1000, size=ms + 1) for ms in (0, 3, 9, 15)]

    assert door.hear(first, *rest) == [(1, first)]
    [(at_s, joined)] = door.wait(2)
    assert at_s == pytest.approx(1.02)
    assert joined.changes == tuple(rest)
    assert joined.received_at == after(1.003), "as old as the oldest of them"
    assert door.wait(9) == []


def test_one_that_waited_alone_is_told_as_it_came():
    door = Door()
    door.hear(a_deep_change(1), a_deep_change(1.003))

    assert events(door.wait(2)) == [a_deep_change(1.003)]


def test_a_move_of_the_best_prices_does_not_wait_nor_do_those_that_waited_for_it():
    door = Door()
    door.hear(a_deep_change(1), a_deep_change(1.003))

    [(at_s, joined)] = door.hear(a_move(1.006))
    assert at_s == pytest.approx(1.006)
    assert joined.changes == (a_deep_change(1.003), a_move(1.006))


def test_after_a_move_nothing_waits_until_all_frames_of_it_have_come():
    """The venue says one move in a burst of frames, each with the best prices that hold at the end."""
    door = Door()
    door.hear(a_deep_change(0.99))
    burst = [a_change(1 + ms / 1000, ("SELL", 0.50, ms), best=(0.48, 0.51)) for ms in (0, 1, 2, 19)]

    assert events(door.hear(*burst)) == burst


def test_a_core_that_is_late_is_told_of_a_token_only_once_it_took_what_it_was_told_before():
    door = Door(is_prompt=False)
    waited = [a_deep_change(1 + tens / 100, size=tens) for tens in range(1, 20)]

    assert events(door.hear(a_deep_change(1), *waited, a_move(1.2))) == [a_deep_change(1)]
    [(at_s, joined)] = door.take(1.21)
    assert (at_s, joined.changes) == (1.21, (*waited, a_move(1.2)))
    assert joined.received_at == after(1.01)


def test_a_core_that_is_prompt_again_waits_for_the_interval_as_before():
    door = Door(is_prompt=False)
    door.hear(a_deep_change(1), a_deep_change(1.005))

    assert door.take(1.006) == []
    assert events(door.wait(1.03)) == [a_deep_change(1.005)]


def test_what_the_core_never_takes_for_it_was_shed_is_not_waited_for_without_end():
    door = Door(is_prompt=False)
    door.hear(a_deep_change(1), a_deep_change(1.005))

    assert door.wait(1.9) == []
    assert door.wait(2.1) == [(1 + TAKEN_WITHIN_S, a_deep_change(1.005))]


def test_what_is_said_of_one_token_does_not_concern_another():
    door = Door()
    door.hear(a_deep_change(1), a_deep_change(1.001))
    others = [a_deep_change(1.002, token_id=DOWN), a_snapshot(1.003, token_id=DOWN)]

    assert events(door.hear(*others)) == others
    assert door.pace.due_s == pytest.approx(1.02)


ABOUT_THE_BOOK = [
    a_snapshot(1.005),
    a_snapshot(1.005, via="request"),
    a_quote(1.005, *TOUCH),
    BookDoubted(token_id=UP, code="not_finite", received_at=after(1.005)),
    BookDoubted(token_id="", code="not_json", received_at=after(1.005)),
    TickSizeChanged(
        market_id=CONDITION, token_id=UP, tick=Decimal("0.001"), source_at=after(1.005), received_at=after(1.005)
    ),
]


@pytest.mark.parametrize("is_prompt", [True, False])
@pytest.mark.parametrize("event", ABOUT_THE_BOOK)
def test_nothing_that_is_said_of_a_token_overtakes_its_changes(event, is_prompt):
    door = Door(is_prompt=is_prompt)
    door.hear(a_deep_change(1), a_deep_change(1.001))

    assert events(door.hear(event)) == [a_deep_change(1.001), event]


def test_a_trade_tells_nothing_of_a_book_and_disturbs_no_change():
    door = Door()
    trade = TradeSeen(
        market_id=CONDITION, token_id=UP, price=Decimal("0.5"), quantity=Decimal(5), side="BUY",
        source_at=after(1.005), received_at=after(1.005),
    )  # fmt: skip
    door.hear(a_deep_change(1), a_deep_change(1.001))

    assert events(door.hear(trade)) == [trade]
    assert events(door.wait(2)) == [a_deep_change(1.001)]


def test_changes_that_name_different_markets_are_not_told_together():
    door = Door()
    changes = [a_deep_change(1), a_deep_change(1.001), a_deep_change(1.002, market_id="0x" + "00" * 32)]

    assert events(door.hear(*changes) + door.wait(2)) == changes


def test_an_interval_of_nothing_waits_for_nothing_but_a_core_that_is_late():
    changes = [a_deep_change(1 + ms / 1000) for ms in range(9)]
    late = Door(0, is_prompt=False)

    assert events(Door(0).hear(*changes)) == changes
    assert events(late.hear(*changes)) == changes[:1]
    assert late.take(1.01)[0][1].changes == tuple(changes[1:])


def test_so_many_wait_and_no_more():
    changes = [a_deep_change(1 + number / 1e5) for number in range(WAITING_MAX + 2)]

    assert [len(getattr(event, "changes", ())) for event in events(Door(1).hear(*changes))] == [1, WAITING_MAX]


def test_changes_of_a_token_that_nobody_follows_any_more_are_told_and_leave_nothing_behind():
    door = Door()
    door.hear(a_deep_change(1), a_deep_change(1.001))
    door.pace.follow((DOWN,))

    assert events(door.wait(2)) == [a_deep_change(1.001)]
    door.pace.follow((DOWN,))
    strangers = [a_deep_change(3 + ms / 1000) for ms in range(3)]
    assert events(door.hear(*strangers)) == strangers
    assert door.pace.ready_s(UP) == float("inf")


class Told:
    """An inbox, and a core that takes what comes at once; now and then something else has the processor for a while."""

    def __init__(self, anteroom):
        self.events, self._anteroom = [], anteroom

    def put(self, event):
        self.events.append(event)
        if len(self.events) % 10 == 0:
            time.sleep(0.012)
        if isinstance(event, BookChanged | ChangesJoined):
            asyncio.get_running_loop().call_soon(self._anteroom.taken, event.token_id)


async def heard_by_the_loops_own_time():
    """Have an anteroom hear changes as they come, those of one token while another's wait."""
    anteroom = Anteroom(interval_ms=10)
    anteroom.follow((UP, DOWN))
    inbox, changes = Told(anteroom), [a_deep_change(n, size=n + 1, token_id=(UP, DOWN)[n % 2]) for n in range(200)]
    for change in changes:
        anteroom.put(change, inbox)
        await asyncio.sleep(0.0005)
    await eventually(lambda: len(singles(inbox.events)) == len(changes))
    return inbox.events, changes


def singles(told):
    return [single for event in told for single in (event.changes if isinstance(event, ChangesJoined) else (event,))]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_the_loops_own_timer_lets_in_what_waited_with_nothing_lost_and_in_order(run):
    told, changes = run(heard_by_the_loops_own_time())

    for token in (UP, DOWN):
        assert [e for e in singles(told) if e.token_id == token] == [c for c in changes if c.token_id == token]
    assert len(told) < len(changes) / 2


def a_followed_book(**changes):
    keeper = a_running_market(a_keeper(book_repeat_ms=0, **changes))
    told(keeper, a_snapshot(bids=BIDS, asks=ASKS))
    told(keeper, a_snapshot(bids=BIDS, asks=ASKS, token_id=DOWN))
    return keeper


def test_what_was_told_together_is_published_once_as_old_as_the_oldest_of_it():
    keeper, door = a_followed_book(), Door()
    door.hear(a_deep_change(1), a_deep_change(1.005, size=8), a_deep_change(1.015, size=9))

    [book] = books(told(keeper, event) for event in events(door.wait(2)))

    assert book.bids[-1] == levels((0.30, 9))[0]
    assert (book.source_at, book.received_at) == (after(1.015), after(1.005))


cents = st.integers(40, 60).map(lambda number: Decimal(number) / 100)
level_change = st.tuples(st.sampled_from(["BUY", "SELL"]), cents, st.integers(0, 3).map(Decimal))
kinds = st.sampled_from(["change"] * 12 + ["snapshot", "answer", "quote", "doubt", "tick"])


@st.composite
def feeds(draw):
    """Anything that a market channel may say of two tokens, late words and wrong ones included."""
    books = {token: Book(ladder(levels(*BIDS)), ladder(levels(*ASKS))) for token in (UP, DOWN)}
    at_s, feed = 0.0, []
    for _ in range(draw(st.integers(0, 40))):
        at_s += draw(st.sampled_from([0.0005, 0.001, 0.004, 0.019, 0.05]))
        token = draw(st.sampled_from([UP, UP, DOWN]))
        place = {"token_id": token, "source_at": after(at_s - draw(st.sampled_from([0, 0, 0, 0.003, 0.03])))}
        kind, book = draw(kinds), books[token]
        if kind == "change":
            changes = draw(st.lists(level_change, min_size=1, max_size=2))
            books[token] = book = book.changed(changes)
            best = draw(st.sampled_from(["true", "true", "true", "unstated", "wrong"]))
            tops = {"true": (book.best_bid, book.best_ask), "unstated": None, "wrong": (Decimal("0.01"), None)}[best]
            feed.append(a_change(at_s, *changes, best=tops, **place))
        elif kind in ("snapshot", "answer"):
            via = "socket" if kind == "snapshot" else "request"
            feed.append(a_snapshot(at_s, via=via, **place | {"bids": book.bids.levels(), "asks": book.asks.levels()}))
        elif kind == "quote":
            feed.append(a_quote(at_s, book.best_bid, book.best_ask, **place))
        elif kind == "doubt":
            feed.append(BookDoubted(token_id=draw(st.sampled_from([token, ""])), code="lost", received_at=after(at_s)))
        else:
            feed.append(
                TickSizeChanged(
                    market_id=CONDITION, tick=Decimal("0.001"), received_at=after(at_s), **place
                )
            )  # fmt: skip
    return feed


@given(feeds(), st.sampled_from([0, 0.005, INTERVAL_S, 0.1]), st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_books_and_their_soundness_are_the_same_whether_changes_waited_or_not(feed, interval_s, taken):
    at_once, paced, door = a_followed_book(), a_followed_book(), Door(interval_s, is_prompt=False)
    said = books(told(at_once, event) for event in feed)
    for event, count in zip(feed, taken, strict=False):
        door.hear(event)
        for _ in range(count):
            if door.is_behind:
                door.take((event.received_at - after(0)) / 1e9)
    door.wait(60)
    waited = books(told(paced, event) for event in events(door.told))

    assert paced._shelf._standings == at_once._shelf._standings
    assert paced.refused == at_once.refused
    assert len(waited) <= len(said)
    for token, standing in at_once._shelf._standings.items():
        mine, other = last_of(token, waited), last_of(token, said)
        assert not standing.is_sound or (mine is None) == (other is None)
        if standing.is_sound and other is not None:
            assert (mine.bids, mine.asks, mine.source_at) == (other.bids, other.asks, other.source_at)
            assert mine.received_at <= other.received_at, "no younger than it is"
    for token in (UP, DOWN):
        ages = [book.received_at for book in waited if book.token_id == token]
        assert ages == sorted(ages), "a reader takes no later book for an older one"
