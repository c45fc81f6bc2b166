"""`pm-arb order`: one order by hand, through risk and the executor like any other."""

import asyncio
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated

import typer

from common import ids
from common.bootstrap.nats_config import OPERATOR
from common.bus.api import Message
from common.bus.nats import connect
from common.clock import Clock, SystemClock, later
from common.contracts.base import Event
from common.contracts.control import OrderRequested
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
)
from common.contracts.risk import OrderApproved, OrderDenied
from common.money import Price, Usd
from console.errors import EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, ConsoleError
from console.reaching import STATE, StateOption, nats_url, password_of, run
from console.state import StateFolder
from console.view.words import amount, plain, price, usd
from executor.core.order import DUST_SHARES

VALID_MS = 5000
DECIDED_WITHIN_S = 8.0
"""Risk decides within milliseconds; after this nobody has heard the request, and it is no longer valid."""
ENDED_WITHIN_S = 60.0
FINAL_WITHIN_S = 30.0
WATCHED = ("risk.decision.*", "executor.order.*", "executor.fill.*")


class Side(StrEnum):
    """Which outcome is bought."""

    UP = "Up"
    DOWN = "Down"


def order_command(
    *,
    usd_: Annotated[
        str, typer.Option("--usd", help="What the shares may cost at most, in dollars; the fee comes on top.")
    ],
    market: Annotated[str, typer.Option(help="The market's slug or id: see `pm-arb markets`.")],
    outcome: Annotated[Side, typer.Option(help="What to buy.")],
    limit: Annotated[str, typer.Option(help="The highest price to pay for a share; the best offer when empty.")] = "",
    state: StateOption = STATE,
) -> None:
    """Buy by hand, within every limit: risk decides, the executor places it, and each word of theirs is shown.

    Needs the operator's credential, as `pm-arb resume` does. Exit code 0 when something was bought, 1 when not, 3 when
    nobody answered.
    """
    folder = StateFolder(state)
    password = password_of(OPERATOR, folder)
    if not password:
        raise ConsoleError(
            "the operator's credential: expected NATS_OPERATOR_PASSWORD or a running `pm-arb up`, found neither"
        )
    dollars = _decimal("--usd", usd_)
    highest = None if not limit else Price(_decimal("--limit", limit))
    if highest is not None and highest >= 1:
        raise ConsoleError(f"--limit: expected a price between 0 and 1, found {limit}", EXIT_USAGE)
    clock = SystemClock()
    request = request_of(market, outcome.value, Usd(dollars), highest, clock)
    raise typer.Exit(run(place(nats_url(folder), password, request)))


def request_of(market: str, outcome: str, dollars: Usd, limit: Price | None, clock: Clock) -> OrderRequested:
    """Write the request. It names itself after what it asks and when, and is void within seconds."""
    now = clock.now()
    return OrderRequested(
        event_id=ids.derive("order_requested", market, outcome, dollars, limit, now), market=market,
        outcome="Up" if outcome == "Up" else "Down", usd=dollars, limit=limit, valid_until=later(now, ms=VALID_MS),
        at=now,
    )  # fmt: skip


async def place(url: str, password: str, request: OrderRequested) -> int:
    """Say it, and follow what becomes of it; answer the exit code."""
    bus = await connect(url, user=OPERATOR, password=password)
    following = Following(request.event_id)
    try:
        for subject in WATCHED:
            await bus.subscribe(subject, following.hear)
        await bus.publish(request)
        return await following.outcome()
    finally:
        await bus.close()


class Following:
    """Follows one order by the request that it came from, and says each thing that is heard of it."""

    def __init__(self, request_id: str) -> None:
        self._request_id, self._order_id = request_id, ""
        self._bought: dict[str, Decimal] = {}
        self._matched = self._claimed = Decimal(0)
        """Shares of all matches heard of, and what it ended with: a venue may tell of the end before the matches."""
        self._open_fills: set[str] = set()
        self._decided, self._ended, self._final = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def hear(self, message: Message) -> None:
        """Take a message, and say it if it is about this order."""
        event = message.event
        if self._is_ours(event):
            words = self._note(event)
            if words:
                typer.echo(words)

    async def outcome(self) -> int:
        """Wait for the end; answer the exit code."""
        for heard, within_s, words in (
            (self._decided, DECIDED_WITHIN_S, "Risk has not answered: is it running? The request is void now."),
            (self._ended, ENDED_WITHIN_S, "The order has not ended yet: see `pm-arb status`."),
            (self._final, FINAL_WITHIN_S, "What it got is not final yet: see `pm-arb status`."),
        ):
            try:
                await asyncio.wait_for(heard.wait(), within_s)
            except TimeoutError:
                typer.echo(words)
                return EXIT_UNREACHABLE
        return 0 if self._bought else EXIT_FAILED

    def _is_ours(self, event: Event) -> bool:
        if getattr(event, "opportunity_id", "") == self._request_id:
            self._order_id = self._order_id or getattr(event, "order_id", "")
            return True
        return bool(self._order_id) and getattr(event, "order_id", "") == self._order_id

    def _note(self, event: Event) -> str:
        match event:
            case OrderApproved():
                self._decided.set()
                bought = f"{amount(event.quantity)} shares of {event.outcome} at up to {price(event.limit)}"
                return f"Risk approves {bought}, for {usd(event.cost_max)} at most."
            case OrderDenied():
                self._over()
                return f"Risk denies it: {plain(event.rule)} ({event.detail})."
            case FillMatched() | FillConfirmed() | FillFailed():
                return self._note_fill(event)
            case _:
                return self._note_order(event)

    def _note_order(self, event: Event) -> str:
        match event:
            case OrderSubmitted():
                words = f"Sent{f' as {event.venue_order_id}' if event.venue_order_id else ''}, {event.mode}."
            case OrderAccepted():
                words = f"The venue has it: {event.status}."
            case OrderUnknown():
                words = f"Nobody can say what became of it; the venue is asked: {event.detail}."
            case OrderCancelled() | OrderFilled():
                self._claimed = event.filled
                self._ended.set()
                self._settle()
                words = f"Ended with {amount(event.filled)} shares."
            case OrderRefused():
                self._over()
                words = f"The executor refuses it: {plain(event.rule)} ({event.detail})."
            case OrderRejected():
                self._over()
                words = f"The venue rejects it: {plain(event.code)} ({event.detail})."
            case _:
                words = ""
        return words

    def _note_fill(self, event: FillMatched | FillConfirmed | FillFailed) -> str:
        if isinstance(event, FillMatched):
            self._matched += 0 if event.fill_id in self._bought else event.quantity
            self._bought[event.fill_id] = event.quantity
            self._open_fills.add(event.fill_id)
            self._final.clear()
            return f"Bought {amount(event.quantity)} at {price(event.price)}, fee {usd(event.fee)}; not final yet."
        self._open_fills.discard(event.fill_id)
        self._settle()
        if isinstance(event, FillFailed):
            self._bought.pop(event.fill_id, None)
            return f"A match came to nothing: {event.reason}."
        return "Final."

    def _settle(self) -> None:
        is_told = self._matched >= self._claimed - DUST_SHARES
        if self._ended.is_set() and is_told and not self._open_fills:
            self._final.set()

    def _over(self) -> None:
        for event in (self._decided, self._ended, self._final):
            event.set()


def _decimal(name: str, text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(0)
    if not found.is_finite() or found <= 0:
        raise ConsoleError(f"{name}: expected a number above zero, found {text}", EXIT_USAGE)
    return found
