"""What the board makes of messages."""

from decimal import Decimal

import pytest

from builders import (
    NOON,
    a_book,
    a_denial,
    a_fill,
    a_market,
    a_price,
    a_settlement,
    a_settlement_price,
    after,
    an_approval,
    an_opportunity,
)
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import FillFailed, OrderCancelled, OrderFilled, OrderUnknown
from common.contracts.risk import TradingHalted, TradingResumed
from console.view.board import Board
from unit.console.console_builders import MARKET, a_beat, a_risk_state, a_valuation, an_end


def a_board(*events: Event) -> Board:
    board = Board()
    for event in events:
        board.fold(event, NOON)
    return board


def a_failure(fill_id: str = "fill1") -> FillFailed:
    return FillFailed(
        event_id="v1", fill_id=fill_id, order_id="order1", market_id=MARKET, token_id="1", mode="paper", at=NOON, reason="x"
    )  # fmt: skip


def test_a_fill_becomes_a_position_and_a_trade() -> None:
    board = a_board(an_approval(), a_fill())
    (position,) = board.trades.positions
    assert (position.shares, position.cost, position.fees) == (Decimal(10), Decimal(5), Decimal("0.175"))
    assert (board.tally.trades, board.tally.fees) == (1, Decimal("0.175"))


def test_a_fill_that_is_told_twice_counts_once() -> None:
    board = a_board(a_fill(), a_fill())
    assert board.tally.fills == 1
    assert board.trades.positions[0].shares == 10


def test_two_fills_of_one_order_are_one_trade() -> None:
    board = a_board(a_fill(), a_fill(fill_id="fill2", price=Decimal("0.51")))
    assert (board.tally.trades, board.tally.fills) == (1, 2)
    assert board.trades.positions[0].average_price == Decimal("0.505")


def test_a_void_fill_is_taken_back_once() -> None:
    board = a_board(a_fill(), a_failure(), a_failure(), a_fill())
    assert board.trades.positions == []
    assert (board.tally.trades, board.tally.fills, board.tally.fees) == (0, 0, 0)


def test_a_sale_lowers_the_position_at_its_average() -> None:
    board = a_board(a_fill(), a_fill(fill_id="fill2", side="SELL", quantity=Decimal(4), price=Decimal("0.9")))
    (position,) = board.trades.positions
    assert (position.shares, position.cost) == (6, Decimal("3.00"))


def test_a_settlement_closes_the_position_and_counts_once() -> None:
    board = a_board(a_fill(), a_settlement(), a_settlement())
    assert board.trades.positions == []
    assert (board.tally.settled, board.tally.won, board.tally.pnl) == (1, 1, Decimal("4.825"))


@pytest.mark.parametrize(
    ("kind", "fill", "word"),
    [(OrderFilled, True, "filled"), (OrderCancelled, True, "partial"), (OrderCancelled, False, "unfilled")],
)
def test_an_order_ends_with_what_became_of_it(kind: type[OrderFilled | OrderCancelled], fill: bool, word: str) -> None:
    board = a_board(an_approval(), *([a_fill()] if fill else []), an_end(kind))
    assert [order.word for order in board.trades.orders.values()] == [word]
    assert board.trades.open_orders == []


def test_a_fill_may_come_after_the_end_of_its_order() -> None:
    board = a_board(an_approval(), an_end(OrderCancelled), a_fill())
    assert board.trades.orders["order1"].word == "partial"


def test_an_ended_order_stays_ended() -> None:
    late = OrderUnknown(
        event_id="u", order_id="order1", opportunity_id="o1", market_id=MARKET, token_id="1", mode="paper", at=NOON, detail=""
    )  # fmt: skip
    assert a_board(an_approval(), an_end(OrderFilled), late).trades.orders["order1"].status == "filled"


def test_equal_denials_in_a_row_are_one_row_with_a_count() -> None:
    board = a_board(
        an_opportunity(), a_denial(event_id="1"), a_denial(event_id="2"), a_denial(event_id="3", rule="other")
    )
    assert [(row.rule, row.times) for row in board.decisions] == [("book_is_fresh", 2), ("other", 1)]
    assert board.decisions[0].edge == Decimal("0.0725")
    assert board.denials == {"book_is_fresh": 2, "other": 1}


def test_what_this_run_did_is_counted_apart() -> None:
    board = a_board(an_approval(), a_fill(), a_settlement())
    board.begin(NOON)
    board.fold(a_fill(fill_id="fill2", order_id="order2", market_id="0x" + "cd" * 32, at=after(7)), NOON)
    assert (board.tally.trades, board.run_tally.trades) == (2, 1)
    assert (board.tally.settled, board.run_tally.settled) == (1, 0)
    assert board.trades.first_fill_at == after(7)


def test_refusals_go_on_counting_over_a_restart_of_the_scanner() -> None:
    board = a_board(
        a_valuation(refusals={"stale_book": 3}),
        a_valuation(refusals={"stale_book": 5}),
        a_valuation(refusals={"stale_book": 2, "near_close": 1}),
    )
    assert board.refusals == {"stale_book": 7, "near_close": 1}


def test_an_older_settling_value_does_not_replace_a_newer_one() -> None:
    board = a_board(
        a_settlement_price(value=Decimal(2), source_at=after(2)),
        a_settlement_price(value=Decimal(1), source_at=after(1)),
    )
    assert board.settlements["BTC", "spot"].value == 2


def test_a_halt_stands_until_it_is_lifted() -> None:
    asked = HaltRequested(reason="lunch", at=NOON)
    halted = TradingHalted(event_id="h", rule="operator", reason="lunch", at=NOON)
    board = a_board(asked, halted)
    assert board.halted_by == halted
    board.fold(ResumeRequested(reason="", at=NOON), NOON)
    board.fold(TradingResumed(event_id="g", reason="", at=NOON), NOON)
    assert board.halted_by is None


def test_a_share_is_marked_at_what_it_could_be_sold_for() -> None:
    board = a_board(a_valuation())
    assert board.mark(MARKET, "Up") == Decimal("0.60")
    assert board.mark(MARKET, "Down") == Decimal("0.39")
    assert board.mark("unknown", "Up") is None


def test_markets_are_shown_soonest_end_first_and_not_long_after_their_end() -> None:
    soon = a_market(market_id="0x" + "01" * 32, ends_at=after(60))
    over = a_market(market_id="0x" + "02" * 32, ends_at=after(-60))
    won = a_market(market_id="0x" + "03" * 32, ends_at=after(-1), winner="Up")
    board = a_board(a_market(), over, won, soon)
    assert [m.ends_at for m in board.live_markets(NOON)] == [after(60), after(300)]


def test_the_markets_that_ran_in_this_run_are_counted() -> None:
    before = a_market(market_id="0x" + "05" * 32, starts_at=after(-600), ends_at=after(-300))
    board = a_board(before, a_market(), a_market(), a_market(market_id="0x" + "04" * 32, starts_at=after(60)))
    board.begin(NOON)
    assert board.markets_seen(NOON) == 1
    assert board.markets_seen(after(60)) == 2


def test_the_latest_of_everything_is_kept() -> None:
    board = a_board(a_price(), a_price(price=Decimal(66000)), a_risk_state(), a_beat(), a_market(), a_book())
    assert board.prices["BTC"].price == 66000
    assert board.heard_at["risk"] == NOON
    assert board.books[MARKET].market_id == MARKET
    assert board.risk is not None
