"""What is drawn and what is written."""

from decimal import Decimal

import pytest
from rich.console import Console

from builders import (
    NOON,
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
from common.contracts.control import HaltRequested
from common.contracts.executor import OrderAdopted, OrderCancelled
from common.contracts.oracle import SourceStatusChanged
from common.contracts.risk import TradingHalted
from common.contracts.subjects import SERVICES
from console.up.supervisor import ProcessHealth
from console.view.board import Board
from console.view.frames import Situation, standing
from console.view.lines import Lines, describe
from console.view.screen import Screen
from console.view.words import age, amount, cents_of_edge, market_name, price, span, usd
from unit.console.console_builders import MARKET, a_beat, a_risk_state, a_situation, a_valuation, an_end


def a_full_board() -> Board:
    board = Board()
    events: list[Event] = [
        a_price(), a_settlement_price(), a_settlement_price(kind="twap", window_s=60), a_market(), a_valuation(),
        an_opportunity(), an_approval(), a_fill(), a_denial(), a_risk_state(),
        a_settlement(market_id="0x" + "09" * 32), *(a_beat(service) for service in SERVICES),
    ]  # fmt: skip
    for event in events:
        board.fold(event, NOON)
    return board


def drawn(board: Board, situation: Situation, width: int, height: int) -> str:
    console = Console(width=width, height=height, force_terminal=False)
    with console.capture() as captured:
        console.print(Screen(board, situation, after(1)), end="")
    return captured.get()


@pytest.mark.parametrize(("width", "height"), [(100, 30), (160, 45), (80, 24), (200, 60)])
def test_the_screen_fills_exactly_the_room_there_is(width: int, height: int) -> None:
    lines = drawn(a_full_board(), a_situation(), width, height).rstrip("\n").split("\n")
    assert len(lines) == height
    assert max(len(line) for line in lines) <= width


@pytest.mark.parametrize(("width", "height"), [(100, 30), (160, 45)])
def test_everything_that_matters_is_on_the_screen(width: int, height: int) -> None:
    text = drawn(a_full_board(), a_situation(), width, height)
    for words in (
        "65,000.00", "BTC 5m 12:05", "0.620", "0.60", "0.61", "book is fresh", "approved", "$200.00", "$195.00", "ACTIVE",
        "10/10", "+$4.8", "12:00:01 UTC", *SERVICES,
    ):  # fmt: skip
        assert words in text, f"{words!r} is missing in\n{text}"


def test_an_empty_board_is_drawn_as_well() -> None:
    assert "no word from risk" in drawn(Board(), a_situation(phase="starting", ready_at=None), 100, 30)


def test_a_halt_is_seen_at_once() -> None:
    board = a_full_board()
    board.fold(HaltRequested(reason="lunch", at=NOON), NOON)
    text = drawn(board, a_situation(), 100, 30)
    assert "HALTED" in text
    assert "lunch" in text


def test_a_process_stands_as_its_supervisor_and_its_heartbeat_say() -> None:
    board = Board()
    running = ProcessHealth("risk", "running", 7, since=NOON)
    assert standing(board, running, after(1))[0] == "starting"
    assert standing(board, running, after(9))[0] == "silent"
    board.fold(a_beat("risk"), after(9))
    assert standing(board, running, after(10))[0] == "ready"
    assert standing(board, running, after(30)) == ("silent", "its heartbeat stopped")
    board.fold(a_beat("risk", ready=False, detail="no prices"), after(30))
    assert standing(board, running, after(30)) == ("not ready", "no prices")
    assert standing(board, ProcessHealth("risk", "waiting", 0, 1, "ended"), after(30)) == ("waiting", "ended")


def test_the_heartbeat_of_the_life_before_says_nothing_of_the_new_one() -> None:
    board = Board()
    board.fold(a_beat("risk"), after(10))
    assert standing(board, ProcessHealth("risk", "running", 8, since=after(10)), after(11))[0] == "starting"


def a_listener() -> tuple[Board, Lines, list[str]]:
    board, said = Board(), list[str]()
    return board, Lines(board, said.append), said


def test_events_are_written_in_one_line_each() -> None:
    _, lines, said = a_listener()
    for event in (
        an_approval(),
        a_fill(),
        a_settlement(),
        TradingHalted(event_id="h", rule="drawdown", reason="x", at=NOON),
    ):
        lines.heard(event, NOON)
    assert said == [
        "12:00:00 approved  BTC 5m 12:05 buy Up 10 at 0.50, fair 0.600, edge +7.2c a share",
        "12:00:00 filled    BTC 5m 12:05 buy Up 10 at 0.50, fee $0.18",
        "12:00:00 settled   BTC 5m 12:05 Up: paid $10.00 for $5.00 and $0.18 of fees, p&l +$4.82",
        "12:00:00 HALTED    by drawdown: x",
    ]


def test_an_order_that_got_nothing_is_named_by_its_market() -> None:
    board, lines, said = a_listener()
    board.fold(an_approval(), NOON)
    lines.heard(an_end(OrderCancelled, "0"), NOON)
    lines.heard(an_end(OrderCancelled, "3"), NOON)
    assert said == ["12:00:00 unfilled  BTC 5m 12:05 Up: killed"]


def test_equal_denials_are_counted_and_not_repeated() -> None:
    _, lines, said = a_listener()
    for second in (0, 1, 2, 11):
        lines.heard(a_denial(), after(second))
    assert said == [
        "12:00:00 denied    BTC 5m 12:05 Up: book is fresh: age",
        "12:00:11 denied    BTC 5m 12:05 Up: book is fresh: age (2 more before)",
    ]


def test_a_source_is_news_only_when_it_changes() -> None:
    _, lines, said = a_listener()
    for status in ("fresh", "fresh", "silent", "silent", "fresh"):
        lines.heard(
            SourceStatusChanged(source="binance", symbol="BTC", topic="", status=status, detail="why", at=NOON), NOON
        )
    assert said == ["12:00:00 source    binance BTC silent: why", "12:00:00 source    binance BTC fresh: why"]


def test_a_change_of_health_is_written_once() -> None:
    board, lines, said = a_listener()
    situation = a_situation(processes=(ProcessHealth("risk", "running", 7),))
    board.fold(a_beat("risk"), NOON)
    lines.look(situation, NOON)
    lines.look(situation, after(1))
    lines.look(a_situation(processes=(ProcessHealth("risk", "waiting", 0, 0, "ended by SIGKILL"),)), after(2))
    assert said[1:] == ["12:00:00 health    risk ready", "12:00:02 health    risk waiting: ended by SIGKILL"]


def test_the_status_is_written_every_ten_seconds() -> None:
    board, lines, said = a_listener()
    board.fold(a_risk_state(), NOON)
    for second in range(25):
        lines.look(a_situation(processes=()), after(second))
    status = [line for line in said if " status " in line]
    assert [line[:8] for line in status] == ["12:00:10", "12:00:20"]
    assert "ACTIVE, equity $200.00, at risk $5.00, 0 trades" in status[0]


def test_an_order_that_nobody_here_placed_is_named_as_the_venue_does() -> None:
    adopted = OrderAdopted(
        event_id="e", order_id="adopted-f", opportunity_id="", market_id=MARKET, token_id="1", mode="live", at=NOON,
        venue_order_id="0xf", side="BUY", price=Decimal("0.5"), quantity=Decimal(10), filled=Decimal(0),
    )  # fmt: skip
    assert describe(adopted, Board()) == "adopted   0xf: buy 10 at 0.50, which nobody here placed"


def test_what_is_no_news_is_not_written() -> None:
    assert describe(a_price(), Board()) == ""
    assert describe(a_valuation(), Board()) == ""


def test_figures_are_written_for_people() -> None:
    assert [age(after(s), NOON) for s in (0.31, 42, 300, 9000)] == ["0.3s", "42s", "5m", "2h"]
    assert [span(s) for s in (5, 83, 3723)] == ["0:05", "1:23", "1:02:03"]
    assert [usd(Decimal(a), signed=True) for a in ("1234.5", "-0.5", "0")] == ["+$1,234.50", "-$0.50", "$0.00"]
    assert [price(Decimal(p)) for p in ("0.6", "0.615")] == ["0.60", "0.615"]
    assert [amount(Decimal(a)) for a in ("10.00", "12.5")] == ["10", "12.5"]
    assert cents_of_edge(Decimal("0.032")) == "+3.2c"
    assert market_name("btc-updown-15m-1800014400") == "BTC 15m 12:15"
    assert market_name("something-else") == "something-else"
    assert MARKET
