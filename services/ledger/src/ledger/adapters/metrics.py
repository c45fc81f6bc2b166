"""What the ledger counts for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("pm_arb_ledger_events_total", "Events offered to the projection, by what became of them.", ("result",))
SEQUENCE = Gauge("pm_arb_ledger_sequence", "The last journal sequence that is safely stored.")
STORE_SECONDS = Histogram(
    "pm_arb_ledger_store_seconds",
    "How long one batch took to store.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

DATABASE_UP = Gauge("pm_arb_postgres_up", "1 when Postgres answered the last time it was asked how it is")
DATABASE_BYTES = Gauge("pm_arb_postgres_database_bytes", "Size of the ledger's database on the disk")
CONNECTIONS = Gauge("pm_arb_postgres_connections", "Connections to the ledger's database", ["state"])
OLDEST_TRANSACTION_SECONDS = Gauge(
    "pm_arb_postgres_oldest_transaction_seconds", "Age of the oldest transaction that is open in the ledger's database"
)
TRANSACTIONS = Counter(
    "pm_arb_postgres_transactions_total",
    "Transactions since the database's statistics began, by how they ended",
    ["end"],
)


def count(*, stored: int, refused: int, repeated: int, sequence: int) -> None:
    """Note what became of a batch."""
    EVENTS.labels("stored").inc(stored)
    EVENTS.labels("refused").inc(refused)
    EVENTS.labels("repeated").inc(repeated)
    SEQUENCE.set(sequence)
