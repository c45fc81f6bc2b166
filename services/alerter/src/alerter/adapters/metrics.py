"""What the alerter counts for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

ALERTS = Counter("pm_arb_alerts_total", "Alerts by their priority and what became of them.", ("priority", "result"))
ERRORS = Counter("pm_arb_alert_errors_total", "Tries that a channel did not take, by why.", ("channel", "code"))
QUEUED = Gauge("pm_arb_alerts_queued", "Alerts waiting for their channel.")
LATENCY_SECONDS = Histogram(
    "pm_arb_alert_latency_seconds",
    "From the event to the channel having taken the alert of it.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 10, 30, 60, 300, 900),
)
