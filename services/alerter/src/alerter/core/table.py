"""The table of alerts: which message is told, how loudly, in which words. To add an alert, add a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from alerter.core.alerts import AlertKind, Draft, Priority
from alerter.core.limits import DeskLimits
from alerter.core.words import MarketNames, clock, dollars, gain, joined, number, plain, shortened
from common import ids
from common.clock import Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested
from common.contracts.executor import (
    ExecutorLeaseAcquired,
    ExecutorStateChanged,
    FillFailed,
    FillMatched,
    OrderRefused,
    OrderRejected,
    OrderUnknown,
    PositionRedeemed,
    PositionSettled,
    ReconciliationDone,
    Severity,
)
from common.contracts.oracle import SourceStatusChanged
from common.contracts.risk import RiskLeaseAcquired, TradingHalted, TradingResumed
from common.contracts.venue import MarketUpdated

EventT = TypeVar("EventT", bound=Event)
OPERATOR = "operator"
BUYING_STOPS, TRADING_STOPS = "Reconciliation: buying stops", "Reconciliation: trading stops"
TOLD_ELSEWHERE = ("operator: ", "risk: ")
"""Reasons of the executor's that are told as halts already."""
OF_EVERY_START = ": not heard of yet"
"""What the executor says of each part of the venue until it has heard of it: no news, unless it stays so."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of alert: the message that causes it, when, how loudly, and what it says about what."""

    message: type[Event]
    kind: AlertKind
    priority: Priority
    title: str
    words: Callable[[Event, MarketNames], str]
    about: Callable[[Event], str]
    applies: Callable[[Event], bool]

    def draft(self, event: Event, names: MarketNames) -> Draft:
        about = self.about(event)
        return Draft(
            kind=self.kind, about=about, key=f"{self.kind}:{about if self.kind in TOLD_ONCE else _identity(event)}",
            title=self.title, message=self.words(event, names), priority=self.priority, occurred_at=_occurred(event),
            ageless=self.kind in AGELESS,
        )  # fmt: skip


TOLD_ONCE = ("trade", "fee")
"""Told once for what they are about, however many messages say it: a fill may come again under another event's id."""
AGELESS = ("halt", "resume")
"""Told even when old: whoever was away must know in which state the system is."""


def table(limits: DeskLimits) -> tuple[Row, ...]:
    """Answer the rows. Of several for one message the first that applies is told."""
    low, normal, high, emergency = Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.EMERGENCY

    def is_large_loss(e: PositionSettled) -> bool:
        return e.pnl <= -limits.large_loss_usd

    def is_excluded(e: SourceStatusChanged) -> bool:
        return e.status != "fresh"

    def fee_is_unexpected(e: MarketUpdated) -> bool:
        expected = (limits.fee_rate_expected, limits.fee_exponent_expected, True)
        return e.fee is not None and (e.fee.rate, e.fee.exponent, e.fee.taker_only) != expected

    return (
        row(FillMatched, "trade", normal, "Trade executed", _executed, about=lambda e: e.fill_id),
        row(PositionSettled, "loss", high, "Large loss", _settled, about=lambda e: e.market_id, when=is_large_loss),
        row(PositionSettled, "settled", normal, "Settled", _settled, about=lambda e: e.market_id),
        row(OrderRejected, "failed", high, "Trade failed", _rejected, about=lambda e: e.order_id),
        row(OrderRefused, "failed", high, "Trade failed", _refused, about=lambda e: e.order_id),
        row(FillFailed, "failed", high, "Trade void", _void, about=lambda e: e.fill_id),
        row(OrderUnknown, "unknown", high, "Order unknown", _unknown, about=lambda e: e.order_id),
        row(HaltRequested, "halt", emergency, "TRADING HALTED", _halted_by_operator, about=lambda _: OPERATOR),
        row(TradingHalted, "halt", emergency, "TRADING HALTED", _halted, about=lambda e: e.rule),
        row(TradingResumed, "resume", normal, "Trading resumed", _resumed, about=lambda _: OPERATOR),
        row(ReconciliationDone, "reconciliation", low, "Reconciliation", _reconciled, about=_mode, when=_is("warn")),
        row(ReconciliationDone, "reconciliation", high, BUYING_STOPS, _reconciled, about=_mode, when=_is("reduce")),
        row(ReconciliationDone, "reconciliation", emergency, TRADING_STOPS, _reconciled, about=_mode, when=_is("halt")),
        row(ExecutorStateChanged, "stopped", high, "No order leaves", _stopped, about=_mode, when=_stops_by_itself),
        row(ExecutorStateChanged, "running", normal, "Orders may leave again", _running, about=_mode, when=_is_clear),
        row(RiskLeaseAcquired, "lease", normal, "Risk was taken over", _led, about=lambda _: "risk"),
        row(ExecutorLeaseAcquired, "lease", normal, "Executor was taken over", _led, about=lambda _: "executor"),
        row(PositionRedeemed, "redeemed", low, "Paid out", _redeemed, about=lambda e: e.market_id),
        row(SourceStatusChanged, "source", low, "Source excluded", _excluded, about=_source, when=is_excluded),
        row(MarketUpdated, "fee", high, "Unexpected fee schedule", _fee, about=_schedule, when=fee_is_unexpected),
    )


