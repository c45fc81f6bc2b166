"""The view without a terminal: one line for each thing that happened, and where all stands now and then."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import (
    ADOPTED,
    FillFailed,
    FillMatched,
    OrderAdopted,
    OrderCancelled,
    OrderEvent,
    OrderRefused,
    OrderRejected,
    OrderUnknown,
    PositionSettled,
)
from common.contracts.oracle import SourceStatusChanged
from common.contracts.risk import OrderApproved, OrderDenied, TradingHalted, TradingResumed
from console.up.supervisor import ProcessHealth
from console.view.board import Board
from console.view.frames import Situation, standing
from console.view.words import age, amount, cents_of_edge, clock, coin_price, market_name, plain, price, usd

STATUS_EVERY_S = 10
REPEAT_WITHIN_S = 10

Say = Callable[[str], None]


@dataclass(slots=True)
class _Repeated:
    said_at: Instant
    times: int = 0


class Lines:
    """Writes lines about what the board is told. An equal refusal within ten seconds is counted, not repeated."""

    def __init__(self, board: Board, say: Say) -> None:
        self._board, self._say_line = board, say
        self._denied: dict[tuple[str, str, str], _Repeated] = {}
        self._standing: dict[str, str] = {}
        self._sources: dict[tuple[str, str, str], str] = {}
        self._status_at: Instant | None = None

    def say(self, now: Instant, text: str) -> None:
        self._say_line(f"{clock(now)} {text}")

    def heard(self, event: Event, now: Instant) -> None:
        """Write a line about an event, if it is worth one."""
        text = self._denial(event, now) if isinstance(event, OrderDenied) else describe(event, self._board)
        if text and not self._is_no_change(event):
            self.say(now, text)

    def look(self, situation: Situation, now: Instant) -> None:
        """Write what changed in the health of the processes, and the status when its time has come."""
        if self._status_at is None:
            self._status_at = now
            self.say(now, f"starting  {situation.title}; bus at {situation.bus}")
        for process in situation.processes:
            self._compare(process, now)
        if since(now, self._status_at) >= STATUS_EVERY_S * SECOND:
            self._status_at = now
            self.say(now, self._status(situation, now))

    def _is_no_change(self, event: Event) -> bool:
        """Say whether a source is merely said to be what it was, or fresh for the first time."""
        if not isinstance(event, SourceStatusChanged):
            return False
        key = (event.source, event.symbol, event.topic)
        before = self._sources.get(key, "fresh")
        self._sources[key] = event.status
        return before == event.status

    def _compare(self, process: ProcessHealth, now: Instant) -> None:
        word, detail = standing(self._board, process, now)
        if self._standing.get(process.name) == word:
            return
        first = process.name not in self._standing
        self._standing[process.name] = word
        if not (first and word == "starting"):
            told = f": {detail}" if detail and word not in ("ready", "running") else ""
            self.say(now, f"health    {process.name} {word}{told}")

    def _status(self, situation: Situation, now: Instant) -> str:
        board, tally, risk = self._board, self._board.run_tally, self._board.risk
        waiting = [p.name for p in situation.processes if standing(board, p, now)[0] not in ("ready", "running")]
        state = "HALTED" if board.halted_by is not None else risk.state if risk else "no word from risk"
        money = f", equity {usd(risk.equity)}, at risk {usd(risk.at_risk)}" if risk else ""
        quotes = ", ".join(
            f"{symbol} {coin_price(quoted.price)} ({age(now, quoted.received_at)} old)"
            for symbol, quoted in sorted(board.prices.items())
        )
        health = f"waiting for {', '.join(waiting)}" if waiting else "all ready"
        health = "stopping" if situation.phase == "stopping" else health
        return (
            f"status    {state}{money}, {tally.trades} trades, {tally.settled} settled, "
            f"p&l {usd(tally.pnl, signed=True)}, {tally.opportunities} found, {tally.denials} denied; "
            f"{quotes or 'no prices yet'}; {health}"
        )

    def _denial(self, event: OrderDenied, now: Instant) -> str:
        key = (event.slug, event.outcome, event.rule)
        last = self._denied.get(key)
        if last is not None and since(now, last.said_at) < REPEAT_WITHIN_S * SECOND:
            last.times += 1
            return ""
        before = f" ({last.times} more before)" if last is not None and last.times else ""
        kept = 2 * REPEAT_WITHIN_S * SECOND
        self._denied = {k: v for k, v in self._denied.items() if since(now, v.said_at) < kept}
        self._denied[key] = _Repeated(now)
        return f"denied    {market_name(event.slug)} {event.outcome}: {plain(event.rule)}: {event.detail}{before}"


def describe(event: Event, board: Board) -> str:
    """Say an event in one line; empty for those that are no news."""
    if isinstance(event, OrderEvent):
        return _order(event, board)
    words = _WORDS.get(type(event))
    return words(event) if words is not None else ""


def _order(event: OrderEvent, board: Board) -> str:
    """Say what became of an order, if that is not what one expects of it."""
    order = board.trades.orders.get(event.order_id)
    name = (
        f"{market_name(order.slug)} {order.outcome}" if order else f"order {event.order_id.removeprefix(ADOPTED)[:8]}"
    )
    match event:
        case OrderCancelled() if not event.filled:
            return f"unfilled  {name}: {event.reason.partition('. ')[0]}"
        case OrderRefused():
            return f"refused   {name}: {plain(event.rule)}: {event.detail}"
        case OrderRejected():
            return f"rejected  {name}: {plain(event.code)}: {event.detail}"
        case OrderAdopted():
            size = f"{event.side.lower()} {amount(event.quantity)} at {price(event.price)}"
            return f"adopted   {event.venue_order_id}: {size}, which nobody here placed"
        case OrderUnknown():
            return f"unknown   {name}: {event.detail}"
        case _:
            return ""


def _approved(event: OrderApproved) -> str:
    size = f"{amount(event.quantity)} at {price(event.limit)}"
    edge = f"fair {event.fair_value:.3f}, edge {cents_of_edge(event.expected_edge)} a share"
    return f"approved  {market_name(event.slug)} {event.side.lower()} {event.outcome} {size}, {edge}"


def _filled(event: FillMatched) -> str:
    size = f"{amount(event.quantity)} at {price(event.price)}, fee {usd(event.fee)}"
    return f"filled    {market_name(event.slug)} {event.side.lower()} {event.outcome} {size}"


def _settled(event: PositionSettled) -> str:
    paid = f"paid {usd(event.payout)} for {usd(event.cost)} and {usd(event.fees)} of fees"
    return f"settled   {market_name(event.slug)} {event.winner}: {paid}, p&l {usd(event.pnl, signed=True)}"


_WORDS: dict[type[Event], Callable[[Any], str]] = {
    OrderApproved: _approved,
    FillMatched: _filled,
    PositionSettled: _settled,
    TradingHalted: lambda e: f"HALTED    by {plain(e.rule)}: {e.reason}",
    TradingResumed: lambda e: f"resumed   {e.reason}",
    HaltRequested: lambda e: f"halt      asked for: {e.reason or 'no reason given'}",
    ResumeRequested: lambda e: f"resume    asked for: {e.reason or 'no reason given'}",
    FillFailed: lambda e: f"void      fill {e.fill_id[:8]}: {e.reason}",
    SourceStatusChanged: lambda e: f"source    {e.source} {e.symbol} {e.status}: {e.detail}",
}
