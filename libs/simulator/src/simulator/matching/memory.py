"""What the engine remembers of orders and trades: all that are open or unsettled, and the newest of the others."""

from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice

from simulator.matching.record import OrderRecord
from simulator.matching.values import Trade, TradeStatus

ENDED_MAX = 100_000
TRADES_MAX = 100_000
RECENT_MAX = 10_000
FINAL = (TradeStatus.CONFIRMED, TradeStatus.FAILED)


class Orders:
    """Orders by id, the open ones by owner too."""

    def __init__(self, ended_max: int = ENDED_MAX) -> None:
        self._ended_max = ended_max
        self._known: dict[str, OrderRecord] = {}
        self._open: dict[str, dict[str, OrderRecord]] = {}
        self._ended: deque[str] = deque()

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._known

    def get(self, order_id: str) -> OrderRecord | None:
        return self._known.get(order_id)

    def known(self) -> Iterable[OrderRecord]:
        return self._known.values()

    def open_of(self, owner: str) -> tuple[OrderRecord, ...]:
        """Return an owner's open orders, the oldest first."""
        return tuple(self._open.get(owner, {}).values())

    def count_open(self, owner: str) -> int:
        return len(self._open.get(owner, ()))

    def open_of_account(self, account: str) -> list[OrderRecord]:
        """Return a wallet's open orders, the newest first. This looks at all that are open: it is for rare use."""
        found = [record for each in self._open.values() for record in each.values() if record.account == account]
        return sorted(found, key=lambda record: -record.sequence)

    def open(self, record: OrderRecord) -> None:
        order = record.order
        self._known[order.order_id] = record
        self._open.setdefault(order.owner, {})[order.order_id] = record

    def end(self, record: OrderRecord) -> None:
        """Move an order to those that are over, and forget the oldest of them if there are too many."""
        order = record.order
        self._known[order.order_id] = record
        mine = self._open.get(order.owner)
        if mine is not None and mine.pop(order.order_id, None) is not None and not mine:
            del self._open[order.owner]
        self._ended.append(order.order_id)
        if len(self._ended) > self._ended_max:
            del self._known[self._ended.popleft()]


class Trades:
    """Trades by id, by the API keys and by the wallets that took part."""

    def __init__(self, trades_max: int = TRADES_MAX) -> None:
        self._trades_max = trades_max
        self._known: dict[str, Trade] = {}
        self._by_owner: dict[str, dict[str, None]] = {}
        self._by_account: dict[str, dict[str, None]] = {}
        self._final: deque[str] = deque()

    def get(self, trade_id: str) -> Trade | None:
        return self._known.get(trade_id)

    def known(self) -> Iterable[Trade]:
        return self._known.values()

    def of_owner(self, owner: str) -> tuple[Trade, ...]:
        """Return the trades of an API key, the newest first."""
        return tuple(self._known[trade_id] for trade_id in reversed(self._by_owner.get(owner, {})))

    def of_account(self, account: str) -> tuple[Trade, ...]:
        return tuple(self._known[trade_id] for trade_id in reversed(self._by_account.get(account, {})))

    def recent(self) -> tuple[Trade, ...]:
        return tuple(islice(reversed(self._known.values()), RECENT_MAX))

    def new_id(self, order_id: str, ordinal: int) -> str:
        """Derive a UUID from a taker order and from how many trades it had before."""
        while True:
            trade_id = _uuid_of(sha256(f"trade:{order_id}:{ordinal}".encode()).hexdigest())
            if trade_id not in self._known:
                return trade_id
            # An order whose standing was forgotten can be placed again, while its first trades are still known.
            ordinal += 1

    def add(self, trade: Trade) -> None:
        self._known[trade.trade_id] = trade
        for index, names in _parties(self._by_owner, self._by_account, trade):
            for name in names:
                index.setdefault(name, {})[trade.trade_id] = None
        self._forget_some()

    def change(self, trade: Trade) -> None:
        self._known[trade.trade_id] = trade
        if trade.status in FINAL:
            self._final.append(trade.trade_id)
            self._forget_some()

    def _forget_some(self) -> None:
        while len(self._known) > self._trades_max and self._final:
            trade = self._known.pop(self._final.popleft())
            for index, names in _parties(self._by_owner, self._by_account, trade):
                for name in names:
                    del index[name][trade.trade_id]
                    if not index[name]:
                        del index[name]


def _uuid_of(digits: str) -> str:
    """Write hex digits as a UUID, with the marks of one that was drawn (version 4)."""
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


Index = dict[str, dict[str, None]]


def _parties(by_owner: Index, by_account: Index, trade: Trade) -> Iterator[tuple[Index, set[str]]]:
    yield by_owner, {trade.owner, *(fill.owner for fill in trade.fills)}
    yield by_account, {trade.account, *(fill.account for fill in trade.fills)}
