"""The exchanges of one underlying side by side."""

from common.clock import MILLISECOND, Instant
from common.contracts.oracle import PriceUpdated
from common.parsing import Symbol
from oracle.core.inputs import SourceTick
from oracle.core.judgement import Anchor, Quote, Verdict, judge, median
from oracle.core.limits import OracleLimits

UNHEARD = "never heard"


class Panel:
    """Each exchange's newest quote, the last price that was believed of it, and what was published last."""

    def __init__(self, symbol: Symbol, limits: OracleLimits) -> None:
        self._symbol, self._limits = symbol, limits
        self._quotes: dict[str, Quote] = {}
        self._anchors: dict[str, Anchor] = {}
        self._published: PriceUpdated | None = None

    def defect(self, tick: SourceTick) -> str:
        """Name what is wrong with a tick, or nothing."""
        if tick.source not in self._limits.exchanges:
            return "unknown_source"
        if tick.source_at - tick.received_at > self._limits.clock_skew_max:
            return "from_the_future"
        last = self._quotes.get(tick.source)
        if last is not None and tick.source_at < last.source_at:
            return "went_backwards"
        return ""

    def price_after(self, tick: SourceTick, now: Instant) -> PriceUpdated | None:
        """Answer the price with this tick counted; None when it changes nothing or nobody is believed."""
        quote = _quote(tick)
        others = [other for other in self._fresh(now) if other.source != tick.source]
        fresh = [*others, quote] if self._is_fresh(quote, now) else others
        believed = judge(fresh, self._anchors, self._limits).believed
        if not believed:
            return None
        price = median([each.price for each in believed])
        sources = tuple(sorted(each.source for each in believed))
        source_at = max(each.source_at for each in believed)
        last = self._published
        if last is not None and (last.price, last.source_at) == (price, source_at):
            return None
        return PriceUpdated(
            symbol=self._symbol, price=price, sources=sources, source_at=source_at, received_at=tick.received_at
        )

    def observe_tick(self, tick: SourceTick) -> None:
        """Take the tick as the newest of its exchange."""
        self._quotes[tick.source] = _quote(tick)

    def observe_price(self, price: PriceUpdated) -> None:
        """Anchor those who count in what was published."""
        self._published = price
        for source in price.sources:
            quote = self._quotes.get(source)
            if quote is not None:
                self._anchors[source] = Anchor(quote.price, quote.seen_at)

    def verdict(self, now: Instant) -> Verdict:
        """Judge the exchanges as they stand now."""
        return judge(self._fresh(now), self._anchors, self._limits)

    def status(self, source: str, verdict: Verdict, now: Instant) -> tuple[str, str]:
        """Say how a source stands, and why."""
        quote = self._quotes.get(source)
        if quote is None:
            return "silent", UNHEARD
        if not self._is_fresh(quote, now):
            age_ms = (now - quote.seen_at) // MILLISECOND
            return "silent", f"age_ms={age_ms} max={self._limits.source_age_ms_max}"
        doubt = verdict.doubts.get(source)
        return ("wild", doubt) if doubt else ("fresh", f"price={quote.price}")

    def age_ms(self, source: str, now: Instant) -> int | None:
        """Say how old a source's newest price is, None when there is none."""
        quote = self._quotes.get(source)
        return None if quote is None else (now - quote.seen_at) // MILLISECOND

    def lag_ms(self, source: str) -> int | None:
        """Say how long a source's newest price was on its way, by its clock and ours; None when there is none."""
        quote = self._quotes.get(source)
        return None if quote is None else (quote.received_at - quote.source_at) // MILLISECOND

    def _fresh(self, now: Instant) -> list[Quote]:
        return [quote for quote in self._quotes.values() if self._is_fresh(quote, now)]

    def _is_fresh(self, quote: Quote, now: Instant) -> bool:
        return now - quote.seen_at <= self._limits.source_age_max


def _quote(tick: SourceTick) -> Quote:
    return Quote(tick.source, tick.price, tick.source_at, tick.received_at)
