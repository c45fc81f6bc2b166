"""The desk: each approval leaves once or is refused, and what became of it is known, never guessed."""

from collections import Counter
from decimal import Decimal

from common import ids
from common.accounting import Account, Position
from common.clock import MILLISECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
    PositionSettled,
    TradingMode,
)
from common.contracts.risk import OrderApproved, TradingHalted, TradingResumed
from common.contracts.runtime import BusLost, BusRestored, Tick, WentLive
from common.contracts.venue import MarketUpdated, Outcome
from common.money import ZERO_USD
from executor.core.inputs import FillAsked, GatewayFilled, GatewayReport
from executor.core.last_hop import Caps, Question, refusal
from executor.core.latch import Latch
from executor.core.markets import Markets
from executor.core.orders import Fill, Order, Orders
from executor.core.reports import FILL_HAPPENINGS, HAPPENINGS, Clerk
from executor.core.states import FILL_TABLE, FillState, Happening, OrderState, cell

HAPPENED: dict[type[OrderEvent], Happening] = {
    OrderSubmitted: Happening.SUBMITTED,
    OrderRefused: Happening.REFUSED,
    OrderAccepted: Happening.ACCEPTED,
    OrderRejected: Happening.REJECTED,
    OrderUnknown: Happening.LOST,
    OrderCancelled: Happening.CANCELLED,
    OrderFilled: Happening.COMPLETED,
}
A_RESTART = "it was open when the service started anew"


