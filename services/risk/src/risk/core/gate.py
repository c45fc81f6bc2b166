"""The gate: every opportunity leaves it approved or denied, exactly once; and it stops trading when it must."""

from collections import Counter

from common import ids
from common.accounting import Booked
from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import HaltRequested, OrderRequested, RearmRequested, ResumeRequested
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderUnknown,
    PositionSettled,
    ReconciliationDone,
)
from common.contracts.oracle import PriceUpdated
from common.contracts.risk import (
    OrderApproved,
    OrderDenied,
    RiskLeaseAcquired,
    RiskStateChanged,
    TradingHalted,
    TradingResumed,
)
from common.contracts.runtime import LeaseAcquired, Tick, WentLive
from common.contracts.scanner import OpportunityFound
from common.contracts.venue import BookUpdated, MarketUpdated
from common.money import Usd
from risk.core import manual
from risk.core.exposure import Exposure
from risk.core.imagined import imagined
from risk.core.ladder import Ladder
from risk.core.latch import DRAWDOWN, ERROR_RATE, OPERATOR, RECONCILIATION, UNKNOWN_ORDERS, Latch
from risk.core.loss import Losses, date_of
from risk.core.memory import Memory
from risk.core.policy import Limits
from risk.core.question import Question
from risk.core.sight import Sight
from risk.core.verdicts import judge

STATE_INTERVAL = SECOND
"""How often a changed state is published at most."""


