"""The parts of the replay, each by itself."""

import math
from decimal import Decimal

import pytest

from builders import (
    MARKET,
    NOON,
    a_book,
    a_denial,
    a_fill,
    a_market,
    a_price,
    a_settlement,
    an_approval,
    an_opportunity,
)
from common.clock import SECOND, Instant
from common.contracts.base import Event
from common.contracts.executor import FillFailed
from common.contracts.oracle import PriceUpdated
from common.contracts.risk import OrderApproved
from common.contracts.runtime import Tick
from common.contracts.scanner import OpportunityFound
from console.errors import EXIT_USAGE, ConsoleError
from console.replay.calibration import score
from console.replay.dispatcher import Dispatcher, Party
from console.replay.schedule import Schedule
from console.replay.scoreboard import Scoreboard
from console.replay.worlds import recorded, seeded


class Diary:
    """A core that writes down the order of things, and answers as it was told to."""

    def __init__(self, name: str, log: list[str], answers: dict[type[Event], Event] | None = None) -> None:
        self.name, self.log, self.answers = name, log, answers or {}

    def decide(self, event: Event, now: Instant) -> Event | None:
        self.log.append(f"{self.name} decides {event.type}")
        return self.answers.get(type(event))

    def observe(self, event: Event) -> None:
        self.log.append(f"{self.name} observes {event.type}")


class LoggedOutlet:
    def __init__(self, log: list[str], says: tuple[Event, ...] = ()) -> None:
        self.log, self.says = log, says

    def carry_out(self, outcome: Event, now: Instant) -> tuple[Event, ...]:
        self.log.append(f"carries out {outcome.type}")
        return self.says

    def react(self, event: Event, now: Instant) -> tuple[Event, ...]:
        self.log.append(f"reacts to {event.type}")
        return ()


# Dispatcher


def test_an_input_goes_through_the_steps_of_the_loop_in_its_order():
    log: list[str] = []
    party = Party("executor", Diary("executor", log, {OrderApproved: a_settlement()}), LoggedOutlet(log))

    Dispatcher((party,)).tell(party, an_approval(), NOON)

    assert log == [
        "executor decides order_approved", "carries out position_settled", "executor observes order_approved",
        "executor observes position_settled", "reacts to order_approved",
    ]  # fmt: skip


def test_what_is_published_goes_to_those_who_subscribe_to_it_and_to_nobody_else():
    log: list[str] = []
    oracle = Party("oracle", Diary("oracle", log, {Tick: a_price()}))
    others = [Party(name, Diary(name, log)) for name in ("venue", "scanner", "risk", "executor")]

    Dispatcher((oracle, *others)).tell(oracle, Tick(at=NOON), NOON)

    assert [line for line in log if "decides price" in line] == [
        "scanner decides price_updated", "risk decides price_updated",
    ]  # fmt: skip


def test_durable_messages_reach_their_durable_subscribers():
    log: list[str] = []
    risk = Party("risk", Diary("risk", log, {OpportunityFound: an_approval()}))
    executor = Party("executor", Diary("executor", log))

    Dispatcher((risk, executor)).tell(risk, an_opportunity(), NOON)

    assert log[-2:] == ["executor decides order_approved", "executor observes order_approved"]


def test_an_outcome_that_no_subject_carries_stays_with_its_own():
    log: list[str] = []
    party = Party("venue", Diary("venue", log, {Tick: Tick(at=NOON)}), LoggedOutlet(log, ()))

    Dispatcher((party, Party("risk", Diary("risk", log)))).tell(party, Tick(at=NOON), NOON)

    assert not any(line.startswith("risk") for line in log)


def test_what_an_outlet_says_comes_back_to_its_own_core():
    log: list[str] = []
    core = Diary("executor", log, {OrderApproved: a_settlement()})
    party = Party("executor", core, LoggedOutlet(log, (Tick(at=NOON),)))

    Dispatcher((party,)).tell(party, an_approval(), NOON)

    assert log[-3:] == ["executor decides tick", "executor observes tick", "reacts to tick"]


def test_a_tap_hears_what_is_published_and_inputs_are_counted():
    heard: list[PriceUpdated] = []
    oracle = Party("oracle", Diary("oracle", [], {Tick: a_price()}))
    dispatcher = Dispatcher((oracle, Party("risk", Diary("risk", []))))
    dispatcher.tap(PriceUpdated, lambda event, _now: heard.append(event))

    dispatcher.tell(oracle, Tick(at=NOON), NOON)

    assert heard == [a_price()]
    assert dispatcher.inputs == 2


