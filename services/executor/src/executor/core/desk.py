"""The desk: each approval leaves once or is refused, and what became of it is known, never guessed."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from common import ids
from common.accounting import Position
from common.clock import MILLISECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import (
    ExecutorStateChanged,
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderEvent,
    OrderRefused,
    PositionSettled,
    TradingMode,
    is_adopted,
)
from common.contracts.risk import OrderApproved, TradingHalted, TradingResumed
from common.contracts.runtime import BusLost, BusRestored, LeaseAcquired, Tick, WentLive
from common.contracts.venue import MarketUpdated
from executor.core.fencing import Fence
from executor.core.imagined import imagined
from executor.core.inputs import FillAsked, GatewayFilled, GatewayReport, Standing, VenueSnapshot, VenueStanding
from executor.core.last_hop import Caps, Question, refusal
from executor.core.latch import Latch
from executor.core.markets import Markets
from executor.core.order import Fill, Order
from executor.core.orders import Orders
from executor.core.positions import Positions
from executor.core.reconciliation import Reconciler
from executor.core.reports import FILL_HAPPENINGS, Clerk, happened, happening_of
from executor.core.states import FILL_TABLE, FillState, Happening, OrderState, cell
from executor.core.tolerances import Tolerances

NameOrder = Callable[[OrderApproved], str]
"""Answers what the venue will call an order. Raises ValueError for one that the venue could not express."""

A_RESTART = "it was open when the service started anew"
NOT_LISTED = "the venue does not list it as open"


def paper_name(approval: OrderApproved) -> str:
    """Name an order of which no venue ever hears."""
    return f"paper-{approval.order_id}"


class OrderDesk:
    """The executor's judgement. It keeps orders, fills, positions and the latch, all folded from the record."""

    def __init__(
        self, caps: Caps, mode: TradingMode, *, name_order: NameOrder = paper_name, awaits: tuple[Standing, ...] = (),
        tolerances: Tolerances | None = None,
    ) -> None:  # fmt: skip
        """Begin without a record. `awaits` names what must be said to be well before the first order leaves.

        `tolerances` are those of reconciliation; None where nobody else keeps an account to be held against.
        """
        self._caps = caps
        self._clerk = Clerk(mode)
        self._name_order = name_order
        self._mode: TradingMode = mode
        self.orders = Orders(caps.orders_kept_max)
        self.latch = Latch(awaits)
        self.fence = Fence(caps.risk_silence_ms_max)
        self.markets = Markets(caps.markets_kept_max)
        self._positions = Positions(mode, self.markets)
        self.reconciler = Reconciler(tolerances, mode, self.orders, self.markets) if tolerances else None
        self._is_live = False
        self._said_halted_by: tuple[str, ...] = ()
        self.refused: Counter[str] = Counter()
        """Refusals by rule."""

    # --- what may be asked of it ---

    @property
    def halted_by(self) -> tuple[str, ...]:
        """Say what keeps orders from leaving; empty when nothing does."""
        bus = (self.latch.bus,) if self.latch.bus else ()
        found = (self.reconciler.halted_by,) if self.reconciler and self.reconciler.halted_by else ()
        own = (*bus, *self.fence.reasons, *self.latch.reasons, *self.latch.venue)
        return (*own, *found, *sorted(self.orders.contradictions))

    @property
    def positions(self) -> tuple[Position, ...]:
        return self._positions.all()

    def held_tokens(self) -> tuple[str, ...]:
        """List the tokens that are held, settled ones until they are paid out, and those traded last."""
        owed = self.reconciler.tokens() if self.reconciler else ()
        return tuple(dict.fromkeys((*self._positions.tokens(), *owed)))

    def back_to(self) -> Instant | None:
        """Answer since when the venue must be asked for matches; None where there is nothing to go by."""
        return self.reconciler.adopter.back_to() if self.reconciler else None

    @property
    def noted(self) -> Counter[str]:
        """Count what was recorded although it came at an odd time, by name."""
        return self._positions.noted

    @property
    def doubts(self) -> int:
        """Count the orders that were open before this process began and have not been asked for yet."""
        return sum(1 for order in self.orders.open() if order.in_doubt)

    def approval(self, order_id: str) -> OrderApproved | None:
        """Answer the approval that an order was placed under."""
        order = self.orders.get(order_id)
        return order.approval if order else None

    def imagine(self, now: Instant) -> OrderApproved | None:
        """Make up an approval to rehearse by; None where no market runs, or the one that does allows for none."""
        market = self.markets.running(now)
        return imagined(market, self.fence.risk_token, now) if market else None

    # --- the core's two duties ---

    def decide(self, event: Event, now: Instant) -> Event | None:
        match event:
            case OrderApproved():
                return self._judge(event, now)
            case GatewayReport():
                return self._answer(event)
            case MarketUpdated():
                return self._positions.resolved(event, now)
            case VenueSnapshot():
                return self.reconciler.judge(event, now) if self.reconciler and self._is_live else None
            case Tick() | LeaseAcquired():
                return self._attend(now) if isinstance(event, Tick) else self.fence.acquired(event, now)
            case _:
                return None

    def observe(self, event: Event) -> None:
        self.fence.observe(event)
        match event:
            case OrderApproved():
                self.orders.approved(event)
            case OrderEvent() if not is_adopted(event.order_id):
                self._fold_order(event)
            case FillMatched():
                self.latch.note_mode(event.mode, self._mode)
                self.orders.matched(event)
                self._positions.matched(event)
            case FillConfirmed() | FillFailed():
                self.orders.finished(event)
                self._positions.ended(event)
            case GatewayReport():
                self._note_ignored(event)
            case FillAsked():
                self.orders.asked(event.order_id, event.fill_id)
            case MarketUpdated():
                self.markets.observe(event)
                self._positions.note_unsettled(event.market_id)
            case PositionSettled():
                self._positions.settled(event)
            case _:
                self._observe_control(event)
        if self.reconciler is not None:
            self.reconciler.observe(event)

    def _observe_control(self, event: Event) -> None:
        match event:
            case ResumeRequested():
                self.latch.observe(event)
                self.orders.forgive(event.at)
            case HaltRequested() | TradingHalted() | TradingResumed() | BusLost() | BusRestored() | VenueStanding():
                self.latch.observe(event)
            case ExecutorStateChanged():
                self._said_halted_by = event.halted_by
            case WentLive():
                self._is_live = True
                self.orders.doubt_everything()
            case _:
                pass

    # --- deciding ---

    def _judge(self, approval: OrderApproved, now: Instant) -> Event | None:
        if self.orders.get(approval.order_id) is not None:
            return None
        name, flaw = self._named(approval)
        market = self.markets.get(approval.market_id)
        held = self._shares_to_sell(approval)
        funds = self.reconciler.funds() if self.reconciler else None
        unreconciled = self.reconciler.why_unreconciled(now) if self.reconciler else ""
        refused = refusal(
            Question(
                approval, market, held, funds, unreconciled, flaw, self.orders, self.latch, self.fence, self._caps, now
            )
        )
        if refused is None:
            return self._clerk.submitted(approval, name, now)
        rule, detail = refused
        return self._clerk.refused(approval, rule, detail, now)

    def _named(self, approval: OrderApproved) -> tuple[str, str]:
        """Answer what the venue will call an order, or why there can be no such order."""
        try:
            return self._name_order(approval), ""
        except ValueError as error:
            return "", str(error)

    def _shares_to_sell(self, approval: OrderApproved) -> Decimal:
        held = self._positions.shares(approval.market_id, approval.outcome)
        for order in self.orders.open():
            if order.approval.side == "SELL" and order.approval.token_id == approval.token_id:
                held -= order.approval.quantity - order.filled
        return held

    def _answer(self, report: GatewayReport) -> Event | None:
        order = self.orders.get(report.order_id)
        if order is None or self._why_ignored(order, report):
            return None
        if type(report) in FILL_HAPPENINGS:
            return self._clerk.finished(order, report)
        return self._clerk.reported(order, report)

    def _why_ignored(self, order: Order, report: GatewayReport) -> str:
        """Name the cell that a report finds empty, or answer nothing when it has a row."""
        fill_id = str(getattr(report, "fill_id", ""))
        fill = order.fills.get(fill_id)
        state = fill.state if fill else FillState.UNSEEN
        ending = FILL_HAPPENINGS.get(type(report))
        if ending is not None:
            return "" if (state, ending) in FILL_TABLE else cell(ending, state)
        happening = happening_of(report)
        if happening is Happening.MATCHED and fill is not None:
            return cell(happening, state)
        return "" if self.orders.row(order, happening) else cell(happening, order.state)

    def _attend(self, now: Instant) -> Event | None:
        """Do one thing that no message asks for: ask for what nobody spoke of, settle what was resolved meanwhile."""
        if not self._is_live:
            return None
        if self.halted_by != self._said_halted_by:
            return self._state_changed(now)
        asked = self._ask_what_became(now) or self._positions.due(now)
        return asked or (self.reconciler.attend(now) if self.reconciler else None)

    def _ask_what_became(self, now: Instant) -> Event | None:
        """Ask for one order, or one match, of which nobody has spoken for too long."""
        for order in self.orders.open():
            if order.in_doubt:
                return self._clerk.unknown(order, A_RESTART, now, is_restart=True)
            if self.reconciler and order.approval.order_id in self.reconciler.vanished:
                return self._clerk.unknown(order, NOT_LISTED, now)
            if self._is_overdue(order.since, now) and order.state is not OrderState.UNKNOWN and not order.times_unknown:
                return self._clerk.unknown(order, f"no end after {self._caps.order_timeout_ms} ms", now)
        for fill in self.orders.provisional():
            if fill.in_doubt or (self._is_overdue(fill.event.at, now) and not fill.asked):
                return self._ask_for(fill, now)
        return None

    def _state_changed(self, now: Instant) -> ExecutorStateChanged:
        event_id = ids.derive("executor_state_changed", now, *self.halted_by)
        return ExecutorStateChanged(event_id=event_id, mode=self._mode, halted_by=self.halted_by, at=now)

    def _is_overdue(self, then: Instant, now: Instant) -> bool:
        return since(now, then) > self._caps.order_timeout_ms * MILLISECOND

    def _ask_for(self, fill: Fill, now: Instant) -> FillAsked:
        event = fill.event
        return FillAsked(
            event_id=ids.derive("fill_asked", event.order_id, event.fill_id), order_id=event.order_id,
            fill_id=event.fill_id, matched_at=event.at, at=now,
        )  # fmt: skip

    # --- folding ---

    def _fold_order(self, event: OrderEvent) -> None:
        if isinstance(event, OrderRefused):
            self.refused[event.rule] += 1
        self.orders.happened(event, happened(event))

    def _note_ignored(self, report: GatewayReport) -> None:
        """Count what found no row. A fill of an order that is not in the record stops trading until resumed."""
        order = self.orders.get(report.order_id)
        if order is not None:
            why = self._why_ignored(order, report)
        elif isinstance(report, GatewayFilled):
            why = "fill_of_an_unknown_order"
            self.orders.contradictions[why] = report.at
        else:
            why = "report_of_an_unknown_order"
        if why:
            self.orders.ignored[why] += 1
