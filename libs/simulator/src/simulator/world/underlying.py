"""What markets are about: the settling price of each symbol and how its feed delivers it, seeded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from simulator.world.chance import stream, uniform
from simulator.world.frame import NS_PER_MS, NS_PER_S, Truth
from simulator.world.path import E18_PER_E8, PricePath
from simulator.world.settings import WorldSettings

DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Delivery:
    """One tick of the settlement feed, and when it reached its listener. Averages only where published."""

    at_ns: int
    sent_ms: int
    feed_ms: int
    spot_e18: int
    twap_thirty_e18: int | None
    twap_sixty_e18: int | None


class Underlying(Protocol):
    """The prices behind a world."""

    def settling(self, symbol: str, at_ms: int) -> float | None:
        """Return the settling price that holds at an instant, None before there was one."""

    def traded(self, symbol: str, at_ms: int) -> float | None:
        """Return what exchanges trade around, None while they are silent."""

    def volatility(self, symbol: str, at_ms: int) -> float:
        """Return the true volatility per square root of a second."""

    def day_range(self, symbol: str, second: int) -> tuple[float, float, float]:
        """Return open, low and high of the day before."""

    def deliveries(self, symbol: str, second: int) -> Sequence[Delivery]:
        """List what the feed delivers within one second."""

    def delivered(self, symbol: str, now_ms: int, seconds: int) -> Sequence[Delivery]:
        """List what was delivered until now with a feed time in the last so many seconds."""

    def truth(self, symbol: str, at_ns: int) -> Truth | None: ...


class SeededUnderlying:
    """Seeded price paths; a spot every whole second, delivered 1.0 to 1.6 s later, about 1 % never."""

    def __init__(self, settings: WorldSettings) -> None:
        self._settings = settings
        self._paths = {symbol: PricePath(settings, symbol) for symbol in settings.symbols}
        self._losses = {symbol: stream(settings.seed, "lost", symbol) for symbol in settings.symbols}
        self._delays = {symbol: stream(settings.seed, "delay", symbol) for symbol in settings.symbols}
        self._days: dict[str, tuple[int, tuple[float, float, float]]] = {}

    def path(self, symbol: str) -> PricePath:
        return self._paths[symbol]

    def settling(self, symbol: str, at_ms: int) -> float | None:
        return self._paths[symbol].price(at_ms)

    def traded(self, symbol: str, at_ms: int) -> float | None:
        return self._paths[symbol].price(at_ms)

    def volatility(self, symbol: str, at_ms: int) -> float:
        return self._paths[symbol].volatility(at_ms)

    def day_range(self, symbol: str, second: int) -> tuple[float, float, float]:
        """Use the hours' anchors for yesterday: the path between them would cost a day's worth of steps."""
        minute = second // 60
        known = self._days.get(symbol)
        if known is None or known[0] != minute:
            path, hour = self._paths[symbol], second // 3600
            points = [path.anchor_price(h) for h in range(hour - DAY_HOURS + 1, hour + 1)]
            points.append(path.price(minute * 60_000))
            known = self._days[symbol] = (minute, (points[0], min(points), max(points)))
        return known[1]

    def deliveries(self, symbol: str, second: int) -> Sequence[Delivery]:
        reach_s = -(-self._settings.chainlink_delay_ms_max // 1000)
        ticks = (self._delivery(symbol, feed) for feed in range(second - reach_s, second + 1))
        return [tick for tick in ticks if tick is not None and tick.at_ns // NS_PER_S == second]

    def delivered(self, symbol: str, now_ms: int, seconds: int) -> Sequence[Delivery]:
        now_s = now_ms // 1000
        ticks = (self._delivery(symbol, feed) for feed in range(now_s - seconds, now_s + 1))
        return [tick for tick in ticks if tick is not None and tick.at_ns <= now_ms * NS_PER_MS]

    def truth(self, symbol: str, at_ns: int) -> Truth | None:
        if symbol not in self._paths:
            return None
        path, second = self._paths[symbol], at_ns // NS_PER_S
        return Truth(
            symbol=symbol,
            at_ns=at_ns,
            price=path.price(at_ns // NS_PER_MS),
            spot_e18=path.spot_e8(second) * E18_PER_E8,
            twap_thirty_e18=path.twap_e18(second, 30),
            twap_sixty_e18=path.twap_e18(second, 60),
        )

    def _delivery(self, symbol: str, feed_s: int) -> Delivery | None:
        settings, path = self._settings, self._paths[symbol]
        if uniform(self._losses[symbol], feed_s) < settings.chainlink_lost_share:
            return None
        spread_ms = settings.chainlink_delay_ms_max - settings.chainlink_delay_ms_min
        delay_ms = settings.chainlink_delay_ms_min + int(uniform(self._delays[symbol], feed_s) * spread_ms)
        at_ms = feed_s * 1000 + delay_ms
        return Delivery(
            at_ns=at_ms * NS_PER_MS,
            sent_ms=at_ms - min(delay_ms, 60),
            feed_ms=feed_s * 1000,
            spot_e18=path.spot_e8(feed_s) * E18_PER_E8,
            twap_thirty_e18=path.twap_e18(feed_s, 30),
            twap_sixty_e18=path.twap_e18(feed_s, 60),
        )
