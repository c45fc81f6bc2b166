"""The makers: one to a market, quoting what the settlement rule is worth by the price of `lag_ms` ago.

A maker moves its quote when its fair value has moved by half a tick, and every ten seconds regardless.
The latter makes its state a function of absolute time: whoever comes from nowhere starts ten seconds
back and sees the same book.
"""

from dataclasses import dataclass

from simulator.world.chance import mixed
from simulator.world.markets import Market
from simulator.world.quotes import EPOCH_MS, Ladder, Quote, quote_of
from simulator.world.rules import FAIR_UNKNOWN, Rule
from simulator.world.settings import WorldSettings

STEP_MS = 100
EPOCH_S = EPOCH_MS // 1000
HALF_TICK = 0.005
SECONDS_KEPT_MAX = 4
PRINT_OFFSET_MS = 30
PRINTS_LOOKBACK_S = 60
PRINTS_KEPT_MAX = 256


@dataclass(frozen=True, slots=True)
class QuotedSecond:
    """One second of a maker: its quote before, each new quote, and the fair value behind the last."""

    before: Quote | None
    quotes: tuple[Quote, ...]
    after: Quote
    anchor: float

    def at(self, at_ms: int) -> Quote | None:
        held = self.before
        for quote in self.quotes:
            if quote.at_ms > at_ms:
                break
            held = quote
        return held


@dataclass(frozen=True, slots=True)
class Print:
    """Somebody else's trade with the maker: `tick` is the Up price, `is_up` tells the taker's token."""

    at_ms: int
    tick: int
    buys: bool
    is_up: bool
    size: str


class Maker:
    """The maker of one market."""

    def __init__(self, market: Market, rule: Rule, settings: WorldSettings) -> None:
        self.market = market
        self.ladder = Ladder(market, settings)
        self._rule = rule
        self._lag_ms = settings.lag_ms
        self._wakes_ms = rule.wakes_ms(market) + settings.lag_ms
        self._print_share = settings.prints_per_minute / 60
        self._seconds: dict[int, QuotedSecond] = {}
        self._prints: dict[int, Print | None] = {}

    def second(self, second: int) -> QuotedSecond:
        """Quote through one second of the market's life."""
        found = self._seconds.get(second)
        if found is None:
            previous = self._seconds.get(second - 1) or self._previous(second)
            before = previous.after if previous else None
            found = self._run(second, before, previous.anchor if previous else FAIR_UNKNOWN)
            if len(self._seconds) >= SECONDS_KEPT_MAX:
                del self._seconds[next(iter(self._seconds))]
            self._seconds[second] = found
        return found

    def quote(self, at_ms: int) -> Quote | None:
        """Return the quote that stands at an instant, None outside the market's life."""
        return self.second(at_ms // 1000).at(at_ms) if self.market.is_quoted(at_ms) else None

    def fair(self, at_ms: int) -> float:
        """Return what the maker knows the market to be worth at an instant."""
        return self._rule.fair(self.market, at_ms - self._lag_ms)

    def printed(self, second: int) -> Print | None:
        """Return the trade that somebody else made in a second, if one did."""
        if not self.market.start_s <= second < self.market.end_s:
            return None
        if second not in self._prints:
            if len(self._prints) >= PRINTS_KEPT_MAX:
                self._prints.clear()
            self._prints[second] = self._draw_print(second)
        return self._prints[second]

    def last_print(self, at_ms: int) -> Print | None:
        """Find the newest trade of the last minute."""
        newest = min(at_ms // 1000, self.market.end_s - 1)
        for second in range(newest, newest - PRINTS_LOOKBACK_S, -1):
            found = self.printed(second)
            if found is not None and found.at_ms <= at_ms:
                return found
        return None

    def _draw_print(self, second: int) -> Print | None:
        draw = mixed(self.market.chance, second)
        if (draw & 0xFFFF) >= self._print_share * 65536:
            return None
        at_ms = second * 1000 + (draw >> 16 & 0xFF) * 10 // 256 * STEP_MS + PRINT_OFFSET_MS
        quote, buys = self.second(second).at(at_ms), bool(draw >> 24 & 1)
        if quote is None:
            return None
        levels = self.ladder.asks(quote) if buys else self.ladder.bids(quote)
        if not levels:
            return None
        is_up = bool(draw >> 25 & 1)
        size = 5 + (draw >> 32 & 0x3F)
        return Print(at_ms, levels[0], buys if is_up else not buys, is_up, str(size))

    def _previous(self, second: int) -> QuotedSecond | None:
        """Rebuild the second before from the last fresh quote that precedes it."""
        if second <= self.market.listed_s:
            return None
        start = max((second - 1) // EPOCH_S * EPOCH_S, self.market.listed_s)
        run = self._run(start, None, FAIR_UNKNOWN)
        for inside in range(start + 1, second):
            run = self._run(inside, run.after, run.anchor)
        return run

    def _run(self, second: int, before: Quote | None, anchor: float) -> QuotedSecond:
        quotes: list[Quote] = []
        held, wakes_ms, lag_ms, market = before, self._wakes_ms, self._lag_ms, self.market
        for at_ms in range(second * 1000, second * 1000 + 1000, STEP_MS):
            is_fresh = at_ms % EPOCH_MS == 0
            if at_ms < wakes_ms:
                if not is_fresh:
                    continue
                fair = FAIR_UNKNOWN
            else:
                fair = self._rule.fair(market, at_ms - lag_ms)
            if is_fresh or abs(fair - anchor) >= HALF_TICK:
                anchor, quote = fair, quote_of(market, at_ms, fair)
                if held is None or quote[1:] != held[1:]:
                    quotes.append(quote)
                    held = quote
        assert held is not None, "a market is listed on a whole epoch, where every maker quotes"
        return QuotedSecond(before, tuple(quotes), held, anchor)
