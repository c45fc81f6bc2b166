"""What the scanner measures beside what every service does."""

from prometheus_client import Counter, Gauge

from common.clock import Instant
from common.telemetry.metrics import Following
from scanner.core import EdgeScanner

MARKETS_RUNNING = Gauge("pm_arb_scanner_markets_running", "Markets that have begun and not ended")
VOLATILITY = Gauge(
    "pm_arb_scanner_volatility_ratio", "Volatility that the model uses, a year, as a fraction of the price", ["symbol"]
)
BASIS = Gauge(
    "pm_arb_scanner_basis_ratio",
    "The trading price as a multiple of the settling one, as the model corrects it",
    ["symbol"],
)
VALUATIONS = Counter("pm_arb_scanner_valuations_total", "Valuations that were published")
EDGES_REFUSED = Counter(
    "pm_arb_scanner_edges_refused_total", "Edges that were looked at and refused, by reason", ["reason"]
)


class Measure:
    """Sets the gauges from the core."""

    def __init__(self, core: EdgeScanner) -> None:
        self._core, self._valued = core, 0
        self._refused = Following(EDGES_REFUSED)

    def __call__(self, now: Instant) -> None:
        MARKETS_RUNNING.set(self._core.markets.running(now))
        for symbol, underlying in self._core.valuer.underlyings.items():
            VOLATILITY.labels(symbol=symbol).set(underlying.volatility.annual)
            BASIS.labels(symbol=symbol).set(underlying.basis.ratio)
        VALUATIONS.inc(self._core.valued - self._valued)
        self._valued = self._core.valued
        self._refused.follow(self._core.refusals)
