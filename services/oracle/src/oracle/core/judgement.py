"""Who is believed: exchanges that agree are, one that stands or jumps alone is not, of two that disagree neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from common.clock import Instant
from common.money import UnderlyingPrice
from oracle.core.limits import OracleLimits

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest price of one exchange."""

    source: str
    price: UnderlyingPrice
    source_at: Instant
    received_at: Instant

    @property
    def seen_at(self) -> Instant:
        """From when its age counts: a clock that runs ahead makes no price younger."""
        return min(self.source_at, self.received_at)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The last price of an exchange that was believed; a jump is measured from it."""

    price: UnderlyingPrice
    at: Instant


@dataclass(frozen=True, slots=True)
class Verdict:
    """The quotes that count, and why each of the others does not."""

    believed: tuple[Quote, ...]
    doubts: Mapping[str, str] = field(default_factory=dict)


def judge(quotes: Sequence[Quote], anchors: Mapping[str, Anchor], limits: OracleLimits) -> Verdict:
    """Sort fresh quotes into believed and not. One alone is believed, for nothing speaks against it."""
    if len(quotes) < 2:
        return Verdict(tuple(quotes))
    kept, doubts = list(quotes), {}
    jumped = {quote.source for quote in quotes if _has_jumped(quote, anchors.get(quote.source), limits)}
    if len(jumped) == 1:
        lone = next(quote for quote in quotes if quote.source in jumped)
        detail = _lone_jump(lone, [quote for quote in quotes if quote is not lone], anchors[lone.source], limits)
        if detail:
            doubts[lone.source] = detail
            kept.remove(lone)
    _drop_outliers(kept, doubts, limits)
    return Verdict(tuple(kept), doubts)


def median(prices: Sequence[Decimal]) -> UnderlyingPrice:
    """Answer the middle of the prices, the mean of the middle two when their number is even."""
    ordered, half = sorted(prices), len(prices) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return UnderlyingPrice(middle)


def _has_jumped(quote: Quote, anchor: Anchor | None, limits: OracleLimits) -> bool:
    """Compare with a recent anchor only: a jump that lasts is a disagreement like any other, and no longer a jump."""
    if anchor is None or quote.seen_at - anchor.at > limits.source_age_max:
        return False
    return _differs(quote.price, anchor.price, limits.source_jump_bps_max)


def _lone_jump(lone: Quote, others: Sequence[Quote], anchor: Anchor, limits: OracleLimits) -> str:
    """Say why a jump is not believed; it is as soon as the others have come half of the way."""
    middle = median([other.price for other in others])
    if not _differs(lone.price, middle, limits.source_jump_bps_max / 2):
        return ""
    return f"jumped alone: price={lone.price} last={anchor.price} others={middle}"


def _drop_outliers(kept: list[Quote], doubts: dict[str, str], limits: OracleLimits) -> None:
    """Remove the worst deviator until all agree; where two are left that do not, neither stays."""
    while len(kept) > 2:
        off = [(_deviation(quote, kept), index) for index, quote in enumerate(kept)]
        worst, index = max(off)
        if worst <= limits.source_deviation_bps_max:
            return
        outlier = kept.pop(index)
        doubts[outlier.source] = f"deviates: price={outlier.price} by_bps={worst:.1f}"
    if len(kept) == 2 and _differs(kept[0].price, kept[1].price, limits.source_deviation_bps_max):
        first, second = kept
        kept.clear()
        for one, other in ((first, second), (second, first)):
            doubts[one.source] = f"two disagree: price={one.price} {other.source}={other.price}"


def _deviation(quote: Quote, kept: Sequence[Quote]) -> Decimal:
    others = median([other.price for other in kept if other is not quote])
    return abs(quote.price - others) / others * BASIS_POINTS


def _differs(price: Decimal, reference: Decimal, bps_max: Decimal) -> bool:
    return abs(price - reference) * BASIS_POINTS > bps_max * reference
