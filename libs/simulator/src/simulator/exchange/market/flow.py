"""The world's order flow on the floor, and the market channel's frames of what comes of it.

What the world's frames say of a book is what its makers want: it becomes quotes; a trade becomes a print, which takes
from whoever is first in the queue. What others took from the makers comes back with their next quote, and every ten
seconds regardless.
"""

from collections.abc import Callable

from simulator.exchange.floor import Floor
from simulator.exchange.market import market_frames
from simulator.exchange.market.listing import levels_of
from simulator.exchange.market.market_frames import amount_of, price_of
from simulator.matching.events import BookChanged, Event, MarketClosed, MarketResolved, TickChanged, TradeChanged
from simulator.matching.market import MarketStatus
from simulator.matching.operations import CloseMarket, Print, Quote
from simulator.matching.values import HOUSE, Instrument, Level, Side, TradeStatus
from simulator.world import Frame, Json

NS_PER_S = 1_000_000_000
REFILL_NS = 10 * NS_PER_S
SWEEP_NS = NS_PER_S
BURST_LEVELS = 4
BURST_E6 = 10_000_000

Say = Callable[[Frame], None]


class Flow:
    """Feeds the floor with the world's clob frames, and says on the market channel what the floor's events come to."""

    def __init__(self, floor: Floor, say: Say) -> None:
        self._floor = floor
        self._say = say
        self._taken: set[str] = set()
        self._versions: dict[str, tuple[int, int]] = {}
        self._swept_ns = 0
        self._closing: tuple[str, int] = ("", 0)
        floor.watch(self._told)

    @property
    def is_needed(self) -> bool:
        """Whether any market trades, so that the world's makers must be heard."""
        return bool(self._floor.unresolved)

    def hear(self, frame: Frame) -> None:
        """Carry out what the world's makers and takers want. Everything that comes of it is said."""
        payload = frame.payload
        match payload["event_type"]:
            case "price_change":
                self._quoted(frame.at_ns, payload)
            case "last_trade_price":
                self._printed(frame.at_ns, payload)
            case "book":
                self._booked(frame.at_ns, payload)
            case "market_resolved":
                if self._floor.engine.instrument(payload["market"]) is not None:
                    self._floor.resolve(payload["market"], frame.at_ns)
                self._say(frame)
            case "new_market":
                self._say(frame)
                self._floor.open(payload["market"], frame.at_ns)
            case _:
                """Best prices are said when the floor's change, not when the makers' would have."""

    def sweep(self, now_ns: int) -> None:
        """Refill what others took, and end markets whose end nobody announced.

        Resolutions that nobody announced are looked for every second. That trading ends is announced, unless the
        announcement was skipped: that is looked for with the refills, since it means to describe every market.
        """
        if now_ns // SWEEP_NS == self._swept_ns // SWEEP_NS:
            return
        refills = now_ns // REFILL_NS != self._swept_ns // REFILL_NS
        if refills:
            for condition_id in sorted(self._taken):
                if self._floor.engine.market_status(condition_id) is MarketStatus.OPEN:
                    self._floor.requote(condition_id, now_ns)
            self._taken.clear()
        self._swept_ns = now_ns
        for condition_id in list(self._floor.unresolved):
            is_open = self._floor.engine.market_status(condition_id) is MarketStatus.OPEN
            if is_open and refills and self._floor.listing.has_ended(condition_id, now_ns):
                self._floor.apply(CloseMarket(self._floor.at_or_after(now_ns), condition_id))
                is_open = False
            if not is_open:
                self._floor.resolve(condition_id, now_ns)

    def resync(self, now_ns: int) -> None:
        """Catch up with the makers after some of what they wanted was not heard."""
        self._taken.update(self._floor.unresolved)
        self._swept_ns = 0
        self.sweep(now_ns)

    def burst(self, slug: str) -> bool:
        """Say a market's book in a burst of frames that cross until the last: bids at the asks, then none there again.

        Each carries the best prices that hold all along, by which a client can tell. Say whether there is such a book.
        """
        condition_id = self._floor.listing.condition_of(slug, self._floor.now_ns())
        instrument = self._floor.instrument(condition_id) if condition_id else None
        _, asks = self._floor.engine.book(instrument.tokens[0]) if instrument else ((), ())
        if instrument is None or not asks:
            return False
        at_ns, version = self._floor.now_ns(), self._versions.get(instrument.condition_id, (0, 0))[1]
        bid, ask = self._floor.engine.best(instrument.tokens[0])
        for shares_e6 in (BURST_E6, 0):
            for level in asks[:BURST_LEVELS]:
                crossing = (Level(level.price_e4, shares_e6),)
                changed = BookChanged(at_ns, instrument.condition_id, crossing, (), bid, ask, best_changed=False)
                self._say(market_frames.price_change(instrument, changed, version))
        return True

    def book(self, token: str) -> Json | None:
        """Write a token's book as it is; None where it has none, or none any more."""
        instrument = self._floor.instrument_of(token)
        if instrument is None or self._floor.engine.market_status(instrument.condition_id) is MarketStatus.RESOLVED:
            return None
        return self._written(instrument, token)

    def _written(self, instrument: Instrument, token: str) -> Json:
        engine = self._floor.engine
        state = self._versions.get(instrument.condition_id, (self._floor.now_ns(), 0))
        written = market_frames.book(instrument, token, engine.book(token), engine.last_trade(token), state)
        if self._floor.protocol_version(instrument.condition_id) == "v2":
            written["version"] = "v2"
        return written

    def _quoted(self, at_ns: int, payload: Json) -> None:
        condition_id = payload["market"]
        if not self._floor.open(condition_id, at_ns):
            return
        instrument = self._floor.engine.instrument(condition_id)
        changes = [
            (entry["side"] == "BUY", Level(price_of(entry["price"]), amount_of(entry["size"])))
            for entry in payload["price_changes"]
            if instrument is not None and entry["asset_id"] == instrument.tokens[0]
        ]
        bids = tuple(level for is_bid, level in changes if is_bid)
        asks = tuple(level for is_bid, level in changes if not is_bid)
        self._floor.apply(Quote(self._floor.at_or_after(at_ns), condition_id, bids, asks))

    def _printed(self, at_ns: int, payload: Json) -> None:
        if self._floor.open(payload["market"], at_ns):
            self._floor.apply(
                Print(
                    self._floor.at_or_after(at_ns), payload["market"], payload["asset_id"], Side(payload["side"]),
                    price_of(payload["price"]), amount_of(payload["size"]),
                )
            )  # fmt: skip

    def _booked(self, at_ns: int, payload: Json) -> None:
        """Open a market with its first book, or close it with its last, which is empty."""
        condition_id = payload["market"]
        was_known = self._floor.engine.instrument(condition_id) is not None
        if not self._floor.open(condition_id, at_ns):
            return
        instrument = self._floor.engine.instrument(condition_id)
        if levels_of(payload["bids"]) or levels_of(payload["asks"]):
            if instrument is not None:
                written = self._written(instrument, payload["asset_id"])
                self._say(Frame(at_ns, market_frames.CHANNEL, payload["asset_id"], written))
        elif was_known and self._floor.engine.market_status(condition_id) is MarketStatus.OPEN:
            self._floor.apply(CloseMarket(self._floor.at_or_after(at_ns), condition_id))

    def _told(self, event: Event) -> None:
        match event:
            case BookChanged(condition_id=condition_id):
                self._book_changed(condition_id, event)
            case TradeChanged(trade=trade) if trade.status is TradeStatus.MATCHED and trade.at_ns == event.at_ns:
                if any(fill.account == HOUSE for fill in trade.fills):
                    self._taken.add(trade.condition_id)
                self._say(market_frames.last_trade_price(trade))
            case TickChanged(condition_id=condition_id):
                instrument = self._floor.engine.instrument(condition_id)
                for frame in market_frames.tick_size_change(instrument, event) if instrument else ():
                    self._say(frame)
            case MarketClosed(condition_id=condition_id):
                self._closed(condition_id, event.at_ns)
            case MarketResolved(condition_id=condition_id):
                self._versions.pop(condition_id, None)

    def _book_changed(self, condition_id: str, event: BookChanged) -> None:
        engine = self._floor.engine
        instrument = engine.instrument(condition_id)
        if instrument is None:
            return
        if engine.market_status(condition_id) is MarketStatus.RESOLVED or self._closing == (condition_id, event.at_ns):
            return
        version = self._versions.get(condition_id, (0, 0))[1] + 1
        self._versions[condition_id] = (event.at_ns, version)
        if condition_id == self._floor.opening:
            return
        self._say(market_frames.price_change(instrument, event, version))
        if event.best_changed:
            for frame in market_frames.best_bid_ask(instrument, event):
                self._say(frame)

    def _closed(self, condition_id: str, at_ns: int) -> None:
        """Say both books as the close leaves them."""
        instrument = self._floor.engine.instrument(condition_id)
        if instrument is None:
            return
        self._versions[condition_id] = (at_ns, self._versions.get(condition_id, (0, 0))[1] + 1)
        self._closing = (condition_id, at_ns)
        for token in instrument.tokens:
            self._say(Frame(at_ns, market_frames.CHANNEL, token, self._written(instrument, token)))