class OrderDesk:
    """The executor's judgement. It keeps orders, fills, positions and the latch, all folded from the record."""

    def __init__(self, caps: Caps, mode: TradingMode) -> None:
        self._caps = caps
        self._clerk = Clerk(mode)
        self._mode: TradingMode = mode
        self.orders = Orders(caps.orders_kept_max)
        self.latch = Latch()
        self._markets = Markets(caps.markets_kept_max)
        self._account = Account(ZERO_USD)
        self._unsettled: dict[str, tuple[Outcome, str]] = {}
        self._is_live = False
        self.refused: Counter[str] = Counter()
        """Refusals by rule."""
        self.noted: Counter[str] = Counter()
        """What was recorded although it came at an odd time, by name."""

    # --- what may be asked of it ---

    @property
    def halted_by(self) -> tuple[str, ...]:
        """Say what keeps orders from leaving; empty when nothing does."""
        bus = (self.latch.bus,) if self.latch.bus else ()
        return (*bus, *self.latch.reasons, *sorted(self.orders.contradictions))

    @property
    def positions(self) -> tuple[Position, ...]:
        return self._account.positions()

    @property
    def doubts(self) -> int:
        """Count the orders that were open before this process began and have not been asked for yet."""
        return sum(1 for order in self.orders.open() if order.in_doubt)

    def approval(self, order_id: str) -> OrderApproved | None:
        """Answer the approval that an order was placed under."""
        order = self.orders.get(order_id)
        return order.approval if order else None

    # --- the core's two duties ---

    def decide(self, event: Event, now: Instant) -> Event | None:
        match event:
            case OrderApproved():
                return self._judge(event, now)
            case GatewayReport():
                return self._answer(event)
            case MarketUpdated():
                return None if event.winner is None else self._settle(event.market_id, event.winner, event.slug, now)
            case Tick():
                return self._attend(now)
            case _:
                return None

    def observe(self, event: Event) -> None:
        match event:
            case OrderApproved():
                self.orders.approved(event)
            case OrderEvent():
                self._fold_order(event)
            case FillMatched():
                self._fold_match(event)
            case FillConfirmed() | FillFailed():
                self._fold_end(event)
            case GatewayReport():
                self._note_ignored(event)
            case FillAsked():
                self.orders.asked(event.order_id, event.fill_id)
            case MarketUpdated():
                self._markets.observe(event)
                self._note_unsettled(event.market_id)
            case PositionSettled():
                self._account.settled(event.market_id, event.winner)
                self._unsettled.pop(event.market_id, None)
            case _:
                self._observe_control(event)

    def _observe_control(self, event: Event) -> None:
        match event:
            case ResumeRequested():
                self.latch.observe(event)
                self.orders.forgive(event.at)
            case HaltRequested() | TradingHalted() | TradingResumed() | BusLost() | BusRestored():
                self.latch.observe(event)
            case WentLive():
                self._is_live = True
                self.orders.doubt_everything()
            case _:
                pass

    # --- deciding ---

    def _judge(self, approval: OrderApproved, now: Instant) -> Event | None:
        if self.orders.get(approval.order_id) is not None:
            return None
        market = self._markets.get(approval.market_id)
        held = self._shares_to_sell(approval)
        refused = refusal(Question(approval, market, held, self.orders, self.latch, self._caps, now))
        if refused is None:
            return self._clerk.submitted(approval, now)
        rule, detail = refused
        return self._clerk.refused(approval, rule, detail, now)

    def _shares_to_sell(self, approval: OrderApproved) -> Decimal:
        held: Decimal = self._account.position(approval.market_id).of(approval.outcome).shares
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
        happening = HAPPENINGS[type(report)]
        if happening is Happening.MATCHED and fill is not None:
            return cell(happening, state)
        return "" if self.orders.row(order, happening) else cell(happening, order.state)

    def _attend(self, now: Instant) -> Event | None:
        """Do one thing that no message asks for: ask for what nobody spoke of, settle what was resolved meanwhile."""
        if not self._is_live:
            return None
        for order in self.orders.open():
            if order.in_doubt:
                return self._clerk.unknown(order, A_RESTART, now)
            if self._is_overdue(order.since, now) and order.state is not OrderState.UNKNOWN and not order.times_unknown:
                return self._clerk.unknown(order, f"no end after {self._caps.order_timeout_ms} ms", now)
        for fill in self.orders.provisional():
            if fill.in_doubt or (self._is_overdue(fill.event.at, now) and not fill.asked):
                return self._ask_for(fill, now)
        for market_id, (winner, slug) in self._unsettled.items():
            return self._settle(market_id, winner, slug, now)
        return None

    def _is_overdue(self, then: Instant, now: Instant) -> bool:
        return since(now, then) > self._caps.order_timeout_ms * MILLISECOND

    def _ask_for(self, fill: Fill, now: Instant) -> FillAsked:
        event = fill.event
        return FillAsked(
            event_id=ids.derive("fill_asked", event.order_id, event.fill_id), order_id=event.order_id,
            fill_id=event.fill_id, matched_at=event.at, at=now,
        )  # fmt: skip

    def _settle(self, market_id: str, winner: Outcome, slug: str, now: Instant) -> PositionSettled | None:
        """Settle a market by its official outcome, once, if anything is held in it."""
        due = self._account.preview(market_id, winner)
        if due is None:
            return None
        return PositionSettled(
            event_id=ids.derive("position_settled", market_id), market_id=market_id, slug=slug, mode=self._mode,
            winner=winner, up_shares=due.up_shares, down_shares=due.down_shares, cost=due.cost, fees=due.fees,
            payout=due.payout, pnl=due.pnl, at=now,
        )  # fmt: skip

    # --- folding ---

    def _fold_order(self, event: OrderEvent) -> None:
        if isinstance(event, OrderRefused):
            self.refused[event.rule] += 1
        self.orders.happened(event, HAPPENED[type(event)])

    def _fold_match(self, event: FillMatched) -> None:
        """Fold a match. In a market that is settled already, every account settles it at once by the same outcome."""
        self.orders.matched(event)
        is_new = self._account.status_of(event.market_id, event.fill_id) is None
        if is_new and self._account.position(event.market_id).winner is not None:
            self.noted["fill_after_settlement"] += 1
        self._account.matched(event)
        self._note_unsettled(event.market_id)

    def _fold_end(self, event: FillConfirmed | FillFailed) -> None:
        self.orders.finished(event)
        if isinstance(event, FillConfirmed):
            self._account.confirmed(event.market_id, event.fill_id)
            return
        provisional = self._account.status_of(event.market_id, event.fill_id) == "MATCHED"
        if provisional and self._account.position(event.market_id).winner is not None:
            self.noted["failure_after_settlement"] += 1
        self._account.failed(event.market_id, event.fill_id)
        self._note_unsettled(event.market_id)

    def _note_unsettled(self, market_id: str) -> None:
        """Remember a resolved market as long as something is held in it that was not settled."""
        winner = self._markets.winner(market_id)
        if winner is not None and self._account.preview(market_id, winner[0]) is not None:
            self._unsettled[market_id] = winner
        else:
            self._unsettled.pop(market_id, None)

    def _note_ignored(self, report: GatewayReport) -> None:
        """Count what found no row. A fill of an order that nobody here placed stops trading.

        Such a fill cannot be told of, for no approval says what it is of: until a restart the halt is all there is.
        """
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
