"""The markets that could be traded, by symbol, forgotten once they are over."""

from collections import defaultdict

from common.clock import SECOND, Instant
from common.contracts.base import Symbol, UnderlyingPrice
from common.contracts.venue import FeeSchedule, MarketUpdated
from scanner.core.model import Real, real
from scanner.core.refusals import Refusal

MARKETS_KEPT_MAX = 1000
KEPT_AFTER_END_S = 60


class Market:
    """One market: its last description, and what the scanner said of it."""

    __slots__ = (
        "ends_at", "event", "exponent", "found_at", "rate", "real_strike", "starts_at", "strike", "strike_read_at",
        "unreadable", "valued_at",
    )  # fmt: skip

    def __init__(self, event: MarketUpdated) -> None:
        self.found_at: Instant | None = None
        self.valued_at: Instant | None = None
        self.describe(event)

    def describe(self, event: MarketUpdated) -> None:
        self.event = event
        self.starts_at, self.ends_at = event.starts_at, event.ends_at
        self.rate: Real = real(event.fee.rate) if event.fee else 0.0
        self.exponent = event.fee.exponent if event.fee else 0
        self.unreadable: Refusal | None = None
        """What in the description keeps it from being traded; None until it has been looked at."""
        self.strike: UnderlyingPrice | None = None
        self.real_strike: Real = 0.0
        self.strike_read_at = -1
        """How many settling values had been heard when the strike was looked up."""

    @property
    def fee(self) -> FeeSchedule | None:
        return self.event.fee

    def fee_per_share(self, price: Real) -> Real:
        """Estimate the taker fee of a share; the exact one is the schedule's own."""
        return self.rate * (price * (1 - price)) ** self.exponent

    def runs(self, now: Instant) -> bool:
        return self.starts_at <= now < self.ends_at


class Markets:
    """Known markets by id and by symbol."""

    def __init__(self) -> None:
        self._by_id: dict[str, Market] = {}
        self._by_symbol: defaultdict[Symbol, list[Market]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._by_id)

    def learn(self, event: MarketUpdated) -> tuple[str, ...]:
        """Fold a description; answer the tokens of a market that is thereby forgotten."""
        known = self._by_id.get(event.market_id)
        if event.winner is not None or event.change == "resolved":
            return self._forget(known) if known else ()
        if known is not None:
            if event.observed_at >= known.event.observed_at:
                known.describe(event)
            return ()
        market = self._by_id[event.market_id] = Market(event)
        self._by_symbol[event.symbol].append(market)
        if len(self._by_id) <= MARKETS_KEPT_MAX:
            return ()
        return self._forget(min(self._by_id.values(), key=lambda each: each.event.ends_at))

    def of(self, market_id: str) -> Market | None:
        return self._by_id.get(market_id)

    def on(self, symbol: Symbol) -> list[Market]:
        return self._by_symbol.get(symbol, [])

    def next_to_value(self, now: Instant) -> Market | None:
        """Choose the running market whose last valuation is oldest."""
        running = (market for market in self._by_id.values() if market.runs(now))
        return min(running, key=lambda m: (m.valued_at or 0, m.event.ends_at, m.event.market_id), default=None)

    def running(self, now: Instant) -> int:
        return sum(market.runs(now) for market in self._by_id.values())

    def prune(self, now: Instant) -> tuple[str, ...]:
        """Forget what ended a while ago; answer its tokens."""
        over = [m for m in self._by_id.values() if m.event.ends_at + KEPT_AFTER_END_S * SECOND < now]
        return tuple(token for market in over for token in self._forget(market))

    def _forget(self, market: Market) -> tuple[str, ...]:
        event = market.event
        del self._by_id[event.market_id]
        self._by_symbol[event.symbol].remove(market)
        return (event.up_token_id, event.down_token_id)
