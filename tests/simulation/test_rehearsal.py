"""To rehearse changes nothing: whoever asks all cores for what may come, again and again, trades to the cent the same."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.executor import OrderSubmitted
from common.contracts.risk import OrderApproved
from common.contracts.scanner import OpportunityFound
from common.runtime.core import Core
from console.replay.parties import Parties, build
from console.replay.results import Results, results
from console.replay.run import Replay
from console.replay.worlds import HOUR, SEEDED_START, Stage
from executor.adapters.paper import AttentiveDesk
from oracle.core import PriceOracle, SourceTick
from risk.core import RiskGate
from scanner.core import EdgeScanner
from simulator.world import SeededWorld, WorldSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TICK_MS = 500
REHEARSED_EVERY = 5
"""Inputs between two rehearsals: often enough, and the replay is not twice as long."""


class Rehearsing:
    """A core that goes through what may come before it is asked."""

    def __init__(self, core: Core, imagine: Callable[[Instant], Event | None]) -> None:
        self._core, self._imagine, self._asked = core, imagine, 0
        self.outcomes: list[Event] = []

    def observe(self, event: Event) -> None:
        self._core.observe(event)

    def decide(self, event: Event, now: Instant) -> Event | None:
        self._asked += 1
        if self._asked % REHEARSED_EVERY == 0 and (imagined := self._imagine(now)) is not None:
            outcome = self._core.decide(imagined, now)
            if outcome is not None:
                self.outcomes.append(outcome)
        return self._core.decide(event, now)


class LastTick:
    """The oracle's core with the last trade that it was told, as if it came now."""

    def __init__(self, core: Core) -> None:
        self._core, self._last = core, None

    def observe(self, event: Event) -> None:
        self._last = event if isinstance(event, SourceTick) else self._last
        self._core.observe(event)

    def decide(self, event: Event, now: Instant) -> Event | None:
        return self._core.decide(event, now)

    def imagine(self, now: Instant) -> SourceTick | None:
        return self._last and self._last.model_copy(update={"source_at": now, "received_at": now})


def a_stage() -> Stage:
    world = SeededWorld(WorldSettings(seed=1, lag_ms=3000, symbols=("BTC",), durations_s=(60, 300)))
    return Stage("seeded", world, SEEDED_START, Instant(SEEDED_START + HOUR // 4), ("BTC",), 1, 3.0)


def rehearsing(parties: Parties) -> tuple[Parties, dict[str, Rehearsing]]:
    oracle, scanner, risk, executor = (
        party.core for party in (parties.oracle, parties.scanner, parties.risk, parties.executor)
    )
    assert isinstance(oracle, PriceOracle)
    assert isinstance(scanner, EdgeScanner)
    assert isinstance(risk, RiskGate)
    assert isinstance(executor, AttentiveDesk)
    heard = LastTick(oracle)
    cores = {
        "oracle": Rehearsing(heard, heard.imagine), "scanner": Rehearsing(scanner, scanner.imagine),
        "risk": Rehearsing(risk, risk.imagine), "executor": Rehearsing(executor, executor.desk.imagine),
    }  # fmt: skip
    return replace(parties, **{name: replace(getattr(parties, name), core=core) for name, core in cores.items()}), cores


def played(stage: Stage, parties: Parties) -> tuple[Results, list[str]]:
    run = Replay(stage, parties, TICK_MS)
    run.play()
    refused = dict(run.parties.edges.refusals)
    run.settle()
    found = results(stage, run.board, run.calibration.score(run.board.winner), refused)
    return found, [repr(trade) for trade in run.board.trades]


def test_whoever_rehearses_trades_the_same():
    stage = a_stage()
    plain = played(stage, build(stage.world, stage.symbols))
    stage = a_stage()
    parties, cores = rehearsing(build(stage.world, stage.symbols))
    assert played(stage, parties) == plain
    assert plain[0]["trades"] > 0
    assert any(isinstance(outcome, OpportunityFound) for outcome in cores["scanner"].outcomes)
    assert any(isinstance(outcome, OrderApproved) for outcome in cores["risk"].outcomes)
    assert any(isinstance(outcome, OrderSubmitted) for outcome in cores["executor"].outcomes)
    assert len(cores["oracle"].outcomes) > 100
