"""What the feeds count."""

import math
from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import Counter, Gauge

from common.errors import ParseError
from common.telemetry.metrics import Following
from oracle.core.oracle import Feed

MILLISECONDS = 1000

FRAMES_REFUSED = Counter(
    "pm_arb_frames_refused_total", "Frames, or parts of them, that were not as they should be", ["source", "code"]
)
FRAMES = Counter("pm_arb_feed_frames_total", "Frames that came in", ["source"])
REDIALS = Counter("pm_arb_feed_redials_total", "Connections given up and made anew", ["source", "why"])
CONNECTED = Gauge("pm_arb_feed_connected", "1 while the socket is open, which proves nothing about data", ["source"])

AGE_SECONDS = Gauge(
    "pm_arb_feed_age_seconds",
    "Age of the newest price of an exchange, or value of the settling feed; infinite before the first",
    ["source", "topic", "symbol"],
)
LAG_SECONDS = Gauge(
    "pm_arb_feed_lag_seconds",
    "What the newest price took from the exchange's own timestamp to here, by two clocks",
    ["source", "symbol"],
)
INPUTS_REFUSED = Counter(
    "pm_arb_oracle_inputs_refused_total", "Prices that were understood and not used, by reason", ["reason"]
)
_REFUSED = Following(INPUTS_REFUSED)


def measure(feeds: Iterable[Feed], refused: Tally[str]) -> None:
    """Say how the feeds stand now."""
    for feed in feeds:
        age = math.inf if feed.age_ms is None else feed.age_ms / MILLISECONDS
        AGE_SECONDS.labels(source=feed.source, topic=feed.topic, symbol=feed.symbol).set(age)
        if feed.lag_ms is not None:
            LAG_SECONDS.labels(source=feed.source, symbol=feed.symbol).set(feed.lag_ms / MILLISECONDS)
    _REFUSED.follow(refused)


class Refusals:
    """Counts the defects of one source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __call__(self, error: ParseError) -> None:
        FRAMES_REFUSED.labels(source=self._source, code=error.code).inc()
