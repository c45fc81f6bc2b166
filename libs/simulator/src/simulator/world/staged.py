"""A world put together from its parts: prices, a rule, a catalogue, makers, and the wires they use."""

from collections.abc import Callable, Container, Iterator, Sequence
from operator import attrgetter

from simulator.world import clob, gamma
from simulator.world.exchanges import Binance, Coinbase
from simulator.world.frame import BACKLOG_S, CHANNELS, NS_PER_MS, NS_PER_S, Frame, Json, Truth
from simulator.world.makers import Maker
from simulator.world.markets import Catalogue, Market
from simulator.world.quotes import NO_ASK, NO_BID, PRICES, Quote
from simulator.world.rules import Rule
from simulator.world.settings import WorldSettings
from simulator.world.settlement import Settlement
from simulator.world.underlying import Underlying

MAKERS_KEPT_MAX = 600
SLICES_KEPT_MAX = 12

_when = attrgetter("at_ns")


class StagedWorld:
    """The part of a world that does not care where prices come from. It is made a second at a time."""

    def __init__(self, settings: WorldSettings, underlying: Underlying, catalogue: Catalogue, rule: Rule) -> None:
        self.settings = settings
        self._underlying = underlying
        self._catalogue = catalogue
        self._rule = rule
        self._coinbase = Coinbase(underlying, settings)
        binance = Binance(underlying, settings)
        self._settlement = Settlement(underlying, binance, settings)
        self._sources: dict[str, Callable[[int], list[Frame]]] = {
            "clob": self._clob_second,
            "rtds": self._settlement.second,
            "coinbase": self._coinbase.second,
            "binance": binance.second,
        }
        self._makers: dict[str, Maker] = {}
        self._slices: dict[tuple[str, int], list[Frame]] = {}

    def frames(self, start_ns: int, end_ns: int, channels: Container[str] = CHANNELS) -> Iterator[Frame]:
        for second in range(start_ns // NS_PER_S, -(-end_ns // NS_PER_S)):
            frames = self._second(second, channels)
            if second * NS_PER_S >= start_ns and (second + 1) * NS_PER_S <= end_ns:
                yield from frames
            else:
                yield from (frame for frame in frames if start_ns <= frame.at_ns < end_ns)

    def backlog(self, topic: str, symbol: str, now_ns: int, seconds: int = BACKLOG_S) -> Json | None:
        return self._settlement.backlog(topic, symbol, now_ns, seconds)

    def snapshot(self, product: str, now_ns: int) -> Json | None:
        symbol = product.removesuffix("-USD")
        if symbol not in self.settings.symbols or symbol == product:
            return None
        return self._coinbase.newest(symbol, now_ns)

    def events(self, now_ns: int) -> list[Json]:
        return [self._event(market, now_ns) for market in self._catalogue.listed(now_ns // NS_PER_S)]

    def event(self, slug: str, now_ns: int) -> Json | None:
        market = self._catalogue.find(slug)
        if market is None or market.listed_s * NS_PER_S > now_ns:
            return None
        return self._event(market, now_ns)

    def clob_market(self, condition_id: str, now_ns: int) -> Json | None:
        market = self._catalogue.by_condition(condition_id, now_ns // NS_PER_S)
        if market is None:
            return None
        described = self.describe(market, now_ns)
        return clob.clob_market(
            market,
            accepts=bool(described["acceptingOrders"]),
            accepting_since=described["acceptingOrdersTimestamp"],
            schedule=described["feeSchedule"],
        )

    def tokens(self, condition_id: str, now_ns: int) -> tuple[str, str] | None:
        market = self._catalogue.by_condition(condition_id, now_ns // NS_PER_S)
        return (market.up_token, market.down_token) if market else None

    def condition(self, token_id: str, now_ns: int) -> str | None:
        market = self._catalogue.by_token(token_id, now_ns // NS_PER_S)
        return market.condition_id if market else None

    def slug(self, condition_id: str, now_ns: int) -> str | None:
        market = self._catalogue.by_condition(condition_id, now_ns // NS_PER_S)
        return market.slug if market else None

    def protocol_version(self, condition_id: str, now_ns: int) -> str | None:
        market = self._catalogue.by_condition(condition_id, now_ns // NS_PER_S)
        return market.version if market else None

    def book(self, token_id: str, now_ns: int) -> Json | None:
        """Answer for a token's book: cleared between the end and the resolution, gone afterwards."""
        market, now_ms = self._catalogue.by_token(token_id, now_ns // NS_PER_S), now_ns // NS_PER_MS
        if market is None or now_ms < market.listed_s * 1000 or market.is_resolved(now_ms):
            return None
        maker = self._maker(market)
        quote = maker.quote(now_ms) or Quote(market.end_s * 1000, NO_BID, NO_ASK, -1)
        trade = maker.last_print(now_ms)
        traded = ""
        if trade is not None:
            traded = PRICES[trade.tick if token_id == market.up_token else 100 - trade.tick]
        return clob.book(maker, token_id, quote, traded)

    def outcome(self, slug: str) -> str | None:
        market = self._catalogue.find(slug)
        return self._rule.outcome(market) if market else None

    def truth(self, symbol: str, at_ns: int) -> Truth | None:
        return self._underlying.truth(symbol, at_ns)

    def ended(self, since_s: int, now_ns: int) -> list[Json]:
        return [
            {
                "slug": market.slug, "end_s": market.end_s, "condition_id": market.condition_id,
                "tokens": [market.up_token, market.down_token], "outcome": self._rule.outcome(market),
                "strike": self._rule.strike(market), "final": self._rule.final(market),
                "fee_schedule": self.describe(market, now_ns)["feeSchedule"],
            }
            for market in self._catalogue.ended(since_s, now_ns // NS_PER_S)
        ]  # fmt: skip

    def next_listing(self, now_ns: int) -> str | None:
        market = self._catalogue.next_listing(now_ns // NS_PER_S)
        return market.slug if market else None

    def fair(self, slug: str, at_ns: int) -> float | None:
        """Tell what the maker of a market knows it to be worth, for tests and audits."""
        market = self._catalogue.find(slug)
        return self._maker(market).fair(at_ns // NS_PER_MS) if market else None

    def describe(self, market: Market, now_ns: int) -> Json:
        """Describe a market as Gamma does."""
        return gamma.seeded_market(market, self._standing(market, now_ns))

    def _event(self, market: Market, now_ns: int) -> Json:
        return gamma.event(market, self.describe(market, now_ns), self._standing(market, now_ns))

    def _standing(self, market: Market, now_ns: int) -> gamma.Standing:
        now_ms = now_ns // NS_PER_MS
        resolved = market.is_resolved(now_ms)
        maker = None if resolved else self._maker(market)
        quote = maker.quote(now_ms) if maker else None
        trade = maker.last_print(now_ms) if maker else None
        return gamma.Standing(
            at_s=now_ns // NS_PER_S,
            bid=quote.bid / 100 if quote and quote.bid != NO_BID else None,
            ask=quote.ask / 100 if quote and quote.ask != NO_ASK else None,
            traded=trade.tick / 100 if trade else None,
            ended=now_ms >= market.end_s * 1000,
            outcome=self._rule.outcome(market) if resolved else None,
            strike=self._rule.strike(market) if resolved else None,
            final=self._rule.final(market) if resolved else None,
        )

    def _second(self, second: int, channels: Container[str]) -> Sequence[Frame]:
        frames: list[Frame] = []
        for channel, source in self._sources.items():
            if channel not in channels:
                continue
            found = self._slices.get((channel, second))
            if found is None:
                while len(self._slices) >= SLICES_KEPT_MAX:
                    del self._slices[next(iter(self._slices))]
                found = self._slices[channel, second] = source(second)
            frames += found
        frames.sort(key=_when)
        return frames

    def _clob_second(self, second: int) -> list[Frame]:
        frames: list[Frame] = []
        for market in self._catalogue.active(second // 60):
            if market.listed_s <= second < market.end_s:
                self._quoted_second(market, second, frames)
            elif second == market.end_s:
                frames += clob.cleared(market)
            elif market.announced and market.resolves_ms // 1000 == second:
                outcome = self._rule.outcome(market)
                if outcome is not None:
                    frames.append(clob.market_resolved(market, outcome))
        frames.sort(key=_when)
        return frames

    def _quoted_second(self, market: Market, second: int, frames: list[Frame]) -> None:
        maker = self._maker(market)
        run = maker.second(second)
        held = run.before
        for quote in run.quotes:
            if held is None:
                frames += self._listing(maker, quote)
            else:
                change = clob.price_change(maker, held, quote)
                if change is not None:
                    frames.append(change)
                if held.bid != quote.bid or held.ask != quote.ask:
                    frames += clob.best_bid_ask(market, quote)
            held = quote
        trade = maker.printed(second)
        if trade is not None:
            frames.append(clob.last_trade_price(market, trade))

    def _listing(self, maker: Maker, quote: Quote) -> list[Frame]:
        market, at_ns = maker.market, maker.market.listed_s * NS_PER_S
        event = self._event(market, at_ns)
        announced = clob.new_market(market, event["markets"][0], event)
        return [
            announced,
            *(
                Frame(at_ns, "clob", token, clob.book(maker, token, quote, ""))
                for token in (market.up_token, market.down_token)
            ),
        ]

    def _maker(self, market: Market) -> Maker:
        maker = self._makers.get(market.slug)
        if maker is None:
            while len(self._makers) >= MAKERS_KEPT_MAX:
                del self._makers[next(iter(self._makers))]
            maker = self._makers[market.slug] = Maker(market, self._rule, self.settings)
        return maker
