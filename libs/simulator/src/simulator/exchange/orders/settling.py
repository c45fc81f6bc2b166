"""The life of a trade after its match: mined, then confirmed, or failed; each step is one operation of the engine.

Nothing here sleeps: steps are handed to a schedule, so that a test can let time pass as it likes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from simulator.exchange.settings import ExchangeSettings
from simulator.matching.events import Event, TradeChanged
from simulator.matching.operations import Operation, Settle
from simulator.matching.values import ENDLESS, Trade, TradeStatus

NS_PER_MS = 1_000_000
PERMILLE = 1000
JITTER_PERMILLE = 250
"""By how much a trade's way may be quicker or slower than the settings say."""

Schedule = Callable[[int, Callable[[], None]], None]
"""Have an action done at an instant."""
Apply = Callable[[Operation], tuple[Event, ...]]


class Takes(Protocol):
    """Where armed faults are asked for."""

    def take(self, name: str, **about: str) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What a trade becomes, and when."""

    at_ns: int
    status: TradeStatus


class Settlement:
    """Settles every trade that is made. Let it hear the floor's events."""

    def __init__(self, schedule: Schedule, apply: Apply, settings: ExchangeSettings, faults: Takes) -> None:
        self._schedule = schedule
        self._apply = apply
        self._settings = settings
        self._faults = faults
        self._heard_ns = 0

    def hear(self, event: Event) -> None:
        """Plan the way of a trade that has just been made. Other events only tell how late it is."""
        self._heard_ns = max(self._heard_ns, event.at_ns)
        if isinstance(event, TradeChanged) and event.trade.status is TradeStatus.MATCHED:
            trade = event.trade
            retries, fails = self._has_fault("trade_retrying", trade), self._has_fault("trade_failed", trade)
            self._go(trade.trade_id, steps(trade, self._settings, retries=retries, fails=fails))

    def resume(self, trades: tuple[Trade, ...]) -> None:
        """Go on with trades that an earlier run left on their way."""
        for trade in trades:
            left = steps(trade, self._settings)
            self._go(trade.trade_id, left[1:] if trade.status is TradeStatus.MINED else left)

    def _go(self, trade_id: str, left: tuple[Step, ...]) -> None:
        """Have the next step done when it is due, and only then plan the one after, so that none overtakes another."""
        if not left:
            return
        step = left[0]

        def act() -> None:
            is_mined = step.status in (TradeStatus.MINED, TradeStatus.CONFIRMED)
            at_ns = max(step.at_ns, self._heard_ns)
            self._apply(Settle(at_ns, trade_id, step.status, transaction_hash(trade_id) if is_mined else ""))
            self._go(trade_id, left[1:])

        self._schedule(step.at_ns, act)

    def _has_fault(self, name: str, trade: Trade) -> bool:
        """Ask on behalf of each client that took part; trades of the house with the crowd use no fault up."""
        parties = ((trade.account, trade.owner), *((fill.account, fill.owner) for fill in trade.fills))
        clients = dict.fromkeys(party for party in parties if party[0] not in ENDLESS)
        return any(self._faults.take(name, address=account, key=owner) is not None for account, owner in clients)


def steps(trade: Trade, settings: ExchangeSettings, *, retries: bool = False, fails: bool = False) -> tuple[Step, ...]:
    """Say what a trade will go through. A retry costs the time of a second attempt."""
    pace = PERMILLE - JITTER_PERMILLE + _draw(trade.trade_id, 2 * JITTER_PERMILLE + 1)
    tried_ns = settings.mined_after_ms * NS_PER_MS * pace // PERMILLE
    sealed_ns = settings.confirmed_after_ms * NS_PER_MS * pace // PERMILLE - tried_ns
    way: list[Step] = []
    at_ns = trade.at_ns + tried_ns
    if retries:
        way.append(Step(at_ns, TradeStatus.RETRYING))
        at_ns += tried_ns
    if fails:
        return (*way, Step(at_ns, TradeStatus.FAILED))
    return (*way, Step(at_ns, TradeStatus.MINED), Step(at_ns + sealed_ns, TradeStatus.CONFIRMED))


def transaction_hash(trade_id: str) -> str:
    """Return the hash of the transaction that a trade is mined in, 0x and 64 hex digits, always the same."""
    return "0x" + sha256(f"transaction:{trade_id}".encode()).hexdigest()


def _draw(trade_id: str, sides: int) -> int:
    return int.from_bytes(sha256(f"pace:{trade_id}".encode()).digest()[:8]) % sides
