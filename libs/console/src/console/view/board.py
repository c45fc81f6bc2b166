"""What the live view knows: a fold of every message the console hears. Pure: time comes as an argument."""

from collections import Counter, OrderedDict, deque
from dataclasses import replace
from decimal import Decimal

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested, HeartbeatSent, ResumeRequested
from common.contracts.executor import ExecutorStateChanged, ReconciliationDone
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved, SourceStatusChanged
from common.contracts.risk import OrderApproved, OrderDenied, RiskStateChanged, TradingHalted, TradingResumed
from common.contracts.scanner import MarketValued, OpportunityFound
from common.contracts.venue import BookUpdated, MarketUpdated
from console.view.rows import DecisionRow, Tally
from console.view.trades import Trades
from console.view.words import amount, price

DECISIONS_KEPT_MAX = 60
OPPORTUNITIES_KEPT_MAX = 500
HALTS_KEPT_MAX = 20
MARKETS_KEPT_MAX = 2000
ENDED_SHOWN_NS = 30_000_000_000


class Board:
    """The state behind the panels. Market data may be told twice; the journal is told once, in order."""

    def __init__(self) -> None:
        self.prices: dict[str, PriceUpdated] = {}
        self.settlements: dict[tuple[str, str], SettlementPriceObserved] = {}
        self.sources: dict[tuple[str, str, str], SourceStatusChanged] = {}
        self.markets: dict[str, MarketUpdated] = {}
        self.valuations: dict[str, MarketValued] = {}
        self.books: dict[str, BookUpdated] = {}
        self.decisions: deque[DecisionRow] = deque(maxlen=DECISIONS_KEPT_MAX)
        self.denials: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.halts: deque[TradingHalted] = deque(maxlen=HALTS_KEPT_MAX)
        self.halted_by: TradingHalted | HaltRequested | None = None
        self.risk: RiskStateChanged | None = None
        self.executor: ExecutorStateChanged | None = None
        self.reconciled: ReconciliationDone | None = None
        self.beats: dict[str, HeartbeatSent] = {}
        self.heard_at: dict[str, Instant] = {}
        self.trades = Trades()
        self.models: set[str] = set()
        self.opportunities: OrderedDict[str, OpportunityFound] = OrderedDict()
        self._begun_at = Instant(0)
        self._markets_forgotten = 0
        self._refusals_last: dict[str, int] = {}
        self._opportunities = 0
        self._approvals = 0
        self._at_begin = Tally()

    @property
    def tally(self) -> Tally:
        """What was done since the journal began, as far as it was read."""
        return replace(
            self.trades.tally, opportunities=self._opportunities, approvals=self._approvals,
            denials=self.denials.total(),
        )  # fmt: skip

    @property
    def run_tally(self) -> Tally:
        """What was done since `begin`."""
        return self.tally.less(self._at_begin)

    def markets_seen(self, now: Instant) -> int:
        """Count the markets that ran at some time since `begin`."""
        ran = (
            market for market in self.markets.values() if market.starts_at <= now and market.ends_at > self._begun_at
        )
        return self._markets_forgotten + sum(1 for _ in ran)

    def begin(self, now: Instant) -> None:
        """Note that the journal's past was told; from here on it is this run."""
        self._begun_at = now
        self._at_begin = self.tally
        self.halts.clear()
        self.trades.begin()

    def fold(self, event: Event, now: Instant) -> None:
        """Take note of one message, heard at `now`."""
        match event:
            case HeartbeatSent():
                self.beats[event.service] = event
                self.heard_at[event.service] = now
            case PriceUpdated():
                self.prices[event.symbol] = event
            case SettlementPriceObserved():
                self._settlement(event)
            case SourceStatusChanged():
                self.sources[event.source, event.symbol, event.topic] = event
            case BookUpdated() | MarketUpdated() | MarketValued():
                self._market(event)
            case ExecutorStateChanged():
                self.executor = event
            case ReconciliationDone():
                self.reconciled = event
            case _:
                self._judged(event)
                self.trades.fold(event)

    def live_markets(self, now: Instant) -> list[MarketUpdated]:
        """Answer the markets worth a look: begun or next, not long ended, those that end soonest first."""
        live = [m for m in self.markets.values() if m.winner is None and m.ends_at + ENDED_SHOWN_NS > now]
        return sorted(live, key=lambda m: (m.ends_at, m.symbol))

    def mark(self, market_id: str, outcome: str) -> Decimal | None:
        """Say what a share could be sold for now: the bid of its side, None where there is none."""
        valued = self.valuations.get(market_id)
        if valued is None:
            return None
        if outcome == "Up":
            return valued.bid
        return None if valued.ask is None else 1 - valued.ask

    def _settlement(self, event: SettlementPriceObserved) -> None:
        key = (event.symbol, event.kind)
        last = self.settlements.get(key)
        if last is None or event.source_at >= last.source_at:
            self.settlements[key] = event

    def _market(self, event: BookUpdated | MarketUpdated | MarketValued) -> None:
        match event:
            case BookUpdated():
                if event.market_id in self.markets:
                    self.books[event.market_id] = event
            case MarketValued():
                self.valuations[event.market_id] = event
                self._refused(event.refusals)
            case MarketUpdated():
                self.markets[event.market_id] = event
                if len(self.markets) > MARKETS_KEPT_MAX:
                    self._forget(next(iter(self.markets)))

    def _forget(self, market_id: str) -> None:
        self._markets_forgotten += self.markets[market_id].ends_at > self._begun_at
        for kept in (self.markets, self.valuations, self.books):
            kept.pop(market_id, None)

    def _refused(self, counts: dict[str, int]) -> None:
        """Add what was refused since the last count; a count that fell back began anew."""
        for reason, count in counts.items():
            last = self._refusals_last.get(reason, 0)
            self.refusals[reason] += count - last if count >= last else count
        self._refusals_last = dict(counts)

    def _judged(self, event: Event) -> None:
        match event:
            case OpportunityFound():
                self._opportunities += 1
                self.models.add(event.model)
                self.opportunities[event.event_id] = event
                if len(self.opportunities) > OPPORTUNITIES_KEPT_MAX:
                    self.opportunities.popitem(last=False)
            case OrderApproved():
                self._approvals += 1
                size = f"{amount(event.quantity)} at {price(event.limit)}"
                self.decisions.append(
                    DecisionRow(event.slug, event.outcome, True, "", size, event.expected_edge, event.approved_at)
                )
            case OrderDenied():
                self.denials[event.rule] += 1
                self._denied(event)
            case RiskStateChanged():
                self.risk = event
            case TradingHalted():
                self.halts.append(event)
                self.halted_by = event
            case HaltRequested():
                self.halted_by = self.halted_by or event
            case TradingResumed() | ResumeRequested():
                self.halted_by = None
            case _:
                pass

    def _denied(self, event: OrderDenied) -> None:
        found = self.opportunities.get(event.opportunity_id)
        edge = found.net_edge if found else None
        row = DecisionRow(event.slug, event.outcome, False, event.rule, event.detail, edge, event.denied_at)
        last = self.decisions[-1] if self.decisions else None
        if last is not None and (last.slug, last.outcome, last.rule) == (row.slug, row.outcome, row.rule):
            self.decisions[-1] = replace(row, times=last.times + 1)
        else:
            self.decisions.append(row)
