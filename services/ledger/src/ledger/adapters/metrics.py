"""What the ledger counts for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("pm_arb_ledger_events_total", "Events offered to the projection, by what became of them.", ("result",))
SEQUENCE = Gauge("pm_arb_ledger_sequence", "The last journal sequence that is safely stored.")
STORE_SECONDS = Histogram(
    "pm_arb_ledger_store_seconds",
    "How long one batch took to store.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def count(*, stored: int, refused: int, repeated: int, sequence: int) -> None:
    """Note what became of a batch."""
    EVENTS.labels("stored").inc(stored)
    EVENTS.labels("refused").inc(refused)
    EVENTS.labels("repeated").inc(repeated)
    SEQUENCE.set(sequence)
