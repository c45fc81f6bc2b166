"""A market at work: its book, what the house rests with, what is held, and the dollars behind its pairs of shares."""

from dataclasses import replace
from enum import StrEnum

from simulator.matching.book import BookSide
from simulator.matching.record import OrderRecord
from simulator.matching.values import E4, Instrument, Level, Side

Levels = tuple[Level, ...]


class MarketStatus(StrEnum):
    """Where a market stands."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    """No orders are taken any more. What rests rests on."""
    RESOLVED = "RESOLVED"


class Market:
    """One condition with its two tokens and its one book, which is kept in the first token's prices."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.status = MarketStatus.OPEN
        self.winner: str | None = None
        self.bids = BookSide(is_bid=True)
        self.asks = BookSide(is_bid=False)
        self.house_bids: dict[int, OrderRecord] = {}
        self.house_asks: dict[int, OrderRecord] = {}
        self.held: dict[str, OrderRecord] = {}
        self.locked_e6 = 0
        """Dollars behind the shares that exist: one for each pair, or once it is resolved, for each winning share."""
        self.trades_pending = 0
        """How many of its trades may still fail."""
        self.last: tuple[int, Side] | None = None
        """The last trade's price and its taker's side, both as the first token has them."""
        self.best_told: tuple[int | None, int | None] = (None, None)

    @property
    def first_token(self) -> str:
        return self.instrument.tokens[0]

    @property
    def best(self) -> tuple[int | None, int | None]:
        return self.bids.best_e4, self.asks.best_e4

    def side(self, is_bid: bool) -> BookSide:
        return self.bids if is_bid else self.asks

    def house(self, is_bid: bool) -> dict[int, OrderRecord]:
        """Return the house's levels of one side, by price."""
        return self.house_bids if is_bid else self.house_asks

    def other(self, token: str) -> str:
        first, second = self.instrument.tokens
        return second if token == first else first

    def change_tick(self, tick_e4: int) -> None:
        self.instrument = replace(self.instrument, tick_e4=tick_e4)

    def book(self, token: str) -> tuple[Levels, Levels]:
        """Return bids and asks, the best first, in a token's own prices. The second one's are the first's mirrored."""
        bids, asks = self.bids.levels(), self.asks.levels()
        return (bids, asks) if token == self.first_token else (_mirrored(asks), _mirrored(bids))

    def best_of(self, token: str) -> tuple[int | None, int | None]:
        """Return the best bid and the best ask in a token's own prices."""
        bid_e4, ask_e4 = self.best
        if token == self.first_token:
            return bid_e4, ask_e4
        return None if ask_e4 is None else E4 - ask_e4, None if bid_e4 is None else E4 - bid_e4

    def house_levels(self) -> tuple[Levels, Levels]:
        """Return what the house rests with, the best first."""
        bids = tuple(Level(price, self.house_bids[price].open_e6) for price in sorted(self.house_bids, reverse=True))
        return bids, tuple(Level(price, self.house_asks[price].open_e6) for price in sorted(self.house_asks))

    def last_trade(self, token: str) -> tuple[int, Side] | None:
        if self.last is None or token == self.first_token:
            return self.last
        price_e4, side = self.last
        return E4 - price_e4, opposite(side)


def opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


def _mirrored(levels: Levels) -> Levels:
    return tuple(Level(E4 - level.price_e4, level.shares_e6) for level in levels)
