"""What the feeds count."""

from prometheus_client import Counter, Gauge

from common.errors import ParseError

FRAMES_REFUSED = Counter(
    "pm_arb_frames_refused_total", "Frames, or parts of them, that were not as they should be", ["source", "code"]
)
FRAMES = Counter("pm_arb_feed_frames_total", "Frames that came in", ["source"])
REDIALS = Counter("pm_arb_feed_redials_total", "Connections given up and made anew", ["source", "why"])
CONNECTED = Gauge("pm_arb_feed_connected", "1 while the socket is open, which proves nothing about data", ["source"])


class Refusals:
    """Counts the defects of one source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __call__(self, error: ParseError) -> None:
        FRAMES_REFUSED.labels(source=self._source, code=error.code).inc()
