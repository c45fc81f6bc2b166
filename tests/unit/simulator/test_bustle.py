"""Markets that are busy on demand: what is said of them still adds up to their books, at the rate that was asked for."""

from decimal import Decimal

import pytest

from simulator.exchange.settings import ExchangeSettings
from simulator.hub import EXCHANGE, WINDOW_NS
from simulator.matching.market import MarketStatus
from simulator.server import build, bustle_of
from simulator.world import SeededWorld, WorldSettings
from support.market_listener import MarketListener, levels

NS_PER_S = 1_000_000_000
STEP_NS = 5_000_000
START_NS = 1_795_240_800 * NS_PER_S + 10 * NS_PER_S
RATE = 400
SECONDS = 3
NEAR = 3


class Listener(MarketListener):
    """Keeps books by the frames of the hub, without a socket between."""

    def __init__(self, flow, tokens):
        super().__init__(None, tokens)
        for token in tokens:
            super().hear(flow.book(token))

    def hear(self, frame, text, is_spoiled):
        super().hear(frame.payload)

    def drop(self):
        raise AssertionError("nobody is slow here")


class Market:
    """A world with one market that is listened to, by a clock of its own."""

    def __init__(self, rate):
        self.now_ns = START_NS
        world = SeededWorld(WorldSettings(symbols=("BTC",)))
        exchange = ExchangeSettings(book_changes_per_s=rate)
        _, self.stage = build(world, "seeded", lambda: self.now_ns, exchange=exchange)
        slugs = (event["slug"] for event in world.events(START_NS) if "-15m-" in event["slug"])
        conditions = (world.event(slug, START_NS)["markets"][0]["conditionId"] for slug in slugs)
        self.condition = next(each for each in conditions if world.tokens(each, START_NS) and self._is_open(each))
        self.tokens = world.tokens(self.condition, START_NS)
        self.bustle = bustle_of(self.stage) if rate else None

    def _is_open(self, condition):
        self.stage.floor.open(condition, START_NS)
        return self.stage.floor.engine.market_status(condition) is MarketStatus.OPEN

    async def listen(self):
        listener = Listener(self.stage.flow, self.tokens)
        self.stage.hub._sessions[EXCHANGE][listener] = None
        for key in (self.condition, *self.tokens):
            self.stage.hub.listen(EXCHANGE, key, listener)
        return listener

    def run(self, seconds):
        """Do as the pump does, in the world's own time; answer each best price on the way."""
        best = []
        for start_ns in range(self.now_ns, self.now_ns + seconds * NS_PER_S, WINDOW_NS):
            frames = self.stage.world.frames(start_ns, start_ns + WINDOW_NS, {EXCHANGE})
            waiting = [frame for frame in frames if frame.payload.get("market") == self.condition]
            for at_ns in range(start_ns, start_ns + WINDOW_NS, STEP_NS):
                self.now_ns = at_ns
                while waiting and waiting[0].at_ns <= at_ns:
                    self.stage.flow.hear(waiting.pop(0))
                if self.bustle is not None:
                    self.bustle.turn()
                best.append(self.stage.floor.engine.best(self.tokens[0]))
        self.now_ns += STEP_NS
        return best


async def test_a_busy_market_changes_as_often_as_was_asked_for():
    market = Market(RATE)
    listener = await market.listen()
    market.run(SECONDS)
    changes = [frame for frame in listener.frames if frame["event_type"] == "price_change"]
    assert market.bustle.changes == pytest.approx(RATE * SECONDS, rel=0.02)
    assert len(changes) >= market.bustle.changes
    assert all(len(frame["price_changes"]) % 2 == 0 for frame in changes)


async def test_the_books_of_a_busy_market_are_what_its_frames_add_up_to():
    market = Market(RATE)
    listener = await market.listen()
    market.run(SECONDS)
    first, second = market.tokens
    for token in market.tokens:
        assert listener.books[token] == levels(market.stage.flow.book(token))
    mirrored = {
        ("SELL" if side == "BUY" else "BUY", 1 - price): size for (side, price), size in listener.books[second].items()
    }
    assert mirrored == listener.books[first]


async def test_being_busy_changes_neither_prices_nor_what_stands_near_the_touch():
    busy, quiet = Market(RATE), Market(0)
    heard = await busy.listen()
    assert busy.run(SECONDS) == quiet.run(SECONDS)
    changed = 0
    for ours, theirs in zip(busy.stage.floor.engine.book(busy.tokens[0]), quiet.stage.floor.engine.book(quiet.tokens[0]), strict=True):  # fmt: skip
        assert [level.price_e4 for level in ours] == [level.price_e4 for level in theirs]
        assert ours[:NEAR] == theirs[:NEAR]
        changed += sum(one != other for one, other in zip(ours, theirs, strict=True))
    assert changed
    assert all(size > Decimal(0) for book in heard.books.values() for size in book.values())


async def test_nothing_is_done_for_a_market_that_nobody_listens_to():
    market = Market(RATE)
    market.run(1)
    assert market.bustle.changes == 0


def test_a_rate_beyond_what_can_be_asked_for_is_refused():
    with pytest.raises(ValueError, match="book changes must lie between 0 and 20000 a second, found -1"):
        ExchangeSettings(book_changes_per_s=-1)
