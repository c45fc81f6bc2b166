"""The trading floor: the matching engine at work, what the world's makers and takers do on it, and who is told.

Everything that happens goes through `apply`, in one order, with one clock that never goes back; watchers hear every
event of it. What the world says of its makers' books is what they want to rest with: `Flow` turns it into operations,
so that clients meet them on equal terms, and what is said on the wire is what the engine's books then show.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator.breakdown import Breakdown
from simulator.exchange.agenda import Agenda
from simulator.exchange.market.listing import Listing
from simulator.exchange.modes import Mode, Modes
from simulator.exchange.settings import ExchangeSettings
from simulator.matching.engine import Engine
from simulator.matching.events import Event, OrderEnded, OrderHeld, OrderMatched, OrderPlaced, OrderRefused, Refusal
from simulator.matching.market import MarketStatus
from simulator.matching.operations import (
    Advance,
    ChangeTick,
    CloseMarket,
    Deposit,
    Operation,
    Place,
    Quote,
    Redeem,
    ResolveMarket,
)
from simulator.matching.values import TICKS_E4, Instrument, Order, Standing, Trade
from simulator.wall import Clock

Watcher = Callable[[Event], None]
LOG_OPERATIONS_MAX = 1_000_000
FUNDED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of an order by the time it is answered."""

    events: tuple[Event, ...]
    standing: Standing | None
    trades: tuple[Trade, ...]
    refusal: OrderRefused | None
    is_held: bool = False


