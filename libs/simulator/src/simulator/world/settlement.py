"""The prices that the older real-time socket (RTDS) tells: settlement spot, averages, and Binance's."""

from operator import attrgetter

from simulator.world.chance import stream, uniform
from simulator.world.exchanges import STEPS_PER_SECOND, Binance
from simulator.world.frame import BACKLOG_S, NS_PER_MS, Frame, Json
from simulator.world.settings import WorldSettings
from simulator.world.underlying import Delivery, Underlying

BINANCE_TOPIC = "crypto_prices"
SPOT_TOPIC = "crypto_prices_chainlink"
WINDOWS_S = {"crypto_prices_twap_thirty": 30, "crypto_prices_twap_sixty": 60}
TOPICS = (BINANCE_TOPIC, SPOT_TOPIC, *WINDOWS_S)
BINANCE_BACKLOG_POINTS = 120
BINANCE_DELAY_MS_MIN = 120
BINANCE_DELAY_MS_SPREAD = 300
E18 = 10**18

_when = attrgetter("at_ns")


class Settlement:
    """Frames of the four price topics, and the backlog that each sends first to a new subscriber."""

    def __init__(self, underlying: Underlying, binance: Binance, settings: WorldSettings) -> None:
        self._underlying = underlying
        self._binance = binance
        self._symbols = settings.symbols
        self._delays = {symbol: stream(settings.seed, "rtds", symbol) for symbol in settings.symbols}

    def second(self, second: int) -> list[Frame]:
        frames: list[Frame] = []
        for symbol in self._symbols:
            for delivery in self._underlying.deliveries(symbol, second):
                frames.extend(_updates(symbol, delivery))
            point = self._binance_point(symbol, second)
            if point is not None:
                frames.append(point)
        frames.sort(key=_when)
        return frames

    def backlog(self, topic: str, name: str, now_ns: int, seconds: int = BACKLOG_S) -> Json | None:
        """Build the `subscribe` frame of a topic. Spot points travel under the Binance topic (sic).

        Those of Binance are always as many; only the others reach back `seconds`.
        """
        now_ms = now_ns // NS_PER_MS
        symbol = self.symbol_of(topic, name)
        if symbol is None:
            return None
        payload: Json = {"symbol": name.lower()}
        if topic == BINANCE_TOPIC:
            payload["data"] = self._binance_backlog(symbol, now_ms)
        else:
            payload["data"] = [
                {"full_accuracy_value": str(value), "timestamp": tick.feed_ms, "value": _readable(value)}
                for tick in self._underlying.delivered(symbol, now_ms, seconds)
                if (value := _value(topic, tick)) is not None
            ]
        if topic in WINDOWS_S:
            payload["window_s"] = WINDOWS_S[topic]
        label = BINANCE_TOPIC if topic == SPOT_TOPIC else topic
        return {"payload": payload, "timestamp": now_ms, "topic": label, "type": "subscribe"}

    def symbol_of(self, topic: str, name: str) -> str | None:
        """Map a wire symbol of a topic to ours, in any case; None where the topic does not know it."""
        suffix = "usdt" if topic == BINANCE_TOPIC else "/usd"
        symbol = name.lower().removesuffix(suffix).upper()
        return symbol if symbol in self._symbols and name.lower().endswith(suffix) else None

    def _binance_point(self, symbol: str, second: int) -> Frame | None:
        price = self._binance.price(symbol, second * STEPS_PER_SECOND)
        if price is None:
            return None
        delay_ms = BINANCE_DELAY_MS_MIN + int(uniform(self._delays[symbol], second) * BINANCE_DELAY_MS_SPREAD)
        at_ms, name = second * 1000 + delay_ms, f"{symbol.lower()}usdt"
        payload: Json = {
            "symbol": name, "timestamp": second * 1000, "value": round(price, 2),
            "full_accuracy_value": f"{price:.2f}000000",
        }  # fmt: skip
        envelope = {"topic": BINANCE_TOPIC, "type": "update", "timestamp": at_ms - 30, "payload": payload}
        return Frame(at_ms * NS_PER_MS, "rtds", f"{BINANCE_TOPIC}:{name}", envelope)

    def _binance_backlog(self, symbol: str, now_ms: int) -> list[Json]:
        newest = (now_ms - BINANCE_DELAY_MS_MIN - BINANCE_DELAY_MS_SPREAD) // 1000
        points: list[Json] = []
        for second in range(newest - BINANCE_BACKLOG_POINTS + 1, newest + 1):
            price = self._binance.price(symbol, second * STEPS_PER_SECOND)
            if price is not None:
                points.append({"timestamp": second * 1000, "value": round(price, 2)})
        return points


def _updates(symbol: str, tick: Delivery) -> list[Frame]:
    frames, name = [], f"{symbol.lower()}/usd"
    for topic in (SPOT_TOPIC, *WINDOWS_S):
        value = _value(topic, tick)
        if value is None:
            continue
        payload: Json = {
            "symbol": name, "timestamp": tick.feed_ms, "value": _readable(value),
            "full_accuracy_value": str(value),
        }  # fmt: skip
        if topic in WINDOWS_S:
            payload["window_s"] = WINDOWS_S[topic]
        envelope = {"topic": topic, "type": "update", "timestamp": tick.sent_ms, "payload": payload}
        frames.append(Frame(tick.at_ns, "rtds", f"{topic}:{name}", envelope))
    return frames


def _value(topic: str, tick: Delivery) -> int | None:
    if topic == SPOT_TOPIC:
        return tick.spot_e18
    return tick.twap_thirty_e18 if topic == "crypto_prices_twap_thirty" else tick.twap_sixty_e18


def _readable(value_e18: int) -> float:
    return round(value_e18 / E18, 8)