def row(
    message: type[EventT], kind: AlertKind, priority: Priority, title: str, words: Callable[[EventT, MarketNames], str],
    *, about: Callable[[EventT], str], when: Callable[[EventT], bool] = lambda _: True,
) -> Row:  # fmt: skip
    """Make a row from functions that take its own message."""

    def of(event: Event) -> EventT:
        assert isinstance(event, message)
        return event

    return Row(
        message=message, kind=kind, priority=priority, title=title, words=lambda e, names: words(of(e), names),
        about=lambda e: about(of(e)), applies=lambda e: isinstance(e, message) and when(e),
    )  # fmt: skip


def _identity(event: Event) -> str:
    """Answer an event's id; what has none of its own is known by what it says."""
    return event.identity or ids.derive("alert", event.to_json())


def _occurred(event: Event) -> Instant:
    return event.observed_at if isinstance(event, MarketUpdated) else Instant(int(getattr(event, "at", 0)))


def _executed(e: FillMatched, _: MarketNames) -> str:
    done = "Bought" if e.side == "BUY" else "Sold"
    trade = f"{done} {number(e.quantity)} {e.outcome} @ {number(e.price)} = {dollars(e.price * e.quantity)}"
    return joined(f"{trade}, fee {dollars(e.fee)}", plain(e.slug), f"{e.mode}, {e.strategy}")


def _settled(e: PositionSettled, _: MarketNames) -> str:
    paid = f"paid {dollars(e.payout)}, cost {dollars(e.cost)}, fees {dollars(e.fees)}"
    return joined(f"P&L {gain(e.pnl)}: {e.winner} won, {paid}", plain(e.slug), e.mode)


def _rejected(e: OrderRejected, names: MarketNames) -> str:
    return joined(f"The venue rejected it: {e.code}", plain(e.detail), names.of(e.market_id), e.mode)


def _refused(e: OrderRefused, names: MarketNames) -> str:
    return joined(f"Not sent: {e.rule}", plain(e.detail), names.of(e.market_id), e.mode)


def _void(e: FillFailed, names: MarketNames) -> str:
    return joined(f"A fill came to nothing: {plain(e.reason)}", names.of(e.market_id), e.mode)


def _unknown(e: OrderUnknown, names: MarketNames) -> str:
    asked = "Nobody can say what became of it; it is asked for, not sent again"
    return joined(asked, plain(e.detail), names.of(e.market_id), shortened(e.order_id), e.mode)


def _halted_by_operator(e: HaltRequested, _: MarketNames) -> str:
    return joined("By an operator", plain(e.reason), clock(e.at))


def _halted(e: TradingHalted, _: MarketNames) -> str:
    return joined(e.rule, plain(e.reason), clock(e.at))


def _resumed(e: TradingResumed, _: MarketNames) -> str:
    return joined(plain(e.reason), clock(e.at))


def _is(severity: Severity) -> Callable[[ReconciliationDone], bool]:
    return lambda e: e.severity == severity


def _reconciled(e: ReconciliationDone, _: MarketNames) -> str:
    count = len(e.discrepancies)
    found = f"{count} difference{'' if count == 1 else 's'}" if count else "The venue did not tell everything"
    return joined(found, plain(e.detail), clock(e.at), e.mode)


def _own_reasons(e: ExecutorStateChanged) -> str:
    """Answer what the executor alone stops for, or nothing."""
    reasons = (reason for reason in e.halted_by if not reason.startswith(TOLD_ELSEWHERE))
    return ", ".join(reason for reason in reasons if not reason.endswith(OF_EVERY_START))


def _stops_by_itself(e: ExecutorStateChanged) -> bool:
    return bool(_own_reasons(e))


def _is_clear(e: ExecutorStateChanged) -> bool:
    return not e.halted_by


def _stopped(e: ExecutorStateChanged, _: MarketNames) -> str:
    return joined(plain(_own_reasons(e)), clock(e.at), e.mode)


def _running(e: ExecutorStateChanged, _: MarketNames) -> str:
    return joined("Nothing stops the executor any more", clock(e.at), e.mode)


def _led(e: RiskLeaseAcquired | ExecutorLeaseAcquired, _: MarketNames) -> str:
    return joined(f"{e.holder} is the active one, token {e.token}", clock(e.at))


def _redeemed(e: PositionRedeemed, _: MarketNames) -> str:
    by = "by the venue itself" if e.by == "venue" else "as the executor asked"
    return joined(f"{dollars(e.payout)} {by}", plain(e.slug), e.mode)


def _mode(e: ReconciliationDone | ExecutorStateChanged) -> str:
    return e.mode


def _excluded(e: SourceStatusChanged, _: MarketNames) -> str:
    return joined(f"{e.source} is {e.status} for {e.symbol} {plain(e.topic)}", plain(e.detail))


def _source(e: SourceStatusChanged) -> str:
    return e.source


def _fee(e: MarketUpdated, _: MarketNames) -> str:
    return joined(f"A market says {_schedule(e)}, which is not what is configured", plain(e.slug))


def _schedule(e: MarketUpdated) -> str:
    if e.fee is None:
        return ""
    return f"rate {number(e.fee.rate)}, exponent {e.fee.exponent}, {'taker only' if e.fee.taker_only else 'makers too'}"
