"""What Binance and Coinbase say: prints around the settling price, each exchange with its own slow basis."""

from operator import attrgetter

from simulator.world.basis import Basis
from simulator.world.chance import mixed, stream
from simulator.world.frame import NS_PER_MS, Frame, Json
from simulator.world.instants import iso_micros
from simulator.world.settings import WorldSettings
from simulator.world.underlying import Underlying

STEPS_PER_SECOND = 10
STEP_MS = 100
COINBASE_STEPS = range(0, STEPS_PER_SECOND, 2)
COINBASE_SEQUENCE_STRIDE = 7
"""A product's sequence also counts what the ticker channel does not show, so it moves in strides."""

_when = attrgetter("at_ns")


def noise_of(draw: int) -> float:
    """Take a triangular draw from [-1, 1] out of the low 32 bits."""
    return ((draw & 0xFFFF) + (draw >> 16 & 0xFFFF)) / 65535 - 1.0


class Binance:
    """Ten trades a second and symbol, one a step, in combined-stream envelopes."""

    def __init__(self, underlying: Underlying, settings: WorldSettings) -> None:
        self._underlying = underlying
        self._settings = settings
        self._noise = settings.exchange_noise_bps * 1e-4
        self._draws = {symbol: stream(settings.seed, "binance", symbol) for symbol in settings.symbols}
        self._bases = {
            symbol: Basis(settings.seed, "binance", symbol, settings.basis_bps, settings.basis_relaxation_s)
            for symbol in settings.symbols
        }

    def price(self, symbol: str, step: int) -> float | None:
        """Return what Binance trades at in a step, None while it is silent."""
        price = self._underlying.traded(symbol, step * STEP_MS)
        if price is None:
            return None
        ratio = self._bases[symbol].at(step // STEPS_PER_SECOND)
        return price * (1.0 + ratio + self._noise * noise_of(mixed(self._draws[symbol], step)))

    def second(self, second: int) -> list[Frame]:
        frames: list[Frame] = []
        for symbol in self._settings.symbols:
            self._trades(symbol, second, frames)
        frames.sort(key=_when)
        return frames

    def _trades(self, symbol: str, second: int, frames: list[Frame]) -> None:
        bias = 1.0 + self._bases[symbol].at(second)
        name, key, seed = f"{symbol}USDT", f"{symbol.lower()}usdt@trade", self._draws[symbol]
        delay_min_ms = self._settings.exchange_delay_ms_min
        delay_spread_ms = self._settings.exchange_delay_ms_max - delay_min_ms
        for step in range(second * STEPS_PER_SECOND, (second + 1) * STEPS_PER_SECOND):
            base = self._underlying.traded(symbol, step * STEP_MS)
            if base is None:
                continue
            draw = mixed(seed, step)
            price = base * (bias + self._noise * noise_of(draw))
            traded_ms = step * STEP_MS + (draw >> 32 & 0xFF) * 45 // 256
            at_ms = traded_ms + delay_min_ms + (draw >> 40 & 0xFF) * delay_spread_ms // 255
            lots = 1 + (draw >> 48 & 0xFFF) * (draw >> 48 & 0xFFF) // 256
            trade: Json = {
                "e": "trade", "E": traded_ms + 1, "s": name, "t": step, "p": f"{price:.2f}000000",
                "q": f"{lots * 1e-5:.5f}000", "T": traded_ms, "m": bool(draw >> 60 & 1), "M": True,
            }  # fmt: skip
            frames.append(Frame(at_ms * NS_PER_MS, "binance", key, {"stream": key, "data": trade}))


def aggregate_of(trade: Json) -> Json:
    """Turn a `trade` into the `aggTrade` that Binance sends for the same print."""
    return {
        "e": "aggTrade", "E": trade["E"], "s": trade["s"], "a": trade["t"], "p": trade["p"],
        "q": trade["q"], "f": trade["t"], "l": trade["t"], "T": trade["T"], "m": trade["m"], "M": True,
    }  # fmt: skip


class Coinbase:
    """Five tickers a second and product, and a heartbeat."""

    def __init__(self, underlying: Underlying, settings: WorldSettings) -> None:
        self._underlying = underlying
        self._settings = settings
        self._noise = settings.exchange_noise_bps * 1e-4
        self._draws = {symbol: stream(settings.seed, "coinbase", symbol) for symbol in settings.symbols}
        self._bases = {
            symbol: Basis(settings.seed, "coinbase", symbol, settings.basis_bps, settings.basis_relaxation_s)
            for symbol in settings.symbols
        }

    def second(self, second: int) -> list[Frame]:
        frames: list[Frame] = []
        for symbol in self._settings.symbols:
            for inside in COINBASE_STEPS:
                frame = self._ticker(symbol, second, second * STEPS_PER_SECOND + inside)
                if frame is not None:
                    frames.append(frame)
            frames.append(self._heartbeat(symbol, second))
        frames.sort(key=_when)
        return frames

    def newest(self, symbol: str, now_ns: int) -> Json | None:
        """Find the last ticker before an instant, looking back a few seconds at most."""
        now_s = now_ns // 1_000_000_000
        for second in (now_s, now_s - 1, now_s - 2):
            for step in reversed(COINBASE_STEPS):
                frame = self._ticker(symbol, second, second * STEPS_PER_SECOND + step)
                if frame is not None and frame.at_ns <= now_ns:
                    return frame.payload
        return None

    def _ticker(self, symbol: str, second: int, step: int) -> Frame | None:
        base = self._underlying.traded(symbol, step * STEP_MS)
        if base is None:
            return None
        draw = mixed(self._draws[symbol], step)
        price = base * (1.0 + self._bases[symbol].at(second) + self._noise * noise_of(draw))
        delay_min_ms = self._settings.exchange_delay_ms_min
        delay_spread_ms = self._settings.exchange_delay_ms_max - delay_min_ms
        traded_ns = (step * STEP_MS + (draw >> 32 & 0xFF) * 45 // 256) * NS_PER_MS + (draw >> 40 & 0xFFFF)
        at_ns = traded_ns + (delay_min_ms + (draw >> 40 & 0xFF) * delay_spread_ms // 255) * NS_PER_MS
        return Frame(at_ns, "coinbase", f"{symbol}-USD", self._payload(symbol, step, price, draw, traded_ns))

    def _payload(self, symbol: str, step: int, price: float, draw: int, traded_ns: int) -> Json:
        opened, low, high = self._underlying.day_range(symbol, step // STEPS_PER_SECOND)
        size = (1 + (draw >> 48 & 0xFFF)) * 1e-5
        buys = bool(draw >> 60 & 1)
        cents = round(price * 100)
        return {
            "type": "ticker", "sequence": step * COINBASE_SEQUENCE_STRIDE, "product_id": f"{symbol}-USD",
            "price": _usd(cents), "open_24h": f"{opened:.2f}", "volume_24h": "8123.40517223",
            "low_24h": f"{min(low, price):.2f}", "high_24h": f"{max(high, price):.2f}",
            "volume_30d": "251904.77120834",
            "best_bid": _usd(cents - 1 if buys else cents), "best_bid_size": f"{size * 3:.8f}",
            "best_ask": _usd(cents if buys else cents + 1), "best_ask_size": f"{size * 2:.8f}",
            "side": "buy" if buys else "sell", "time": iso_micros(traded_ns), "trade_id": step // 2,
            "last_size": f"{size:.8f}",
        }  # fmt: skip

    def _heartbeat(self, symbol: str, second: int) -> Frame:
        step = second * STEPS_PER_SECOND
        at_ns = (second * 1000 + 60) * NS_PER_MS
        payload: Json = {
            "type": "heartbeat", "last_trade_id": step // 2, "product_id": f"{symbol}-USD",
            "sequence": step * COINBASE_SEQUENCE_STRIDE + 1, "time": iso_micros(at_ns),
        }  # fmt: skip
        return Frame(at_ns, "coinbase", f"{symbol}-USD", payload)


def _usd(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
