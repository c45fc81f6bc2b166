"""What the adapters count."""

from prometheus_client import Counter, Gauge

from common.errors import ParseError

REFUSED = Counter(
    "pm_arb_venue_refused_total", "Answers and frames, or parts of them, that were not as they should be",
    ["source", "code"],
)  # fmt: skip
REQUESTS = Counter("pm_arb_venue_requests_total", "Requests to the venue", ["what", "result"])
FRAMES = Counter("pm_arb_venue_frames_total", "Frames of the market channel that came in")
REDIALS = Counter("pm_arb_venue_redials_total", "Connections to the market channel given up and made anew", ["why"])
CONNECTED = Gauge("pm_arb_venue_connected", "1 while the market channel is open, which proves nothing about data")
RESYNCS = Counter("pm_arb_venue_book_resyncs_total", "Books asked for anew", ["reason"])
FEES_UNEXPECTED = Counter(
    "pm_arb_venue_fees_unexpected_total", "Markets listed with a fee that the settings do not expect"
)


class Refusals:
    """Counts the defects of one source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __call__(self, error: ParseError) -> None:
        REFUSED.labels(source=self._source, code=error.code).inc()
