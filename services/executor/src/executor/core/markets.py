"""What the catalogue says of the markets: how the executor knows what it may still trade, and what was won."""

from collections import OrderedDict

from common.clock import Instant
from common.contracts.venue import MarketUpdated, Outcome


class Markets:
    """The last word on each market. Resolved ones shrink to their winner, and all memory is bounded."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._markets: OrderedDict[str, MarketUpdated] = OrderedDict()
        self._winners: OrderedDict[str, tuple[Outcome, str]] = OrderedDict()

    def observe(self, market: MarketUpdated) -> None:
        """Take the newer of two words; what is resolved stays resolved."""
        if market.market_id in self._winners:
            return
        known = self._markets.get(market.market_id)
        if known is not None and known.observed_at > market.observed_at:
            return
        self._markets.pop(market.market_id, None)
        if market.winner is not None:
            self._winners[market.market_id] = (market.winner, market.slug)
            _bound(self._winners, self._kept_max)
            return
        self._markets[market.market_id] = market
        _bound(self._markets, self._kept_max)

    def get(self, market_id: str) -> MarketUpdated | None:
        """Answer a market that is not resolved."""
        return self._markets.get(market_id)

    def running(self, now: Instant) -> MarketUpdated | None:
        """Answer a market that may be traded now, of which nothing was said for the longest time; None without one."""
        return next((market for market in self._markets.values() if _is_tradable(market) and market.runs(now)), None)

    def winner(self, market_id: str) -> tuple[Outcome, str] | None:
        """Answer the winner and the slug of a market that is resolved."""
        return self._winners.get(market_id)


def _is_tradable(market: MarketUpdated) -> bool:
    return market.accepting_orders and not market.untradable_reason and market.fee is not None


def _bound(memory: OrderedDict[str, MarketUpdated] | OrderedDict[str, tuple[Outcome, str]], size_max: int) -> None:
    while len(memory) > size_max:
        memory.popitem(last=False)