# Schedule


def test_errands_come_at_their_intervals_and_those_of_one_moment_in_the_order_they_were_added():
    schedule, done = Schedule(), []
    schedule.every(3, Instant(0), lambda at: done.append(("three", at)))
    schedule.every(2, Instant(0), lambda at: done.append(("two", at)))
    while schedule.next_at <= 6:
        schedule.run_next()

    assert done == [
        ("three", 0), ("two", 0), ("two", 2), ("three", 3), ("two", 4), ("three", 6), ("two", 6),
    ]  # fmt: skip


# Scoreboard


def a_board(*published: Event) -> Scoreboard:
    dispatcher = Dispatcher(())
    board = Scoreboard(dispatcher)
    for event in published:
        dispatcher._publish(event, NOON)
    return board


def test_slippage_is_what_was_paid_beyond_the_best_offer_at_the_decision():
    board = a_board(
        a_book(), an_approval(), a_book(asks=((Decimal("0.60"), Decimal(9)),)), a_fill(price=Decimal("0.52"))
    )

    [trade] = board.trades
    assert trade.best_ask == Decimal("0.50")
    assert trade.slippage == Decimal("0.20")  # ten shares, two cents each


def test_an_order_that_got_nothing_is_no_trade():
    assert a_board(a_book(), an_approval()).trades == []


def test_a_fill_counts_once_and_a_failed_one_not_at_all():
    failure = FillFailed(
        event_id="x",
        fill_id="fill1",
        order_id="order1",
        market_id=MARKET,
        token_id="1",
        mode="paper",
        at=NOON,
        reason="r",
    )

    assert a_board(an_approval(), a_fill(), a_fill()).trades[0].quantity == 10
    assert a_board(an_approval(), a_fill(), failure).trades == []


def test_drawdown_is_the_deepest_fall_from_a_peak():
    pnls = ["5", "-3", "-4", "10", "-2"]
    board = a_board(*[a_settlement(market_id=f"m{n}", pnl=Decimal(pnl)) for n, pnl in enumerate(pnls)])

    assert board.pnl == 6
    assert board.drawdown_max == 7


def test_a_settlement_counts_once_and_an_unsettled_trade_is_said():
    board = a_board(an_approval(), a_fill(), a_settlement(market_id="other"), a_settlement(market_id="other"))

    assert board.pnl == Decimal("4.825")
    assert board.unsettled == {MARKET}


def test_denials_and_markets_are_kept():
    board = a_board(a_denial(), a_denial(), a_market(), a_market(change="resolved", winner="Down"))

    assert board.denials == {"book_is_fresh": 2}
    assert board.winner(MARKET) == "Down"
    assert board.winner("unknown") is None


# Scores


def test_a_coin_has_the_scores_of_a_coin():
    coin = score([0.5] * 7)

    assert coin.brier == pytest.approx(0.25)
    assert coin.log_loss == pytest.approx(math.log(2))


def test_a_certain_error_is_dear_and_finite():
    assert score([0.0]).log_loss == pytest.approx(math.log(1e6))
    assert score([0.0]).brier == 1


def test_no_sample_has_no_score():
    assert score([]).samples == 0
    assert score([]).brier is None


# Worlds


def test_a_missing_recording_names_both_files_and_is_a_usage_error(tmp_path):
    with pytest.raises(ConsoleError, match=r"btcusd-chainlink\*\.csv\.gz and btc-5m-markets\*\.jsonl\.gz") as refused:
        recorded(tmp_path, 2.0, None)

    assert refused.value.exit_code == EXIT_USAGE


def test_half_a_recording_says_which_half_is_missing(tmp_path):
    (tmp_path / "btcusd-chainlink-x.csv.gz").write_bytes(b"")

    with pytest.raises(ConsoleError, match=r"found no btc-5m-markets\*\.jsonl\.gz;"):
        recorded(tmp_path, 2.0, None)


def test_a_seeded_stage_has_the_hours_that_were_asked_for():
    stage = seeded(7, 1.5, 0.5)

    assert stage.end - stage.start == 1800 * SECOND
    assert stage.world.settings.lag_ms == 1500
