"""One replay: a world's frames, ticks, questions and paper fills, in the order of virtual time."""

import time
from collections.abc import Callable, Iterable

from common.clock import MILLISECOND, SECOND, Instant
from common.contracts.base import Event
from common.contracts.control import HeartbeatSent
from common.contracts.runtime import Tick, WentLive
from console.replay.calibration import Calibration
from console.replay.dispatcher import Dispatcher, Party
from console.replay.outside import oracle_inputs, settlement_backlog
from console.replay.parties import Parties, build
from console.replay.results import Results, results
from console.replay.schedule import Schedule
from console.replay.scoreboard import Scoreboard
from console.replay.worlds import Stage

FOLLOW_INTERVAL_S = 1
TAIL_S_MAX = 1800
"""After the end nothing new is begun; so long at most is waited until all that was begun is settled."""


def replay(stage: Stage, *, tick_ms: int, environment: dict[str, str] | None = None) -> Results:
    """Replay a stage and answer what came of it; everything but `events_per_second` depends on the arguments alone."""
    began = time.perf_counter()
    run = Replay(stage, build(stage.world, stage.symbols, environment), tick_ms)
    run.play()
    refused = dict(run.parties.edges.refusals)
    run.settle()
    found = results(stage, run.board, run.calibration.score(run.board.winner), refused)
    events_per_second = round(run.dispatcher.inputs / (time.perf_counter() - began))
    return found | {"events": run.dispatcher.inputs, "events_per_second": events_per_second}


class Replay:
    """The loop of virtual time."""

    def __init__(self, stage: Stage, parties: Parties, tick_ms: int) -> None:
        self._stage = stage
        self._tick_ms = tick_ms
        self.parties = parties
        self.dispatcher = Dispatcher(parties.all)
        self.board = Scoreboard(self.dispatcher)
        self.calibration = Calibration(parties.edges)
        self._schedule = Schedule()

    def play(self) -> None:
        """Play from start to end."""
        stage, start = self._stage, self._stage.start
        for party in self.parties.all:
            self.dispatcher.tell(party, WentLive(at=start), start)
        self._tell(self.parties.oracle, settlement_backlog(stage.world, stage.symbols, start), start)
        self._plan(start)
        for frame in stage.world.frames(start, stage.end):
            now = Instant(frame.at_ns)
            self._catch_up(now)
            if frame.channel == "clob":
                self._tell(self.parties.venue, self.parties.outside.frame_inputs(frame), now)
            else:
                self._tell(self.parties.oracle, oracle_inputs(frame), now)
        self._catch_up(stage.end)

    def settle(self) -> None:
        """Let time go on without prices until every market that ended, and every position, is decided."""
        for second in range(1, TAIL_S_MAX + 1):
            if not self._is_undecided():
                return
            self._catch_up(Instant(self._stage.end + second * SECOND))

    def _plan(self, start: Instant) -> None:
        """Plan what happens by the clock. What comes first at one moment is what others build upon."""
        parties, plan = self.parties, self._schedule.every
        plan(round(parties.discovery_interval_s * SECOND), start, self._asking(parties.outside.discover))
        plan(FOLLOW_INTERVAL_S * SECOND, start, self._asking(parties.outside.follow))
        plan(SECOND, start, self._beat)
        plan(self._tick_ms * MILLISECOND, start, self._tick)
        plan(SECOND, start, self._sample)

    def _catch_up(self, now: Instant) -> None:
        """Do everything that is due, in the order of time, what the paper venue reports before what is planned."""
        while True:
            planned, reported = self._schedule.next_at, self.parties.paper.next_due()
            if reported is not None and reported <= planned and reported <= now:
                self._tell(self.parties.executor, self.parties.paper.due(reported), reported)
            elif planned <= now:
                self._schedule.run_next()
            else:
                return

    def _asking(self, question: Callable[[Instant], Iterable[Event]]) -> Callable[[Instant], None]:
        """Make an errand of a question whose answers are the venue's inputs."""

        def ask(now: Instant) -> None:
            self._tell(self.parties.venue, question(now), now)

        return ask

    def _tick(self, now: Instant) -> None:
        for party in self.parties.all:
            self.dispatcher.tell(party, Tick(at=now), now)

    def _beat(self, now: Instant) -> None:
        """Let the executor hear that risk is there: without that it sends nothing."""
        beat = HeartbeatSent(
            service=self.parties.risk.name, state="live", ready=True, detail="", started_at=self._stage.start,
            sequence=0, figures={}, at=now,
        )  # fmt: skip
        self.dispatcher.tell(self.parties.executor, beat, now)

    def _sample(self, now: Instant) -> None:
        if now < self._stage.end:
            self.calibration.sample(now)

    def _tell(self, party: Party, events: Iterable[Event], now: Instant) -> None:
        for event in events:
            self.dispatcher.tell(party, event, now)

    def _is_undecided(self) -> bool:
        ended = (market for market in self.board.markets.values() if market.ends_at <= self._stage.end)
        return bool(self.board.unsettled) or any(market.winner is None for market in ended)
