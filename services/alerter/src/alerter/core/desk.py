"""The desk: every input leaves it told, held back, or not worth telling; nothing is told twice, and never too much."""

from collections import Counter, OrderedDict, deque
from dataclasses import replace
from typing import Literal, TypeVar

from alerter.core.alerts import AlertOutcome, AlertRaised, AlertSuppressed, Draft, Priority
from alerter.core.digest import Digest
from alerter.core.limits import COUNTED_MAX, REMEMBERED_MAX, DeskLimits
from alerter.core.table import OPERATOR, table
from alerter.core.watch import ServiceWatch
from alerter.core.words import MarketNames
from common import ids
from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import HaltRequested, HeartbeatSent, ResumeRequested
from common.contracts.executor import ExecutorLeaseAcquired
from common.contracts.risk import RiskLeaseAcquired, TradingResumed
from common.contracts.runtime import BusRestored, Tick

MINUTE = 60 * SECOND


class AlertDesk:
    """Decides who must know what. One alert an input at most; what is due by time is told one a tick."""

    def __init__(self, limits: DeskLimits) -> None:
        self._limits = limits
        self._table = table(limits)
        self._names = MarketNames()
        self._watch = ServiceWatch(limits)
        self._digest = Digest()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._sources_told_at: OrderedDict[str, Instant] = OrderedDict()
        self._operator_halt_told = False
        self._executor_stopped = False
        """Whether the executor was told to be stopped: only then is its going on any news."""
        self._holders: dict[type[Event], str] = {}
        self._recent: deque[Instant] = deque(maxlen=limits.alerts_per_minute_max)
        self._held_back: Counter[str] = Counter()
        self._held_back_since = Instant(0)
        self.counts: Counter[str] = Counter()
        """What became of alerts since the start: `raised`, and `rate` and `stale` of those held back."""

    def observe(self, event: Event) -> None:
        if isinstance(event, AlertOutcome):
            self._note(event)
            return
        if event.identity and not self._remember(event.identity):
            return
        if isinstance(event, ResumeRequested | TradingResumed):
            self._operator_halt_told = False
        if isinstance(event, RiskLeaseAcquired | ExecutorLeaseAcquired):
            self._holders[type(event)] = event.holder
        for part in (self._names, self._watch, self._digest):
            part.observe(event)

    def decide(self, event: Event, now: Instant) -> Event | None:
        if event.identity and event.identity in self._seen:
            return None
        match event:
            case Tick():
                draft = self._watch.due(now) or self._digest.due(now) or self._suppressed(now)
            case HeartbeatSent() | BusRestored():
                draft = self._watch.news(event, now)
            case _:
                draft = self._from_table(event, now)
        if draft is None or draft.key in self._seen:
            return None
        return self._outcome(draft, now)

    def _from_table(self, event: Event, now: Instant) -> Draft | None:
        row = next((row for row in self._table if row.applies(event)), None)
        if row is None:
            return None
        draft = row.draft(event, self._names)
        if draft.kind == "source" and not self._source_may_be_told(draft.about, now):
            return None
        if draft.kind == "running" and not self._executor_stopped:
            return None
        if draft.kind == "lease" and not self._is_takeover(event):
            return None
        if draft.kind == "halt" and draft.about == OPERATOR:
            return self._operator_halt(event, draft, now)
        return draft

    def _is_takeover(self, event: Event) -> bool:
        """Whether another replica led before: that the same one starts anew is no news."""
        before = self._holders.get(type(event))
        return before is not None and before != getattr(event, "holder", before)

    def _source_may_be_told(self, source: str, now: Instant) -> bool:
        told_at = self._sources_told_at.get(source)
        return told_at is None or since(now, told_at) >= self._limits.source_alert_interval_s * SECOND

    def _operator_halt(self, event: Event, draft: Draft, now: Instant) -> Draft | None:
        """Tell an operator's halt once, though it is heard twice: as the word itself and as risk's.

        The runtime says the last word again at each start: when it is old, it is no emergency that it still holds.
        """
        if self._operator_halt_told:
            return None
        if isinstance(event, HaltRequested) and self._is_old(draft, now):
            return replace(draft, title="Trading is still halted", priority=Priority.NORMAL)
        return draft

    def _suppressed(self, now: Instant) -> Draft | None:
        if not self._held_back or since(now, self._held_back_since) < MINUTE:
            return None
        kinds = ", ".join(f"{kind} {count}" for kind, count in self._held_back.most_common())
        return Draft(
            kind="suppressed", about="rate", key=f"suppressed:{self._held_back_since}",
            title=f"{self._held_back.total()} more alerts suppressed", message=f"There were too many: {kinds}",
            priority=Priority.NORMAL, occurred_at=now, uncounted=True,
        )  # fmt: skip

    def _outcome(self, draft: Draft, now: Instant) -> AlertOutcome:
        emergency = draft.priority == Priority.EMERGENCY
        if self._is_old(draft, now) and not draft.ageless:
            return _suppression(draft, "stale", now)
        if self._are_too_many(now) and not (emergency or draft.uncounted):
            return _suppression(draft, "rate", now)
        return AlertRaised(
            event_id=ids.derive("alert", draft.key), kind=draft.kind, about=draft.about, key=draft.key,
            title=draft.title, message=draft.message, priority=int(draft.priority), occurred_at=draft.occurred_at,
            retry_s=self._limits.emergency_retry_s if emergency else None,
            expire_s=self._limits.emergency_expire_s if emergency else None,
            uncounted=emergency or draft.uncounted, at=now,
        )  # fmt: skip

    def _is_old(self, draft: Draft, now: Instant) -> bool:
        return since(now, draft.occurred_at) > self._limits.alert_age_s_max * SECOND

    def _are_too_many(self, now: Instant) -> bool:
        full = len(self._recent) == self._limits.alerts_per_minute_max
        return full and since(now, self._recent[0]) < MINUTE

    def _note(self, outcome: AlertOutcome) -> None:
        """Fold what was told or held back."""
        self._remember(outcome.key)
        self._watch.note(outcome)
        self._digest.note(outcome)
        if isinstance(outcome, AlertSuppressed):
            self.counts[outcome.reason] += 1
            if outcome.reason == "rate":
                self._held_back_since = self._held_back_since if self._held_back else outcome.at
                self._held_back[outcome.kind] += 1
            return
        self.counts["raised"] += 1
        if isinstance(outcome, AlertRaised) and not outcome.uncounted:
            self._recent.append(outcome.at)
        match outcome.kind:
            case "source":
                self._sources_told_at[outcome.about] = outcome.at
                _trim(self._sources_told_at, COUNTED_MAX)
            case "halt" if outcome.about == OPERATOR:
                self._operator_halt_told = True
            case "stopped" | "running":
                self._executor_stopped = outcome.kind == "stopped"
            case "suppressed":
                self._held_back.clear()
            case _:
                pass

    def _remember(self, key: str) -> bool:
        """Note an id; answer whether it is new."""
        if key in self._seen:
            return False
        self._seen[key] = None
        _trim(self._seen, REMEMBERED_MAX)
        return True


def _suppression(draft: Draft, reason: Literal["rate", "stale"], now: Instant) -> AlertSuppressed:
    return AlertSuppressed(
        event_id=ids.derive("alert", draft.key), kind=draft.kind, about=draft.about, key=draft.key,
        priority=int(draft.priority), occurred_at=draft.occurred_at, at=now, reason=reason,
    )  # fmt: skip


ValueT = TypeVar("ValueT")


def _trim(remembered: OrderedDict[str, ValueT], most: int) -> None:
    """Forget the oldest when there are too many."""
    while len(remembered) > most:
        remembered.popitem(last=False)