class RiskGate:
    """The judgement of `risk`. All that it knows is a fold of what it observed; deciding changes nothing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._version = limits.version
        self._sight = Sight()
        self._exposure = Exposure(limits.initial_bankroll)
        self._losses = Losses(
            limits.initial_bankroll, daily_limit=limits.daily_loss_limit, drawdown_limit=limits.drawdown_limit
        )
        self._latch = Latch(reduce_only=limits.reduce_only)
        self._memory = Memory(limits)
        self._ladder = Ladder(limits.size_ladder)
        self._token = 0
        """Of the lease that this replica acts under; zero where there is none."""
        self._published: RiskStateChanged | None = None
        self.denials: Counter[str] = Counter()
        """Denials by rule, since the beginning of the journal."""

    @property
    def exposure(self) -> Exposure:
        return self._exposure

    @property
    def sight(self) -> Sight:
        return self._sight

    @property
    def latch(self) -> Latch:
        return self._latch

    def observe(self, event: Event) -> None:
        match event:
            case BookUpdated() | PriceUpdated():
                self._sight.observe(event)
            case MarketUpdated():
                self._sight.observe(event)
                self._exposure.place(event)
            case OpportunityFound() | OrderApproved() | OrderDenied():
                self._remember(event)
            case HaltRequested() | ResumeRequested() | TradingHalted() | TradingResumed() | ReconciliationDone():
                self._hear_command(event)
            case RearmRequested():
                self._memory.observe(event)
            case RiskStateChanged():
                self._note_published(event)
            case LeaseAcquired():
                self._token = event.token
            case _:
                self._fold_trade(event)

    def decide(self, event: Event, now: Instant) -> Event | None:
        match event:
            case OpportunityFound() | OrderRequested():
                return None if self._memory.is_decided(event.event_id) else self._judge(event, now)
            case HaltRequested() | ReconciliationDone() | ResumeRequested():
                return self._answer(event, now)
            case Tick():
                return self._look_after_itself(event, now)
            case LeaseAcquired():
                return _leased(event, now)
            case WentLive():
                return self.state("live", event.at, now)
            case _:
                return None

    def state(self, cause: str, at: Instant, now: Instant) -> RiskStateChanged:
        """Say how risk stands at `now`."""
        account, exposure = self._exposure.account, self._exposure
        paused = self._losses.pause(now, account.equity)
        active = self._latch.state == "ACTIVE"
        return RiskStateChanged(
            event_id=ids.derive("risk_state", cause, at),
            state="REDUCING" if active and paused else self._latch.state,
            reason=self._latch.reason or paused,
            equity=account.equity,
            cash=account.cash,
            high_water_mark=self._losses.high_water_mark,
            realised_today=self._losses.realised_on(now),
            day=date_of(now),
            at_risk=exposure.at_risk,
            open_orders=len(exposure.reservations),
            at=now,
        )

    def imagine(self, now: Instant) -> OpportunityFound | None:
        """Make up what may have to be decided next; it changes nothing."""
        return imagined(self._sight, self._limits, now)

    def _judge(self, asked: OpportunityFound | OrderRequested, now: Instant) -> Event:
        if isinstance(asked, OpportunityFound):
            return judge(self._question(asked, self._limits, now), self._version, fencing_token=self._token)
        market = self._sight.named(asked.market)
        if market is None:
            return manual.denied_unread(asked, self._version, now)
        opportunity = manual.read(asked, market, self._sight, now)
        question = self._question(opportunity, manual.limits_of(asked, market, self._limits), now)
        return judge(question, self._version, manual.MANUAL_LIMITS, fencing_token=self._token)

    def _question(self, opportunity: OpportunityFound, limits: Limits, now: Instant) -> Question:
        return Question(
            opportunity, limits, self._sight, self._exposure, self._losses, self._latch, self._memory, self._ladder, now
        )

    def _answer(self, event: HaltRequested | ReconciliationDone | ResumeRequested, now: Instant) -> Event | None:
        if not isinstance(event, ResumeRequested):
            return self._halt(event, now)
        return self._resume(event, now) if self._latch.is_lifted_by(event) else None

    def _halt(self, cause: HaltRequested | ReconciliationDone, now: Instant) -> TradingHalted | None:
        if isinstance(cause, ReconciliationDone):
            halts = self._latch.halts_anew(cause)
            return _halted(RECONCILIATION, cause.detail, now, cause.at) if halts else None
        return (
            _halted(OPERATOR, cause.reason or "no reason given", now, cause.at) if self._latch.is_new(cause) else None
        )

    def _resume(self, request: ResumeRequested, now: Instant) -> TradingResumed:
        event_id = ids.derive("resume", request.reason, request.at)
        return TradingResumed(event_id=event_id, reason=request.reason or "no reason given", at=now)

    def _look_after_itself(self, tick: Tick, now: Instant) -> Event | None:
        """Say the most urgent thing that no message asks for: one a tick."""
        equity = self._exposure.equity
        if self._losses.is_drawn_down(equity) and not self._latch.is_halted_by(DRAWDOWN):
            mark = self._losses.high_water_mark
            return _halted(DRAWDOWN, f"equity={equity:.2f} high_water_mark={mark:.2f}", now, tick.at)
        unsaid = self._latch.unannounced()
        if unsaid is not None:
            rule, halt = unsaid
            return _halted(rule, halt.reason or "no reason given", now, halt.at)
        trouble = self._trouble(now)
        if trouble is not None:
            return _halted(*trouble, now, tick.at)
        if self._latch.due is not None:
            return self._resume(self._latch.due, now)
        last = self._published
        if last is not None and since(now, last.at) < STATE_INTERVAL:
            return None
        current = self.state("tick", tick.at, now)
        return current if last is None or _differ(current, last) else None

    def _trouble(self, now: Instant) -> tuple[str, str] | None:
        """Say what has gone wrong with the orders themselves, by its rule, if that does not halt trading already."""
        limits, errors = self._limits, self._memory.errors
        if errors.count(now) > limits.error_rate * limits.error_rate_orders and not self._latch.is_halted_by(
            ERROR_RATE
        ):
            return ERROR_RATE, errors.share(now)
        long_ago = now - limits.unknown_order_s * SECOND
        lost = [r for r in self._exposure.reservations.unknown() if (r.unknown_since or now) <= long_ago]
        if len(lost) > limits.unknown_orders_max and not self._latch.is_halted_by(UNKNOWN_ORDERS):
            return UNKNOWN_ORDERS, f"unknown={len(lost)} max={limits.unknown_orders_max}"
        return None

    def _remember(self, event: OpportunityFound | OrderApproved | OrderDenied) -> None:
        self._memory.observe(event)
        if isinstance(event, OrderApproved):
            self._exposure.reserve(event)
        elif isinstance(event, OrderDenied):
            self.denials[event.rule] += 1

    def _hear_command(self, event: Event) -> None:
        self._memory.observe(event)
        self._ladder.observe(event)
        if isinstance(event, TradingResumed) and self._latch.is_halted_by(DRAWDOWN):
            self._losses.restart_mark(self._exposure.equity)
        self._latch.observe(event)

    def _note_published(self, event: RiskStateChanged) -> None:
        """Remember what was said last; the mark in it outlives a record whose beginning is gone."""
        if self._published is None or event.at >= self._published.at:
            self._published = event
            self._losses.raise_mark(event.high_water_mark)

    def _fold_trade(self, event: Event) -> None:
        reservations = self._exposure.reservations
        self._memory.observe(event)
        self._ladder.observe(event)
        match event:
            case OrderUnknown():
                reservations.lose(event.order_id, event.at)
            case OrderAccepted():
                reservations.find(event.order_id)
            case OrderRefused() | OrderRejected():
                reservations.release(event.order_id)
            case OrderCancelled() | OrderFilled():
                reservations.finish(event.order_id, event.filled)
            case FillMatched() | FillConfirmed() | FillFailed():
                self._book(event.market_id, self._exposure.fill(event), event.at)
            case PositionSettled():
                self._losses.settle(event.market_id, event.at)
                self._book(event.market_id, self._exposure.settle(event), event.at)
            case _:
                pass  # A submitted order keeps what is reserved for it.

    def _book(self, market_id: str, booked: Booked | None, at: Instant) -> None:
        if booked is not None:
            account = self._exposure.account
            self._losses.book(market_id, booked.realised, at)
            self._losses.raise_mark(Usd(account.equity - account.revocable))


def _halted(rule: str, reason: str, now: Instant, cause: Instant) -> TradingHalted:
    return TradingHalted(event_id=ids.derive("halt", rule, reason, cause), rule=rule, reason=reason, at=now)


def _leased(lease: LeaseAcquired, now: Instant) -> RiskLeaseAcquired:
    event_id = ids.derive("risk_lease", lease.token)
    return RiskLeaseAcquired(event_id=event_id, holder=lease.holder, token=lease.token, at=now)


def _differ(current: RiskStateChanged, last: RiskStateChanged) -> bool:
    """Whether a state says anything that the last one did not."""
    return current.model_copy(update={"event_id": last.event_id, "at": last.at}) != last
