"""What an hour and a day came to, told when they are over. Events count for the UTC hour and day they happened in."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from alerter.core.alerts import AlertOutcome, Draft, Priority
from alerter.core.limits import COUNTED_MAX, POSITIONS_MAX
from alerter.core.words import clock, dollars, gain, joined
from common.clock import SECOND, Instant
from common.contracts.base import Event
from common.contracts.executor import FillFailed, FillMatched, OrderCancelled, OrderFilled, PositionSettled, is_adopted
from common.contracts.risk import OrderApproved, OrderDenied, RiskStateChanged
from common.contracts.runtime import WentLive

HOUR = 3600 * SECOND
DAY = 24 * HOUR
UNIX_EPOCH_DAY = date(1970, 1, 1).toordinal()
KEPT_MAX = 3
"""Hours, and days, that are counted at once: the last, this one, and one that a wrong clock begins early."""
RULES_SHOWN_MAX = 5
OTHER = "other"


@dataclass(slots=True)
class Hour:
    """The decisions of an hour."""

    approved: int = 0
    denied: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Day:
    """The trades of a day."""

    trades: int = 0
    fees: Decimal = Decimal(0)
    voided: int = 0
    settled: int = 0
    won: int = 0
    pnl: Decimal = Decimal(0)


class Digest:
    """Counts by hour and by day, from the moment the service went live."""

    def __init__(self) -> None:
        self._hours: dict[int, Hour] = {}
        self._days: dict[int, Day] = {}
        self._open: OrderedDict[str, None] = OrderedDict()
        self._risk: RiskStateChanged | None = None
        self._live_at: Instant | None = None
        self._hour = 0
        self._day = 0

    def observe(self, event: Event) -> None:
        """Count an event that was not counted before."""
        match event:
            case WentLive():
                self._live_at, self._hour, self._day = event.at, event.at // HOUR, event.at // DAY
            case OrderApproved():
                self._hour_of(event.approved_at).approved += 1
            case OrderDenied():
                denied = self._hour_of(event.denied_at).denied
                denied[event.rule if event.rule in denied or len(denied) < COUNTED_MAX else OTHER] += 1
            case RiskStateChanged():
                self._risk = event
            case _:
                self._count_trade(event)

    def note(self, outcome: AlertOutcome) -> None:
        """Go on to the next hour or day when one was told."""
        if outcome.kind == "hour":
            self._hour = outcome.at // HOUR
        elif outcome.kind == "day":
            self._day = outcome.at // DAY

    def due(self, now: Instant) -> Draft | None:
        """Say what the day, or else the hour, came to that is over."""
        if self._live_at is None:
            return None
        if now // DAY > self._day:
            return self._of_the_day(self._day, self._live_at, now)
        if now // HOUR > self._hour:
            return self._of_the_hour(self._hour, now)
        return None

    def _count_trade(self, event: Event) -> None:
        match event:
            case FillMatched():
                self._day_of(event.at).fees += event.fee
                self._open[event.market_id] = None
                if len(self._open) > POSITIONS_MAX:
                    self._open.popitem(last=False)
            case FillFailed():
                self._day_of(event.at).voided += 1
            case OrderFilled() | OrderCancelled() if event.filled > 0 and not is_adopted(event.order_id):
                self._day_of(event.at).trades += 1
            case PositionSettled():
                self._open.pop(event.market_id, None)
                day = self._day_of(event.at)
                day.settled, day.won, day.pnl = day.settled + 1, day.won + (event.pnl > 0), day.pnl + event.pnl
            case _:
                pass

    def _hour_of(self, at: Instant) -> Hour:
        return _bounded(self._hours, at // HOUR, Hour())

    def _day_of(self, at: Instant) -> Day:
        return _bounded(self._days, at // DAY, Day())

    def _of_the_hour(self, hour: int, now: Instant) -> Draft:
        counted = self._hours.get(hour, Hour())
        rules = counted.denied.most_common(RULES_SHOWN_MAX)
        rest = counted.denied.total() - sum(count for _, count in rules)
        reasons = ", ".join([f"{rule} {count}" for rule, count in rules] + ([f"others {rest}"] if rest else []))
        message = f"{counted.approved} approved, {counted.denied.total()} denied{': ' + reasons if reasons else ''}"
        begun = f"{hour % 24:02}:00 to {(hour + 1) % 24:02}:00 UTC"
        return Draft(
            kind="hour", about=begun, key=f"hour:{hour}", title=f"Opportunities {begun}", message=message,
            priority=Priority.LOW, occurred_at=now, uncounted=True,
        )  # fmt: skip

    def _of_the_day(self, day: int, live_at: Instant, now: Instant) -> Draft:
        counted, name = self._days.get(day, Day()), _name(day)
        since_start = live_at > day * DAY
        risk = self._risk
        pnl = risk.realised_today if since_start and risk is not None and risk.day == name else counted.pnl
        voided = f", {counted.voided} fills void" if counted.voided else ""
        trades = f"{counted.trades} trades{voided}, fees {dollars(counted.fees)}"
        standing = f"open positions {len(self._open)}"
        if risk is not None:
            standing += f", at risk {dollars(risk.at_risk)}, equity {dollars(risk.equity)}"
        message = joined(
            f"P&L {gain(pnl)}", trades, f"settled {counted.settled}, won {counted.won}", standing,
            f"counted since {clock(live_at)}" if since_start else "",
        )  # fmt: skip
        return Draft(
            kind="day", about=name, key=f"day:{day}", title=f"Daily summary {name}", message=message,
            priority=Priority.NORMAL, occurred_at=now, uncounted=True,
        )  # fmt: skip


KeptT = TypeVar("KeptT", Hour, Day)


def _bounded(kept: dict[int, KeptT], key: int, fresh: KeptT) -> KeptT:
    """Answer the count of an hour or day; when there are too many, the oldest is forgotten."""
    found = kept.setdefault(key, fresh)
    if len(kept) > KEPT_MAX:
        del kept[min(kept)]
    return found


def _name(day: int) -> str:
    return date.fromordinal(UNIX_EPOCH_DAY + day).isoformat()
