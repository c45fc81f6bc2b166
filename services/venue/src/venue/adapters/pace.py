"""What of the market channel waits a little before the core is told, so that a busy book is published less often.

A token's change is told at once when none was told of it within the interval. One that comes sooner waits until the
interval is over, and for as long as the core has not taken what it was told of the token before: so a core that is late
is told less often, and never of the past. What came meanwhile is told together; the core counts each change as it would
alone, and publishes once. Three things make that harmless:

- A move of the best prices does not wait for the interval, nor does anything of that token for an interval after it:
  the venue says one move in several frames, and the book is whole only after the last of them.
- Nothing overtakes: what else is said of a token, a whole book that was asked for included, is told after the changes
  that waited.
- What is told together is as old as the oldest of it, so that every age that is counted from it includes the wait.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from common.contracts.base import Event
from common.money import Price
from common.runtime.core import Inbox
from venue.core import BestQuoted, BookChanged, BookDoubted, BookSnapshot, ChangesJoined, TickSizeChanged

LONG_AGO_S, NEVER_S = float("-inf"), float("inf")
EARLY_S = 0.001
"""Timers come round by the millisecond: one that comes a little early is in time."""
TOGETHER = 0.25
"""What is due within this part of an interval is told along with what is due now: tokens of one rhythm keep step, and
their books go out, and come in, together. That takes a third of the processor that as many by themselves do."""
TAKEN_WITHIN_S = 1.0
"""What the core has not taken within so long may have been shed, and is not waited for any longer."""
WAITING_MAX = 1000
"""Changes of one token that wait at most, however late the core is."""

Best = tuple[Price | None, Price | None]


@dataclass(slots=True)
class _Lane:
    """What waits of one token, since when and until when, and whether its best prices have just moved."""

    waiting: list[BookChanged] = field(default_factory=list)
    due_s: float = NEVER_S
    """When what waits may be told, as far as the interval goes."""
    is_with_core: bool = False
    """Whether the core has yet to take what it was told last."""
    told_s: float = LONG_AGO_S
    moved_s: float = LONG_AGO_S
    best: Best | None = None
    """What the venue called best last, None while it has not."""

    @property
    def ready_s(self) -> float:
        """When what waits is to be told if the core takes nothing before."""
        if not self.waiting:
            return NEVER_S
        return max(self.due_s, self.told_s + TAKEN_WITHIN_S) if self.is_with_core else self.due_s

    def add(self, change: BookChanged, at_s: float, interval_s: float) -> None:
        """Have a change wait, if only for a moment."""
        if change.states_best:
            best = (change.best_bid, change.best_ask)
            self.moved_s = at_s if self.best not in (None, best) else self.moved_s
            self.best = best
        self.waiting.append(change)
        is_moving = at_s - self.moved_s < interval_s
        self.due_s = min(self.due_s, at_s if is_moving else self.told_s + interval_s)

    def release(self, at_s: float) -> Iterator[Event]:
        """Take what waits, as one input; nothing where nothing waits."""
        changes, self.waiting = self.waiting, []
        if changes:
            self.told_s, self.due_s, self.is_with_core = at_s, NEVER_S, True
            yield _joined(changes)


class Pace:
    """Says what is told now and what waits. It has no clock: it is handed the time, in seconds."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._lanes: dict[str, _Lane] = {}

    def follow(self, token_ids: Iterable[str]) -> None:
        """Say whose changes may wait from now on: all others are told at once, so that nothing grows."""
        waiting = {token: lane for token, lane in self._lanes.items() if lane.waiting}
        self._lanes = {token: self._lanes.get(token) or _Lane() for token in token_ids} | waiting

    def take(self, event: Event, at_s: float) -> Iterator[Event]:
        """Take an input; answer what is to be told now, in order."""
        match event:
            case BookChanged():
                lane = self._lanes.get(event.token_id)
                yield from (event,) if lane is None else self._change(event, lane, at_s)
            case BookSnapshot() | BestQuoted() | TickSizeChanged() | BookDoubted():
                about = (event.token_id,) if event.token_id else tuple(self._lanes)
                for token_id in about:
                    if token_id in self._lanes:
                        yield from self._lanes[token_id].release(at_s)
                yield event
            case _:
                yield event

    def taken(self, token_id: str, at_s: float) -> Iterator[Event]:
        """Note that the core took what it was told of a token; answer what is to be told now."""
        lane = self._lanes.get(token_id)
        if lane is not None:
            lane.is_with_core = False
            yield from self._ready(lane, at_s)

    def due(self, at_s: float) -> Iterator[Event]:
        """Answer what has waited long enough."""
        for lane in self._lanes.values():
            yield from self._ready(lane, at_s, max(EARLY_S, self._interval_s * TOGETHER))

    def ready_s(self, token_id: str) -> float:
        """When what waits of a token is to be told if the core takes nothing before, `NEVER_S` where nothing waits."""
        lane = self._lanes.get(token_id)
        return NEVER_S if lane is None else lane.ready_s

    @property
    def due_s(self) -> float:
        """When anything is to be told if the core takes nothing before."""
        return min((lane.ready_s for lane in self._lanes.values()), default=NEVER_S)

    def _change(self, event: BookChanged, lane: _Lane, at_s: float) -> Iterator[Event]:
        waiting = lane.waiting
        if waiting and (waiting[0].market_id != event.market_id or len(waiting) >= WAITING_MAX):
            yield from lane.release(at_s)
        lane.add(event, at_s, self._interval_s)
        yield from self._ready(lane, at_s)

    def _ready(self, lane: _Lane, at_s: float, ahead_s: float = EARLY_S) -> Iterator[Event]:
        if at_s + ahead_s >= lane.ready_s:
            yield from lane.release(at_s)


class Anteroom:
    """Stands before the inbox for all that is said of books, and lets in what has waited."""

    def __init__(self, interval_ms: int) -> None:
        self._pace = Pace(interval_ms / 1000)
        self._inbox: Inbox | None = None
        self._timer: asyncio.Handle | None = None
        self._wakes_s = NEVER_S

    def follow(self, token_ids: Iterable[str]) -> None:
        """Say whose changes may wait from now on."""
        self._pace.follow(token_ids)

    def put(self, event: Event, inbox: Inbox) -> None:
        """Add an input in its turn."""
        self._inbox = inbox
        self._let_in(self._pace.take(event, _now_s()))
        if isinstance(event, BookChanged):
            self._wake_by(self._pace.ready_s(event.token_id))

    def taken(self, token_id: str) -> None:
        """Note that the core took what it was told of a token."""
        self._let_in(self._pace.taken(token_id, _now_s()))
        self._wake_by(self._pace.ready_s(token_id))

    def _let_in(self, ready: Iterable[Event]) -> None:
        for event in ready:
            assert self._inbox is not None
            self._inbox.put(event)

    def _wake_by(self, due_s: float) -> None:
        if due_s >= self._wakes_s:
            return  # it comes round in time, and looks again
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_s = due_s
        self._timer = asyncio.get_running_loop().call_at(due_s, self._turn)

    def _turn(self) -> None:
        self._wakes_s = NEVER_S
        self._let_in(self._pace.due(_now_s()))
        self._wake_by(self._pace.due_s)


def _joined(changes: list[BookChanged]) -> Event:
    first = changes[0]
    if len(changes) == 1:
        return first
    return ChangesJoined(
        market_id=first.market_id, token_id=first.token_id, changes=tuple(changes), received_at=first.received_at
    )


def _now_s() -> float:
    return asyncio.get_running_loop().time()
