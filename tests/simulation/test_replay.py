"""Hours of the whole system in virtual time: the same every time, in the money only when the makers lag behind."""

import math
from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal
from functools import cache

import pytest

from common.clock import Instant
from common.contracts.executor import FillFailed, FillMatched
from console.replay.parties import build
from console.replay.results import Results, results
from console.replay.run import Replay
from console.replay.worlds import HOUR, SEEDED_START, Stage, recorded
from simulation.recording import RECORDING, needs_recording
from simulator.world import SeededWorld, WorldSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TICK_MS = 500
SEEDS = (1, 2, 3, 4)
UNBOUND = {"INITIAL_BANKROLL": "100000", "POSITION_LIMIT_PCT": "0.02"}
"""A bankroll that never binds and $20 a market: what is measured is the edge, not the limits on a small account."""
NOISE_DEVIATIONS_MAX = 2.0
"""At lag nothing is to be earned: P&L may exceed what chance alone explains in one of forty replays."""
EDGE_DEVIATIONS_MIN = 3.0


class Played(Replay):
    """A replay that remembers its fills."""

    def __init__(self, stage: Stage, environment: dict[str, str]) -> None:
        super().__init__(stage, build(stage.world, stage.symbols, environment), TICK_MS)
        self.stage = stage
        self.fills: dict[str, FillMatched] = {}
        self.dispatcher.tap(FillMatched, lambda fill, _now: self.fills.setdefault(fill.fill_id, fill))
        self.dispatcher.tap(FillFailed, lambda failure, _now: self.fills.pop(failure.fill_id))
        self.play()
        self.settle()

    @property
    def results(self) -> Results:
        score = self.calibration.score(self.board.winner)
        return results(self.stage, self.board, score, self.parties.edges.refusals)


def a_stage(seed: int, lag_s: float, hours: float) -> Stage:
    """Bitcoin alone, markets of one and five minutes: a third of the work of the whole world."""
    world = SeededWorld(WorldSettings(seed=seed, lag_ms=round(lag_s * 1000), symbols=("BTC",), durations_s=(60, 300)))
    return Stage("seeded", world, SEEDED_START, Instant(SEEDED_START + round(hours * HOUR)), ("BTC",), seed, lag_s)


@cache
def half_an_hour(seed: int, lag_s: float) -> Played:
    return Played(a_stage(seed, lag_s, 0.5), UNBOUND)


@cache
def the_morning() -> Played:
    return Played(recorded(RECORDING, 2.0, None), UNBOUND)


def variance_by_chance(played: Played) -> float:
    """The variance of P&L if every price paid was fair: each market pays its net shares or nothing."""
    shares: defaultdict[str, float] = defaultdict(float)
    paid: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for fill in played.fills.values():
        up = fill.outcome == "Up"
        shares[fill.market_id] += float(fill.quantity) if up else -float(fill.quantity)
        paid[fill.market_id].append((float(fill.price if up else 1 - fill.price), float(fill.quantity)))
    variance = 0.0
    for market_id, net in shares.items():
        fair = sum(price * size for price, size in paid[market_id]) / sum(size for _, size in paid[market_id])
        variance += net * net * fair * (1 - fair)
    return variance


def pnl_in_deviations(lag_s: float) -> float:
    played = [half_an_hour(seed, lag_s) for seed in SEEDS]
    deviation = math.sqrt(sum(variance_by_chance(each) for each in played))
    assert deviation > 50, "too little was traded to say anything"
    return float(sum(each.board.pnl for each in played)) / deviation


def test_a_seeded_hour_is_replayed_the_same():
    first, second = (Played(a_stage(1, 2.0, 1.0), {}) for _ in range(2))

    assert first.results["trades"] > 0
    assert first.results == second.results
    assert list(first.fills.items()) == list(second.fills.items())
    assert first.dispatcher.inputs == second.dispatcher.inputs


def test_there_is_nothing_to_be_earned_from_makers_that_do_not_lag():
    assert pnl_in_deviations(0.0) < NOISE_DEVIATIONS_MAX


def test_makers_two_seconds_behind_are_worth_far_more_than_chance():
    assert pnl_in_deviations(2.0) > EDGE_DEVIATIONS_MIN


def test_makers_that_lag_are_traded_with_far_more_often():
    trades = {lag_s: sum(half_an_hour(seed, lag_s).results["trades"] for seed in SEEDS) for lag_s in (0.0, 2.0)}

    assert trades[2.0] > 2 * trades[0.0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_accounts_agree_with_fills_fee_rule_and_true_outcomes(seed):
    played = half_an_hour(seed, 2.0)

    assert played.results["pnl_usd"] == str(recomputed(played).quantize(Decimal("0.01")))
    assert recomputed(played) == played.board.pnl
    assert played.results["positions_unsettled"] == 0


@needs_recording
def test_the_recorded_morning_is_replayed_with_probabilities_far_better_than_a_coins():
    found = the_morning().results

    assert found["markets"] == 144
    assert found["samples"] > 1000
    assert found["log_loss"] < 0.53  # measured 0.516; a coin has 0.693
    assert found["brier"] < 0.18  # measured 0.173; a coin has 0.250


@needs_recording
def test_the_recorded_morning_earns_what_its_fills_and_the_official_outcomes_say():
    played = the_morning()

    assert recomputed(played) == played.board.pnl > 0
    assert played.results["positions_unsettled"] == 0
    assert float(played.board.pnl) > EDGE_DEVIATIONS_MIN * math.sqrt(variance_by_chance(played))


def recomputed(played: Played) -> Decimal:
    """P&L from fills and the world's own outcomes, in arithmetic of its own."""
    total = Decimal(0)
    for fill in played.fills.values():
        raw = fill.quantity * Decimal("0.07") * fill.price * (1 - fill.price)
        fee = raw.quantize(Decimal("0.00001"), rounding=ROUND_FLOOR)
        won = played.stage.world.outcome(fill.slug) == fill.outcome
        total += (fill.quantity if won else 0) - fill.quantity * fill.price - fee
    return total