class Floor:
    """One exchange. To be made within a running loop."""

    def __init__(
        self, listing: Listing, settings: ExchangeSettings, clock: Clock, breakdown: Breakdown, keeps_log: bool = False
    ) -> None:
        self.engine = Engine()
        self.settings = settings
        self.modes = Modes(clock)
        self.agenda = Agenda(clock, breakdown.report)
        self.listing = listing
        self.log: list[Operation] | None = [] if keeps_log else None
        self.log_lost = 0
        """Operations that the log had no more room for: it does not come to the same state then."""
        self.unresolved: dict[str, None] = {}
        """Markets that were opened and have no winner yet, in the order of their opening."""
        self.opening = ""
        """The market that is being opened, while it is."""
        self._breakdown = breakdown
        self._clock = clock
        self._now_ns = 0
        self._watchers: list[Watcher] = []
        self._funded: set[str] = set()
        self._held: dict[str, asyncio.Future[OrderRefused | None]] = {}
        self._wakes_ns: list[int] = []
        """When the engine will be woken, the next one last: each was planned because it came before all others."""

    def now_ns(self) -> int:
        """Tell the exchange's time: the wall's, but never before what has already happened."""
        return max(self._now_ns, self._clock())

    def at_or_after(self, at_ns: int) -> int:
        """Tell an instant at which something that the world says of `at_ns` can happen here."""
        return max(self._now_ns, at_ns)

    def mode(self) -> Mode:
        return self.modes.now()

    def watch(self, watcher: Watcher) -> None:
        """Have every event told, in order, while it happens. A watcher must not apply anything itself."""
        self._watchers.append(watcher)

    def apply(self, operation: Operation) -> tuple[Event, ...]:
        """Do something on the floor, and tell everyone what came of it.

        Whatever it raises was not foreseen, and leaves the exchange in a state that cannot be gone on with.
        """
        try:
            return self._done(operation)
        except Exception as error:
            self._breakdown.report("floor", error)
            raise

    def _done(self, operation: Operation) -> tuple[Event, ...]:
        self._now_ns = max(self._now_ns, operation.at_ns)
        if self.log is not None:
            if len(self.log) < LOG_OPERATIONS_MAX:
                self.log.append(operation)
            else:
                self.log_lost += 1
        events = self.engine.apply(operation)
        for event in events:
            for watcher in self._watchers:
                watcher(event)
            if self._held:
                self._release(event)
        self._plan()
        return events

    async def place(self, order: Order) -> Placement:
        """Place an order, and answer when it is decided, or at once while it is held where settings say so."""
        seen = self.engine.order(order.order_id)
        events = self.apply(Place(self.now_ns(), order))
        refusal = next((e for e in events if isinstance(e, OrderRefused) and e.order.order_id == order.order_id), None)
        if refusal is not None:
            return Placement(events, None if seen else self.engine.order(order.order_id), (), refusal)
        if any(isinstance(event, OrderHeld) and event.standing.order.order_id == order.order_id for event in events):
            if self.settings.delay_is_told:
                return Placement(events, self.engine.order(order.order_id), (), None, is_held=True)
            decided = self._held[order.order_id] = asyncio.get_running_loop().create_future()
            refusal = await decided
        return self._placement(order.order_id, events, refusal)

    def fund(self, account: str) -> None:
        """Give a wallet what it begins with, when it is first seen."""
        if account in self._funded or len(self._funded) >= FUNDED_MAX:
            return
        self._funded.add(account)
        if self.settings.deposit_e6:
            self.apply(Deposit(self.now_ns(), account, self.settings.deposit_e6))

    def instrument(self, condition_id: str) -> Instrument | None:
        """Find a market by its condition, and begin to trade it if nobody has asked for it yet."""
        known = self.engine.instrument(condition_id)
        if known is None and self.open(condition_id, self.now_ns()):
            known = self.engine.instrument(condition_id)
        return known

    def instrument_of(self, token: str) -> Instrument | None:
        """Find a market by one of its tokens, likewise."""
        known = self.engine.instrument_of(token)
        if known is not None:
            return known
        condition_id = self.listing.condition(token, self.now_ns())
        return self.instrument(condition_id) if condition_id else None

    def protocol_version(self, condition_id: str) -> str:
        return self.listing.protocol_version(condition_id)

    def is_neg_risk(self, condition_id: str) -> bool:
        return self.listing.is_neg_risk(condition_id)

    def open(self, condition_id: str, at_ns: int) -> bool:
        """Begin to trade a market as the world has it at an instant. Say whether there is such a market."""
        if self.engine.instrument(condition_id) is not None:
            return True
        at_ns = self.at_or_after(at_ns)
        opening = self.listing.opening(condition_id, at_ns)
        if opening is None:
            return False
        self.opening = condition_id
        self.apply(opening)
        self.unresolved[condition_id] = None
        if self.listing.has_ended(condition_id, at_ns):
            self.apply(CloseMarket(at_ns, condition_id))
        else:
            self.requote(condition_id, at_ns)
        self.opening = ""
        self.resolve(condition_id, at_ns)
        return True

    def requote(self, condition_id: str, at_ns: int) -> None:
        """Have the house rest with all that the world's makers want to, wherever others took from it."""
        quote = self.listing.quote(condition_id, at_ns, self.engine.house_levels(condition_id))
        if quote is not None and (quote.bids or quote.asks):
            self.apply(Quote(self.at_or_after(at_ns), condition_id, quote.bids, quote.asks))

    def resolve(self, condition_id: str, at_ns: int) -> None:
        """Name the winner once the world has one, and have winnings redeemed a while later."""
        winner = self.listing.winner(condition_id, at_ns)
        if winner is None or self.engine.market_status(condition_id) is MarketStatus.RESOLVED:
            return
        at_ns = self.at_or_after(at_ns)
        self.unresolved.pop(condition_id, None)
        self.apply(ResolveMarket(at_ns, condition_id, winner))
        if self.settings.redeems_after_ms >= 0:
            redeem_ns = at_ns + self.settings.redeems_after_ms * 1_000_000
            self.agenda.at(redeem_ns, lambda: self.redeem_all(condition_id))

    def redeem_all(self, condition_id: str) -> None:
        """Redeem what anybody holds of a resolved market."""
        instrument = self.engine.instrument(condition_id)
        if instrument is None:
            return
        for account in self.engine.accounts():
            if any(self.engine.shares(account, token).total_e6 for token in instrument.tokens):
                self.apply(Redeem(self.now_ns(), account, condition_id))

    def resume(self, engine: Engine, known: dict[str, Any]) -> None:
        """Go on from where an earlier run of the same world stopped: with its orders, trades, accounts and markets."""
        self.engine = engine
        self.listing.recall(known)
        self._now_ns = engine.now_ns
        self._funded.update(engine.accounts())
        for condition_id in known:
            match engine.market_status(condition_id):
                case MarketStatus.OPEN | MarketStatus.CLOSED:
                    self.unresolved[condition_id] = None
                case MarketStatus.RESOLVED if self.settings.redeems_after_ms >= 0:
                    self.agenda.at(self.now_ns(), partial(self.redeem_all, condition_id))
        self._plan()

    def change_tick(self, slug: str, tick_text: str) -> bool:
        """Change a market's tick on demand. Say whether there is such a market; raises ValueError for no tick."""
        if tick_text not in TICKS_E4:
            raise ValueError(f"tick must be one of {', '.join(TICKS_E4)}, found {tick_text!r}")
        condition_id = self.listing.condition_of(slug, self.now_ns())
        if condition_id is None or self.instrument(condition_id) is None:
            return False
        self.apply(ChangeTick(self.now_ns(), condition_id, TICKS_E4[tick_text]))
        return True

    def close(self) -> None:
        """Forget what is due, and whoever waits."""
        self.agenda.close()
        for waiting in self._held.values():
            waiting.cancel()

    def _placement(self, order_id: str, events: tuple[Event, ...], refusal: OrderRefused | None) -> Placement:
        standing = self.engine.order(order_id)
        found = [self.engine.trade(trade_id) for trade_id in standing.trades] if standing else []
        return Placement(events, standing, tuple(trade for trade in found if trade is not None), refusal)

    def _release(self, event: Event) -> None:
        """Let go whoever waits for a held order that is now decided."""
        if isinstance(event, OrderRefused):
            if event.refusal is Refusal.DUPLICATE:
                return  # It is the second of two that is refused, not the one that is held.
            order_id = event.order.order_id
        elif isinstance(event, OrderPlaced | OrderMatched | OrderEnded):
            order_id = event.standing.order.order_id
        else:
            return
        waiting = self._held.pop(order_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(event if isinstance(event, OrderRefused) else None)

    def _plan(self) -> None:
        """Have the engine woken when its next held order or expiry is due."""
        due_ns = self.engine.next_due_ns()
        if due_ns is None or (self._wakes_ns and self._wakes_ns[-1] <= due_ns):
            return
        self._wakes_ns.append(due_ns)
        self.agenda.at(due_ns, self._advance)

    def _advance(self) -> None:
        self._wakes_ns.pop()
        self.apply(Advance(self.now_ns()))
